import type { TokenFailure } from '../failures/failure.js';

/** RFC 8628, section 3.2: the interval if the answer names none; section 3.5: what `slow_down` adds. Seconds, as all here. */
const DEFAULT_INTERVAL_S = 5;
const SLOW_DOWN_S = 5;
/** The least between two polls, whatever the provider says. */
const SHORTEST_INTERVAL_S = 1;
/** The most that waiting grows to while the provider cannot be reached: the person may have approved meanwhile. */
const LONGEST_GROWN_S = 60;

interface Pause {
  readonly retryAfterMs?: TokenFailure['retryAfterMs'];
}

/** How long to wait before each poll of a token endpoint (RFC 8628, section 3.5). */
export class PollingPace {
  /** What the provider has asked for, in its first answer and by `slow_down`. */
  #agreedS: number;
  #grownS: number;
  #retryAfterS = 0;

  /** `interval`: as the provider sent it, possibly nonsense. */
  constructor(interval: unknown) {
    this.#agreedS = Math.max(SHORTEST_INTERVAL_S, secondsOf(interval) ?? DEFAULT_INTERVAL_S);
    this.#grownS = this.#agreedS;
  }

  /** Seconds to wait before the next poll. */
  get waitS(): number {
    return Math.max(this.#grownS, this.#retryAfterS);
  }

  /** The provider answered, and the person is not ready: what was added for its bad moments is given back. */
  pending({ retryAfterMs = 0 }: Pause = {}): void {
    this.#grownS = this.#agreedS;
    this.#retryAfterS = retryAfterMs / 1000;
  }

  /** The provider asks for a longer interval, which holds from now on. */
  slowDown(intervalS = 0): void {
    this.#agreedS = Math.max(intervalS, this.#agreedS + SLOW_DOWN_S);
    this.pending();
  }

  /** The provider could not be reached, or has a bad moment: twice as long, or as long as it asks for. */
  failed({ retryAfterMs = 0 }: Pause): void {
    this.#grownS = Math.max(this.#agreedS, Math.min(this.#grownS * 2, LONGEST_GROWN_S));
    this.#retryAfterS = retryAfterMs / 1000;
  }
}

/** A number above zero, also as text, which Microsoft's first version sends. */
export function secondsOf(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && number > 0 ? number : undefined;
}
