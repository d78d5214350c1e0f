import type { Sqlite } from './sqlite.js';

export interface VaultRow {
  readonly id: string;
  readonly current_key_id: string;
  readonly created_at: number;
}

export interface SlotRow {
  readonly id: string;
  readonly key_id: string;
  readonly kind: 'keychain' | 'credential' | 'password' | 'recovery' | 'key_file';
  readonly wrapped_key: Buffer;
  readonly created_at: number;
}

/** SQL for the vault's identity and its key slots. */
export class VaultStore {
  readonly #vault;
  readonly #slots;
  readonly #insertVault;
  readonly #insertSlot;

  constructor(db: Sqlite) {
    this.#vault = db.prepare<[], VaultRow>('SELECT * FROM vault');
    this.#slots = db.prepare<[], SlotRow>('SELECT * FROM key_slots ORDER BY created_at');
    this.#insertVault = db.prepare<[VaultRow]>(
      'INSERT INTO vault VALUES (@id, @current_key_id, @created_at)',
    );
    this.#insertSlot = db.prepare<[SlotRow]>(
      'INSERT INTO key_slots VALUES (@id, @key_id, @kind, @wrapped_key, @created_at)',
    );
  }

  vault(): VaultRow | undefined {
    return this.#vault.get();
  }

  slots(): SlotRow[] {
    return this.#slots.all();
  }

  create(vault: VaultRow, slot: SlotRow): void {
    this.#insertVault.run(vault);
    this.#insertSlot.run(slot);
  }
}
