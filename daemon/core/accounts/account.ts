import type { AccountInfo } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { parse } from '../../../shared/validate.js';
import { OAuthClient } from '../oauth/client.js';
import { Minting } from '../oauth/keys/minting.js';
import { timestamp } from '../platform/clock.js';
import type { AccountRow } from '../store/accounts.js';

/** An account as callers see it. */
export function accountInfo(row: AccountRow, lastUsed: number | null = row.last_used): AccountInfo {
  return {
    id: row.id,
    service: row.service,
    account: row.account,
    kind: row.kind,
    provider: clientOf(row)?.id ?? null,
    scopes: scopesOf(row),
    state: row.state,
    created_at: timestamp(row.created_at),
    last_used: timestamp(lastUsed),
    expires_at: timestamp(row.expires_at),
  };
}

/** The client that the account signed in with; `null` for an API key. */
export function clientOf(row: AccountRow): OAuthClient | null {
  if (row.client === null) return null;
  return parse(OAuthClient, JSON.parse(row.client), `client of ${row.service}/${row.account}`, 'integrity');
}

/** What the account's private key mints tokens for; `null` for every account without one. */
export function mintingOf(row: AccountRow): Minting | null {
  if (row.minting === null) return null;
  return parse(Minting, JSON.parse(row.minting), `key of ${row.service}/${row.account}`, 'integrity');
}

export function scopesOf(row: Pick<AccountRow, 'scopes'>): string[] {
  return JSON.parse(row.scopes) as string[];
}

export function noSuchAccount(service: string, account: string): SigilforgeError {
  return new SigilforgeError('not_found', `There is no account ${service}/${account}.`, {
    hint: `Sign in with: sigilforge add-account ${service} ${account}`,
  });
}
