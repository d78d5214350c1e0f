import { asSigilforgeError } from '../../../shared/errors.js';
import type { Secret } from '../../../shared/secret.js';
import type { Grants } from '../accounts/grants.js';
import { clientOf, fieldsOf, readJsonFields } from '../accounts/json-fields.js';
import type { ClientRegistration } from '../oauth/registration/client.js';
import { provenSettings } from '../providers/stored-settings.js';
import { place } from '../sealing/places.js';
import type { Secrets } from '../secrets/secrets.js';
import type { AccountStore, SealedField, StoredAccount } from '../store/accounts.js';
import type { ProviderStore } from '../store/providers.js';
import type { Vault } from '../vault/vault.js';
import type { ExportedAccount, ExportedContent } from './content.js';

interface Collaborators {
  readonly vault: Vault;
  readonly secrets: Secrets;
  readonly providers: ProviderStore;
  readonly accounts: AccountStore;
  readonly grants: Grants;
  /** The secret that the account's client has now, if another one than that of its sign-in is kept. */
  readonly renewedSecret: (registration: ClientRegistration) => Promise<Secret | undefined>;
}

/** What an export leaves out. */
export interface LeftOut {
  /** The names of secrets whose keychain items another program removed. */
  readonly missing: string[];
  /** What does not open or cannot be read, in words: it would make a file that cannot be imported. */
  readonly damaged: string[];
}

/** Everything that an export takes along, opened. */
export async function collect(
  { vault, secrets, providers, accounts, grants, renewedSecret }: Collaborators,
  { withGrants }: { readonly withGrants: boolean },
): Promise<{ content: ExportedContent } & LeftOut> {
  const left: LeftOut = { missing: [], damaged: [] };
  const content = {
    secrets: await collectSecrets(secrets, left),
    providers: await collectProviders(vault, providers, left),
    accounts: withGrants ? await collectAccounts({ accounts, grants, renewedSecret, left }) : [],
  };
  return { content, ...left };
}

async function collectSecrets(
  secrets: Secrets,
  { missing, damaged }: LeftOut,
): Promise<ExportedContent['secrets']> {
  const found: ExportedContent['secrets'] = [];
  for (let cursor: string | undefined; ; ) {
    const page = secrets.list(undefined, cursor);
    for (const { key } of page.secrets) {
      try {
        const { value, encoding } = await secrets.get(key);
        found.push({ key, value, encoding });
      } catch (thrown) {
        const { kind } = asSigilforgeError(thrown);
        if (kind === 'not_found') missing.push(key);
        else if (kind === 'integrity') damaged.push(`the secret ${key}`);
        else throw thrown;
      }
    }
    if (page.cursor === null) return found;
    cursor = page.cursor;
  }
}

async function collectProviders(
  vault: Vault,
  providers: ProviderStore,
  { damaged }: LeftOut,
): Promise<ExportedContent['providers']> {
  const sealer = await vault.unlocked();
  const collected = providers.list().map((stored) => {
    const { id, clientSecret, secretOrigins } = stored;
    return unlessDamaged(damaged, `the provider ${id}`, () => ({
      id,
      settings: provenSettings(sealer, stored),
      client_secret: clientSecret && sealer.open(place.clientSecret(stored), clientSecret).reveal(),
      secret_origins: secretOrigins,
    }));
  });
  return collected.filter((provider) => provider !== undefined);
}

/** What `read` makes; of something damaged only its name is kept. */
function unlessDamaged<T>(damaged: string[], name: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind !== 'integrity') throw thrown;
    damaged.push(name);
    return undefined;
  }
}

type Accounts = Pick<Collaborators, 'accounts' | 'grants' | 'renewedSecret'> & { readonly left: LeftOut };

async function collectAccounts(collaborators: Accounts): Promise<ExportedAccount[]> {
  const carried: ExportedAccount[] = [];
  for (const { id } of collaborators.accounts.list()) {
    const account = await collectAccount(collaborators, id);
    if (account) carried.push(account);
  }
  return carried;
}

/** Under the account's lease, so that no exchange spends the refresh token at this moment. */
async function collectAccount(
  { accounts, grants, renewedSecret, left }: Accounts,
  id: string,
): Promise<ExportedAccount | undefined> {
  const lease = await grants.lease(id);
  try {
    const open = await grants.opener();
    const stored = accounts.byId(id);
    // It was removed meanwhile.
    if (!stored) return undefined;
    const name = `the account ${stored.service}/${stored.account}`;
    const account = unlessDamaged(left.damaged, name, () => exported(stored, (field) => open(stored, field)));
    const client = account && clientOf(stored);
    const secret = client ? await renewedSecret(client) : undefined;
    return account && secret ? { ...account, client_secret: secret.reveal() } : account;
  } finally {
    lease.release();
  }
}

function exported(stored: StoredAccount, open: (field: SealedField) => Secret | undefined): ExportedAccount {
  // Checks all of its JSON.
  readJsonFields(stored);
  const { service, account, kind, flow, client, minting, scopes, subject } = stored;
  const reveal = (field: SealedField): string | null => open(field)?.reveal() ?? null;
  return {
    ...{ service, account, kind, flow, client, minting, scopes, subject },
    asked_scopes: stored.askedScopes,
    token_type: stored.tokenType,
    issued_at: stored.issuedAt,
    expires_at: stored.expiresAt,
    refresh_expires_at: stored.refreshExpiresAt,
    last_refreshed_at: stored.lastRefreshedAt,
    access_token: reveal('accessToken'),
    refresh_token: reveal('refreshToken'),
    client_secret: reveal('clientSecret'),
    private_key: reveal('privateKey'),
    fields: fieldsOf(stored, open('fields')),
  };
}
