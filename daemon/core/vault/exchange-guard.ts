import type { KeyRing } from './key-ring.js';

/**
 * Keeps the keys that an exchange in progress still needs to seal its answer: a lock takes effect once the answer is
 * stored, and keys that were replaced meanwhile are wiped only then.
 */
export class ExchangeGuard {
  readonly #current: () => KeyRing | undefined;
  readonly #exchanges = new Set<Promise<unknown>>();
  readonly #retired = new Set<KeyRing>();
  #holders = 0;
  #held: KeyRing | undefined;

  /** `current`: the vault's keys at the moment, if it is open. */
  constructor(current: () => KeyRing | undefined) {
    this.#current = current;
  }

  /** The keys kept for an answer, also while the vault is locked; `undefined` if no exchange is in progress. */
  get held(): KeyRing | undefined {
    return this.#held;
  }

  /** Runs an exchange with the keys kept until it is over. */
  keepOpen<T>(exchange: () => Promise<T>): Promise<T> {
    const release = this.hold();
    const running = exchange().finally(() => {
      release();
      this.#exchanges.delete(running);
    });
    this.#exchanges.add(running);
    return running;
  }

  /** Keeps the keys for an answer that is not stored yet, until the returned function is called. */
  hold(): () => void {
    if (this.#holders === 0) this.#held = this.#current();
    this.#holders += 1;
    return () => {
      this.#holders -= 1;
      if (this.#holders === 0) this.#release();
    };
  }

  /** Resolves once no exchange needs the keys any more, including those that begin meanwhile. */
  async settled(): Promise<void> {
    while (this.#exchanges.size > 0) await this.underWaySettled();
  }

  /** Resolves once the exchanges that are in progress now need the keys no more. */
  async underWaySettled(): Promise<void> {
    await Promise.allSettled(this.#exchanges);
  }

  /** These keys replace the current ones, which are wiped as soon as no exchange can hold them. */
  replaceBy(ring: KeyRing): void {
    for (const before of [this.#current(), this.#held]) if (before && before !== ring) this.#retire(before);
    if (this.#holders > 0) this.#held = ring;
  }

  /** Wipes keys that the vault forgets, unless an exchange holds them. */
  wipeUnlessHeld(ring: KeyRing): void {
    if (ring !== this.#held) ring.wipe();
  }

  #retire(ring: KeyRing): void {
    if (this.#holders > 0) this.#retired.add(ring);
    else ring.wipe();
  }

  #release(): void {
    for (const ring of this.#retired) ring.wipe();
    this.#retired.clear();
    if (this.#held !== this.#current()) this.#held?.wipe();
    this.#held = undefined;
  }
}
