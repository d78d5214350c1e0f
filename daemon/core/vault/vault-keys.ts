import type { ResultOf, VaultSlot } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { CHECK_KEYCHAIN } from '../../../shared/keychain-hints.js';
import { timestamp } from '../platform/clock.js';
import { newId } from '../platform/id.js';
import { Turns } from '../platform/turns.js';
import type { Env } from '../store/env.js';
import type { Lease } from '../store/lease.js';
import type { StoredSlot } from '../store/vault.js';
import { type ConfiguredKey, keyWarning, onlyWay } from './configured-key.js';
import type { KeyRing } from './key-ring.js';
import type { Rotation } from './rotation.js';
import { newPasswordParams, passwordKey } from './slots/password.js';
import { newRecoveryKey, parseRecoveryKey, recoverySlotKey } from './slots/recovery-key.js';
import { makeSlot, needsPerson, type OpenSlot, type SlotParts } from './slots/slots.js';
import { WrongPasswords } from './slots/wrong-passwords.js';
import { openByText } from './unlocking.js';
import type { Vault } from './vault.js';

/** Held while slots change or keys rotate. */
const KEYS_LEASE = 'vault-keys';
const LEASE_LIMIT_MS = 10_000;

type State = ResultOf<'unlock'>['state'];

/** Who asks, such as a connection. The wrong passwords of one delay no other: else any client could lock the user out. */
export interface Asker {
  /** Aborted once it is gone. */
  readonly gone: AbortSignal;
}

interface Collaborators {
  readonly vault: Vault;
  readonly rotation: Rotation;
  readonly configured: ConfiguredKey;
}

/** The slots that open the vault, and whether it is open. */
export class VaultKeys {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #rotation: Rotation;
  readonly #configured: ConfiguredKey;
  readonly #wrong = new WeakMap<Asker, WrongPasswords>();
  /** Two at once would guess twice as fast, and undo each other's changes. They come in the order of their calls. */
  readonly #turns = new Turns();

  constructor(env: Env, { vault, rotation, configured }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#rotation = rotation;
    this.#configured = configured;
  }

  /** Says "unlocked" only of a vault that was opened. */
  async status(): Promise<ResultOf<'vault_status'>> {
    const fault = await this.#vault.tried();
    const slots = this.#vault.store.slots();
    return {
      state: this.#vault.state,
      key_source: this.#vault.keySource,
      slots: this.#slots(),
      warning: fault
        ? `${fault.message} ${fault.hint}`
        : (keyWarning(this.#configured, slots) ?? onlyWay(slots)),
    };
  }

  /** Whether a password or a recovery key opens it. */
  get opensByText(): boolean {
    return this.#vault.store.slots().some(needsPerson);
  }

  /** Opens with a password or a recovery key, or with a slot that needs neither. Throws `denied` for a wrong one. */
  unlock(text: string | undefined, asker: Asker): Promise<State> {
    return this.#turns.take(async () => {
      const ring =
        text === undefined ? await this.#vault.openBySource() : await this.#openByText(text, asker);
      await this.#env.db.write(() => this.#vault.store.setLocked(false));
      this.#vault.adopt(ring);
      return this.#vault.state;
    });
  }

  /** From now on nothing is handed out; resolves once no exchange needs the keys any more. */
  async lock(): Promise<State> {
    await this.#vault.lock();
    return this.#vault.state;
  }

