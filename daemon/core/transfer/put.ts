import { v7 as uuidv7 } from 'uuid';
import { SigilforgeError } from '../../../shared/errors.js';
import { Secret } from '../../../shared/secret.js';
import type { Grants } from '../accounts/grants.js';
import type { Clock } from '../platform/clock.js';
import { trace } from '../platform/trace.js';
import { readBytes, toStored } from '../secrets/encoding.js';
import type { AccountRow, AccountStore } from '../store/accounts.js';
import type { Lease } from '../store/lease.js';
import type { ProviderStore } from '../store/providers.js';
import type { SecretStore } from '../store/secrets.js';
import type { Sqlite } from '../store/sqlite.js';
import type { Sealer, Vault } from '../vault/vault.js';
import type { CarriedAccount, Content } from './content.js';

interface Parts {
  readonly db: Sqlite;
  readonly vault: Vault;
  readonly secrets: SecretStore;
  readonly providers: ProviderStore;
  readonly accounts: AccountStore;
  readonly grants: Grants;
  readonly clock: Clock;
}

/**
 * Stores everything of an export in one transaction, secrets in the vault whatever they were kept in before. What exists
 * already is only replaced by `force`; without it nothing is stored then. Grants arrive parked: the vault that they were
 * copied from may still be alive.
 */
export async function put(parts: Parts, content: Content, force: boolean): Promise<void> {
  const sealer = await parts.vault.unlocked();
  if (!force) assertNothingThere(parts, content);
  const leases = await leaseAll(parts, content);
  try {
    await parts.db.write(() => {
      if (!force) assertNothingThere(parts, content);
      for (const provider of content.providers) putProvider(parts, sealer, provider);
      for (const secret of content.secrets) putSecret(parts, sealer, secret);
      for (const account of content.accounts) putAccount(parts, sealer, account, leases);
      trace('import.committing');
    });
  } finally {
    for (const lease of leases.values()) lease.release();
  }
  trace('import.committed');
  parts.db.truncateLog();
}

/** The accounts that are to be replaced, by their ids; always in the same order, so that two imports do not block each other. */
async function leaseAll({ accounts, grants }: Parts, content: Content): Promise<Map<string, Lease>> {
  const ids = content.accounts.flatMap(({ service, account }) => accounts.find(service, account)?.id ?? []);
  const leases = new Map<string, Lease>();
  try {
    for (const id of [...new Set(ids)].sort()) leases.set(id, await grants.lease(id));
    return leases;
  } catch (thrown) {
    for (const lease of leases.values()) lease.release();
    throw thrown;
  }
}

function assertNothingThere({ secrets, providers, accounts }: Parts, content: Content): void {
  const taken = [
    ...content.providers.filter(({ id }) => providers.find(id)).map(({ id }) => `the provider ${id}`),
    ...content.secrets.filter(({ key }) => secrets.find(key)).map(({ key }) => `the secret ${key}`),
    ...content.accounts
      .filter(({ service, account }) => accounts.find(service, account))
      .map(({ service, account }) => `the account ${service}/${account}`),
  ];
  const [first, ...others] = taken;
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  throw new SigilforgeError('already_exists', `There is ${first}${more} already, so nothing was imported.`, {
    hint: 'Replace what is there with --force.',
  });
}

function putProvider(
  { providers, clock }: Parts,
  sealer: Sealer,
  { id, settings, client_secret }: Content['providers'][number],
): void {
  providers.put({
    id,
    settings: JSON.stringify(settings),
    client_secret: sealOptional(sealer, 'providers', id, 'client_secret', client_secret),
    updated_at: clock.wall(),
  });
}

function putSecret(
  { secrets, clock }: Parts,
  sealer: Sealer,
  { key, value, encoding }: Content['secrets'][number],
): void {
  const now = clock.wall();
  const { id, created_at } = secrets.find(key) ?? { id: uuidv7(), created_at: now };
  const place = { table: 'secrets', row: id, column: 'value' };
  const sealed = sealer.seal(place, toStored(readBytes(value, encoding)));
  secrets.put({ id, key, value: sealed, item: null, created_at, updated_at: now });
}

function putAccount(
  { accounts, clock }: Parts,
  sealer: Sealer,
  carried: CarriedAccount,
  leases: ReadonlyMap<string, Lease>,
): void {
  const { service, account, access_token, refresh_token, client_secret, private_key, ...plain } = carried;
  const existing = accounts.find(service, account);
  // Without its lease an account that came meanwhile is not touched.
  if (existing && !leases.has(existing.id)) throw inUse(service, account);
  const id = existing?.id ?? uuidv7();
  const sealed = (column: string, value: string | null): Buffer | null =>
    sealOptional(sealer, 'accounts', id, column, value);
  const fingerprint = refresh_token === null ? null : sealer.fingerprint(new Secret(refresh_token));
  const owner = fingerprint && accounts.ownerOf(fingerprint);
  if (owner && owner.id !== id) throw sharedGrant(owner);
  const row: AccountRow = {
    ...plain,
    id,
    service,
    account,
    // Nobody exchanges an API key.
    state: carried.kind === 'api_key' ? 'ok' : 'parked',
    generation: (existing?.generation ?? 0) + 1,
    access_token: sealed('access_token', access_token),
    refresh_token: sealed('refresh_token', refresh_token),
    client_secret: sealed('client_secret', client_secret),
    private_key: sealed('private_key', private_key),
    refresh_fingerprint: fingerprint,
    last_error: null,
    next_attempt_at: null,
    failures: 0,
    last_used: existing?.last_used ?? clock.wall(),
    created_at: existing?.created_at ?? clock.wall(),
  };
  if (existing) accounts.replace(row);
  else accounts.insert(row);
}

function sealOptional(
  sealer: Sealer,
  table: string,
  row: string,
  column: string,
  value: string | null,
): Buffer | null {
  return value === null ? null : sealer.seal({ table, row, column }, new Secret(value));
}

function inUse(service: string, account: string): SigilforgeError {
  return new SigilforgeError(
    'already_exists',
    `The account ${service}/${account} was added meanwhile, so nothing was imported.`,
  );
}

function sharedGrant({ service, account }: AccountRow): SigilforgeError {
  const sentence = `The account ${service}/${account} has a grant of this file already, so nothing was imported.`;
  return new SigilforgeError('already_exists', sentence, {
    hint: 'One refresh token under two names would be spent twice, and be lost. Remove that account first.',
  });
}
