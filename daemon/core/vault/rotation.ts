import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { ResultOf } from '../../../shared/contract/index.js';
import { trace } from '../platform/trace.js';
import { KEY_BYTES } from '../sealing/sealing.js';
import type { AccountStore } from '../store/accounts.js';
import type { Lease } from '../store/lease.js';
import { type Outdated, SealedStore, type SealedTable } from '../store/sealed.js';
import type { Sqlite } from '../store/sqlite.js';
import { FINGERPRINT_KEY, type KeyRing } from './key-ring.js';
import { publicKeyPlace, wrapFor } from './slots/slots.js';
import type { Vault } from './vault.js';

interface Parts {
  readonly db: Sqlite;
  readonly vault: Vault;
  readonly accounts: AccountStore;
  /** The right to change an account's grant. */
  readonly lease: (accountId: string) => Promise<Lease>;
  /** Seals anew what is kept in files for an account; the caller holds its lease. Says how many files. */
  readonly resealRescued: (accountId: string) => Promise<number>;
}

/** How many values one transaction seals, so that nobody waits for it. */
const BATCH = 64;

/**
 * A new data key for everything. First it is wrapped for every slot and becomes the current one, in one transaction; from
 * then on whatever is stored is sealed with it, in every process. Then the rows are sealed anew, each account under its
 * lease: an exchange that began before keeps the older key for as long as it holds that. The older key goes in the
 * transaction that finds nothing left under it. A rotation that was cut off anywhere is taken up by the next one.
 */
export class Rotation {
  readonly #parts: Parts;
  readonly #sealed: SealedStore;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#sealed = new SealedStore(parts.db);
  }

  get isUnfinished(): boolean {
    return this.#parts.vault.store.keyIds().length > 1;
  }

  /** Ends an unfinished rotation first. The caller is alone with the keys. */
  async rotate(): Promise<ResultOf<'vault_rotate'>> {
    const before = this.isUnfinished ? (await this.finish()).resealed : 0;
    await this.#makeKey(await this.#parts.vault.ring());
    trace('rotate.wrapped');
    const { key_id, resealed } = await this.finish();
    return { key_id, resealed: before + resealed };
  }

  /** Everything that is left under an older key is sealed anew, and the older key forgotten. */
  async finish(): Promise<ResultOf<'vault_rotate'>> {
    const { db, vault } = this.#parts;
    let resealed = 0;
    do {
      resealed += await this.#resealAccounts();
      resealed += await this.#resealAll('providers');
      resealed += await this.#resealAll('secrets');
    } while (!(await this.#retire()));
    trace('rotate.retired');
    db.truncateLog();
    const ring = await vault.ring();
    return { key_id: ring.currentKey().id, resealed };
  }

  #makeKey(ring: KeyRing): Promise<void> {
    const { store } = this.#parts.vault;
    const next = { id: uuidv7(), key: randomBytes(KEY_BYTES) };
    return this.#parts.db.write(() => {
      const { id: vault, fingerprint_key } = this.#parts.vault.row();
      const fingerprintKey = ring.openBytes(FINGERPRINT_KEY, fingerprint_key);
      const slots = store.slots().map(({ id, public_key }) => ({
        vault,
        id,
        publicKey: ring.openBytes(publicKeyPlace(id), public_key),
      }));
      for (const slot of slots) store.addKey(wrapFor(slot, next));
      store.setCurrentKey(next.id, ring.sealBytes(FINGERPRINT_KEY, fingerprintKey, next));
      for (const { id, publicKey } of slots)
        store.setPublicKey(id, ring.sealBytes(publicKeyPlace(id), publicKey, next));
      trace('rotate.wrapping');
      ring.add(next);
    });
  }

  /** Every account, those too that have nothing sealed: a file may be kept for them. */
  async #resealAccounts(): Promise<number> {
    let resealed = 0;
    for (const { id } of this.#parts.accounts.list()) {
      const lease = await this.#parts.lease(id);
      try {
        resealed += await this.#reseal('accounts', (keyId) => this.#sealed.outdatedOf('accounts', id, keyId));
        resealed += await this.#parts.resealRescued(id);
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
    const { db, vault } = this.#parts;
    const ring = await vault.ring();
    const count = await db.write(() => {
      const found = find(ring.currentKey().id);
      for (const value of found) {
        const place = { table, row: value.id, column: value.column };
        this.#sealed.replace(table, value, ring.sealBytes(place, ring.openBytes(place, value.sealed)));
      }
      if (found.length > 0) trace('rotate.resealing');
      return found.length;
    });
    if (count > 0) trace('rotate.resealed');
    return count;
  }

  /** Forgets the older keys, unless something was sealed with one meanwhile. */
  #retire(): Promise<boolean> {
    const { db, vault } = this.#parts;
    return db.write(() => {
      const { current_key_id } = vault.row();
      if (this.#sealed.anyOutdated(current_key_id)) return false;
      vault.store.removeKeysBut(current_key_id);
      trace('rotate.retiring');
      return true;
    });
  }
}
