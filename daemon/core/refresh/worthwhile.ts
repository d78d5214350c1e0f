import { readJsonFields } from '../accounts/json-fields.js';
import type { StoredAccount } from '../store/accounts.js';
import { remainingBackoffMs } from './backoff.js';
import {
  backingOff,
  notRefreshable,
  notTakenOver,
  refusedAlthoughNew,
  signInAgain,
  unknownReason,
} from './refusals.js';

/** Why a refresh is wanted: the token is too old, its resource server refused it, or a caller asked for a new one. */
export type RefreshReason = 'needed' | 'rejected' | 'asked';

/** One exchange for each account in this time, for tokens that were refused and for grants that are known to be dead. */
const PATIENCE_MS = 10_000;

/**
 * Throws if asking the provider now could bring nothing, without any network. Only what is stored decides, so that every
 * process decides alike. `now`: milliseconds since 1970.
 */
export function assertWorthwhile(account: StoredAccount, reason: RefreshReason, now: number): void {
  const { lastError } = readJsonFields(account);
  const failedAt = lastError && Date.parse(lastError.at);
  if (account.kind === 'api_key') throw notRefreshable(account);
  if (account.state === 'parked' && reason !== 'asked') throw notTakenOver(account);
  if (account.state === 'needs_auth' && (reason !== 'asked' || isRecent(failedAt, now)))
    throw signInAgain(account, lastError?.message ?? unknownReason);
  if (reason === 'rejected' && isRecent(account.lastRefreshedAt, now)) throw refusedAlthoughNew(account);
  const waitMs = remainingBackoffMs(account.nextAttemptAt, now);
  if (reason !== 'asked' && waitMs > 0) throw backingOff(account, lastError, waitMs);
}

/** What is in the future was written by a clock that has been set back. */
function isRecent(at: number | null, now: number): boolean {
  const ago = now - (at ?? Number.NEGATIVE_INFINITY);
  return ago >= 0 && ago < PATIENCE_MS;
}
