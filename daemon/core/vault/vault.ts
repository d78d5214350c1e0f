import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { SigilforgeError } from '../../../shared/errors.js';
import { Secret } from '../../../shared/secret.js';
import type { Sqlite } from '../store/sqlite.js';
import { type SlotRow, type VaultRow, VaultStore } from '../store/vault-store.js';
import type { KeySource } from './key-source.js';
import { KEY_BYTES, keyIdOf, open, type Place, seal } from './sealing.js';

/** Seals and opens the secret columns, while the vault is unlocked. */
export interface Sealer {
  /** Call it inside the transaction that stores the value: it reads the vault's current key id there. */
  seal(place: Omit<Place, 'vault'>, secret: Secret): Buffer;
  /** The same with the newest key in memory, for a value that goes into a file because the database cannot be used. */
  sealAside(place: Omit<Place, 'vault'>, secret: Secret): Buffer;
  open(place: Omit<Place, 'vault'>, sealed: Buffer): Secret;
  /** A keyed fingerprint: the same for the same secret, and telling nothing of it. */
  fingerprint(secret: Secret): Buffer;
}

/** The data key and the slots that open it. It opens itself when it is first needed, and stays open. */
export class Vault {
  readonly #store: VaultStore;
  readonly #db: Sqlite;
  readonly #sources: readonly KeySource[];
  #opening: Promise<Sealer> | undefined;
  #openedBy: SlotRow['kind'] | null = null;

  constructor(db: Sqlite, sources: readonly KeySource[]) {
    this.#db = db;
    this.#store = new VaultStore(db);
    this.#sources = sources;
  }

  get exists(): boolean {
    return this.#store.vault() !== undefined;
  }

  get state(): 'unlocked' | 'locked' {
    return this.#openedBy === null ? 'locked' : 'unlocked';
  }

  /** The kind of the slot that opened the vault, or of the one that would. */
  get keySource(): string | null {
    return this.#openedBy ?? this.#store.slots()[0]?.kind ?? null;
  }

  /**
   * Makes a new vault, its data key wrapped by a new key of `source`. The key is safely kept before the slot's row is,
   * so that no row ever names a key that is not there. The caller holds the instance lease.
   */
  async create(source: KeySource, now: number): Promise<void> {
    const vault: VaultRow = { id: uuidv7(), current_key_id: uuidv7(), created_at: now };
    const slotId = uuidv7();
    const key = await source.create(vault.id, slotId);
    const place = slotPlace(vault.id, slotId);
    const slot: SlotRow = {
      id: slotId,
      key_id: vault.current_key_id,
      kind: source.kind,
      wrapped_key: seal(key, vault.current_key_id, place, randomBytes(KEY_BYTES)),
      created_at: now,
    };
    try {
      await this.#db.write(() => this.#store.create(vault, slot));
    } catch (thrown) {
      await source.discard(vault.id, slotId);
      throw thrown;
    }
  }

  /** The sealer. Throws what keeps the vault closed (`vault_locked`, `keychain_unavailable`, `timeout`, `denied`), and tries anew when asked again. */
  unlocked(): Promise<Sealer> {
    this.#opening ??= this.#open().catch((thrown: unknown) => {
      this.#opening = undefined;
      throw thrown;
    });
    return this.#opening;
  }

  async #open(): Promise<Sealer> {
    const vault = this.#store.vault();
    if (!vault) throw new SigilforgeError('integrity', 'The database has no vault.');
    for (const slot of this.#store.slots()) {
      const source = this.#sources.find(({ kind }) => kind === slot.kind);
      // Only a key that is absent lets the next slot have its turn: whatever else is wrong is thrown.
      const key = await source?.read(vault.id, slot.id);
      if (!key) continue;
      const dataKey = open(key, slotPlace(vault.id, slot.id), slot.wrapped_key);
      this.#openedBy = slot.kind;
      return this.#sealer(vault.id, slot.key_id, new Map([[slot.key_id, dataKey]]));
    }
    throw new SigilforgeError('integrity', 'None of the keys that open this vault is where it was kept.', {
      hint: 'Restore the keychain item or the key file that the vault was made with; nothing was changed.',
    });
  }

  #sealer(vault: string, newest: string, keys: ReadonlyMap<string, Buffer>): Sealer {
    const keyFor = (id: string | undefined): Buffer => {
      const key = id === undefined ? undefined : keys.get(id);
      if (key) return key;
      throw new SigilforgeError(
        'integrity',
        'A stored value was sealed with a key that this vault does not have.',
      );
    };
    const sealWith = (keyId: string, place: Omit<Place, 'vault'>, secret: Secret): Buffer =>
      seal(keyFor(keyId), keyId, { vault, ...place }, Buffer.from(secret.reveal()));
    const fingerprintKey = Buffer.from(
      hkdfSync('sha256', keyFor(newest), vault, 'sigilforge fingerprint', KEY_BYTES),
    );
    return {
      seal: (place, secret) => sealWith(this.#store.vault()?.current_key_id ?? '', place, secret),
      sealAside: (place, secret) => sealWith(newest, place, secret),
      fingerprint: (secret) => createHmac('sha256', fingerprintKey).update(secret.reveal()).digest(),
      open: (place, sealed) =>
        new Secret(open(keyFor(keyIdOf(sealed)), { vault, ...place }, sealed).toString('utf8')),
    };
  }
}

function slotPlace(vault: string, slotId: string): Place {
  return { vault, table: 'key_slots', row: slotId, column: 'wrapped_key' };
}
