import { SigilforgeError } from '../../../shared/errors.js';
import type { ProviderSettings } from '../../../shared/provider.js';
import { Secret } from '../../../shared/secret.js';
import type { Grants } from '../accounts/grants.js';
import { type NewAccount, putAccount } from '../accounts/put-account.js';
import { newId } from '../platform/id.js';
import { trace } from '../platform/trace.js';
import { sealSettings } from '../providers/stored-settings.js';
import { place } from '../sealing/places.js';
import { readBytes, toStored } from '../secrets/encoding.js';
import type { AccountStore } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import type { Lease } from '../store/lease.js';
import type { ProviderStore } from '../store/providers.js';
import type { SecretStore } from '../store/secrets.js';
import type { Sealer, Vault } from '../vault/vault.js';
import type { ImportedAccount, ImportedContent } from './content.js';

interface Stores {
  readonly secrets: SecretStore;
  readonly providers: ProviderStore;
  readonly accounts: AccountStore;
}

interface Collaborators extends Stores {
  readonly vault: Vault;
  readonly grants: Grants;
  /** The origins that a secret is bound to if the file does not say. */
  readonly secretOrigins: (id: string, settings: ProviderSettings) => string;
}

/**
 * Stores everything of an export in one transaction, secrets in the vault wherever they were kept before. What exists
 * already is replaced only with `force`; without it nothing is stored then. Grants arrive parked: the vault that they
 * were copied from may still be in use.
 */
export async function put(
  env: Env,
  { vault, grants, secrets, providers, accounts, secretOrigins }: Collaborators,
  content: ImportedContent,
  { force }: { readonly force: boolean },
): Promise<void> {
  const stores = { secrets, providers, accounts };
  const sealer = await vault.unlocked();
  if (!force) assertNothingThere(stores, content);
  const leases = await leaseAll(grants, accounts, content);
  try {
    await env.db.write(() => {
      if (!force) assertNothingThere(stores, content);
      for (const provider of content.providers)
        putProvider(env, providers, sealer, {
          ...provider,
          secret_origins: provider.secret_origins ?? secretOrigins(provider.id, provider.settings),
        });
      for (const secret of content.secrets) putSecret(env, secrets, sealer, secret);
      for (const imported of content.accounts) {
        assertLeased(accounts, leases, imported);
        putAccount(env, accounts, sealer, newAccount(imported));
      }
      trace('import.committing');
    });
  } finally {
    for (const lease of leases.values()) lease.release();
  }
  trace('import.committed');
  await env.db.truncateLog();
}

/** The leases of the accounts that will be replaced, by their ids; always taken in the same order, so that two imports do not block each other. */
async function leaseAll(
  grants: Grants,
  accounts: AccountStore,
  content: ImportedContent,
): Promise<Map<string, Lease>> {
  const ids = content.accounts.flatMap(
    ({ service, account }) => accounts.version(service, account)?.id ?? [],
  );
  const leases = new Map<string, Lease>();
  try {
    for (const id of [...new Set(ids)].sort()) leases.set(id, await grants.lease(id));
    return leases;
  } catch (thrown) {
    for (const lease of leases.values()) lease.release();
    throw thrown;
  }
}

function assertNothingThere({ secrets, providers, accounts }: Stores, content: ImportedContent): void {
  const existing = [
    ...content.providers.filter(({ id }) => providers.find(id)).map(({ id }) => `the provider ${id}`),
    ...content.secrets.filter(({ key }) => secrets.find(key)).map(({ key }) => `the secret ${key}`),
    ...content.accounts
      .filter(({ service, account }) => accounts.version(service, account))
      .map(({ service, account }) => `the account ${service}/${account}`),
  ];
  const [first, ...others] = existing;
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const sentence = `There is already ${first}${more}, so nothing was imported.`;
  throw new SigilforgeError('already_exists', sentence, { hint: 'Replace what is there with --force.' });
}

/** An account that came meanwhile is not touched: its lease is not held. */
function assertLeased(
  accounts: AccountStore,
  leases: ReadonlyMap<string, Lease>,
  { service, account }: ImportedAccount,
): void {
  const existing = accounts.version(service, account);
  if (!existing || leases.has(existing.id)) return;
  const sentence = `The account ${service}/${account} was added meanwhile, so nothing was imported.`;
  throw new SigilforgeError('already_exists', sentence, {
    hint: 'Import the file again, then decide what to replace.',
  });
}

function putProvider(
  { clock }: Env,
  providers: ProviderStore,
  sealer: Sealer,
  { id, settings, client_secret, secret_origins }: ImportedContent['providers'][number],
): void {
  const secretOrigins = client_secret === null ? null : secret_origins;
  const where = place.clientSecret({ id, secretOrigins });
  providers.put({
    id,
    ...sealSettings(sealer, id, settings),
    clientSecret: client_secret === null ? null : sealer.seal(where, new Secret(client_secret)),
    secretOrigins,
    updatedAt: clock.wall(),
  });
}

function putSecret(
  { clock }: Env,
  secrets: SecretStore,
  sealer: Sealer,
  { key, value, encoding }: ImportedContent['secrets'][number],
): void {
  const now = clock.wall();
  const { id, createdAt } = secrets.find(key) ?? { id: newId(), createdAt: now };
  const sealed = sealer.seal(place.secret({ id, key }), toStored(readBytes(value, encoding)));
  secrets.put({ id, key, value: sealed, item: null, createdAt, updatedAt: now });
}

function newAccount(imported: ImportedAccount): NewAccount {
  const { service, account, flow, client, minting, subject } = imported;
  const privateKey = secretOf(imported.private_key);
  return {
    ...{ service, account, flow, client, subject },
    askedScopes: imported.asked_scopes,
    // No provider exchanges an API key, so that none can be in use twice.
    state: flow === 'api_key' ? 'ok' : 'parked',
    clientSecret: secretOf(imported.client_secret),
    key: minting && privateKey ? { minting, privateKey } : undefined,
    grant: {
      accessToken: secretOf(imported.access_token),
      refreshToken: secretOf(imported.refresh_token),
      // It lives for minutes, and the first refresh brings another one.
      idToken: undefined,
      fields: imported.fields,
      tokenType: imported.token_type,
      scopes: imported.scopes,
      issuedAt: imported.issued_at,
      expiresAt: imported.expires_at,
      refreshExpiresAt: imported.refresh_expires_at,
    },
    lastRefreshedAt: imported.last_refreshed_at,
  };
}

function secretOf(text: string | null): Secret | undefined {
  return text === null ? undefined : new Secret(text);
}
