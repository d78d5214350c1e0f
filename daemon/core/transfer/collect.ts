import { SigilforgeError } from '../../../shared/errors.js';
import type { Secret } from '../../../shared/secret.js';
import { noSuchAccount } from '../accounts/account.js';
import type { Grants } from '../accounts/grants.js';
import type { Secrets } from '../secrets/secrets.js';
import type { AccountStore } from '../store/accounts.js';
import type { ProviderStore } from '../store/providers.js';
import type { Vault } from '../vault/vault.js';
import type { CarriedAccount, Content } from './content.js';

interface Parts {
  readonly vault: Vault;
  readonly secrets: Secrets;
  readonly providers: ProviderStore;
  readonly accounts: AccountStore;
  readonly grants: Grants;
}

/** Everything that an export takes along, opened. `missing`: secrets whose keychain items were removed behind our back. */
export async function collect(
  parts: Parts,
  withGrants: boolean,
): Promise<{ content: Content; missing: string[] }> {
  const { secrets, missing } = await collectSecrets(parts.secrets);
  const providers = await collectProviders(parts);
  const accounts = withGrants ? await collectAccounts(parts) : [];
  return { content: { providers, secrets, accounts }, missing };
}

async function collectSecrets(secrets: Secrets): Promise<{ secrets: Content['secrets']; missing: string[] }> {
  const found: Content['secrets'] = [];
  const missing: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = secrets.list(undefined, cursor);
    for (const { key } of page.secrets) {
      try {
        const { value, encoding } = await secrets.get(key);
        found.push({ key, value, encoding });
      } catch (thrown) {
        if (!(thrown instanceof SigilforgeError && thrown.kind === 'not_found')) throw thrown;
        missing.push(key);
      }
    }
    if (page.cursor === null) return { secrets: found, missing };
    cursor = page.cursor;
  }
}

async function collectProviders({ providers, vault }: Parts): Promise<Content['providers']> {
  const sealer = await vault.unlocked();
  return providers.list().map(({ id, settings, client_secret }) => {
    const place = { table: 'providers', row: id, column: 'client_secret' };
    return {
      id,
      settings: JSON.parse(settings),
      client_secret: client_secret && sealer.open(place, client_secret).reveal(),
    };
  });
}

async function collectAccounts(parts: Parts): Promise<CarriedAccount[]> {
  const carried: CarriedAccount[] = [];
  for (const { id } of parts.accounts.list()) carried.push(await collectAccount(parts, id));
  return carried;
}

/** Under the account's lease, so that no exchange spends the refresh token at this moment. */
async function collectAccount({ accounts, grants }: Parts, id: string): Promise<CarriedAccount> {
  const lease = await grants.lease(id);
  try {
    const open = await grants.opener();
    const row = accounts.byId(id);
    if (!row) throw noSuchAccount('the', 'account');
    const { service, account, kind, flow, client, minting, token_type, scopes } = row;
    const { issued_at, expires_at, refresh_expires_at, last_refreshed_at } = row;
    const reveal = (secret: Secret | undefined): string | null => secret?.reveal() ?? null;
    return {
      ...{ service, account, kind, flow, client, minting, token_type, scopes },
      ...{ issued_at, expires_at, refresh_expires_at, last_refreshed_at },
      access_token: reveal(open(row, 'access_token')),
      refresh_token: reveal(open(row, 'refresh_token')),
      client_secret: reveal(open(row, 'client_secret')),
      private_key: reveal(open(row, 'private_key')),
    };
  } finally {
    lease.release();
  }
}
