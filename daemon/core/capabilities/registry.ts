import type { CapabilityDetails, ResultOf } from '../../../shared/contract/index.js';
import type { Manifest } from '../../../shared/manifest.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';

/** A capability with the version that runs. */
export interface Capability {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly active: boolean;
  readonly versionId: string;
  readonly manifest: Manifest;
}

interface Collaborators {
  readonly vault: Vault;
}

/** The capabilities that are registered. */
export class Registry {
  constructor(_env: Env, _parts: Collaborators) {}

  register(_path: string): Promise<CapabilityDetails> {
    throw new Error('not built');
  }

  list(_cursor: string | undefined): ResultOf<'list_capabilities'> {
    throw new Error('not built');
  }

  describe(_name: string): CapabilityDetails {
    throw new Error('not built');
  }

  setActive(_name: string, _active: boolean): Promise<CapabilityDetails> {
    throw new Error('not built');
  }

  /** Says whether it was there. */
  remove(_name: string): Promise<boolean> {
    throw new Error('not built');
  }

  /** Throws `not_found`. */
  find(_name: string): Capability {
    throw new Error('not built');
  }
}
