import type { VaultSlot } from '../../../shared/contract/index.js';
import { parseJson } from '../../../shared/json.js';
import type { Sqlite, Statement } from './sqlite.js';

export type SlotKind = VaultSlot['kind'];

/** The vault's identity. Times are milliseconds since 1970. */
export interface StoredVault {
  readonly id: string;
  readonly currentKeyId: string;
  /** Sealed with the data key. */
  readonly fingerprintKey: Buffer;
  readonly locked: boolean;
  readonly createdAt: number;
}

/** A way to open the vault. */
export interface StoredSlot {
  readonly id: string;
  readonly kind: SlotKind;
  /** Sealed with the slot's own key. */
  readonly privateKey: Buffer;
  /** Sealed with the data key. */
  readonly publicKey: Buffer;
  /** The JSON value of how the slot's own key is made, for a schema to check; `undefined` if it is not JSON. */
  readonly params: unknown;
  readonly createdAt: number;
}

/** A data key, wrapped for one slot. */
export interface WrappedKey {
  readonly slotId: string;
  readonly keyId: string;
  readonly wrapped: Buffer;
}

interface VaultRow {
  readonly id: string;
  readonly current_key_id: string;
  readonly fingerprint_key: Buffer;
  readonly locked: 0 | 1;
  readonly created_at: number;
}

interface SlotRow {
  readonly id: string;
  readonly kind: SlotKind;
  readonly private_key: Buffer;
  readonly public_key: Buffer;
  readonly params: string | null;
  readonly created_at: number;
}

interface WrappedKeyRow {
  readonly slot_id: string;
  readonly key_id: string;
  readonly wrapped: Buffer;
}

/** SQL for the vault's identity, its slots and its data keys. Everything that changes a row is called inside `Sqlite.write`. */
export class VaultStore {
  readonly #vault: Statement<[], VaultRow>;
  readonly #slots: Statement<[], SlotRow>;
  readonly #wrappedFor: Statement<[string], WrappedKeyRow>;
  readonly #keyIds: Statement<[], { key_id: string }>;
  readonly #insertVault: Statement<[VaultRow]>;
  readonly #insertSlot: Statement<[SlotRow]>;
  readonly #insertKey: Statement<[WrappedKeyRow]>;
  readonly #setLocked: Statement<[number]>;
  readonly #setCurrent: Statement<[string, Buffer]>;
  readonly #setPublicKey: Statement<[Buffer, string]>;
  readonly #removeSlot: Statement<[string]>;
  readonly #removeOtherKeys: Statement<[string]>;

  constructor(db: Sqlite) {
    this.#vault = db.prepare('SELECT * FROM vault');
    this.#slots = db.prepare('SELECT * FROM key_slots ORDER BY created_at, id');
    this.#wrappedFor = db.prepare('SELECT * FROM wrapped_keys WHERE slot_id = ? ORDER BY key_id');
    this.#keyIds = db.prepare('SELECT DISTINCT key_id FROM wrapped_keys');
    this.#insertVault = db.prepare(
      'INSERT INTO vault VALUES (@id, @current_key_id, @fingerprint_key, @locked, @created_at)',
    );
    this.#insertSlot = db.prepare(
      'INSERT INTO key_slots VALUES (@id, @kind, @private_key, @public_key, @params, @created_at)',
    );
    this.#insertKey = db.prepare('INSERT INTO wrapped_keys VALUES (@slot_id, @key_id, @wrapped)');
    this.#setLocked = db.prepare('UPDATE vault SET locked = ?');
    this.#setCurrent = db.prepare('UPDATE vault SET current_key_id = ?, fingerprint_key = ?');
    this.#setPublicKey = db.prepare('UPDATE key_slots SET public_key = ? WHERE id = ?');
    this.#removeSlot = db.prepare('DELETE FROM key_slots WHERE id = ?');
    this.#removeOtherKeys = db.prepare('DELETE FROM wrapped_keys WHERE key_id <> ?');
  }

  vault(): StoredVault | undefined {
    const row = this.#vault.get();
    return (
      row && {
        id: row.id,
        currentKeyId: row.current_key_id,
        fingerprintKey: row.fingerprint_key,
        locked: row.locked === 1,
        createdAt: row.created_at,
      }
    );
  }

  /** Oldest first. */
  slots(): StoredSlot[] {
    return this.#slots.all().map(({ id, kind, private_key, public_key, params, created_at }) => ({
      id,
      kind,
      privateKey: private_key,
      publicKey: public_key,
      params: params === null ? null : parseJson(params),
      createdAt: created_at,
    }));
  }

  /** The data keys as they are wrapped for one slot. */
  wrappedFor(slotId: string): WrappedKey[] {
    return this.#wrappedFor
      .all(slotId)
      .map(({ slot_id, key_id, wrapped }) => ({ slotId: slot_id, keyId: key_id, wrapped }));
  }

  /** The ids of all data keys: more than one only while a rotation is unfinished. */
  keyIds(): string[] {
    return this.#keyIds.all().map(({ key_id }) => key_id);
  }

  createVault({ id, currentKeyId, fingerprintKey, locked, createdAt }: StoredVault): void {
    this.#insertVault.run({
      id,
      current_key_id: currentKeyId,
      fingerprint_key: fingerprintKey,
      locked: locked ? 1 : 0,
      created_at: createdAt,
    });
  }

  addSlot(
    { id, kind, privateKey, publicKey, params, createdAt }: StoredSlot,
    keys: readonly WrappedKey[],
  ): void {
    this.#insertSlot.run({
      id,
      kind,
      private_key: privateKey,
      public_key: publicKey,
      params: params === null ? null : JSON.stringify(params),
      created_at: createdAt,
    });
    for (const key of keys) this.addKey(key);
  }

  addKey({ slotId, keyId, wrapped }: WrappedKey): void {
    this.#insertKey.run({ slot_id: slotId, key_id: keyId, wrapped });
  }

  setLocked(locked: boolean): void {
    this.#setLocked.run(locked ? 1 : 0);
  }

  /** The data key for new values, and the fingerprint key sealed with it. */
  setCurrentKey(keyId: string, fingerprintKey: Buffer): void {
    this.#setCurrent.run(keyId, fingerprintKey);
  }

  setPublicKey(slotId: string, publicKey: Buffer): void {
    this.#setPublicKey.run(publicKey, slotId);
  }

  removeSlot(id: string): void {
    this.#removeSlot.run(id);
  }

  removeOtherKeys(keyId: string): void {
    this.#removeOtherKeys.run(keyId);
  }
}
