import { SigilforgeError } from '../../../shared/errors.js';
import type { Secret } from '../../../shared/secret.js';
import type { Grants } from '../accounts/grants.js';
import { readJsonFields } from '../accounts/json-fields.js';
import { storedSettings } from '../providers/stored-settings.js';
import { place } from '../sealing/places.js';
import type { Secrets } from '../secrets/secrets.js';
import type { AccountStore } from '../store/accounts.js';
import type { ProviderStore } from '../store/providers.js';
import type { Vault } from '../vault/vault.js';
import type { ExportedAccount, ExportedContent } from './content.js';

interface Collaborators {
  readonly vault: Vault;
  readonly secrets: Secrets;
  readonly providers: ProviderStore;
  readonly accounts: AccountStore;
  readonly grants: Grants;
}

/** Everything that an export takes along, opened. Throws `integrity` for a damaged account or provider. `missing`: secrets whose keychain items another program removed. */
export async function collect(
  { vault, secrets, providers, accounts, grants }: Collaborators,
  { withGrants }: { readonly withGrants: boolean },
): Promise<{ content: ExportedContent; missing: string[] }> {
  const found = await collectSecrets(secrets);
  const content = {
    secrets: found.secrets,
    providers: await collectProviders(vault, providers),
    accounts: withGrants ? await collectAccounts(accounts, grants) : [],
  };
  return { content, missing: found.missing };
}

async function collectSecrets(
  secrets: Secrets,
): Promise<{ secrets: ExportedContent['secrets']; missing: string[] }> {
  const found: ExportedContent['secrets'] = [];
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

async function collectProviders(
  vault: Vault,
  providers: ProviderStore,
): Promise<ExportedContent['providers']> {
  const sealer = await vault.unlocked();
  return providers.list().map((stored) => {
    const { id, clientSecret, secretOrigins } = stored;
    return {
      id,
      settings: storedSettings(stored),
      client_secret: clientSecret && sealer.open(place.provider(stored), clientSecret).reveal(),
      secret_origins: secretOrigins,
    };
  });
}

async function collectAccounts(accounts: AccountStore, grants: Grants): Promise<ExportedAccount[]> {
  const carried: ExportedAccount[] = [];
  for (const { id } of accounts.list()) {
    const account = await collectAccount(accounts, grants, id);
    if (account) carried.push(account);
  }
  return carried;
}

/** Under the account's lease, so that no exchange spends the refresh token at this moment. */
async function collectAccount(
  accounts: AccountStore,
  grants: Grants,
  id: string,
): Promise<ExportedAccount | undefined> {
  const lease = await grants.lease(id);
  try {
    const open = await grants.opener();
    const stored = accounts.byId(id);
    // It was removed meanwhile.
    if (!stored) return undefined;
    // A damaged account would make a file that cannot be imported.
    readJsonFields(stored);
    const { service, account, kind, flow, client, minting, scopes, subject } = stored;
    const reveal = (secret: Secret | undefined): string | null => secret?.reveal() ?? null;
    return {
      ...{ service, account, kind, flow, client, minting, scopes, subject },
      asked_scopes: stored.askedScopes,
      token_type: stored.tokenType,
      issued_at: stored.issuedAt,
      expires_at: stored.expiresAt,
      refresh_expires_at: stored.refreshExpiresAt,
      last_refreshed_at: stored.lastRefreshedAt,
      access_token: reveal(open(stored, 'accessToken')),
      refresh_token: reveal(open(stored, 'refreshToken')),
      client_secret: reveal(open(stored, 'clientSecret')),
      private_key: reveal(open(stored, 'privateKey')),
    };
  } finally {
    lease.release();
  }
}
