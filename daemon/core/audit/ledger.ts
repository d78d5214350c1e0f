import { randomBytes } from 'node:crypto';
import { Secret } from '../../../shared/secret.js';
import { newId } from '../platform/id.js';
import { place } from '../sealing/places.js';
import { AuditStore, type Link, type StoredAnchor } from '../store/audit.js';
import type { Env } from '../store/env.js';
import type { Sealer, Vault } from '../vault/vault.js';
import { appended, MAC_BYTES } from './chain.js';
import type { Entry } from './entry.js';

const KEY_BYTES = 32;

/** Where the record is written, by every process: each row and the step of the key in one transaction. */
export class Ledger {
  readonly store: AuditStore;
  readonly #env: Env;
  readonly #vault: Vault;
  /** Whether the log of the database has keys of rows that were written. */
  #hasOldKeys = false;

  constructor(env: Env, { vault }: { readonly vault: Vault }) {
    this.#env = env;
    this.#vault = vault;
    this.store = new AuditStore(env.db);
  }

  /** Whether rows can be written now: the first of all needs the vault open, and later ones do not. */
  get isReady(): boolean {
    return this.#vault.isOpen || this.#isBegun;
  }

  /** Has the record begin, if it has not, so that it goes on once the vault is locked. */
  async begin(): Promise<void> {
    if (!this.#isBegun) await this.write(() => []);
  }

  /**
   * Writes what `take` gives inside the transaction. Throws `store_unavailable` if it cannot be written, and what keeps the
   * vault closed if the chain must begin.
   */
  async write(take: () => readonly Entry[]): Promise<void> {
    const sealer = this.#isBegun ? undefined : await this.#vault.unlocked();
    await this.#env.db.write(() => {
      const end = this.store.end();
      let link = end.link ?? this.#begin(end.lastSeq, sealer);
      // A row that another program put there stays for `verify` to find, and keeps none of ours from being written.
      if (link.seq <= end.lastSeq) link = { ...link, seq: end.lastSeq + 1 };
      for (const { actor, ...entry } of take()) {
        const [record, next] = appended(link, { id: newId(), ...actor, ...entry });
        this.store.insert(record);
        link = next;
      }
      this.store.setEnd(link);
      this.#hasOldKeys = true;
    });
  }

  /**
   * Empties the log of the database, which has the keys of earlier rows. It costs too much to be done after each row.
   * Resolves to whether they are gone.
   */
  async dropOldKeys(): Promise<boolean> {
    if (!this.#hasOldKeys) return true;
    this.#hasOldKeys = false;
    const isEmpty = await this.#env.db.truncateLog();
    if (!isEmpty) this.#hasOldKeys = true;
    return isEmpty;
  }

  /** The place before the first row. Throws `integrity` if its key is not what was stored. */
  open(sealer: Sealer, anchor: StoredAnchor): Link {
    const key = Buffer.from(sealer.open(place.auditAnchor(anchor), anchor.sealedKey).reveal(), 'base64');
    return { seq: anchor.seq, key, mac: anchor.mac };
  }

  /** Has the record begin here. Inside the transaction. */
  anchor(sealer: Sealer, { seq, key, mac }: Link, since: number): void {
    const where = { id: newId(), seq, mac, since };
    const sealedKey = sealer.seal(place.auditAnchor(where), new Secret(key.toString('base64')));
    this.store.setAnchor({ ...where, sealedKey });
  }

  get #isBegun(): boolean {
    const { link, lastSeq } = this.store.end();
    return link !== undefined || lastSeq > 0 || this.store.anchor() !== undefined;
  }

  /** If only the end is gone, there is no way on that fits: the next row shows that something was removed. */
  #begin(lastSeq: number, sealer: Sealer | undefined): Link {
    const anchor = this.store.anchor();
    const seq = Math.max(lastSeq + 1, anchor?.seq ?? 1);
    const link = { seq, key: randomBytes(KEY_BYTES), mac: Buffer.alloc(MAC_BYTES) };
    if (sealer && !anchor && lastSeq === 0) this.anchor(sealer, link, this.#env.clock.wall());
    return link;
  }
}
