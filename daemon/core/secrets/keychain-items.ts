import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { Secret } from '../../../shared/secret.js';
import type { Keychain } from '../keychain/keychain.js';
import { newId } from '../platform/id.js';
import type { Env } from '../store/env.js';
import type { SecretStore, StoredSecret } from '../store/secrets.js';
import type { Vault } from '../vault/vault.js';

interface Collaborators {
  readonly vault: Vault;
  readonly keychain: Keychain;
  readonly store: SecretStore;
}

/** Held while items change, so that none is deleted that another process is about to name. */
const LEASE = 'secrets';
/** Long enough for a keychain that asks the person something. */
const LEASE_LIMIT_MS = 30_000;

/**
 * Secrets as items of their own in the keychain. An item is never overwritten: a new value gets a new item, then the row
 * names it, then the old one is deleted. Each is noted before it is made, so that what a crash leaves behind is found again.
 */
export class KeychainItems {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #keychain: Keychain;
  readonly #store: SecretStore;

  constructor(env: Env, { vault, keychain, store }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#keychain = keychain;
    this.#store = store;
  }

  /** The value of a secret's item. Throws `integrity` if the item is not one of this secret: the database was altered then. */
  async read(key: string, item: string): Promise<Secret | undefined> {
    if (!this.#isOf(key, item))
      throw new SigilforgeError('integrity', 'A secret names a keychain item that is not its own.');
    const text = await this.#keychain.get(item);
    return text === undefined ? undefined : new Secret(text);
  }

  /** Makes an item with the value. `commit` makes the secret name it, in one transaction. */
  async add(key: string, value: Secret, commit: (item: string) => void): Promise<void> {
    await this.#alone(async () => {
      const item = await this.#freeName(key);
      await this.#env.db.write(() => this.#store.addItem(item));
      await this.#keychain.set(item, value.reveal());
      await this.#env.db.write(() => commit(item));
    });
  }

  /** Deletes a secret's item, then the secret. Returns whether it still named that item. A locked keychain leaves both. */
  async remove(secret: StoredSecret & { readonly item: string }): Promise<boolean> {
    return this.#alone(async () => {
      if (this.#store.find(secret.key)?.item !== secret.item) return false;
      // What a database names that was altered may be any item: the key of a vault, or another secret.
      if (this.#isOf(secret.key, secret.item)) await this.#keychain.delete(secret.item);
      return this.#env.db.write(() => {
        const removed = this.#store.remove(secret);
        this.#store.removeItem(secret.item);
        return removed;
      });
    });
  }

  /** Deletes items that no secret names any more. What the keychain refuses now stays until the next time. */
  async sweep(): Promise<void> {
    try {
      if (this.#leftOver().length === 0) return;
      // Whose items these are is proven by the vault's own key.
      await this.#vault.unlocked();
      await this.#alone(async () => {
        for (const item of this.#leftOver()) {
          await this.#keychain.delete(item);
          await this.#env.db.write(() => this.#store.removeItem(item));
        }
      });
    } catch (thrown) {
      this.#env.log.warn('keychain.item_not_deleted', { kind: asSigilforgeError(thrown).kind });
    }
  }

  /** What all items of this vault begin with that are secrets: its keys do not. */
  get #prefix(): string {
    return `${this.#vault.id}/secret/`;
  }

  /** No secret's name has a `#`. */
  #isOf(key: string, item: string): boolean {
    const name = this.#prefix + key;
    return item === name || item.startsWith(`${name}#`);
  }

  #leftOver(): string[] {
    return this.#store.leftOverItems().filter((item) => item.startsWith(this.#prefix));
  }

  /** The plain name, unless it is taken by the previous value or by another copy of this vault. */
  async #freeName(key: string): Promise<string> {
    const name = this.#prefix + key;
    const isFree = !this.#store.hasItem(name) && (await this.#keychain.get(name)) === undefined;
    return isFree ? name : `${name}#${newId()}`;
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const lease = await this.#env.leases.take(LEASE, LEASE_LIMIT_MS);
    if (!lease) throw anotherIsChanging();
    try {
      return await work();
    } finally {
      lease.release();
    }
  }
}

function anotherIsChanging(): SigilforgeError {
  return new SigilforgeError('timeout', 'Another process is changing keychain items.', {
    hint: 'Try again when it is done.',
  });
}
