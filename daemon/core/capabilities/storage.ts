import type { CheckedParamsOf, ResultOf } from '../../../shared/contract/index.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import type { Registry } from './registry.js';

interface Collaborators {
  readonly vault: Vault;
  readonly registry: Registry;
}

/** A call whose capability is known by now. */
type Named<P> = Omit<P, 'capability'> & { readonly capability: string };

/** What capabilities keep for themselves: JSON values by their names. */
export class Storage {
  constructor(_env: Env, _parts: Collaborators) {}

  get(_params: Named<CheckedParamsOf<'storage_get'>>): Promise<ResultOf<'storage_get'>> {
    throw new Error('not built');
  }

  set(_params: Named<CheckedParamsOf<'storage_set'>>): Promise<ResultOf<'storage_set'>> {
    throw new Error('not built');
  }

  delete(_params: Named<CheckedParamsOf<'storage_delete'>>): Promise<boolean> {
    throw new Error('not built');
  }

  list(_params: Named<CheckedParamsOf<'storage_list'>>): ResultOf<'storage_list'> {
    throw new Error('not built');
  }

  /** Everything that a capability has stored, for a run. */
  open(_capabilityId: string): Promise<Readonly<Record<string, unknown>>> {
    throw new Error('not built');
  }

  /** Stores what a run has changed, in one transaction; `null` deletes. Throws `limit_exceeded`, and then nothing has changed. */
  merge(_capabilityId: string, _changes: Readonly<Record<string, unknown>>): Promise<void> {
    throw new Error('not built');
  }
}
