import { isUtf8 } from 'node:buffer';
import type { CheckedParamsOf, ResultOf } from '../../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { Secret } from '../../../shared/secret.js';
import { timestamp } from '../platform/clock.js';
import { newId } from '../platform/id.js';
import { type Listed, pageOf } from '../platform/pages.js';
import { place } from '../sealing/places.js';
import { readBytes } from '../secrets/encoding.js';
import type { StoredOwnSecret } from '../store/capabilities.js';
import { type ListedOwnSecret, OwnSecretStore } from '../store/capability-data.js';
import type { Env } from '../store/env.js';
import type { Sealer, Vault } from '../vault/vault.js';
import type { Registry } from './registry.js';

interface Collaborators {
  readonly vault: Vault;
  readonly registry: Registry;
}

/** So many secrets may a capability have. */
const MOST = 256;

const LISTED: Listed<ListedOwnSecret> = { name: 'capability_secrets', keyOf: ({ key }) => [key] };

/** The secrets that only runs of their capability get. */
export class OwnSecrets {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #registry: Registry;
  readonly #store: OwnSecretStore;
  readonly #listeners = new Set<(capabilityId: string) => void>();

  constructor(env: Env, { vault, registry }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#registry = registry;
    this.#store = new OwnSecretStore(env.db);
  }

  async set({
    name,
    key,
    value,
    encoding,
  }: CheckedParamsOf<'set_capability_secret'>): Promise<{ key: string }> {
    const { id: capabilityId } = this.#registry.find(name);
    const bytes = readBytes(value, encoding);
    if (!isUtf8(bytes)) throw notText();
    const secret = new Secret(bytes.toString('utf8'));
    await this.#put({ capabilityId, name }, new Map([[key, secret]]));
    return { key };
  }

  /** Stores all of them, or none. */
  async setAll(name: string, values: ReadonlyMap<string, Secret>): Promise<void> {
    const { id: capabilityId } = this.#registry.find(name);
    for (const value of values.values()) readBytes(value.reveal(), 'utf8');
    await this.#put({ capabilityId, name }, values);
  }

  /** Says whether there was one. */
  async delete(name: string, key: string): Promise<boolean> {
    const { id } = this.#registry.find(name);
    const deleted = await this.#env.db.write(() => this.#store.remove(id, key));
    await this.#env.db.truncateLog();
    this.#tellChanged(id);
    return deleted;
  }

  list(name: string, cursor: string | undefined): ResultOf<'list_capability_secrets'> {
    const { id } = this.#registry.find(name);
    const itemOf = ({ key, createdAt, updatedAt }: ListedOwnSecret) => ({
      ...{ key, created_at: createdAt },
      updated_at: updatedAt,
    });
    const page = pageOf(LISTED, this.#store.listed(id), itemOf, cursor);
    return { secrets: page.items, cursor: page.cursor };
  }

  /** All of a capability, for a run. Throws `integrity`, naming the secret, and `vault_locked`. */
  async open(capabilityId: string): Promise<ReadonlyMap<string, Secret>> {
    const sealer = await this.#vault.unlocked();
    return new Map(this.#store.all(capabilityId).map((secret) => [secret.key, opened(sealer, secret)]));
  }

  /** Calls the listener with the id of a capability whose secrets are others now, until the returned function is called. */
  whenChanged(listener: (capabilityId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #put(
    { capabilityId, name }: { readonly capabilityId: string; readonly name: string },
    values: ReadonlyMap<string, Secret>,
  ): Promise<void> {
    const sealer = await this.#vault.unlocked();
    await this.#env.db.write(() => {
      this.#registry.assertKept({ id: capabilityId, name });
      const now = timestamp(this.#env.clock.wall());
      for (const [key, value] of values) {
        const known = this.#store.find(capabilityId, key);
        if (!known && this.#store.listed(capabilityId).length >= MOST) throw tooMany(name);
        const { id, createdAt } = known ?? { id: newId(), createdAt: now };
        const sealed = sealer.seal(place.capabilitySecret({ id, capabilityId, key }), value);
        this.#store.put({ id, capabilityId, key, value: sealed, createdAt, updatedAt: now });
      }
    });
    await this.#env.db.truncateLog();
    this.#tellChanged(capabilityId);
  }

  #tellChanged(capabilityId: string): void {
    for (const listener of this.#listeners) listener(capabilityId);
  }
}

function opened(sealer: Sealer, secret: StoredOwnSecret): Secret {
  try {
    return sealer.open(place.capabilitySecret(secret), secret.value);
  } catch (thrown) {
    throw asSigilforgeError(thrown).kind === 'integrity' ? altered(secret.key, thrown) : thrown;
  }
}

function altered(key: string, cause: unknown): SigilforgeError {
  return new SigilforgeError('integrity', `The secret ${key} of the capability is not what was stored.`, {
    hint: `Set it again with: sigilforge capability secret set NAME ${key}`,
    cause,
  });
}

function notText(): SigilforgeError {
  return new SigilforgeError(
    'invalid_params',
    'A secret of a capability is text, and this value is not UTF-8.',
    {
      hint: 'Store it as base64 text, and have the capability decode it.',
    },
  );
}

function tooMany(name: string): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `A capability has at most ${MOST} secrets.`, {
    hint: `Delete one that is not needed. See them with: sigilforge capability secret list ${name}`,
  });
}
