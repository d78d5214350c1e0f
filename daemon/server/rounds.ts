/** How long a connection may go on starting calls in one turn, in milliseconds. */
const TURN_MS = 1;

/** Does work until `until`, a time of `performance.now()`. What was begun before then may take longer. */
export type Turn = (until: number) => void;

/** When a turn that begins now is to end. */
export function turnEnd(): number {
  return performance.now() + TURN_MS;
}

/**
 * Turns for connections with more to do than what is done as it comes in: one after the other, and one in each turn of
 * the event loop, so that whatever comes in from others is read in between, however many wait here.
 */
export class Rounds {
  readonly #turns: Turn[] = [];

  /** Adds a turn after those of all others. */
  add(turn: Turn): void {
    this.#turns.push(turn);
    if (this.#turns.length === 1) setImmediate(() => this.#next());
  }

  #next(): void {
    const turn = this.#turns[0];
    turn?.(turnEnd());
    // Removed only now, so that `add` within the turn does not begin a second series.
    this.#turns.shift();
    if (this.#turns.length > 0) setImmediate(() => this.#next());
  }
}
