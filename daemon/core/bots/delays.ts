import type { Clock } from '../platform/clock.js';

const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;
/** A program that was up for so long is not one that always fails. */
const STEADY_MS = 300_000;

/** How long a bot waits until it is started again: each time twice as long, up to five minutes. */
export class Delays {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #nextMs = FIRST_MS;
  #upSince: number | undefined;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Its program is up. */
  started(): void {
    this.#upSince = this.#clock.monotonic();
  }

  /** Its program has ended, or could not be started: how long to wait now, in milliseconds. */
  next(): number {
    if (this.#upSince !== undefined && this.#clock.monotonic() - this.#upSince >= STEADY_MS) this.reset();
    this.#upSince = undefined;
    const delay = this.#nextMs;
    this.#nextMs = Math.min(2 * delay, LONGEST_MS);
    return delay;
  }

  /** A person has started it: what was before counts no more. */
  reset(): void {
    this.#nextMs = FIRST_MS;
  }
}
