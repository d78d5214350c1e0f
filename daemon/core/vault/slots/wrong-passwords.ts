import { SigilforgeError } from '../../../../shared/errors.js';
import { waitingTime } from '../../../../shared/waiting-time.js';
import type { Clock } from '../../platform/clock.js';

const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;

/**
 * Makes one caller that guesses passwords wait: a second after its first wrong one, and twice as long after each further
 * one. What limits all callers together is that each attempt costs argon2id and that only one is made at a time.
 */
export class WrongPasswords {
  readonly #clock: Clock;
  #count = 0;
  #until = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `denied` while no attempt is allowed. */
  assertMayTry(): void {
    const waitMs = this.#until - this.#clock.monotonic();
    if (waitMs <= 0) return;
    throw new SigilforgeError('denied', 'After wrong passwords, this caller has to wait.', {
      hint: `Try again in ${waitingTime(waitMs)}.`,
    });
  }

  /** Counts a wrong one. Returns the error for the caller. */
  recordWrong(): SigilforgeError {
    const waitMs = Math.min(FIRST_MS * 2 ** Math.min(this.#count, 30), LONGEST_MS);
    this.#count += 1;
    this.#until = this.#clock.monotonic() + waitMs;
    return new SigilforgeError('denied', "This is neither the vault's password nor its recovery key.", {
      hint: `Try again in ${waitingTime(waitMs)}.`,
    });
  }
}