  /** Adds a password, or replaces the old one; `only` removes every other slot except a recovery key. */
  setPassword(password: string, { only }: { readonly only: boolean }): Promise<VaultSlot[]> {
    return this.#changing(async () => {
      const params = newPasswordParams();
      const key = await passwordKey(password, params);
      await this.#replace(
        { id: newId(), kind: 'password', key, params },
        ({ kind }) => kind === 'password' || (only && kind !== 'recovery'),
      );
      return this.#slots();
    });
  }

  /**
   * Adds a slot whose key the keychain has. The slot is stored only once the keychain gives that key back. Throws
   * `already_exists` if there is such a slot, and what the keychain says if there is none, or it is locked or refuses.
   */
  addKeychain(): Promise<VaultSlot[]> {
    return this.#changing(async () => {
      const { id: vault } = this.#vault.row();
      await this.#vault.ring();
      const known = this.#vault.store.slots().find(({ kind }) => kind === 'keychain');
      if (known) throw hasKeychain(known.id);
      const id = newId();
      const source = this.#vault.source('keychain');
      try {
        const key = await source.create(vault, id);
        if (!(await source.read(vault, id))?.equals(key)) throw notKept();
        await this.#replace({ id, kind: 'keychain', key }, () => false);
      } catch (thrown) {
        // No slot names this key, so what is left of it is useless.
        await source.discard(vault, id).catch(() => {});
        throw thrown;
      }
      return this.#slots();
    });
  }

  /** Makes a recovery key that replaces the old one. Its text is not kept anywhere. */
  makeRecoveryKey(): Promise<string> {
    return this.#changing(async () => {
      const text = newRecoveryKey();
      const id = newId();
      const key = recoverySlotKey(parseRecoveryKey(text) ?? Buffer.alloc(0), id);
      await this.#replace({ id, kind: 'recovery', key }, ({ kind }) => kind === 'recovery');
      return text;
    });
  }

  /** Never removes the last way in, nor the last one that works: without a person, another slot has to open at this moment. */
  removeSlot(id: string): Promise<VaultSlot[]> {
    return this.#changing(async () => {
      const ring = await this.#vault.ring();
      const successor = await this.#successorOf(id, ring);
      const removed = await this.#env.db.write(() => {
        const slots = this.#vault.store.slots();
        const slot = slots.find((candidate) => candidate.id === id);
        if (!slot) throw noSuchSlot();
        if (slots.length === 1) throw lastSlot();
        this.#vault.store.removeSlot(id);
        return slot;
      });
      if (successor && ring.slotId === id) ring.followBy(successor);
      await this.#discard([removed]);
      return this.#slots();
    });
  }

  /** Makes a new data key and seals everything with it. An interrupted rotation is finished first. */
  rotate(): Promise<ResultOf<'vault_rotate'>> {
    return this.#changing(() => this.#rotation.rotate());
  }

  /** Finishes a rotation that was interrupted, and binds values of older versions. */
  async finishRotation(): Promise<void> {
    if (!this.#rotation.isUnfinished) return;
    await this.#changing(() => this.#rotation.finish());
  }

  /** Does as much of that as is possible without waiting for another process, and until `isOver`. */
  async advanceRotation(isOver: () => boolean): Promise<void> {
    if (!this.#rotation.isUnfinished) return;
    const lease = this.#env.leases.tryTake(KEYS_LEASE);
    try {
      if (lease) await this.#rotation.advance(isOver);
    } finally {
      lease?.release();
    }
  }

  async #openByText(text: string, asker: Asker) {
    // Else one that connects, asks and leaves could put any number of attempts before that of the user.
    if (asker.gone.aborted) throw new SigilforgeError('cancelled', 'The caller is gone.');
    const wrong = this.#wrong.get(asker) ?? new WrongPasswords(this.#env.clock);
    wrong.assertMayTry();
    const ring = await openByText(this.#vault, text);
    if (ring) {
      this.#wrong.delete(asker);
      return ring;
    }
    this.#wrong.set(asker, wrong);
    throw wrong.recordWrong();
  }

  /** A slot that opens without a person once `id` is removed, if one has to: for `ring`, or because no person could. */
  async #successorOf(id: string, ring: KeyRing): Promise<OpenSlot | undefined> {
    const slots = this.#vault.store.slots();
    const others = slots.filter((slot) => slot.id !== id);
    const opensByPerson = others.some(needsPerson);
    // The transaction says what is wrong with the last slot, or with one that does not exist.
    if (others.length === 0 || others.length === slots.length) return undefined;
    if (opensByPerson && ring.slotId !== id) return undefined;
    try {
      return await this.#vault.slotBySource({ except: id });
    } catch (thrown) {
      if (opensByPerson) return undefined;
      throw thrown;
    }
  }

  /** Adds a slot, and in the same transaction removes those that it replaces. */
  async #replace(
    content: Omit<SlotParts, 'vault' | 'now'>,
    replaces: (slot: StoredSlot) => boolean,
  ): Promise<void> {
    const ring = await this.#vault.ring();
    const { slot, removed } = await this.#env.db.write(() => {
      const removed = this.#vault.store.slots().filter(replaces);
      const whole = { ...content, vault: this.#vault.row().id, now: this.#env.clock.wall() };
      const { stored, keys, slot } = makeSlot(whole, ring.dataKeys());
      for (const { id } of removed) this.#vault.store.removeSlot(id);
      this.#vault.store.addSlot(stored, keys);
      return { slot, removed };
    });
    if (removed.some(({ id }) => id === ring.slotId)) ring.followBy(slot);
    await this.#discard(removed);
  }

  /** Once the slots are removed, so that none names a key that is gone. A failure here undoes nothing. */
  async #discard(removed: readonly StoredSlot[]): Promise<void> {
    if (removed.length === 0) return;
    const { id } = this.#vault.row();
    try {
      await this.#env.db.truncateLog();
      for (const slot of removed) {
        await this.#vault.sources.find(({ kind }) => kind === slot.kind)?.discard(id, slot.id);
      }
    } catch {
      // The slot opens nothing any more; what is left of its key is useless.
    }
  }

  #slots(): VaultSlot[] {
    return this.#vault.store
      .slots()
      .map(({ id, kind, createdAt }) => ({ id, kind, created_at: timestamp(createdAt) }));
  }

  /** Changes slots and keys, one change at a time across all processes. */
  #changing<T>(change: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      const lease = await this.#lease();
      try {
        return await change();
      } finally {
        lease.release();
      }
    });
  }

  async #lease(): Promise<Lease> {
    const lease = await this.#env.leases.take(KEYS_LEASE, LEASE_LIMIT_MS);
    if (lease) return lease;
    throw new SigilforgeError('timeout', 'Another program is changing the keys of this vault.', {
      hint: 'Try again when it is done.',
    });
  }
}

function hasKeychain(id: string): SigilforgeError {
  return new SigilforgeError('already_exists', 'The keychain already has a key that opens this vault.', {
    hint: `If it is gone from there, remove its slot first: sigilforge vault remove-slot ${id}`,
  });
}

function notKept(): SigilforgeError {
  return new SigilforgeError('integrity', 'The keychain did not keep what was written to it.', {
    hint: CHECK_KEYCHAIN,
  });
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
