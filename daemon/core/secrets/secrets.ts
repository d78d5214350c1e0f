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
/** A secret that was read: its value, unless another program removed its keychain item; or what it is damaged by. */
interface Read {
  readonly secret: StoredSecret;
  readonly stored?: Secret | undefined;
  readonly damage?: SigilforgeError;
}

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
    const { secret, stored, damage } = found;
    if (damage) throw damage;
    if (stored) return { key, ...writeBytes(fromStored(stored)), backend: backendOf(secret) };
    // A value that was changed meanwhile has another item, and its old one is rightly gone.
    if (this.#store.find(key)?.item !== secret.item) return this.get(key);
    throw removedElsewhere();
  }

  /**
   * A page of secrets, without those whose keychain item another program removed, and with the names of those that are
   * damaged, so that they hide no other. It ends before the first value that would make it too long, which the length of
   * the sealed value foretells for most: then that value is not even opened.
   */
  async getPage(prefix: string | undefined, cursor: string | undefined): Promise<ResultOf<'get_secrets'>> {
    const listed = readPage(this.#store, prefix, cursor);
    const secrets: SecretValue[] = [];
    const damaged: string[] = [];
    const page = (next: string | null) => ({ secrets, ...(damaged.length > 0 && { damaged }), cursor: next });
    let bytes = 0;
    let last = '';
    for (const { key, sealedBytes } of listed.secrets) {
      if (isFull(secrets, bytes + sealedBytes)) return page(cursorAfterSecret(last));
      const found = await this.#read(key);
      const value = found?.stored && { key, ...writeBytes(fromStored(found.stored)) };
      if (value) bytes += jsonBytes(value) + 1;
      else if (found?.damage) bytes += jsonBytes(key) + 1;
      if (isFull(secrets, bytes)) return page(cursorAfterSecret(last));
      if (value) secrets.push(value);
      else if (found?.damage) damaged.push(key);
      last = key;
    }
    return page(listed.cursor);
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

  /** The names of at most so many. */
  names(most: number): string[] {
    return this.#store.page({ prefix: '', after: '', limit: most }).map(({ key }) => key);
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

  /**
   * A locked vault does not hand out secrets in the keychain either. The secret is read once the vault is open, and opened in
   * the same turn: a rotation in between would have sealed it again.
   */
  async #read(key: string): Promise<Read | undefined> {
    const sealer = await this.#vault.unlocked();
    const secret = this.#store.find(key);
    if (!secret) return undefined;
    try {
      return { secret, stored: await this.#open(sealer, secret) };
    } catch (thrown) {
      if (asSigilforgeError(thrown).kind !== 'integrity') throw thrown;
      this.#env.log.warn('secret.damaged', { key });
      return { secret, damage: damaged(key, thrown) };
    }
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

function backendOf(secret: Pick<StoredSecret, 'item'>): SecretBackend {
  return secret.item === null ? 'vault' : 'keychain';
}

/** A long value is not written twice for its length: it is too long for a page with others in any case. */
function jsonBytes(secret: SecretValue | string): number {
  const { length } = typeof secret === 'string' ? secret : secret.value;
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
