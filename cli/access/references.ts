import { resolveVariable } from '../../client/references/variables.js';
import type { ResultOf } from '../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../shared/errors.js';
import type { Context } from '../arguments/context.js';
import { withClient } from './client.js';

/** How many references are asked for at once: half of what the daemon takes from one connection. */
const AT_ONCE = 32;

const SCHEMES = ['auth://', 'secret://', 'env://', 'vals:', 'ref+'];

/** Whether a text is meant as a reference. Whether it is a right one, `parseReference` tells. */
export function looksLikeReference(text: string, schemes: readonly string[] = SCHEMES): boolean {
  return schemes.some((scheme) => text.startsWith(scheme));
}

/** The value of each reference, in bytes. Throws the first failure in their order, with the reference in its sentence. */
export async function resolveReferences(
  context: Context,
  references: Iterable<string>,
): Promise<Map<string, Buffer>> {
  const asked = [...new Set(references)];
  const isLocal = (reference: string) => reference.startsWith('env://');
  const answers = asked.every(isLocal)
    ? await resolveAll(asked, resolveVariable)
    : await withClient(context, (client) => resolveAll(asked, (reference) => client.resolve({ reference })));
  return new Map(asked.map((reference, index) => [reference, bytesOf(answers[index])]));
}

async function resolveAll(
  references: readonly string[],
  resolve: (reference: string) => ResultOf<'resolve'> | Promise<ResultOf<'resolve'>>,
): Promise<ResultOf<'resolve'>[]> {
  const answers: ResultOf<'resolve'>[] = [];
  for (let from = 0; from < references.length; from += AT_ONCE) {
    const some = references.slice(from, from + AT_ONCE);
    const settled = await Promise.allSettled(some.map(async (reference) => resolve(reference)));
    for (const [index, answer] of settled.entries()) {
      if (answer.status === 'rejected') throw naming(some[index] ?? '', answer.reason);
      answers.push(answer.value);
    }
  }
  return answers;
}

function naming(reference: string, thrown: unknown): SigilforgeError {
  const { kind, message, hint } = asSigilforgeError(thrown);
  return new SigilforgeError(kind, `${reference}: ${message}`, { hint, cause: thrown });
}

function bytesOf(answer: ResultOf<'resolve'> | undefined): Buffer {
  return Buffer.from(answer?.value ?? '', answer?.encoding === 'base64' ? 'base64' : 'utf8');
}
