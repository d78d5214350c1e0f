import { randomBytes } from 'node:crypto';
import type { ResultOf } from '../../../shared/contract/index.js';
import { newId } from '../platform/id.js';
import { trace } from '../platform/trace.js';
import { place } from '../sealing/places.js';
import { KEY_BYTES } from '../sealing/sealing.js';
import type { AccountStore } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import type { Lease } from '../store/lease.js';
import { type Outdated, SealedStore, type SealedTable } from '../store/sealed.js';
import type { KeyRing } from './key-ring.js';
import { wrapFor } from './slots/slots.js';
import type { Vault } from './vault.js';

interface Collaborators {
  readonly vault: Vault;
  readonly accounts: AccountStore;
  /** The right to change an account's grant. */
  readonly lease: (accountId: string) => Promise<Lease>;
  /** Seals again what is kept in files for an account; the caller holds its lease. Resolves to the number of files. */
  readonly resealRescued: (accountId: string) => Promise<number>;
}

/** How many values one transaction seals, so that no other write waits long. */
const BATCH = 64;

/**
 * A new data key for everything. First it is wrapped for every slot and becomes the current one, in one transaction; from
 * then on every process seals new values with it. Then stored values are sealed again, each account under its lease: an
 * exchange that began before keeps the older key for as long as it holds the lease. The older key is removed in the
 * transaction that finds nothing left under it. The next rotation continues one that was interrupted anywhere.
 */
export class Rotation {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #accounts: AccountStore;
  readonly #lease: Collaborators['lease'];
  readonly #resealRescued: Collaborators['resealRescued'];
  readonly #sealed: SealedStore;

  constructor(env: Env, { vault, accounts, lease, resealRescued }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#accounts = accounts;
    this.#lease = lease;
    this.#resealRescued = resealRescued;
    this.#sealed = new SealedStore(env.db);
  }

  get isUnfinished(): boolean {
    return this.#vault.store.keyIds().length > 1;
  }

  /** Finishes an interrupted rotation first. The caller holds the keys' lease. */
  async rotate(): Promise<ResultOf<'vault_rotate'>> {
    const before = this.isUnfinished ? (await this.finish()).resealed : 0;
    await this.#makeKey(await this.#vault.ring());
    trace('rotate.wrapped');
    const { key_id, resealed } = await this.finish();
    return { key_id, resealed: before + resealed };
  }

  /** Seals again everything that is left under an older key, and removes the older key. */
  async finish(): Promise<ResultOf<'vault_rotate'>> {
    let resealed = 0;
    do {
      resealed += await this.#resealAccounts();
      resealed += await this.#resealAll('providers');
      resealed += await this.#resealAll('secrets');
    } while (!(await this.#retire()));
    trace('rotate.retired');
    this.#env.db.truncateLog();
    const ring = await this.#vault.ring();
    return { key_id: ring.currentKey().id, resealed };
  }

  #makeKey(ring: KeyRing): Promise<void> {
    const { store } = this.#vault;
    const next = { id: newId(), key: randomBytes(KEY_BYTES) };
    return this.#env.db.write(() => {
      const { id: vault, fingerprintKey: sealedFingerprintKey } = this.#vault.row();
      const fingerprintKey = ring.openBytes(place.fingerprintKey(), sealedFingerprintKey);
      const slots = store.slots().map(({ id, publicKey }) => ({
        vault,
        id,
        publicKey: ring.openBytes(place.slotPublicKey(id), publicKey),
      }));
      for (const slot of slots) store.addKey(wrapFor(slot, next));
      store.setCurrentKey(next.id, ring.sealBytes(place.fingerprintKey(), fingerprintKey, next));
      for (const { id, publicKey } of slots)
        store.setPublicKey(id, ring.sealBytes(place.slotPublicKey(id), publicKey, next));
      trace('rotate.wrapping');
      ring.add(next);
    });
  }

  /** Every account, also one that has nothing sealed: a file may be kept for it. */
  async #resealAccounts(): Promise<number> {
    let resealed = 0;
    for (const { id } of this.#accounts.list()) {
      const lease = await this.#lease(id);
      try {
        resealed += await this.#reseal('accounts', (keyId) => this.#sealed.outdatedOf('accounts', id, keyId));
        resealed += await this.#resealRescued(id);
      } finally {
        lease.release();
      }
    }
    return resealed;
  }

  async #resealAll(table: SealedTable): Promise<number> {
    let resealed = 0;
    for (;;) {
      const batch = await this.#reseal(table, (keyId) => this.#sealed.outdated(table, keyId, BATCH));
      if (batch === 0) return resealed;
      resealed += batch;
    }
  }

  async #reseal(table: SealedTable, find: (keyId: string) => Outdated[]): Promise<number> {
    const ring = await this.#vault.ring();
    const count = await this.#env.db.write(() => {
      const found = find(ring.currentKey().id);
      for (const value of found) {
        const where = { table, row: value.id, column: value.column };
        this.#sealed.replace(table, value, ring.sealBytes(where, ring.openBytes(where, value.sealed)));
      }
      if (found.length > 0) trace('rotate.resealing');
      return found.length;
    });
    if (count > 0) trace('rotate.resealed');
    return count;
  }

  /** Removes the older keys, unless something was sealed with one meanwhile. */
  #retire(): Promise<boolean> {
    return this.#env.db.write(() => {
      const { currentKeyId } = this.#vault.row();
      if (this.#sealed.anyOutdated(currentKeyId)) return false;
      this.#vault.store.removeOtherKeys(currentKeyId);
      trace('rotate.retiring');
      return true;
    });
  }
}
