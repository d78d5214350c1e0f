import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import type { Env } from '../store/env.js';
import { type StoredVault, VaultStore } from '../store/vault.js';
import { ExchangeGuard } from './exchange-guard.js';
import { KeyRing, type Sealer, UNLOCK } from './key-ring.js';
import { damagedSlot } from './slots/damaged-slot.js';
import type { KeySource } from './slots/key-source.js';
import { needsPerson, type OpenSlot, openSlot } from './slots/slots.js';
import { TimeLimit } from './time-limit.js';

export type { Sealer } from './key-ring.js';

/** No system promises how a timer behaves across sleep and clock changes: it fires often and compares clocks. */
const LONGEST_WAIT_MS = 30_000;

/** The data keys, and the slots that open them. It opens by itself when it is first needed, unless it was locked. */
export class Vault {
  readonly store: VaultStore;
  /** The slots that open by themselves. */
  readonly sources: readonly KeySource[];
  readonly #env: Env;
  readonly #limit: TimeLimit;
  readonly #guard = new ExchangeGuard(() => this.#ring);
  readonly #closed = new Set<() => void>();
  readonly #opened = new Set<() => void>();
  #ring: KeyRing | undefined;
  /** Why the last attempt to open it failed. */
  #fault: SigilforgeError | undefined;
  #opening: Promise<KeyRing> | undefined;
  /** Set before the row is, and for as long as that cannot be written: nothing opens in this process. */
  #locking = false;
  #timer: NodeJS.Timeout | undefined;

  /** `lockAfterMs`: how long it stays open after the last unlocking. */
  constructor(
    env: Env,
    { sources, lockAfterMs }: { readonly sources: readonly KeySource[]; readonly lockAfterMs: number },
  ) {
    this.#env = env;
    this.sources = sources;
    this.store = new VaultStore(env.db);
    this.#limit = new TimeLimit(env.clock, lockAfterMs);
  }

  get exists(): boolean {
    return this.store.vault() !== undefined;
  }

