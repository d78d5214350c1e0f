import { CapabilityStore } from '../store/capabilities.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import { Copies } from './copies.js';
import { Granted } from './granted.js';
import { OwnSecrets } from './own-secrets.js';
import { Registry } from './registry.js';
import { Restoring } from './restoring.js';
import { Storage } from './storage.js';
import { Trust } from './trust.js';

/** What is known about capabilities. */
export interface Capabilities {
  readonly registry: Registry;
  readonly trust: Trust;
  readonly restoring: Restoring;
  readonly granted: Granted;
  readonly ownSecrets: OwnSecrets;
  readonly storage: Storage;
}

interface Options {
  readonly vault: Vault;
  /** Where the read-only copies are (`Paths.capabilities`). */
  readonly copies: string;
}

export function openCapabilities(env: Env, { vault, copies }: Options): Capabilities {
  const store = new CapabilityStore(env.db);
  const registry = new Registry(env, { vault, store });
  const parts = { vault, registry };
  return {
    registry,
    trust: new Trust(env, { ...parts, store, copies: new Copies(copies, env.clock) }),
    restoring: new Restoring(),
    granted: new Granted(env, parts),
    ownSecrets: new OwnSecrets(env, parts),
    storage: new Storage(env, parts),
  };
}
