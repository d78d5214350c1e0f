import type { CheckedParamsOf, ResultOf, SecretBackend } from '../../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import type { Secret } from '../../../shared/secret.js';
import type { Keychain } from '../keychain/keychain.js';
import { timestamp } from '../platform/clock.js';
import { newId } from '../platform/id.js';
import { isFull, PAGE_BYTES } from '../platform/pages.js';
import { place } from '../sealing/places.js';
import type { Env } from '../store/env.js';
import { SecretStore, type StoredSecret } from '../store/secrets.js';
import type { Sealer, Vault } from '../vault/vault.js';
import { fromStored, readBytes, toStored, writeBytes } from './encoding.js';
import { KeychainItems } from './keychain-items.js';
import { cursorAfterSecret, readPage } from './page.js';

interface Collaborators {
  readonly vault: Vault;
  readonly keychain: Keychain;
}

interface Options {
  /** `secrets.default_backend` in config.toml. */
  readonly defaultBackend: SecretBackend;
}

type SecretValue = ResultOf<'get_secrets'>['secrets'][number];
type Change = Pick<StoredSecret, 'key' | 'item'> & { readonly sealed: (id: string) => Buffer | null };

/** Secrets by their names: API keys and other values that a program needs and no one should see. */
export class Secrets {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #store: SecretStore;
  readonly #items: KeychainItems;
  readonly #defaultBackend: SecretBackend;

  constructor(env: Env, { vault, keychain }: Collaborators, { defaultBackend }: Options) {
    this.#env = env;
    this.#vault = vault;
    this.#store = new SecretStore(env.db);
    this.#items = new KeychainItems(env, { vault, keychain, store: this.#store });
    this.#defaultBackend = defaultBackend;
  }

  get count(): number {
    return this.#store.count();
  }

  /** Where the secret with this name is kept, or `undefined` if there is none. It asks no keychain. */
  backendOf(key: string): SecretBackend | undefined {
    const secret = this.#store.find(key);
    return secret && backendOf(secret);
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
    const chosen = backend ?? this.backendOf(key) ?? this.#defaultBackend;
    const sealer = await this.#vault.unlocked();
    if (chosen === 'keychain') {
      await this.#items.add(key, stored, (item) => this.#put({ key, item, sealed: () => null }));
    } else {
      const sealed = (id: string): Buffer => sealer.seal(place.secret({ id, key }), stored);
      await this.#env.db.write(() => this.#put({ key, item: null, sealed }));
    }
    await this.#env.db.truncateLog();
    await this.#items.sweep();
    return { key, backend: chosen };
  }

