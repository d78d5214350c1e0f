import { asSigilforgeError } from '../shared/errors.js';
import type { Context } from './context.js';

/** Runs `work`. Whatever goes wrong becomes a sentence, a hint and an exit status here. */
export async function reportErrors({ output }: Context, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const error = asSigilforgeError(thrown);
    output.fail(error);
    process.exitCode = error.exitCode;
  }
}
