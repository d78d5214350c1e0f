import type { Api } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import type { Environment } from '../../shared/paths.js';
import { looksLikeReference } from '../../shared/reference-schemes.js';
import { resolveAll } from './resolve-all.js';

/**
 * The environment for a child process: that of this one, over it `record`, in which a variable that is `undefined` is
 * left out. Every reference in `record` is resolved, and of the inherited variables `auth://` and `secret://`.
 */
export async function withEnv(
  resolve: Api['resolve'],
  record: Environment,
  env: Environment = process.env,
): Promise<Record<string, string>> {
  const inherited = Object.entries(env).filter(([name]) => !Object.hasOwn(record, name));
  const [asked, literal] = partition(inherited, ([, value]) => looksLikeReference(value ?? '', 'inherited'));
  const resolved = await resolveAll(resolve, Object.fromEntries([...asked, ...Object.entries(record)]));
  const merged = [...literal, ...Object.entries(resolved)];
  for (const [name, value] of merged) assertFits(name, value);
  return Object.fromEntries(merged.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

/** An environment ends a value at a zero byte, and a name at an equals sign. */
function assertFits(name: string, value: string | undefined): void {
  if (name === '' || name.includes('=') || name.includes('\0')) {
    throw new SigilforgeError('invalid_params', 'withEnv: a name is not one that a variable can have.', {
      hint: 'Use a name with at least one character, and without an equals sign or a zero byte.',
    });
  }
  if (value?.includes('\0')) {
    throw new SigilforgeError('invalid_params', `withEnv: the value of ${name} holds a zero byte.`, {
      hint: 'Hand it over in a file or by standard input.',
    });
  }
}