  /** Reads only memory and the vault's row. */
  get state(): 'unlocked' | 'locked' {
    if (this.#isLocked()) return 'locked';
    // A vault that was not needed yet is as good as open if it opens by itself.
    return this.#ring !== undefined || (!this.#fault && this.#opensByItself()) ? 'unlocked' : 'locked';
  }

  /** Opens it if that was not tried yet. What kept it closed when it was tried last; `undefined` if it is open or locked. */
  async tried(): Promise<SigilforgeError | undefined> {
    if (this.#isLocked()) return undefined;
    if (!this.#ring && !this.#fault) await this.ring().catch(() => {});
    return this.#fault;
  }

  /** The kind of the slot that opened the vault, or of the one that would. */
  get keySource(): string | null {
    return this.#ring?.kind ?? this.store.slots()[0]?.kind ?? null;
  }

  /** The id that keychain items of this vault are named by. */
  get id(): string {
    return this.row().id;
  }

  /**
   * The sealer. Throws what keeps the vault closed (`vault_locked`, `keychain_unavailable`, `timeout`, `denied`), and tries
   * again at the next call.
   */
  unlocked(): Promise<Sealer> {
    return this.ring();
  }

  /** The same, with everything that concerns the keys themselves. */
  async ring(): Promise<KeyRing> {
    this.#assertNotLocked();
    if (this.#ring?.refreshKeys()) return this.#ring;
    this.#opening ??= this.openBySource().finally(() => {
      this.#opening = undefined;
    });
    const ring = await this.#opening.catch((thrown: unknown) => {
      this.#fault = asSigilforgeError(thrown);
      throw thrown;
    });
    this.#assertNotLocked();
    if (this.#ring !== ring) this.adopt(ring);
    return ring;
  }

  /** The sealer for the answer of an exchange that began while the vault was open, even if it was locked meanwhile. */
  async forAnswer(): Promise<Sealer> {
    return this.#guard.held ?? this.ring();
  }

  /** Runs an exchange with the keys kept until it is over: a lock takes effect afterwards. */
  keepOpen<T>(exchange: () => Promise<T>): Promise<T> {
    return this.#guard.keepOpen(exchange);
  }

  /** Resolves once no exchange needs the keys any more. */
  settled(): Promise<void> {
    return this.#guard.settled();
  }

  /** Keeps the keys for an answer that is not stored yet, until the returned function is called. */
  hold(): () => void {
    return this.#guard.hold();
  }

  /** The keys, by a slot that opens by itself, locked or not. */
  async openBySource(): Promise<KeyRing> {
    return this.openBy(await this.slotBySource());
  }

  /** The first slot that opens by itself, opened; `except` is passed over. */
  async slotBySource({ except }: { readonly except?: string } = {}): Promise<OpenSlot> {
    const vault = this.row();
    const slots = this.store.slots();
    let damaged: SigilforgeError | undefined;
    for (const slot of slots.filter(({ id }) => id !== except)) {
      const source = this.sources.find(({ kind }) => kind === slot.kind);
      // Only if the key is absent, or does not open the slot, is the next one tried: every other failure is thrown.
      const key = await source?.read(vault.id, slot.id);
      if (!key) continue;
      try {
        return openSlot(vault.id, slot, key);
      } catch (thrown) {
        if (asSigilforgeError(thrown).kind !== 'integrity') throw thrown;
        damaged ??= damagedSlot(slot, slots, thrown);
      }
    }
    throw damaged ?? this.#needsPerson();
  }

  /** Where the keys of one kind of slot are kept. */
  source(kind: KeySource['kind']): KeySource {
    const source = this.sources.find((candidate) => candidate.kind === kind);
    if (source) return source;
    throw new SigilforgeError('internal_error', `This vault was opened without the source ${kind}.`);
  }

  /** The keys, by a slot that was opened. */
  openBy(slot: OpenSlot): KeyRing {
    return new KeyRing(this.store, this.row(), slot);
  }

  row(): StoredVault {
    const vault = this.store.vault();
    if (vault) return vault;
    throw new SigilforgeError('integrity', 'The database has no vault.');
  }

  /** Open from now on, with these keys, until it is locked or its time is over. */
  adopt(ring: KeyRing): void {
    this.#guard.replaceBy(ring);
    this.#ring = ring;
    this.#fault = undefined;
    this.#locking = false;
    this.#limit.start();
    this.#watch();
    for (const listener of this.#opened) listener();
  }

  /** Locked from now on, in every process. Resolves once no exchange of this process needs the keys any more. */
  async lock(): Promise<void> {
    this.#locking = true;
    this.#forget();
    await this.#env.db.write(() => this.store.setLocked(true));
    // It may have been unlocked while this was waiting.
    this.#forget();
    this.#locking = false;
    await this.#guard.underWaySettled();
  }

  /** `listener` is called whenever the vault was opened. */
  whenOpened(listener: () => void): void {
    this.#opened.add(listener);
  }

  /** `listener` is called whenever the keys are dropped: it drops what was opened with them. */
  whenClosed(listener: () => void): void {
    this.#closed.add(listener);
  }

  /** Whether what was opened may still be handed out; does not read the disk. */
  get isOpen(): boolean {
    return this.#ring !== undefined && this.#limit.remaining > 0;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#forget();
  }

  #isLocked(): boolean {
    return this.#locking || this.#limit.remaining <= 0 || this.store.vault()?.locked === true;
  }

  #opensByItself(): boolean {
    const kinds = new Set<string>(this.sources.map(({ kind }) => kind));
    return this.store.slots().some(({ kind }) => kinds.has(kind));
  }

  #assertNotLocked(): void {
    if (this.#ring !== undefined && this.#limit.remaining <= 0) this.#lockLate();
    if (!this.#locking && this.store.vault()?.locked !== true) return;
    this.#forget();
    throw new SigilforgeError('vault_locked', 'The vault is locked.', { hint: UNLOCK });
  }

  #lockLate(): void {
    // If the row cannot be written, at least this process stays locked.
    this.lock().catch(() => {});
  }

  #forget(): void {
    const ring = this.#ring;
    this.#ring = undefined;
    clearTimeout(this.#timer);
    if (ring) this.#guard.wipeUnlessHeld(ring);
    for (const listener of this.#closed) listener();
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
    const byPerson = kinds.filter((kind) => needsPerson({ kind }));
    if (byPerson.length === 0) {
      return new SigilforgeError('integrity', 'No key that opens this vault is where it was kept.', {
        hint: 'Restore the keychain item or the key file that the vault was made with; or move the data folder away and read an export: sigilforge vault import FILE',
      });
    }
    const sentence =
      byPerson.length === kinds.length
        ? 'The vault is locked: only its password or its recovery key opens it.'
        : 'The key of the vault is not where it was kept; its password or its recovery key opens it.';
    return new SigilforgeError('vault_locked', sentence, { hint: UNLOCK });
  }
}
