import { createHmac } from 'node:crypto';
import { SigilforgeError } from '../../../shared/errors.js';
import { Secret } from '../../../shared/secret.js';
import { type Format, NEWEST, type Place, place } from '../sealing/places.js';
import { formatOf, keyIdOf, open, seal } from '../sealing/sealing.js';
import type { SlotKind, StoredVault, VaultStore } from '../store/vault.js';
import { type DataKey, type OpenSlot, unwrapFor } from './slots/slots.js';

/** Seals and opens secret values, while the vault is unlocked. */
export interface Sealer {
  /** Call it inside the transaction that stores the value: it reads the vault's current key id there. */
  seal(where: Place, secret: Secret): Buffer;
  /** The same with the newest key at hand, for a value that goes into a file because the database cannot be used. */
  sealAside(where: Place, secret: Secret): Buffer;
  open(where: Place, sealed: Buffer): Secret;
  /** A keyed fingerprint: the same for the same secret, and it reveals nothing about it. */
  fingerprint(secret: Secret): Buffer;
}

/** The data keys in memory, and the slot that unwrapped them. Keys that another process makes are loaded when needed. */
export class KeyRing implements Sealer {
  readonly #store: VaultStore;
  readonly #vault: string;
  readonly #fingerprintKey: Buffer;
  readonly #keys = new Map<string, Buffer>();
  #slot: OpenSlot;
  #newest = '';
  /** The oldest format that is taken of a value that can have a newer one. */
  #least: Format;
  #wiped = false;

  /** Throws `integrity` if the slot has no data key, or a damaged one. */
  constructor(store: VaultStore, vault: StoredVault, slot: OpenSlot) {
    this.#store = store;
    this.#vault = vault.id;
    this.#slot = slot;
    this.#reload();
    this.#newest = this.#keys.has(vault.currentKeyId) ? vault.currentKeyId : this.#newest;
    this.#least = formatOf(vault.fingerprintKey) ?? NEWEST;
    this.#fingerprintKey = this.openBytes(place.fingerprintKey(this.#least), vault.fingerprintKey);
  }

  get kind(): SlotKind {
    return this.#slot.kind;
  }

  get slotId(): string {
    return this.#slot.id;
  }

  /** Loads keys that another process has made and wipes those that it retired. Returns whether the current key is here. */
  refreshKeys(): boolean {
    const current = this.#loadNewest(this.#store.vault()?.currentKeyId);
    if (current && this.#keys.size > 1) this.#wipeRetired();
    return current;
  }

  /** Every data key, the current one last. Inside a transaction. Throws `vault_locked` if one is missing here. */
  dataKeys(): [...DataKey[], DataKey] {
    const current = this.currentKey();
    const others = this.#store.keyIds().filter((id) => id !== current.id);
    return [...others.map((id) => ({ id, key: this.#key(id) })), current];
  }

  currentKey(): DataKey {
    const id = this.#store.vault()?.currentKeyId;
    return { id: id ?? '', key: this.#key(id) };
  }

  /** Adds a key that this process has made: its slot may have been removed, and then unwraps nothing. */
  add({ id, key }: DataKey): void {
    this.#keys.set(id, key);
  }

  /** Loads the vault's later keys with this slot from now on. */
  followBy(slot: OpenSlot): void {
    this.#slot = slot;
  }

  seal(where: Place, secret: Secret): Buffer {
    return this.sealBytes(where, Buffer.from(secret.reveal()));
  }

  /** With the current key, unless another one is given. */
  sealBytes(where: Place, plaintext: Buffer, dataKey?: DataKey): Buffer {
    const id = dataKey?.id ?? this.#sealingKeyId();
    return seal(dataKey?.key ?? this.#key(id), id, { vault: this.#vault, ...where }, plaintext);
  }

  sealAside(where: Place, secret: Secret): Buffer {
    try {
      this.refreshKeys();
    } catch {
      // The database cannot be read either. A rotation keeps the older keys until this account's lease is free.
    }
    const key = this.#key(this.#newest);
    return seal(key, this.#newest, { vault: this.#vault, ...where }, Buffer.from(secret.reveal()));
  }

  open(where: Place, sealed: Buffer): Secret {
    return new Secret(this.openBytes(where, sealed).toString('utf8'));
  }

  openBytes(where: Place, sealed: Buffer): Buffer {
    this.#raiseLeast();
    if (sealed.length === 0 && where.since !== undefined && this.#least < where.since) return Buffer.alloc(0);
    return this.#open(where, sealed);
  }

  fingerprint(secret: Secret): Buffer {
    this.#assertNotWiped();
    return createHmac('sha256', this.#fingerprintKey).update(secret.reveal()).digest();
  }

  /** Overwrites every key. JavaScript may have copied some of them before. */
  wipe(): void {
    this.#wiped = true;
    for (const secret of [...this.#keys.values(), this.#fingerprintKey, this.#slot.privateKey])
      secret.fill(0);
    this.#keys.clear();
  }

  #open(where: Place, sealed: Buffer): Buffer {
    return open(this.#key(keyIdOf(sealed)), { vault: this.#vault, ...where }, sealed, this.#least);
  }

  /** Once every value has a newer format, by this process or another, no older one is taken. That never changes back. */
  #raiseLeast(): void {
    if (this.#least === NEWEST) return;
    const sealed = this.#store.vault()?.fingerprintKey;
    const format = sealed && formatOf(sealed);
    if (!format || format <= this.#least) return;
    this.#open(place.fingerprintKey(format), sealed).fill(0);
    this.#least = format;
  }

  /**
   * The current key, or an older one if this slot was removed and so cannot unwrap the current one: a rotation keeps the
   * older key for as long as anything may still be sealed with it.
   */
  #sealingKeyId(): string {
    const current = this.#store.vault()?.currentKeyId ?? '';
    if (this.#loadNewest(current)) return current;
    return this.#store.keyIds().includes(this.#newest) ? this.#newest : current;
  }

  #key(id: string | undefined): Buffer {
    this.#assertNotWiped();
    const key = this.#load(id) ? this.#keys.get(id ?? '') : undefined;
    if (key) return key;
    if (id !== undefined && this.#store.keyIds().includes(id)) throw openedAnew();
    throw new SigilforgeError(
      'integrity',
      'A stored value was sealed with a key that this vault does not have.',
    );
  }

  /** Loads the key with this id if it is not here yet. Returns whether it is here now. */
  #load(id: string | undefined): boolean {
    if (id === undefined || this.#wiped) return false;
    if (!this.#keys.has(id)) this.#reload();
    return this.#keys.has(id);
  }

  /** The same for the vault's current key. */
  #loadNewest(id: string | undefined): boolean {
    const known = this.#load(id);
    if (known && id !== undefined) this.#newest = id;
    return known;
  }

  /** A finished rotation has left nothing sealed with the older keys. */
  #wipeRetired(): void {
    const ids = this.#store.keyIds();
    for (const [id, key] of this.#keys) {
      if (ids.includes(id)) continue;
      key.fill(0);
      this.#keys.delete(id);
    }
  }

  #reload(): void {
    for (const row of this.#store.wrappedFor(this.#slot.id)) {
      if (!this.#keys.has(row.keyId)) this.#keys.set(row.keyId, unwrapFor(this.#slot, row));
      this.#newest ||= row.keyId;
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
    hint: 'Try again. If that does not help, unlock it with: sigilforge vault unlock',
  });
}
