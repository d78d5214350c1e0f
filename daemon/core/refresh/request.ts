import { mintingOf, scopesOf } from '../accounts/account.js';
import { accountClient } from '../accounts/account-client.js';
import type { Grants } from '../accounts/grants.js';
import type { ClientWithSecret } from '../oauth/client.js';
import { type Exchange, exchange, type OAuthContext } from '../oauth/exchange.js';
import { mint } from '../oauth/keys/minting.js';
import type { Providers } from '../providers/providers.js';
import type { AccountRow } from '../store/accounts.js';
import { notRefreshable, signInAgain } from './refusals.js';

/** An exchange that is ready to be sent. */
export interface RefreshRequest {
  readonly who: ClientWithSecret;
  readonly send: () => Promise<Exchange>;
}

interface Parts {
  readonly grants: Grants;
  readonly providers: Providers;
  readonly oauth: OAuthContext;
}

/** How this account gets its next token: by a key of its own, by its client alone, or by its refresh token. */
export async function refreshRequest(row: AccountRow, parts: Parts): Promise<RefreshRequest> {
  const { grants, oauth } = parts;
  const who = await clientFor(row, parts);
  const minting = mintingOf(row);
  const privateKey = await grants.open(row, 'private_key');
  if (minting && privateKey) return { who, send: () => mint(who, { privateKey, minting }, oauth) };
  if (row.flow === 'client_credentials') {
    const scope = scopesOf(row).join(who.client.scope_separator);
    return { who, send: () => exchange(who, 'client_credentials', scope === '' ? {} : { scope }, oauth) };
  }
  const refreshToken = await grants.open(row, 'refresh_token');
  if (!refreshToken) throw signInAgain(row, 'it has no refresh token.');
  const parameters = { refresh_token: refreshToken.reveal() };
  return { who, send: () => exchange(who, 'refresh_token', parameters, oauth) };
}

async function clientFor(row: AccountRow, parts: Parts): Promise<ClientWithSecret> {
  const who = await accountClient(row, parts);
  if (!who) throw notRefreshable(row);
  const withoutSecret =
    row.flow === 'device_code' && who.client.quirks.includes('device_refresh_without_secret');
  return withoutSecret ? { ...who, secret: undefined } : who;
}
