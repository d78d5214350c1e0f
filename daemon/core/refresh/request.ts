import { accountClient } from '../accounts/account-client.js';
import type { Grants } from '../accounts/grants.js';
import { readJsonFields } from '../accounts/json-fields.js';
import { type Exchange, exchange, type OAuthContext } from '../oauth/exchange.js';
import { mint } from '../oauth/keys/minting.js';
import type { OAuthClient } from '../oauth/registration/client.js';
import { joinScopes } from '../oauth/registration/scopes.js';
import type { Providers } from '../providers/providers.js';
import type { StoredAccount } from '../store/accounts.js';
import { notRefreshable, signInAgain } from './refusals.js';

/** An exchange that is ready to be sent. */
export interface RefreshRequest {
  readonly client: OAuthClient;
  readonly send: () => Promise<Exchange>;
}

interface Collaborators {
  readonly grants: Grants;
  readonly providers: Providers;
}

/**
 * How this account gets its next token: with a key of its own, with its client's credentials, or with its refresh token.
 * Throws `integrity` for a damaged account, whose next answer could not be stored.
 */
export async function refreshRequest(
  oauth: OAuthContext,
  { grants, providers }: Collaborators,
  account: StoredAccount,
): Promise<RefreshRequest> {
  const { minting, scopes, askedScopes } = readJsonFields(account);
  const client = await refreshClient({ grants, providers }, account);
  const privateKey = await grants.open(account, 'privateKey');
  if (minting && privateKey) return { client, send: () => mint(oauth, client, { privateKey, minting }) };
  if (account.flow === 'client_credentials') {
    const scope = joinScopes(askedScopes ?? scopes, client.registration.scope_separator);
    const parameters = scope === '' ? {} : { scope };
    return { client, send: () => exchange(oauth, client, 'client_credentials', parameters) };
  }
  const refreshToken = await grants.open(account, 'refreshToken');
  if (!refreshToken) throw signInAgain(account, 'it has no refresh token.');
  const parameters = { refresh_token: refreshToken.reveal() };
  return { client, send: () => exchange(oauth, client, 'refresh_token', parameters) };
}

async function refreshClient(collaborators: Collaborators, account: StoredAccount): Promise<OAuthClient> {
  const client = await accountClient(account, collaborators);
  if (!client) throw notRefreshable(account);
  const withoutSecret =
    account.flow === 'device_code' && client.registration.quirks.includes('device_refresh_without_secret');
  return withoutSecret ? { ...client, secret: undefined } : client;
}
