import type { CheckedParamsOf, ResultOf } from '../../../shared/contract/index.js';
import type { Secret } from '../../../shared/secret.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import type { Registry } from './registry.js';

interface Collaborators {
  readonly vault: Vault;
  readonly registry: Registry;
}

/** The secrets that only runs of their capability get. */
export class OwnSecrets {
  constructor(_env: Env, _parts: Collaborators) {}

  set(_params: CheckedParamsOf<'set_capability_secret'>): Promise<{ key: string }> {
    throw new Error('not built');
  }

  delete(_name: string, _key: string): Promise<boolean> {
    throw new Error('not built');
  }

  list(_name: string, _cursor: string | undefined): ResultOf<'list_capability_secrets'> {
    throw new Error('not built');
  }

  /** All of a capability, for a run. Throws `integrity`, `vault_locked`. */
  open(_capabilityId: string): Promise<ReadonlyMap<string, Secret>> {
    throw new Error('not built');
  }
}
