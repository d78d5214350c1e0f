import { Command } from 'commander';
import type { Context } from './context.js';

/** What a command's file exports. */
interface CommandModule {
  /** Declares arguments, options, help and action on `command`. `operands` are the words after the command's name. */
  configure(command: Command, context: Context, operands: readonly string[]): void | Promise<void>;
}

/** A command as its parent lists it. Its file is loaded only if the arguments name it. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** The heading under which the parent's help lists it, if the parent has several. */
  readonly group?: string;
  /** Left out of the help: other programs call it. */
  readonly hidden?: boolean;
  /** One or two sentences for the top of its own help; without it, the summary. */
  readonly description?: string;
  /** Other names that lead to it. The help does not list them. */
  readonly aliases?: readonly string[];
  readonly load: () => Promise<CommandModule>;
}

/** What subcommands of these names are called in other programs. */
const USUAL_ALIASES: ReadonlyMap<string, readonly string[]> = new Map([
  ['list', ['ls']],
  ['delete', ['rm', 'remove']],
  ['remove', ['rm', 'delete']],
]);

/** Adds every entry to `parent`, and loads the file of the one that the operands name. */
export async function addCommands(
  parent: Command,
  context: Context,
  entries: readonly CommandEntry[],
  operands: readonly string[],
): Promise<void> {
  const [named, ...rest] = operands[0] === 'help' ? operands.slice(1) : operands;
  for (const { name, summary, group, hidden = false, description, aliases, load } of entries) {
    const others = [...(aliases ?? []), ...(USUAL_ALIASES.get(name) ?? [])];
    const command = parent.command(name, { hidden }).summary(summary).aliases(others);
    command.description(description ?? `${summary}.`);
    if (group !== undefined) command.helpGroup(group);
    const configure = async (operands: readonly string[]): Promise<void> =>
      (await load()).configure(command, context, operands);
    if (name === named || (named !== undefined && others.includes(named))) await configure(rest);
    else unnamed.set(command, configure);
  }
}

/** Commands that the arguments do not name, whose files are not loaded. */
const unnamed = new WeakMap<Command, (operands: readonly string[]) => Promise<void>>();

/** Loads the file of a command after all, for those that look at commands without running them. */
export async function loadCommand(command: Command): Promise<void> {
  const configure = unnamed.get(command);
  unnamed.delete(command);
  await configure?.([]);
}

/** Lists `help` among the subcommands. Commander would list it under the heading of the whole program's `help`. */
export function addHelpCommand(parent: Command, group?: string): void {
  const help = new Command('help').argument('[COMMAND]').summary('Show the help of a command');
  if (group !== undefined) help.helpGroup(group);
  parent.addHelpCommand(help);
}

/** The words of a command line that are neither options nor behind `--`. No option before a command takes a value. */
export function operandsOf(args: readonly string[]): string[] {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  return own.filter((argument) => !argument.startsWith('-'));
}
