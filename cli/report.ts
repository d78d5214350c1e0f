import { asSigilforgeError } from '../shared/errors.js';
import { createContext } from './arguments/context.js';

/** What went wrong with a command line: a sentence, a hint and an exit status. */
export function report(args: readonly string[], thrown: unknown): void {
  const error = asSigilforgeError(thrown);
  createContext(args).output.fail(error);
  process.exitCode = error.exitCode;
}
