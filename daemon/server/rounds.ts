/**
 * Turns for connections with more to do than what is done as it comes in: one after the other, and one in each turn of
 * the event loop, so that whatever comes in from others is read in between, however many wait here.
 */
export class Rounds {
  readonly #turns: (() => void)[] = [];

  /** Adds a turn after those of all others. */
  add(turn: () => void): void {
    this.#turns.push(turn);
    if (this.#turns.length === 1) setImmediate(() => this.#next());
  }

  #next(): void {
    this.#turns[0]?.();
    // Removed only now, so that `add` within the turn does not begin a second series.
    this.#turns.shift();
    if (this.#turns.length > 0) setImmediate(() => this.#next());
  }
}
