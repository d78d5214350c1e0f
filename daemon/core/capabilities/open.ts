import { CapabilityStore } from '../store/capabilities.js';
import { ContentStore } from '../store/capability-contents.js';
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
  const contents = new ContentStore(env.db);
  const registry = new Registry(env, { vault, store, contents });
  const parts = { vault, registry };
  const kept = { ...parts, store, contents };
  const trust = new Trust(env, { ...kept, copies: new Copies(copies, env.clock) });
  return {
    registry,
    trust,
    restoring: new Restoring(env, { ...kept, trust }),
    granted: new Granted(env, parts),
    ownSecrets: new OwnSecrets(env, parts),
    storage: new Storage(env, parts),
  };
}
