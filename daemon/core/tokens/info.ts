import type { ResultOf } from '../../../shared/contract/index.js';
import { scopesOf } from '../accounts/account.js';
import { type Clock, timestamp } from '../platform/clock.js';
import type { AccountRow } from '../store/accounts.js';

/** What is known of a token, without the token. */
export function tokenInfo(row: AccountRow, clock: Clock): ResultOf<'token_info'> {
  return {
    token_type: row.token_type,
    expires_at: timestamp(row.expires_at),
    scopes: scopesOf(row),
    is_expired: !isValid(row, clock),
    has_refresh_token: row.refresh_token !== null,
    refresh_expires_at: timestamp(row.refresh_expires_at),
    last_refreshed_at: timestamp(row.last_refreshed_at),
    last_error: row.last_error === null ? null : JSON.parse(row.last_error),
    next_attempt_at: timestamp(row.next_attempt_at),
  };
}

/** The state of every token as it is stored. No network. */
export function accountsStatus(
  rows: readonly AccountRow[],
  clock: Clock,
  soonMs: number,
): ResultOf<'accounts_status'> {
  const accounts = rows.map((row) => ({
    service: row.service,
    account: row.account,
    token_valid: isValid(row, clock),
    expires_soon: row.expires_at !== null && row.expires_at - clock.wall() < soonMs,
    expires_at: timestamp(row.expires_at),
  }));
  return {
    accounts,
    all_valid: accounts.every(({ token_valid }) => token_valid),
    any_expiring_soon: accounts.some(({ expires_soon }) => expires_soon),
  };
}

function isValid(row: AccountRow, clock: Clock): boolean {
  return row.access_token !== null && (row.expires_at === null || row.expires_at > clock.wall());
}
