import type { Api, ResultOf } from '../../shared/contract/index.js';
import { asSigilforgeError, type ErrorKind, SigilforgeError } from '../../shared/errors.js';
import { inParallel } from '../../shared/in-parallel.js';

/** Half of what the daemon reads from one connection at a time: the caller may want to ask something else meanwhile. */
const AT_ONCE = 32;

/**
 * The answer for each reference, with one call for each. The first failure ends it, with an error of the same kind whose
 * message begins with what `nameOf` says about the reference.
 */
export async function resolveMany(
  resolve: Api['resolve'],
  references: Iterable<string>,
  nameOf: (reference: string, kind: ErrorKind) => string,
): Promise<Map<string, ResultOf<'resolve'>>> {
  const answers = new Map<string, ResultOf<'resolve'>>();
  await inParallel(new Set(references), AT_ONCE, async (reference) => {
    try {
      answers.set(reference, await resolve({ reference }));
    } catch (thrown) {
      const { kind, message, hint } = asSigilforgeError(thrown);
      throw new SigilforgeError(kind, `${nameOf(reference, kind)}: ${message}`, { hint, cause: thrown });
    }
  });
  return answers;
}
