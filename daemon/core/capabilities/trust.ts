import type { CapabilityDetails, ResultOf } from '../../../shared/contract/index.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import type { Capability, Registry } from './registry.js';

interface Collaborators {
  readonly vault: Vault;
  readonly registry: Registry;
  /** Where the read-only copies are (`Paths.capabilities`). */
  readonly copies: string;
}

/** What of each capability may run: only what a person trusted. */
export class Trust {
  constructor(_env: Env, _parts: Collaborators) {}

  check(_name: string): Promise<ResultOf<'check_capability'>> {
    throw new Error('not built');
  }

  /** Throws `integrity` if the folder is no longer what `digest` says. */
  trust(_name: string, _digest: string | undefined): Promise<CapabilityDetails> {
    throw new Error('not built');
  }

  versions(_name: string, _cursor: string | undefined): ResultOf<'list_capability_versions'> {
    throw new Error('not built');
  }

  /**
   * The read-only copy of what is trusted, made if it is not there. Throws `integrity` with the list if the folder is not what
   * was trusted, or if what the database says was not trusted by a person.
   */
  ready(_capability: Capability): Promise<string> {
    throw new Error('not built');
  }
}
