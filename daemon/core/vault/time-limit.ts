import type { Clock } from '../platform/clock.js';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `vault.lock_after` in config.toml, such as `12h`, in milliseconds; `never` is infinite. */
export function lockAfterMs(text: string): number {
  const unit = UNIT_MS[text.slice(-1)];
  return text === 'never' || unit === undefined ? Number.POSITIVE_INFINITY : Number(text.slice(0, -1)) * unit;
}

/** A time limit that ends as soon as either clock says so: one stands still in sleep, the other can be set. */
export class TimeLimit {
  readonly #clock: Clock;
  readonly #ms: number;
  #wall = 0;
  #monotonic = 0;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  get isFinite(): boolean {
    return Number.isFinite(this.#ms);
  }

  /** Milliseconds that are left; not positive once it is over. */
  get remaining(): number {
    if (!this.isFinite) return Number.POSITIVE_INFINITY;
    const passed = Math.max(this.#clock.wall() - this.#wall, this.#clock.monotonic() - this.#monotonic);
    return this.#ms - passed;
  }

  start(): void {
    this.#wall = this.#clock.wall();
    this.#monotonic = this.#clock.monotonic();
  }
}
