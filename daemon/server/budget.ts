/** Node hands on that many bytes of a socket without saying so. */
const SMALL = 64 * 1024;

/** A connection, with what the daemon holds for it in memory. */
export interface Holder {
  destroy(): void;
}

/**
 * Bytes that the daemon holds for all of its clients: lines that are not answered, and answers that are not read. Beyond
 * `limit` it closes the connection that it holds most for, so nothing happens to one with less than its share of it.
 */
export class Budget {
  readonly #limit: number;
  readonly #exceeded: (bytes: number) => void;
  readonly #held = new Map<Holder, number>();
  #total = 0;

  /** `exceeded` is called with the bytes of a connection that is closed. */
  constructor(limit: number, exceeded: (bytes: number) => void) {
    this.#limit = limit;
    this.#exceeded = exceeded;
  }

  /** What is held for a connection now. */
  note(holder: Holder, bytes: number): void {
    const counted = bytes < SMALL ? 0 : bytes;
    const before = this.#held.get(holder) ?? 0;
    if (counted === before) return;
    this.#total += counted - before;
    if (counted === 0) this.#held.delete(holder);
    else this.#held.set(holder, counted);
    while (this.#total > this.#limit) this.#closeLargest();
  }

  #closeLargest(): void {
    const [holder, bytes] = [...this.#held].reduce((most, one) => (one[1] > most[1] ? one : most));
    this.note(holder, 0);
    this.#exceeded(bytes);
    holder.destroy();
  }
}
