import { createHmac } from 'node:crypto';
import { SigilforgeError } from '../../../shared/errors.js';
import { Secret } from '../../../shared/secret.js';
import { keyIdOf, open, type Place, seal } from '../sealing/sealing.js';
import type { SlotKind, VaultRow, VaultStore } from '../store/vault.js';
import { type DataKey, type OpenSlot, unwrapFor } from './slots/slots.js';

/** Where a value belongs within this vault. */
export type Spot = Omit<Place, 'vault'>;

/** Seals and opens the secret columns, while the vault is unlocked. */
export interface Sealer {
  /** Call it inside the transaction that stores the value: it reads the vault's current key id there. */
  seal(place: Spot, secret: Secret): Buffer;
  /** The same with the newest key that can be had, for a value that goes into a file because the database cannot be used. */
  sealAside(place: Spot, secret: Secret): Buffer;
  open(place: Spot, sealed: Buffer): Secret;
  /** A keyed fingerprint: the same for the same secret, and telling nothing of it. */
  fingerprint(secret: Secret): Buffer;
}

export const FINGERPRINT_KEY: Spot = { table: 'vault', row: '', column: 'fingerprint_key' };

/** The data keys in memory, and the slot that they were unwrapped by. Keys that another process makes are noticed when they are needed. */
export class KeyRing implements Sealer {
  readonly #store: VaultStore;
  readonly #vault: string;
  readonly #fingerprintKey: Buffer;
  readonly #keys = new Map<string, Buffer>();
  #slot: OpenSlot;
  #newest = '';
  #wiped = false;

  /** Throws `integrity` where the slot has no data key, or one that is not what was stored. */
  constructor(store: VaultStore, vault: VaultRow, slot: OpenSlot) {
    this.#store = store;
    this.#vault = vault.id;
    this.#slot = slot;
    this.#reload();
    this.#newest = this.#keys.has(vault.current_key_id) ? vault.current_key_id : this.#newest;
    this.#fingerprintKey = this.openBytes(FINGERPRINT_KEY, vault.fingerprint_key);
  }

  get kind(): SlotKind {
    return this.#slot.kind;
  }

  get slotId(): string {
    return this.#slot.id;
  }

  /** Whether it has the key that new values are sealed with; it learns of one that another process has made. */
  isCurrent(): boolean {
    const current = this.#learn(this.#store.vault()?.current_key_id);
    if (current && this.#keys.size > 1) this.#forgetRetired();
    return current;
  }

  /** Every data key that there is, the current one last. Inside a transaction. Throws `vault_locked` where one is missing. */
  dataKeys(): [...DataKey[], DataKey] {
    const current = this.currentKey();
    const others = this.#store.keyIds().filter((id) => id !== current.id);
    return [...others.map((id) => ({ id, key: this.#key(id) })), current];
  }

  currentKey(): DataKey {
    const id = this.#store.vault()?.current_key_id;
    return { id: id ?? '', key: this.#key(id) };
  }

  /** Learns of a key that this process has made: its slot may have been removed, and then unwraps no more. */
  add({ id, key }: DataKey): void {
    this.#keys.set(id, key);
  }

  /** Follows the vault's later keys by this slot from now on. */
  followBy(slot: OpenSlot): void {
    this.#slot = slot;
  }

  seal(place: Spot, secret: Secret): Buffer {
    return this.sealBytes(place, Buffer.from(secret.reveal()));
  }

  /** With the current key, unless another one is given. */
  sealBytes(place: Spot, plaintext: Buffer, dataKey?: DataKey): Buffer {
    const id = dataKey?.id ?? this.#sealingKeyId();
    return seal(dataKey?.key ?? this.#key(id), id, { vault: this.#vault, ...place }, plaintext);
  }

  sealAside(place: Spot, secret: Secret): Buffer {
    try {
      this.isCurrent();
    } catch {
      // The database cannot be read either. A rotation keeps the older keys until this account's lease is free.
    }
    const key = this.#key(this.#newest);
    return seal(key, this.#newest, { vault: this.#vault, ...place }, Buffer.from(secret.reveal()));
  }

  open(place: Spot, sealed: Buffer): Secret {
    return new Secret(this.openBytes(place, sealed).toString('utf8'));
  }

  openBytes(place: Spot, sealed: Buffer): Buffer {
    return open(this.#key(keyIdOf(sealed)), { vault: this.#vault, ...place }, sealed);
  }

  fingerprint(secret: Secret): Buffer {
    this.#assertNotWiped();
    return createHmac('sha256', this.#fingerprintKey).update(secret.reveal()).digest();
  }

  /** Forgets every key, as far as JavaScript lets anybody do that. */
  wipe(): void {
    this.#wiped = true;
    for (const secret of [...this.#keys.values(), this.#fingerprintKey, this.#slot.privateKey])
      secret.fill(0);
    this.#keys.clear();
  }

  /**
   * The current key, or an older one where the current one cannot be had because this slot was removed: a rotation
   * keeps that for as long as anything may still be sealed with it.
   */
  #sealingKeyId(): string {
    const current = this.#store.vault()?.current_key_id ?? '';
    if (this.#learn(current)) return current;
    return this.#store.keyIds().includes(this.#newest) ? this.#newest : current;
  }

  #key(id: string | undefined): Buffer {
    this.#assertNotWiped();
    const key = this.#learn(id, false) ? this.#keys.get(id ?? '') : undefined;
    if (key) return key;
    if (id !== undefined && this.#store.keyIds().includes(id)) throw openedAnew();
    throw new SigilforgeError(
      'integrity',
      'A stored value was sealed with a key that this vault does not have.',
    );
  }

  #learn(id: string | undefined, asNewest = true): boolean {
    if (id === undefined || this.#wiped) return false;
    if (!this.#keys.has(id)) this.#reload();
    const known = this.#keys.has(id);
    if (known && asNewest) this.#newest = id;
    return known;
  }

  /** A finished rotation has left nothing under the older keys. */
  #forgetRetired(): void {
    const ids = this.#store.keyIds();
    for (const [id, key] of this.#keys) {
      if (ids.includes(id)) continue;
      key.fill(0);
      this.#keys.delete(id);
    }
  }

  #reload(): void {
    for (const row of this.#store.wrappedFor(this.#slot.id)) {
      if (!this.#keys.has(row.key_id)) this.#keys.set(row.key_id, unwrapFor(this.#slot, row));
      this.#newest ||= row.key_id;
    }
  }

  #assertNotWiped(): void {
    if (this.#wiped)
      throw new SigilforgeError('vault_locked', 'The vault was locked meanwhile.', { hint: UNLOCK });
  }
}

export const UNLOCK = 'Unlock it with: sigilforge vault unlock';

function openedAnew(): SigilforgeError {
  return new SigilforgeError('vault_locked', 'The keys of the vault were changed by another program.', {
    hint: 'Try again; where that does not help, unlock it with: sigilforge vault unlock',
  });
}
