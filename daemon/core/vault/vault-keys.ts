import { v7 as uuidv7 } from 'uuid';
import type { ResultOf, VaultSlot } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { type Clock, timestamp } from '../platform/clock.js';
import type { Lease, Leases } from '../store/lease.js';
import type { Sqlite } from '../store/sqlite.js';
import type { SlotRow } from '../store/vault.js';
import type { Rotation } from './rotation.js';
import { newPasswordParams, passwordKey } from './slots/password.js';
import { newRecoveryKey, parseRecoveryKey, recoverySlotKey } from './slots/recovery-key.js';
import { makeSlot, type SlotParts } from './slots/slots.js';
import { WrongPasswords } from './slots/wrong-passwords.js';
import { openByText } from './unlocking.js';
import type { Vault } from './vault.js';

interface Parts {
  readonly db: Sqlite;
  readonly vault: Vault;
  readonly rotation: Rotation;
  readonly leases: Leases;
  readonly clock: Clock;
}

/** Held by whoever changes slots or rotates. */
const KEYS_LEASE = 'vault-keys';
const LEASE_LIMIT_MS = 10_000;

type State = ResultOf<'unlock'>['state'];

/** The ways to open the vault, and its being open or not. */
export class VaultKeys {
  readonly #parts: Parts;
  readonly #wrong: WrongPasswords;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#wrong = new WrongPasswords(parts.clock);
  }

  status(): ResultOf<'vault_status'> {
    const { vault } = this.#parts;
    return { state: vault.state, key_source: vault.keySource, slots: this.#slots() };
  }

  /** Whether a password or a recovery key opens it. */
  get opensByText(): boolean {
    return this.#parts.vault.store.slots().some(({ kind }) => kind === 'password' || kind === 'recovery');
  }

  /** Opens by a password or a recovery key, or by a slot that needs neither. Throws `denied` for a wrong one. */
  unlock(text: string | undefined): Promise<State> {
    return this.#inTurn(async () => {
      const { vault, db } = this.#parts;
      const ring = text === undefined ? await vault.openBySource() : await this.#openByText(text);
      await db.write(() => vault.store.setLocked(false));
      vault.adopt(ring);
      return vault.state;
    });
  }

  /** Nothing is handed out from now on; resolves once no exchange needs the keys any more. */
  async lock(): Promise<State> {
    await this.#parts.vault.lock();
    return this.#parts.vault.state;
  }

  /** Adds a password or takes it in the place of the old one; `only` removes every other slot but a recovery key. */
  setPassword(password: string, only: boolean): Promise<VaultSlot[]> {
    return this.#changing(async () => {
      const params = newPasswordParams();
      const key = await passwordKey(password, params);
      await this.#replace(
        { id: uuidv7(), kind: 'password', key, params },
        ({ kind }) => kind === 'password' || (only && kind !== 'recovery'),
      );
      return this.#slots();
    });
  }

  /** Makes a recovery key in the place of the old one. Its text is kept nowhere. */
  makeRecoveryKey(): Promise<string> {
    return this.#changing(async () => {
      const text = newRecoveryKey();
      const id = uuidv7();
      const key = recoverySlotKey(parseRecoveryKey(text) ?? Buffer.alloc(0), id);
      await this.#replace({ id, kind: 'recovery', key }, ({ kind }) => kind === 'recovery');
      return text;
    });
  }

  removeSlot(id: string): Promise<VaultSlot[]> {
    return this.#changing(async () => {
      const { db, vault } = this.#parts;
      await vault.ring();
      const removed = await db.write(() => {
        const slots = vault.store.slots();
        const slot = slots.find((one) => one.id === id);
        if (!slot) throw noSuchSlot();
        if (slots.length === 1) throw lastSlot();
        vault.store.removeSlot(id);
        return slot;
      });
      await this.#discard([removed]);
      return this.#slots();
    });
  }

  /** A new data key, and everything sealed anew with it. What an interrupted rotation has left is done first. */
  rotate(): Promise<ResultOf<'vault_rotate'>> {
    return this.#changing(() => this.#parts.rotation.rotate());
  }

  /** Ends a rotation that was interrupted, where there is one and the vault is open. */
  async finishRotation(): Promise<void> {
    if (!this.#parts.rotation.isUnfinished) return;
    await this.#changing(() => this.#parts.rotation.finish());
  }

  async #openByText(text: string) {
    this.#wrong.assertMayTry();
    const ring = await openByText(this.#parts.vault, text);
    if (!ring) throw this.#wrong.refuse();
    this.#wrong.forget();
    return ring;
  }

  /** A new slot, and in the same transaction the end of those that it replaces. */
  async #replace(
    parts: Omit<SlotParts, 'vault' | 'now'>,
    replaces: (slot: SlotRow) => boolean,
  ): Promise<void> {
    const { db, vault, clock } = this.#parts;
    const ring = await vault.ring();
    const { slot, removed } = await db.write(() => {
      const removed = vault.store.slots().filter(replaces);
      const whole = { ...parts, vault: vault.row().id, now: clock.wall() };
      const { row, keys, slot } = makeSlot(whole, ring.dataKeys());
      for (const { id } of removed) vault.store.removeSlot(id);
      vault.store.addSlot(row, keys);
      return { slot, removed };
    });
    if (removed.some(({ id }) => id === ring.slotId)) ring.followBy(slot);
    await this.#discard(removed);
  }

  /** After the rows are gone, so that no row ever names a key that is not there. What fails here undoes nothing. */
  async #discard(removed: readonly SlotRow[]): Promise<void> {
    const { db, vault } = this.#parts;
    if (removed.length === 0) return;
    const { id } = vault.row();
    try {
      db.truncateLog();
      for (const slot of removed) {
        await vault.sources.find(({ kind }) => kind === slot.kind)?.discard(id, slot.id);
      }
    } catch {
      // The slot opens nothing any more; what is left of its key is of no use.
    }
  }

  #slots(): VaultSlot[] {
    return this.#parts.vault.store
      .slots()
      .map(({ id, kind, created_at }) => ({ id, kind, created_at: timestamp(created_at) }));
  }

  /** Changes of slots and keys, one at a time in all processes. */
  #changing<T>(change: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      const lease = await this.#lease();
      try {
        return await change();
      } finally {
        lease.release();
      }
    });
  }

  async #lease(): Promise<Lease> {
    const lease = await this.#parts.leases.take(KEYS_LEASE, LEASE_LIMIT_MS);
    if (lease) return lease;
    throw new SigilforgeError('timeout', 'Another program is changing the keys of this vault.', {
      hint: 'Try again when it is done.',
    });
  }

  /** Two at once would guess twice as fast, and undo each other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => {});
    return turn;
  }
}

function noSuchSlot(): SigilforgeError {
  return new SigilforgeError('not_found', 'The vault has no such slot.', {
    hint: 'List them with: sigilforge vault status',
  });
}

function lastSlot(): SigilforgeError {
  return new SigilforgeError('denied', 'This is the last way to open the vault.', {
    hint: 'Add another one first, with: sigilforge vault set-password',
  });
}
