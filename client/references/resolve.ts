import type { Api, ParamsOf, ResultOf } from '../../shared/contract/index.js';
import { isVariableReference } from '../../shared/reference-schemes.js';
import { resolveVariable, sourceInEnvironment, withEnvironment } from './variables.js';

type Resolved = ResultOf<'resolve'>;

/**
 * `resolve` as callers see it: `ask` first, and what is `not_found` there is looked up in this process's environment.
 * `env://` is answered only by the environment, without a call of `ask`.
 */
export async function resolveHere(ask: Api['resolve'], params: ParamsOf<'resolve'>): Promise<Resolved> {
  const { reference, explain } = params;
  // A caller in JavaScript may leave it out: the other side reports that.
  if (typeof reference !== 'string') return ask(params);
  if (isVariableReference(reference)) return resolveVariableHere(params);
  if (explain) return addEnvironment(await ask(params), reference);
  try {
    return await ask(params);
  } catch (thrown) {
    return withEnvironment(reference, thrown);
  }
}

/** `env://NAME`, which needs no other source. */
export function resolveVariableHere({ reference, explain }: ParamsOf<'resolve'>): Resolved {
  return explain ? addEnvironment(NOWHERE, reference) : resolveVariable(reference);
}

const NOWHERE: Resolved = {
  value: null,
  encoding: 'utf8',
  metadata: { kind: 'external', source: null, expires_at: null, sources: [] },
};

/** The same with one more line: this process's environment, which counts only if every other source has nothing. */
function addEnvironment({ metadata, ...rest }: Resolved, reference: string): Resolved {
  const before = metadata.sources ?? [];
  const last = sourceInEnvironment(reference);
  if (last === undefined) return { ...rest, metadata };
  const counts = last.outcome === 'found' && before.every(({ outcome }) => outcome === 'absent');
  return {
    ...rest,
    metadata: {
      ...metadata,
      source: counts ? last.source : metadata.source,
      sources: [...before, last],
    },
  };
}
