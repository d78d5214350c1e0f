import { resolveMany } from '../../client/references/resolve-many.js';
import { resolveVariable } from '../../client/references/variables.js';
import type { Api, ResultOf } from '../../shared/contract/index.js';
import { isVariableReference } from '../../shared/reference-schemes.js';
import type { Context } from '../arguments/context.js';
import { withClient } from './client.js';

/** The value of each reference, in bytes. Throws the first failure, with the reference in its sentence. */
export async function resolveReferences(
  context: Context,
  references: Iterable<string>,
): Promise<Map<string, Buffer>> {
  const asked = [...new Set(references)];
  const ask = (resolve: Api['resolve']) => resolveMany(resolve, asked, (reference) => reference);
  const answers = asked.every(isVariableReference)
    ? await ask(async ({ reference }) => resolveVariable(reference))
    : await withClient(context, (client) => ask(client.resolve));
  return new Map([...answers].map(([reference, answer]) => [reference, bytesOf(answer)]));
}

function bytesOf({ value, encoding }: ResultOf<'resolve'>): Buffer {
  return Buffer.from(value ?? '', encoding === 'base64' ? 'base64' : 'utf8');
}
