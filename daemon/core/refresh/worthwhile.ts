import type { AccountRow } from '../store/accounts.js';
import { remainingBackoffMs } from './backoff.js';
import {
  lastErrorOf,
  leftAlone,
  notRefreshable,
  notTakenOver,
  refusedAlthoughNew,
  signInAgain,
} from './refusals.js';

/** Why a refresh is wanted: the token is too old, its resource server refused it, or somebody asked for a new one. */
export type RefreshReason = 'needed' | 'rejected' | 'asked';

/** One exchange for each account in this time, for tokens that were refused and for grants that are known to be dead. */
const PATIENCE_MS = 10_000;

/**
 * Throws where asking the provider now could bring nothing, without any network. It is decided by the row alone, so that
 * every process decides alike. `now`: milliseconds since 1970.
 */
export function assertWorthwhile(row: AccountRow, reason: RefreshReason, now: number): void {
  if (row.kind === 'api_key') throw notRefreshable(row);
  if (row.state === 'parked' && reason !== 'asked') throw notTakenOver(row);
  const { at, message } = lastErrorOf(row);
  if (row.state === 'needs_auth' && (reason !== 'asked' || isRecent(at, now)))
    throw signInAgain(row, message);
  if (reason === 'rejected' && isRecent(row.last_refreshed_at, now)) throw refusedAlthoughNew(row);
  const waitMs = remainingBackoffMs(row.next_attempt_at, now);
  if (reason !== 'asked' && waitMs > 0) throw leftAlone(row, waitMs);
}

/** What is in the future was written by a clock that has been set back. */
function isRecent(at: number | null, now: number): boolean {
  const ago = now - (at ?? Number.NEGATIVE_INFINITY);
  return ago >= 0 && ago < PATIENCE_MS;
}
