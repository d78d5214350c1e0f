import type { Argument, Command, CommanderError } from 'commander';
import { errorTable, SigilforgeError } from '../../shared/errors.js';
import { badArgument, SEE_HELP } from './context.js';
import { pathOf, readsValue } from './help.js';
import { isOperand, isRepeatable } from './operands.js';
import { commandInPlaceOf } from './other-words.js';

const SHOWN = new Set(['commander.help', 'commander.helpDisplayed', 'commander.version']);

/** Whether commander ended because it has shown what was asked for. */
export function isShown({ code }: CommanderError): boolean {
  return SHOWN.has(code);
}

/**
 * A usage error in our own words. Commander's messages repeat the argument that was wrong, value and all. Only an
 * option's name up to `=` is taken over from them, and from the suggestions only names that are our own.
 *
 * Commander gives those names only inside English sentences, which are read here by regular expressions. A new version
 * may word them differently: tests/cli/usage.test.ts holds each sentence, and fails then.
 */
export function usageError({ code, message }: CommanderError, command: Command): SigilforgeError {
  const hint = helpHint(command);
  switch (code) {
    case 'commander.unknownOption':
      return unknownOption(message, command, hint);
    case 'commander.optionMissingArgument':
      return badArgument(`The option ${optionIn(message)} needs a value.`, hint);
    case 'commander.missingArgument':
      return missingArgument(message, command, hint);
    case 'commander.excessArguments':
      return excessArgument(command, hint);
    case 'commander.unknownCommand': {
      const instead = command.parent ? undefined : commandInPlaceOf(command.args.filter(isOperand));
      if (instead) return badArgument(`There is no command ${command.args[0]}.`, `For that: ${instead}`);
      const names = command.commands.map((subcommand) => subcommand.name());
      return badArgument('There is no such command.', suggestion(message, names, hint));
    }
    default:
      return badArgument('These arguments are not understood.', hint);
  }
}

/** How the contract begins a sentence about a parameter. */
const METHOD = /^[a-z]+(?:_[a-z]+)+: /;

/**
 * What a command threw. A mistake in its arguments, found by the command or by the daemon, with a hint that knows no command,
 * gets one that names it: a person on the command line knows no methods.
 */
export function withCommand(thrown: unknown, command: Command): unknown {
  if (!(thrown instanceof SigilforgeError) || thrown.kind !== 'invalid_params') return thrown;
  const { kind, message, hint, cause, stack } = thrown;
  if (hint !== SEE_HELP && hint !== errorTable.invalid_params.hint) return thrown;
  const named = new SigilforgeError(kind, message.replace(METHOD, ''), { hint: helpHint(command), cause });
  return Object.assign(named, { stack });
}

function helpHint(command: Command): string {
  return `Show how it is used with: ${pathOf(command)} --help`;
}

/** The command with what was typed of it, and what is missing after that. */
function missingArgument(message: string, command: Command, hint: string): SigilforgeError {
  const name = /argument '([A-Z]+)'/.exec(message)?.[1];
  const wanted = command.registeredArguments;
  const missing = wanted.find((argument) => argument.name() === name);
  if (name === undefined || missing === undefined) return badArgument('An argument is missing.', hint);
  const given = command.args.filter(isOperand);
  const words = wanted.flatMap((argument, place) => {
    const word = given[place];
    if (word !== undefined) return isRepeatable(word) ? word : argument.name();
    return argument.required ? exampleOf(argument) : [];
  });
  return badArgument(
    `${name} is missing: ${missing.description}.`,
    `Type: ${[pathOf(command), ...words].join(' ')}`,
  );
}

/** What its description gives as an example, or else its name. */
function exampleOf(argument: Argument): string {
  const name = argument.name();
  return name === 'COMMAND' ? `-- ${name}` : (/such as ([\w/-]+)/.exec(argument.description)?.[1] ?? name);
}

function excessArgument(command: Command, hint: string): SigilforgeError {
  const path = pathOf(command);
  if (!readsValue(command)) return badArgument(`There are more arguments than ${path} takes.`, hint);
  return badArgument(
    `There are more arguments than ${path} takes. A value is never an argument: other users could see it there, and the shell keeps it.`,
    'Leave the value out to be asked for it, or pipe it in. If it was a secret, remove it from the history of the shell.',
  );
}

function unknownOption(message: string, command: Command, hint: string): SigilforgeError {
  const name = optionIn(message);
  const known = [command, ...ancestors(command)].flatMap((level) =>
    level.options.map((option) => option.long),
  );
  if (known.includes(name)) {
    return badArgument(
      `The option ${name} takes no value.`,
      'A secret is never taken from the command line: leave the value out to be asked, or pipe it in.',
    );
  }
  const names = known.filter((long) => long !== undefined);
  return badArgument(`The option ${name} is not known.`, suggestion(message, names, hint));
}

/** The option that commander's message is about, up to `=` and without a value glued to a short one. */
function optionIn(message: string): string {
  return /option '(?:-[A-Za-z], )?(--[a-z][a-z0-9-]{0,40}|-[A-Za-z](?='))/.exec(message)?.[1] ?? 'given';
}

function suggestion(message: string, names: readonly string[], hint: string): string {
  const said =
    /\(Did you mean ([^()]+)\?\)$/
      .exec(message)?.[1]
      ?.replace(/^one of /, '')
      .split(', ') ?? [];
  const ours = said.filter((name) => names.includes(name));
  return ours.length === 0 ? hint : `Did you mean ${ours.join(' or ')}?`;
}

function ancestors(command: Command): Command[] {
  return command.parent ? [command.parent, ...ancestors(command.parent)] : [];
}
