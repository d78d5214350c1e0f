import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import type { Registry } from './registry.js';

interface Collaborators {
  readonly vault: Vault;
  readonly registry: Registry;
}

/** Called with the capability's id and what is still granted to it. */
type Listener = (capabilityId: string, grants: readonly string[]) => void;

/** What a person granted to capabilities. */
export class Granted {
  constructor(_env: Env, _parts: Collaborators) {}

  /** Returns all that is granted now, in the usual spelling. */
  grant(_name: string, _grant: string): Promise<string[]> {
    throw new Error('not built');
  }

  revoke(_name: string, _grant: string): Promise<{ revoked: boolean; grants: string[] }> {
    throw new Error('not built');
  }

  /** What is granted to a capability, each proven. Throws `integrity`. */
  of(_capabilityId: string): Promise<string[]> {
    throw new Error('not built');
  }

  /** Listens for what is taken back, until the returned function is called. */
  whenRevoked(_listener: Listener): () => void {
    throw new Error('not built');
  }
}
