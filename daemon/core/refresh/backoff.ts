import type { TokenFailure } from '../oauth/failure.js';

const FIRST_MS = 1_000;
/** The network comes back without notice, so its absence is looked at again soon. */
const LONGEST_MS: Readonly<Record<'network' | 'provider', number>> = { network: 30_000, provider: 300_000 };

/** However long a provider asks to be left alone, and whatever the clock did meanwhile. */
export const LONGEST_BACKOFF_MS = 3_600_000;

/** Milliseconds until the next attempt: what the provider asks for, else doubling with each failure, never all at once. */
export function backoffMs(
  failure: TokenFailure,
  failuresBefore: number,
  random: number = Math.random(),
): number {
  if (failure.retryAfterMs !== undefined) return Math.min(failure.retryAfterMs, LONGEST_BACKOFF_MS);
  const longest = LONGEST_MS[failure.end === 'refused' ? 'provider' : 'network'];
  const whole = Math.min(FIRST_MS * 2 ** Math.min(failuresBefore, 30), longest);
  return Math.round(whole * (0.5 + random / 2));
}

/** How much of a stored `next_attempt_at` still counts: never more than the longest back-off, if the clock was set back. */
export function remainingBackoffMs(nextAttemptAt: number | null, now: number): number {
  if (nextAttemptAt === null) return 0;
  const remaining = nextAttemptAt - now;
  return remaining > LONGEST_BACKOFF_MS ? 0 : Math.max(0, remaining);
}
