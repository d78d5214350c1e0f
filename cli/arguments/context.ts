import { SigilforgeError } from '../../shared/errors.js';
import { Output } from '../terminal/output.js';
import { takeBegan } from './began.js';
import { type Descriptors, openDescriptors } from './descriptors.js';

/** What every command gets: the terminal, and by which way it may reach the accounts. */
export interface Context {
  readonly output: Output;
  /** Use the library in this process, never the daemon. */
  readonly direct: boolean;
  /** Whether the library may answer if no daemon runs. */
  readonly fallback: boolean;
  /** What was open when this process started, Node's own included. */
  readonly descriptors: Descriptors;
  /** The signals and limits of this process's caller, if they are known: see `takeBegan`. */
  readonly began: string | undefined;
}

/** The options that every command takes, before its name or after it. */
export const globalOptions = {
  '--json': 'print the result as JSON',
  '--direct': 'use the library in this process instead of the daemon',
  '--no-fallback': 'use only the daemon, and fail if it does not run',
  '--quiet': 'leave out notices on standard error',
  '--debug': 'after an error, print its stack and what happened before it',
} as const;

type GlobalOption = keyof typeof globalOptions;

/** The context that these arguments ask for. What follows `--` belongs to another program. */
export function createContext(args: readonly string[]): Context {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  const has = (option: GlobalOption) => own.includes(option);
  return {
    output: new Output({ json: has('--json'), quiet: has('--quiet'), debug: has('--debug') }),
    direct: has('--direct'),
    fallback: !has('--no-fallback'),
    descriptors: openDescriptors(),
    began: takeBegan(process.env),
  };
}

/** For a mistake that only the help explains. Once the command is known, its name is put in: see `withCommand`. */
export const SEE_HELP = 'Show how the command is used with: sigilforge COMMAND --help';

/** A mistake in the arguments: exit status 2. */
export function badArgument(sentence: string, hint = SEE_HELP): SigilforgeError {
  return new SigilforgeError('invalid_params', sentence, { hint });
}
