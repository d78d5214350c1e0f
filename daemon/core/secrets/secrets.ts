import { v7 as uuidv7 } from 'uuid';
import type { CheckedParamsOf, ResultOf, SecretBackend } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Secret } from '../../../shared/secret.js';
import type { Keychain } from '../keychain/keychain.js';
import { type Clock, timestamp } from '../platform/clock.js';
import type { Logger } from '../platform/log.js';
import type { Leases } from '../store/lease.js';
import { type SecretRow, SecretStore } from '../store/secrets.js';
import type { Sqlite } from '../store/sqlite.js';
import type { Vault } from '../vault/vault.js';
import { fromStored, readBytes, toStored, writeBytes } from './encoding.js';
import { SecretItems } from './keychain-items.js';
import { readPage } from './page.js';

interface Parts {
  readonly db: Sqlite;
  readonly vault: Vault;
  readonly keychain: Keychain;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly log: Logger;
  /** `secrets.default_backend` of config.toml. */
  readonly defaultBackend: SecretBackend;
}

type Change = Pick<SecretRow, 'key' | 'item'> & { readonly sealed: (id: string) => Buffer | null };

/** Secrets by their names: API keys and whatever else a program needs and nobody should see. */
export class Secrets {
  readonly #parts: Parts;
  readonly #store: SecretStore;
  readonly #items: SecretItems;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#store = new SecretStore(parts.db);
    this.#items = new SecretItems({ ...parts, store: this.#store });
  }

  get count(): number {
    return this.#store.count();
  }

  /** Where the secret of this name lies, or `undefined` where there is none. Nobody is asked. */
  backendOf(key: string): SecretBackend | undefined {
    const row = this.#store.find(key);
    return row && backendOf(row);
  }

  /** Deletes keychain items that a crash left over. */
  tend(): Promise<void> {
    return this.#items.sweep();
  }

  async set({
    key,
    value,
    backend,
    encoding,
  }: CheckedParamsOf<'set_secret'>): Promise<ResultOf<'set_secret'>> {
    const stored = toStored(readBytes(value, encoding));
    const chosen = backend ?? this.backendOf(key) ?? this.#parts.defaultBackend;
    const sealer = await this.#parts.vault.unlocked();
    if (chosen === 'keychain') {
      await this.#items.add(key, stored, (item) => this.#put({ key, item, sealed: () => null }));
    } else {
      const sealed = (id: string): Buffer => sealer.seal(place(id), stored);
      await this.#parts.db.write(() => this.#put({ key, item: null, sealed }));
    }
    this.#parts.db.truncateLog();
    await this.#items.sweep();
    return { key, backend: chosen };
  }

  async get(key: string): Promise<ResultOf<'get_secret'>> {
    const found = this.#store.find(key) && (await this.#read(key));
    if (!found) throw absent();
    const { row, stored } = found;
    if (stored) return { key, ...writeBytes(fromStored(stored)), backend: backendOf(row) };
    // A value that was changed meanwhile has another item, and its old one is gone by right.
    if (this.#store.find(key)?.item !== row.item) return this.get(key);
    throw removedElsewhere();
  }

  /** A page of secrets. Those whose keychain item was removed behind our back are left out. */
  async getPage(prefix: string | undefined, cursor: string | undefined): Promise<ResultOf<'get_secrets'>> {
    const page = readPage(this.#store, prefix, cursor);
    const secrets = [];
    for (const { key } of page.rows) {
      const stored = (await this.#read(key))?.stored;
      if (stored) secrets.push({ key, ...writeBytes(fromStored(stored)) });
    }
    return { secrets, cursor: page.cursor };
  }

  list(prefix: string | undefined, cursor: string | undefined): ResultOf<'list_secrets'> {
    const page = readPage(this.#store, prefix, cursor);
    const secrets = page.rows.map((row) => ({
      key: row.key,
      backend: backendOf(row),
      created_at: timestamp(row.created_at),
      updated_at: timestamp(row.updated_at),
    }));
    return { secrets, cursor: page.cursor };
  }

  /** Forgets a secret, and says whether there was one. */
  async delete(key: string): Promise<boolean> {
    const row = this.#store.find(key);
    if (!row) return false;
    const { item } = row;
    const removed =
      item === null
        ? await this.#parts.db.write(() => this.#store.remove(row))
        : await this.#items.remove({ ...row, item });
    // Somebody moved it meanwhile.
    if (!removed) return this.delete(key);
    this.#parts.db.truncateLog();
    return true;
  }

  /**
   * A locked vault keeps the secrets in the keychain to itself as well. The row is read once it is open, and opened in the
   * same turn: a rotation that came in between would have sealed it anew.
   */
  async #read(key: string): Promise<{ row: SecretRow; stored: Secret | undefined } | undefined> {
    const sealer = await this.#parts.vault.unlocked();
    const row = this.#store.find(key);
    if (!row) return undefined;
    const { id, item, value } = row;
    if (item !== null) return { row, stored: await this.#items.read(item) };
    return { row, stored: value === null ? undefined : sealer.open(place(id), value) };
  }

  #put({ key, item, sealed }: Change): void {
    const now = this.#parts.clock.wall();
    const { id, created_at } = this.#store.find(key) ?? { id: uuidv7(), created_at: now };
    this.#store.put({ id, key, item, value: sealed(id), created_at, updated_at: now });
  }
}

function backendOf(row: SecretRow): SecretBackend {
  return row.item === null ? 'vault' : 'keychain';
}

function place(id: string) {
  return { table: 'secrets', row: id, column: 'value' };
}

/** Names are left out of both: somebody may have given a value in the place of one. */
function absent(): SigilforgeError {
  return new SigilforgeError('not_found', 'There is no such secret.', {
    hint: 'List what there is with: sigilforge secret list. Store it with: sigilforge secret set KEY',
  });
}

function removedElsewhere(): SigilforgeError {
  return new SigilforgeError(
    'not_found',
    'This secret is kept in the keychain, and its item there was removed by somebody else.',
    { hint: 'Store it again with: sigilforge secret set KEY' },
  );
}
