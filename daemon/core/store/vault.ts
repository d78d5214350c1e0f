import type { VaultSlot } from '../../../shared/contract/index.js';
import type { Sqlite, Statement } from './sqlite.js';

export type SlotKind = VaultSlot['kind'];

export interface VaultRow {
  readonly id: string;
  readonly current_key_id: string;
  /** Sealed by the data key. */
  readonly fingerprint_key: Buffer;
  readonly locked: 0 | 1;
  readonly created_at: number;
}

export interface SlotRow {
  readonly id: string;
  readonly kind: SlotKind;
  /** Sealed by the slot's own key. */
  readonly private_key: Buffer;
  /** Sealed by the data key. */
  readonly public_key: Buffer;
  readonly params: string | null;
  readonly created_at: number;
}

export interface WrappedKeyRow {
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
  readonly #removeKeysBut: Statement<[string]>;

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
    this.#removeKeysBut = db.prepare('DELETE FROM wrapped_keys WHERE key_id <> ?');
  }

  vault(): VaultRow | undefined {
    return this.#vault.get();
  }

  /** Oldest first. */
  slots(): SlotRow[] {
    return this.#slots.all();
  }

  /** The data keys as they are wrapped for one slot. */
  wrappedFor(slotId: string): WrappedKeyRow[] {
    return this.#wrappedFor.all(slotId);
  }

  /** Every data key that there is: more than one only while a rotation is unfinished. */
  keyIds(): string[] {
    return this.#keyIds.all().map(({ key_id }) => key_id);
  }

  createVault(vault: VaultRow): void {
    this.#insertVault.run(vault);
  }

  addSlot(slot: SlotRow, keys: readonly WrappedKeyRow[]): void {
    this.#insertSlot.run(slot);
    for (const key of keys) this.addKey(key);
  }

  addKey(key: WrappedKeyRow): void {
    this.#insertKey.run(key);
  }

  setLocked(locked: boolean): void {
    this.#setLocked.run(locked ? 1 : 0);
  }

  /** The data key for new values, and the fingerprint key sealed by it. */
  setCurrentKey(keyId: string, fingerprintKey: Buffer): void {
    this.#setCurrent.run(keyId, fingerprintKey);
  }

  setPublicKey(slotId: string, publicKey: Buffer): void {
    this.#setPublicKey.run(publicKey, slotId);
  }

  removeSlot(id: string): void {
    this.#removeSlot.run(id);
  }

  removeKeysBut(keyId: string): void {
    this.#removeKeysBut.run(keyId);
  }
}
