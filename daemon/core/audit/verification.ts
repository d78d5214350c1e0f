import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ResultOf } from '../../../shared/contract/index.js';
import { asSigilforgeError } from '../../../shared/errors.js';
import { timestamp } from '../platform/clock.js';
import type { Link, StoredAnchor, StoredRecord } from '../store/audit.js';
import type { Sealer, Vault } from '../vault/vault.js';
import { followed } from './chain.js';
import type { Ledger } from './ledger.js';

type Verified = ResultOf<'verify_audit'>;
type Fault = NonNullable<Verified['fault']>;

/** Rows that are looked at in one turn of the event loop. */
const SLICE = 250;

/** How far the rows are those that were recorded. */
interface Walked {
  readonly link: Link;
  readonly fault: Fault | null;
}

/** Compares every row with the chain, which a process can do only while the vault is open. */
export class Verification {
  readonly #ledger: Ledger;
  readonly #vault: Vault;

  constructor(ledger: Ledger, { vault }: { readonly vault: Vault }) {
    this.#ledger = ledger;
    this.#vault = vault;
  }

  /** Throws what keeps the vault closed. */
  async verify(): Promise<Verified> {
    for (;;) {
      const sealer = await this.#vault.unlocked();
      const anchor = this.#ledger.store.anchor();
      const verified = anchor ? await this.#verifyFrom(sealer, anchor) : this.#withoutAnchor();
      // Another process may have removed old rows meanwhile, or sealed the key again.
      if (verified.intact || isSame(anchor, this.#ledger.store.anchor())) return verified;
    }
  }

  /** Nothing was recorded yet, or the beginning was removed. */
  #withoutAnchor(): Verified {
    const { store } = this.#ledger;
    const { link, lastSeq } = store.end();
    const [first] = store.behind(Number.MIN_SAFE_INTEGER, 1);
    if (!link && lastSeq === 0) return { intact: true, records: 0, since: null, fault: null };
    return {
      ...{ intact: false, records: 0, since: null },
      fault: { seq: first?.seq ?? link?.seq ?? 1, id: first?.id ?? null, reason: 'key' },
    };
  }

  async #verifyFrom(sealer: Sealer, anchor: StoredAnchor): Promise<Verified> {
    const begin = this.#open(sealer, anchor);
    const { link, fault } = begin
      ? await this.#walk(begin)
      : { link: anchor, fault: { seq: anchor.seq, id: null, reason: 'key' } as const };
    return { intact: fault === null, records: link.seq - anchor.seq, since: timestamp(anchor.since), fault };
  }

  #open(sealer: Sealer, anchor: StoredAnchor): Link | undefined {
    try {
      return this.#ledger.open(sealer, anchor);
    } catch (thrown) {
      if (asSigilforgeError(thrown).kind !== 'integrity') throw thrown;
      return undefined;
    }
  }

  async #walk(begin: Link): Promise<Walked> {
    const { store } = this.#ledger;
    let link = begin;
    // Rows from before the beginning, too: none is left there.
    for (let after = Number.MIN_SAFE_INTEGER; ; ) {
      for (const record of store.behind(after, SLICE)) {
        const next = followed(link, record);
        if (!next) return { link, fault: this.#faultAt(link, record) };
        link = next;
        after = record.seq;
      }
      const end = store.end();
      if (end.lastSeq < link.seq) return { link, fault: this.#faultAtEnd(link, end.link) };
      await nextTurn();
    }
  }

  #faultAt(expected: Link, { seq, id }: StoredRecord): Fault {
    const { link: end } = this.#ledger.store.end();
    if (seq < expected.seq || (end && seq >= end.seq)) return { seq, id, reason: 'added' };
    if (seq > expected.seq) return { seq: expected.seq, id: null, reason: 'missing' };
    return { seq, id, reason: 'changed' };
  }

  /** All rows fit: whether their end is the one that was recorded. */
  #faultAtEnd(last: Link, end: Link | undefined): Fault | null {
    if (!end) return { seq: last.seq, id: null, reason: 'key' };
    if (end.seq > last.seq) return { seq: last.seq, id: null, reason: 'missing' };
    if (end.seq < last.seq) {
      const [record] = this.#ledger.store.behind(end.seq - 1, 1);
      return { seq: end.seq, id: record?.id ?? null, reason: 'added' };
    }
    const isSameEnd = end.key.equals(last.key) && end.mac.equals(last.mac);
    return isSameEnd ? null : { seq: last.seq, id: null, reason: 'key' };
  }
}

function isSame(one: StoredAnchor | undefined, other: StoredAnchor | undefined): boolean {
  if (!one || !other) return one === other;
  return one.id === other.id && one.sealedKey.equals(other.sealedKey);
}