  async get(key: string): Promise<ResultOf<'get_secret'>> {
    const found = this.#store.find(key) && (await this.#read(key));
    if (!found) throw absent();
    const { secret, stored } = found;
    if (stored) return { key, ...writeBytes(fromStored(stored)), backend: backendOf(secret) };
    // A value that was changed meanwhile has another item, and its old one is rightly gone.
    if (this.#store.find(key)?.item !== secret.item) return this.get(key);
    throw removedElsewhere();
  }

  /**
   * A page of secrets, without those whose keychain item another program removed. It ends before the first value that would
   * make it too long, which the length of the sealed value foretells for most: then that value is not even opened.
   */
  async getPage(prefix: string | undefined, cursor: string | undefined): Promise<ResultOf<'get_secrets'>> {
    const page = readPage(this.#store, prefix, cursor);
    const secrets: SecretValue[] = [];
    let bytes = 0;
    let last = '';
    for (const { key, sealedBytes } of page.secrets) {
      if (isFull(secrets, bytes + sealedBytes)) return { secrets, cursor: cursorAfterSecret(last) };
      const found = await this.#valueOf(key);
      bytes += found ? jsonBytes(found) + 1 : 0;
      if (isFull(secrets, bytes)) return { secrets, cursor: cursorAfterSecret(last) };
      if (found) secrets.push(found);
      last = key;
    }
    return { secrets, cursor: page.cursor };
  }

  list(prefix: string | undefined, cursor: string | undefined): ResultOf<'list_secrets'> {
    const page = readPage(this.#store, prefix, cursor);
    const secrets = page.secrets.map((secret) => ({
      key: secret.key,
      backend: backendOf(secret),
      created_at: timestamp(secret.createdAt),
      updated_at: timestamp(secret.updatedAt),
    }));
    return { secrets, cursor: page.cursor };
  }

  /** Deletes a secret. Returns whether there was one. */
  async delete(key: string): Promise<boolean> {
    const secret = this.#store.find(key);
    if (!secret) return false;
    const { item } = secret;
    const removed =
      item === null
        ? await this.#env.db.write(() => this.#store.remove(secret))
        : await this.#items.remove({ ...secret, item });
    // Another process moved it meanwhile.
    if (!removed) return this.delete(key);
    await this.#env.db.truncateLog();
    return true;
  }

  async #valueOf(key: string): Promise<SecretValue | undefined> {
    const stored = (await this.#read(key))?.stored;
    return stored && { key, ...writeBytes(fromStored(stored)) };
  }

  /**
   * A locked vault does not hand out secrets in the keychain either. The secret is read once the vault is open, and opened in
   * the same turn: a rotation in between would have sealed it again.
   */
  async #read(key: string): Promise<{ secret: StoredSecret; stored: Secret | undefined } | undefined> {
    const sealer = await this.#vault.unlocked();
    const secret = this.#store.find(key);
    if (!secret) return undefined;
    return { secret, stored: await unlessAltered(key, () => this.#open(sealer, secret)) };
  }

  /** `undefined`: another program removed its item. */
  #open(
    sealer: Sealer,
    { id, key, item, value }: StoredSecret,
  ): Secret | undefined | Promise<Secret | undefined> {
    if (item !== null) return this.#items.read(key, item);
    return value === null ? undefined : sealer.open(place.secret({ id, key }), value);
  }

  #put({ key, item, sealed }: Change): void {
    const now = this.#env.clock.wall();
    const { id, createdAt } = this.#store.find(key) ?? { id: newId(), createdAt: now };
    this.#store.put({ id, key, item, value: sealed(id), createdAt, updatedAt: now });
  }
}

/** What `open` gives, called in the same turn. Names the secret if it is damaged, or not the one of this name. */
async function unlessAltered<T>(key: string, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (thrown) {
    throw asSigilforgeError(thrown).kind === 'integrity' ? damaged(key, thrown) : thrown;
  }
}

function backendOf(secret: Pick<StoredSecret, 'item'>): SecretBackend {
  return secret.item === null ? 'vault' : 'keychain';
}

/** A long value is not written twice for its length: it is too long for a page with others in any case. */
function jsonBytes(secret: SecretValue): number {
  const { length } = secret.value;
  return length > PAGE_BYTES ? length : Buffer.byteLength(JSON.stringify(secret));
}

/** Its name is one that is stored, so it can be repeated. */
function damaged(key: string, cause: unknown): SigilforgeError {
  return new SigilforgeError('integrity', `The stored secret ${key} is damaged.`, {
    hint: `Store it again with: sigilforge secret set ${key}. Or delete it with: sigilforge secret delete ${key}`,
    cause,
  });
}

/** No sentence repeats the name: the caller may have given a value instead. */
function absent(): SigilforgeError {
  return new SigilforgeError('not_found', 'There is no such secret.', {
    hint: 'List the secrets with: sigilforge secret list. Store this one with: sigilforge secret set KEY',
  });
}

function removedElsewhere(): SigilforgeError {
  return new SigilforgeError(
    'not_found',
    'This secret is kept in the keychain, and another program removed its item there.',
    { hint: 'Store it again with: sigilforge secret set KEY' },
  );
}
