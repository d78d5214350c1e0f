import type { ResultOf } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import type { Environment } from '../../shared/paths.js';
import { parseReference, type Reference } from '../../shared/reference.js';

/** A variable's name: `SIGILFORGE` and the parts, upper case, anything but letters and digits as `_`. */
export function variableName(...parts: readonly string[]): string {
  return ['SIGILFORGE', ...parts]
    .join('_')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '_');
}

/** The variable that a reference is looked up in last, or `undefined` if it has none. */
function variableOf(reference: Reference): string | undefined {
  switch (reference.scheme) {
    case 'auth':
      return variableName(reference.service, reference.account, reference.type);
    case 'secret':
      return variableName('SECRET', reference.key);
    case 'env':
      return reference.name;
    case 'vals':
      return undefined;
  }
}

/**
 * What the caller's environment has for a reference that no other source knows, in the shape of `resolve`. Throws `error`
 * unchanged if it is not `not_found`, or if the variable is missing or empty.
 */
export function withEnvironment(
  reference: string,
  error: unknown,
  env: Environment = process.env,
): ResultOf<'resolve'> {
  if (!(error instanceof SigilforgeError) || error.kind !== 'not_found') throw error;
  const parsed = parseReference(reference);
  const name = variableOf(parsed);
  const value = name === undefined ? undefined : env[name];
  if (!value) throw error;
  return {
    value,
    encoding: 'utf8',
    metadata: { kind: kindOf(parsed), source: `env://${name}`, expires_at: null },
  };
}

/** `env://NAME`, from the caller's environment only. Throws `not_found` if the variable is missing or empty. */
export function resolveVariable(reference: string, env: Environment = process.env): ResultOf<'resolve'> {
  const missing = new SigilforgeError('not_found', 'The environment has no such variable, or it is empty.', {
    hint: 'Set the variable, or name another reference.',
  });
  return withEnvironment(reference, missing, env);
}

/** Whether the caller's environment has the reference, as one more source of `resolve` with `explain`. */
export function sourceInEnvironment(
  reference: string,
  env: Environment = process.env,
): { source: string; outcome: 'found' | 'absent' } | undefined {
  const name = variableOf(parseReference(reference));
  return name === undefined
    ? undefined
    : { source: `env://${name}`, outcome: env[name] ? 'found' : 'absent' };
}

function kindOf(reference: Reference): ResultOf<'resolve'>['metadata']['kind'] {
  switch (reference.scheme) {
    case 'auth':
      return reference.type === 'token' || reference.type === 'id_token' ? 'token' : 'secret';
    case 'secret':
      return 'secret';
    default:
      return 'external';
  }
}
