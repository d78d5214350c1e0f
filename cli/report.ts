import { asSigilforgeError } from '../shared/errors.js';
import type { Output } from './terminal/output.js';

/** Reports what went wrong with a command: a sentence, a hint and an exit status. */
export function reportTo(output: Output, thrown: unknown): void {
  const error = asSigilforgeError(thrown);
  output.fail(error);
  process.exitCode = error.exitCode;
}
