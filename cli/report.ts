import { asSigilforgeError } from '../shared/errors.js';
import { createContext } from './arguments/context.js';
import type { Output } from './terminal/output.js';

/** Reports what went wrong with a command line: a sentence, a hint and an exit status. */
export function report(args: readonly string[], thrown: unknown): void {
  reportTo(createContext(args).output, thrown);
}

export function reportTo(output: Output, thrown: unknown): void {
  const error = asSigilforgeError(thrown);
  output.fail(error);
  process.exitCode = error.exitCode;
}
