import { v7 as uuidv7 } from 'uuid';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { Secret } from '../../../shared/secret.js';
import type { Keychain } from '../keychain/keychain.js';
import type { Logger } from '../platform/log.js';
import type { Leases } from '../store/lease.js';
import type { SecretRow, SecretStore } from '../store/secrets.js';
import type { Sqlite } from '../store/sqlite.js';
import type { Vault } from '../vault/vault.js';

interface Parts {
  readonly db: Sqlite;
  readonly store: SecretStore;
  readonly keychain: Keychain;
  readonly leases: Leases;
  readonly log: Logger;
  readonly vault: Vault;
}

/** Held by whoever changes items, so that nobody deletes one that another process is about to name. */
const LEASE = 'secrets';
/** Long enough for a keychain that asks a person something. */
const LEASE_LIMIT_MS = 30_000;

/**
 * Secrets as items of their own in the keychain. An item is never overwritten: a new value gets a new item, then the row
 * names it, then the old one goes. Each is written down before it is made, so that whatever a crash leaves is found again.
 */
export class SecretItems {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  read(item: string): Promise<Secret | undefined> {
    return this.#parts.keychain.get(item).then((text) => (text === undefined ? undefined : new Secret(text)));
  }

  /** Makes an item with the value. `commit` has the secret's row name it, in one transaction. */
  async add(key: string, value: Secret, commit: (item: string) => void): Promise<void> {
    const { db, store, keychain } = this.#parts;
    await this.#alone(async () => {
      const item = await this.#freeName(key);
      await db.write(() => store.addItem(item));
      await keychain.set(item, value.reveal());
      await db.write(() => commit(item));
    });
  }

  /** Deletes a secret's item, then its row, and says whether the row still named that item. A locked keychain leaves both. */
  async remove(row: SecretRow & { readonly item: string }): Promise<boolean> {
    const { db, store, keychain } = this.#parts;
    return this.#alone(async () => {
      if (store.find(row.key)?.item !== row.item) return false;
      await keychain.delete(row.item);
      return db.write(() => {
        const removed = store.remove(row);
        store.removeItem(row.item);
        return removed;
      });
    });
  }

  /** Deletes what no secret names any more. What the keychain refuses now stays for the next time. */
  async sweep(): Promise<void> {
    const { db, store, keychain, log } = this.#parts;
    if (store.leftOverItems().length === 0) return;
    try {
      await this.#alone(async () => {
        for (const item of store.leftOverItems()) {
          await keychain.delete(item);
          await db.write(() => store.removeItem(item));
        }
      });
    } catch (thrown) {
      log.warn('keychain.item_not_deleted', { kind: asSigilforgeError(thrown).kind });
    }
  }

  /** The plain name, unless it is taken: by the value before, or by another copy of this vault. */
  async #freeName(key: string): Promise<string> {
    const { store, keychain, vault } = this.#parts;
    const name = `${vault.row().id}/secret/${key}`;
    const isFree = !store.hasItem(name) && (await keychain.get(name)) === undefined;
    return isFree ? name : `${name}#${uuidv7()}`;
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const lease = await this.#parts.leases.take(LEASE, LEASE_LIMIT_MS);
    if (!lease)
      throw new SigilforgeError('timeout', 'Somebody else has been changing keychain items all this time.');
    try {
      return await work();
    } finally {
      lease.release();
    }
  }
}
