import { badArgument } from '../../arguments/context.js';
import { powerOf } from './name-families.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Who has chosen a name: the person at the command line, or a file or an environment that may be someone else's. */
type Chooser = 'person' | 'other';

/** Throws unless `name` is a valid name for a variable. The error does not repeat it: it may be a value. */
export function checkName(name: string, where: string): void {
  if (NAME.test(name)) return;
  throw badArgument(
    `${where}: not a valid variable name.`,
    'A name consists of letters, digits and _, and does not start with a digit.',
  );
}

/** Throws for a name that has power over programs, unless it is allowed. */
export function refusePower(where: string, name: string, chooser: Chooser, allowed: readonly string[]): void {
  const power = powerOf(name, { isTyped: chooser === 'person' });
  if (power === undefined || allowed.includes(name)) return;
  throw badArgument(
    `${where}: ${name} ${power}, so it is not set from a reference or an env file.`,
    `To allow it, add: --allow-env ${name}`,
  );
}
