import type { TokenFailure } from '../oauth/failures/failure.js';

const FIRST_MS = 1_000;
/** The network comes back without notice, so it is tried again soon. */
const LONGEST_MS: Readonly<Record<'network' | 'provider', number>> = { network: 30_000, provider: 300_000 };

/** The longest wait, however long a provider asks for and whatever the clock did meanwhile. */
export const LONGEST_BACKOFF_MS = 3_600_000;

/**
 * Milliseconds until the next attempt: a time that doubles with each failure, varied so that accounts do not retry
 * together, or what the provider asks for if that is longer.
 */
export function backoffMs(
  failure: TokenFailure,
  failuresBefore: number,
  random: number = Math.random(),
): number {
  const answered = failure.end === 'refused' || failure.unread !== undefined;
  const longest = LONGEST_MS[answered ? 'provider' : 'network'];
  const whole = Math.min(FIRST_MS * 2 ** Math.min(failuresBefore, 30), longest);
  const own = Math.round(whole * (0.5 + random / 2));
  return Math.min(Math.max(own, failure.retryAfterMs ?? 0), LONGEST_BACKOFF_MS);
}

/** Milliseconds of back-off that are left. A time further ahead than the longest back-off was written by a clock that has been set back, and does not count. */
export function remainingBackoffMs(nextAttemptAt: number | null, now: number): number {
  if (nextAttemptAt === null) return 0;
  const remaining = nextAttemptAt - now;
  return remaining > LONGEST_BACKOFF_MS ? 0 : Math.max(0, remaining);
}
