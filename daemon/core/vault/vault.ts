import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Clock } from '../platform/clock.js';
import { KEY_BYTES, seal } from '../sealing/sealing.js';
import type { Sqlite } from '../store/sqlite.js';
import { type VaultRow, VaultStore } from '../store/vault.js';
import { FINGERPRINT_KEY, KeyRing, type Sealer, UNLOCK } from './key-ring.js';
import type { KeySource } from './slots/key-source.js';
import { makeSlot, type OpenSlot, openSlot } from './slots/slots.js';
import { TimeLimit } from './time-limit.js';

export type { Sealer } from './key-ring.js';

/** No system promises what a timer means across sleep and clock changes: it wakes often and compares clocks. */
const LONGEST_WAIT_MS = 30_000;

interface Parts {
  readonly db: Sqlite;
  readonly clock: Clock;
  /** The slots that open by themselves. */
  readonly sources: readonly KeySource[];
  /** How long it stays open after the last unlocking. */
  readonly lockAfterMs: number;
}

/** The data keys and the slots that open them. It opens itself when it is first needed, unless it was locked. */
export class Vault {
  readonly store: VaultStore;
  readonly #parts: Parts;
  readonly #limit: TimeLimit;
  readonly #closed = new Set<() => void>();
  readonly #opened = new Set<() => void>();
  #ring: KeyRing | undefined;
  /** Keys that an exchange under way still needs for its answer. */
  #held = 0;
  readonly #exchanges = new Set<Promise<unknown>>();
  #heldRing: KeyRing | undefined;
  readonly #retired = new Set<KeyRing>();
  /** Whether the last attempt to open it failed. */
  #failed = false;
  #opening: Promise<KeyRing> | undefined;
  /** Set before the row is, and for as long as that cannot be written: nothing opens in this process. */
  #locking = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.store = new VaultStore(parts.db);
    this.#limit = new TimeLimit(parts.clock, parts.lockAfterMs);
  }

  get exists(): boolean {
    return this.store.vault() !== undefined;
  }

  /** Looks at nothing but memory and the vault's row. */
  get state(): 'unlocked' | 'locked' {
    if (this.#isLocked()) return 'locked';
    // One that nobody has needed yet is as good as open where it opens by itself.
    return this.#ring !== undefined || (!this.#failed && this.#opensByItself()) ? 'unlocked' : 'locked';
  }

  /** The kind of the slot that opened the vault, or of the one that would. */
  get keySource(): string | null {
    return this.#ring?.kind ?? this.store.slots()[0]?.kind ?? null;
  }

  /**
   * Makes a new vault, its data key wrapped for a slot with a new key of `source`. The key is safely kept before the
   * slot's row is, so that no row ever names a key that is not there. The caller holds the instance lease.
   */
  async create(source: KeySource, now: number): Promise<void> {
    const [id, slotId] = [uuidv7(), uuidv7()];
    const dataKey = { id: uuidv7(), key: randomBytes(KEY_BYTES) };
    const key = await source.create(id, slotId);
    const vault: VaultRow = {
      id,
      current_key_id: dataKey.id,
      fingerprint_key: seal(
        dataKey.key,
        dataKey.id,
        { vault: id, ...FINGERPRINT_KEY },
        randomBytes(KEY_BYTES),
      ),
      locked: 0,
      created_at: now,
    };
    const { row, keys } = makeSlot({ vault: id, id: slotId, kind: source.kind, key, now }, [dataKey]);
    try {
      await this.#parts.db.write(() => {
        this.store.createVault(vault);
        this.store.addSlot(row, keys);
      });
    } catch (thrown) {
      await source.discard(id, slotId);
      throw thrown;
    }
  }

  /** The sealer. Throws what keeps the vault closed (`vault_locked`, `keychain_unavailable`, `timeout`, `denied`), and tries anew when asked again. */
  unlocked(): Promise<Sealer> {
    return this.ring();
  }

  /** The same with all that concerns the keys themselves. */
  async ring(): Promise<KeyRing> {
    this.#assertNotLocked();
    if (this.#ring?.isCurrent()) return this.#ring;
    this.#opening ??= this.openBySource().finally(() => {
      this.#opening = undefined;
    });
    const ring = await this.#opening.catch((thrown: unknown) => {
      this.#failed = true;
      throw thrown;
    });
    this.#assertNotLocked();
    if (this.#ring !== ring) this.adopt(ring);
    return ring;
  }

  /** The sealer for the answer of an exchange that began while the vault was open, though it was locked meanwhile. */
  async forAnswer(): Promise<Sealer> {
    return (this.#held > 0 ? this.#heldRing : undefined) ?? this.ring();
  }

  /** Runs an exchange with the keys kept until it is over: a lock takes effect afterwards. */
  keepOpen<T>(exchange: () => Promise<T>): Promise<T> {
    const release = this.hold();
    const running = exchange().finally(() => {
      release();
      this.#exchanges.delete(running);
    });
    this.#exchanges.add(running);
    return running;
  }

  /** Resolves once no exchange needs the keys any more. */
  async settled(): Promise<void> {
    while (this.#exchanges.size > 0) await Promise.allSettled(this.#exchanges);
  }

  /** Keeps the keys for an answer that is not stored yet, until the returned function is called. */
  hold(): () => void {
    if (this.#held === 0) this.#heldRing = this.#ring;
    this.#held += 1;
    return () => {
      this.#held -= 1;
      if (this.#held === 0) this.#release();
    };
  }

  /** The keys by a slot that opens by itself, locked or not. */
  async openBySource(): Promise<KeyRing> {
    const vault = this.row();
    for (const slot of this.store.slots()) {
      const source = this.#parts.sources.find(({ kind }) => kind === slot.kind);
      // Only a key that is absent lets the next slot have its turn: whatever else is wrong is thrown.
      const key = await source?.read(vault.id, slot.id);
      if (key) return this.openBy(openSlot(vault.id, slot, key));
    }
    throw this.#needsPerson();
  }

  /** The keys by a slot that was opened. */
  openBy(slot: OpenSlot): KeyRing {
    return new KeyRing(this.store, this.row(), slot);
  }

  row(): VaultRow {
    const vault = this.store.vault();
    if (vault) return vault;
    throw new SigilforgeError('integrity', 'The database has no vault.');
  }

  /** Open from now on, with these keys, until it is locked or its time is over. */
  adopt(ring: KeyRing): void {
    for (const before of [this.#ring, this.#heldRing]) if (before && before !== ring) this.#retire(before);
    this.#ring = ring;
    this.#failed = false;
    if (this.#held > 0) this.#heldRing = ring;
    this.#locking = false;
    this.#limit.start();
    this.#watch();
    for (const listener of this.#opened) listener();
  }

  /** Locked from now on, in every process. Resolves once no exchange of this one needs the keys any more. */
  async lock(): Promise<void> {
    this.#locking = true;
    this.#forget();
    await this.#parts.db.write(() => this.store.setLocked(true));
    // Somebody may have unlocked it while this was waiting.
    this.#forget();
    this.#locking = false;
    await Promise.allSettled(this.#exchanges);
  }

  get sources(): readonly KeySource[] {
    return this.#parts.sources;
  }

  /** Called whenever the vault was opened. */
  whenOpened(listener: () => void): void {
    this.#opened.add(listener);
  }

  /** Called whenever the keys are dropped: what was opened by them is to be dropped too. */
  whenClosed(listener: () => void): void {
    this.#closed.add(listener);
  }

  /** Whether what was opened may still be handed out; costs no look at the disk. */
  get isOpen(): boolean {
    return this.#ring !== undefined && this.#limit.remaining > 0;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#forget();
  }

  #isLocked(): boolean {
    return this.#locking || this.#limit.remaining <= 0 || this.store.vault()?.locked === 1;
  }

  #opensByItself(): boolean {
    const kinds = new Set<string>(this.#parts.sources.map(({ kind }) => kind));
    return this.store.slots().some(({ kind }) => kinds.has(kind));
  }

  #assertNotLocked(): void {
    if (this.#ring !== undefined && this.#limit.remaining <= 0) this.#lockLate();
    if (!this.#locking && this.store.vault()?.locked !== 1) return;
    this.#forget();
    throw new SigilforgeError('vault_locked', 'The vault is locked.', { hint: UNLOCK });
  }

  #lockLate(): void {
    // Where the row cannot be written, this process at least stays locked.
    this.lock().catch(() => {});
  }

  #forget(): void {
    const ring = this.#ring;
    this.#ring = undefined;
    clearTimeout(this.#timer);
    if (ring && ring !== this.#heldRing) ring.wipe();
    for (const listener of this.#closed) listener();
  }

  /** Wipes keys, once no exchange under way can hold them. */
  #retire(ring: KeyRing): void {
    if (this.#held > 0) this.#retired.add(ring);
    else ring.wipe();
  }

  #release(): void {
    for (const ring of this.#retired) ring.wipe();
    this.#retired.clear();
    if (this.#heldRing !== this.#ring) this.#heldRing?.wipe();
    this.#heldRing = undefined;
  }

  #watch(): void {
    clearTimeout(this.#timer);
    if (!this.#limit.isFinite) return;
    const wait = Math.min(Math.max(this.#limit.remaining, 0), LONGEST_WAIT_MS);
    this.#timer = setTimeout(
      () => (this.#limit.remaining > 0 ? this.#watch() : this.#lockLate()),
      wait,
    ).unref();
  }

  #needsPerson(): SigilforgeError {
    const kinds = this.store.slots().map(({ kind }) => kind);
    const byPerson = kinds.filter((kind) => kind === 'password' || kind === 'recovery');
    if (byPerson.length === 0) {
      return new SigilforgeError('integrity', 'None of the keys that open this vault is where it was kept.', {
        hint: 'Restore the keychain item or the key file that the vault was made with; nothing was changed.',
      });
    }
    const sentence =
      byPerson.length === kinds.length
        ? 'The vault is locked: it opens by its password or its recovery key alone.'
        : 'The key of the vault is not where it was kept; its password or its recovery key opens it.';
    return new SigilforgeError('vault_locked', sentence, { hint: UNLOCK });
  }
}
