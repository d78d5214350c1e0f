import type { Api } from '../../shared/contract/index.js';
import { resolveHere } from './resolve.js';
import { resolveAll } from './resolve-all.js';
import { withEnv } from './with-env.js';

/** What the client adds to `resolve`: the caller's environment, whole objects, and environments for child processes. */
export interface References {
  /**
   * A copy of a configuration of any size and depth in which every string that is a reference is replaced by its value.
   * An error names the path and the reference, and never a value.
   */
  resolveAll<T extends object>(record: T): Promise<T>;
  /**
   * The environment to start another program with: this process's own and `record` over it, their references resolved
   * (inherited variables only if they are `auth://` or `secret://`). A variable that is `undefined` is left out.
   */
  withEnv(record: Readonly<Record<string, string | undefined>>): Promise<Record<string, string>>;
}

/** The calls of `api`, with references that are also looked up in this process's environment. */
export function withReferences(api: Api): Api & References {
  const resolve: Api['resolve'] = (params) => resolveHere(api.resolve, params);
  return {
    ...api,
    resolve,
    resolveAll: (record) => resolveAll(resolve, record),
    withEnv: (record) => withEnv(resolve, record),
  };
}
