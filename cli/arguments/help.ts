import type { Command, Help, Option } from 'commander';

/** What stands below a command's options: a few command lines to copy, and where to read on. */
export interface HelpNotes {
  /** The command line, and what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Plain paragraphs, separated by a line break; they are wrapped to the width of the terminal. */
  readonly notes?: string;
  readonly seeAlso?: readonly string[];
  /** Whether the command reads a value, such as a password, from a prompt or standard input. */
  readonly readsValue?: boolean;
}

/** The width if there is no terminal, and the widest that is comfortable to read. */
const USUAL_WIDTH = 80;
const WIDEST = 100;

/** Commands that read a value from a prompt or standard input. */
const readers = new WeakSet<Command>();

/** Whether a command reads a value that is never an argument: one argument too many may be that value. */
export function readsValue(command: Command): boolean {
  return readers.has(command);
}

/** Puts notes, examples and related commands below the options of a command's help. */
export function addNotes(command: Command, { examples, notes, seeAlso, readsValue }: HelpNotes): Command {
  if (readsValue === true) readers.add(command);
  const lines = examples.flatMap(([line, meaning]) => [`  # ${meaning}`, `  ${line}`]);
  return command.addHelpText('after', () => {
    const parts = [
      ...(notes === undefined ? [] : [wrap(command, notes)]),
      ['Examples:', ...lines].join('\n'),
      ...(seeAlso === undefined ? [] : [wrap(command, `See also: ${seeAlso.join(', ')}`)]),
    ];
    return `\n${parts.join('\n\n')}`;
  });
}

/** Usage lines and options as people type them: `get-token SERVICE [ACCOUNT] [options]`, `--scopes A,B`. */
export const helpStyle: Partial<Help> = {
  showGlobalOptions: true,
  commandUsage: (command) => `${pathOf(command)} ${typed(operandsLast(command.usage()))}`,
  subcommandTerm: (command) => command.name(),
  optionTerm: (option) => typed(option.flags),
  // Those of a command with subcommands, such as `audit`, are not for these.
  visibleGlobalOptions: (command) => (command.parent ? visibleOf(rootOf(command)) : []),
};

/** The words that lead to a command, such as `sigilforge vault status`. */
export function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command;
}

function visibleOf({ options }: Command): Option[] {
  return options.filter(({ hidden }) => !hidden);
}

function wrap(command: Command, text: string): string {
  const columns = process.stdout.isTTY ? process.stdout.columns : USUAL_WIDTH;
  return command.createHelp().boxWrap(text, Math.min(columns, WIDEST));
}

/** Commander writes `[options] <SERVICE>`. What follows `--` stays at the end. */
function operandsLast(usage: string): string {
  const operands = /^\[options\] (?!-- )(.+)$/.exec(usage)?.[1];
  return operands === undefined ? usage : `${operands} [options]`;
}

function typed(usage: string): string {
  return usage.replace(/[<>]/g, '').replace('[command]', 'COMMAND');
}
