import type { AccountInfo } from '../../../shared/contract/index.js';
import { timestamp } from '../platform/clock.js';
import type { Listed } from '../platform/pages.js';
import type { StoredAccount } from '../store/accounts.js';
import { readJsonFields } from './json-fields.js';
import { isOver } from './lifetime.js';

/** How lists of accounts are sorted, as the store gives them. */
export const LISTED_ACCOUNTS: Listed<Pick<StoredAccount, 'service' | 'account'>> = {
  name: 'accounts',
  keyOf: ({ service, account }) => [service, account],
};

/** An account as callers see it at `now`, in milliseconds since 1970. Throws `integrity` if it is damaged. */
export function accountInfo(account: StoredAccount, now: number): AccountInfo {
  const { client, scopes } = readJsonFields(account);
  return {
    ...undamagedInfo(account),
    provider: client?.id ?? null,
    scopes,
    state: needsSignIn(account, now) ? 'needs_auth' : account.state,
  };
}

/** What a caller learns about a damaged account: it exists, and only a new sign-in makes it work. */
export function damagedInfo(account: StoredAccount): AccountInfo {
  return { ...undamagedInfo(account), provider: null, scopes: [], state: 'needs_auth' };
}

function undamagedInfo(account: StoredAccount): Omit<AccountInfo, 'provider' | 'scopes' | 'state'> {
  return {
    id: account.id,
    service: account.service,
    account: account.account,
    kind: account.kind,
    created_at: timestamp(account.createdAt),
    last_used: timestamp(account.lastUsed),
    expires_at: timestamp(account.expiresAt),
  };
}

/** Whether the token is over, and only a new sign-in can bring another one. */
function needsSignIn(account: StoredAccount, now: number): boolean {
  return account.state === 'ok' && account.refreshable === 0 && isOver(account, now);
}
