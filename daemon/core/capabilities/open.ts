import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import { Granted } from './granted.js';
import { OwnSecrets } from './own-secrets.js';
import { Registry } from './registry.js';
import { Storage } from './storage.js';
import { Trust } from './trust.js';

/** What is known about capabilities, built from the bottom up. */
export interface Capabilities {
  readonly registry: Registry;
  readonly trust: Trust;
  readonly granted: Granted;
  readonly ownSecrets: OwnSecrets;
  readonly storage: Storage;
}

interface Collaborators {
  readonly vault: Vault;
  /** `Paths.capabilities` */
  readonly copies: string;
}

export function openCapabilities(env: Env, { vault, copies }: Collaborators): Capabilities {
  const registry = new Registry(env, { vault });
  const parts = { vault, registry };
  return {
    registry,
    trust: new Trust(env, { ...parts, copies }),
    granted: new Granted(env, parts),
    ownSecrets: new OwnSecrets(env, parts),
    storage: new Storage(env, parts),
  };
}
