import type { Command } from 'commander';
import { SigilforgeError } from '../../shared/errors.js';
import { isOperand, isRepeatable } from './operands.js';

/** These mean the same wherever they stand; others only in commands of one group, such as `secret`. */
const EVERYWHERE: ReadonlySet<string> = new Set(['SERVICE', 'ACCOUNT']);

/** The command lines of a hint, each up to the end of its sentence. */
const LINE = /sigilforge (\S+)(?:(?!\. |, |: ).)*/g;

/**
 * What a command threw, with the person's own arguments in the place of SERVICE, KEY and the like in its hint: the daemon
 * leaves them out where it cannot tell a name from a value.
 */
export function withOwnValues(thrown: unknown, command: Command): unknown {
  if (!(thrown instanceof SigilforgeError)) return thrown;
  const { kind, message, hint, cause, stack } = thrown;
  const filled = hint.replace(LINE, (line, group: string) => fillIn(line, group, command));
  if (filled === hint) return thrown;
  return Object.assign(new SigilforgeError(kind, message, { hint: filled, cause }), { stack });
}

function fillIn(line: string, group: string, command: Command): string {
  const given = command.args.filter(isOperand);
  let filled = line;
  for (const [place, argument] of command.registeredArguments.entries()) {
    const word = given[place];
    const name = argument.name();
    if (word === undefined || !isRepeatable(word)) continue;
    if (!EVERYWHERE.has(name) && group !== groupOf(command)) continue;
    // Behind an option it is the option's value, which is another thing.
    filled = filled.replace(new RegExp(`(?<!--[a-z-]+) ${name}(?![\\w=/])`), () => ` ${word}`);
  }
  return filled;
}

/** The first word of the command, such as `secret`. */
function groupOf(command: Command): string {
  return command.parent?.parent ? groupOf(command.parent) : command.name();
}
