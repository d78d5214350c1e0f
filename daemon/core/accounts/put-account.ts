import type { FlowKind } from '../../../shared/schemas.js';
import type { Secret } from '../../../shared/secret.js';
import type { MintingKey } from '../oauth/keys/minting.js';
import type { ClientRegistration } from '../oauth/registration/client.js';
import { newId } from '../platform/id.js';
import type { AccountFields, AccountStore } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import type { Sealer } from '../vault/vault.js';
import { grantInUse } from './errors.js';
import { type OpenGrant, sealField, sealGrant } from './grant-fields.js';

/** An account before it is sealed and stored. */
export interface NewAccount {
  readonly service: string;
  readonly account: string;
  readonly flow: FlowKind;
  readonly state: 'ok' | 'parked';
  readonly client: ClientRegistration | null;
  readonly clientSecret?: Secret | undefined;
  /** The private key that mints its tokens. */
  readonly key?: MintingKey | undefined;
  readonly grant: OpenGrant;
  /** The scopes that were asked for; `null` if that is not known. */
  readonly askedScopes: readonly string[] | null;
  /** Who signed in: `sub` of the ID token; `null` if that is not known. */
  readonly subject: string | null;
  /** Milliseconds since 1970. */
  readonly lastRefreshedAt: number | null;
}

/**
 * Stores an account, in the place of the one with the same names, whose id, creation and use it keeps. The only place
 * where accounts are written whole, for sign-ins and for imported vaults. Called inside `Sqlite.write`, with the lease of
 * the account that is replaced. Throws `already_exists` if another account has the same refresh token.
 */
export function putAccount(
  { clock }: Env,
  store: AccountStore,
  sealer: Sealer,
  account: NewAccount,
): AccountFields {
  const { client, clientSecret, key, grant, askedScopes, ...plain } = account;
  const { service, account: name, subject } = plain;
  const existing = store.find(account.service, account.account);
  const id = existing?.id ?? newId();
  const steered = {
    ...{ id, service, account: name, subject },
    kind: account.flow === 'api_key' ? 'api_key' : 'oauth',
    flow: account.flow,
    client: client && JSON.stringify(client),
    minting: key ? JSON.stringify(key.minting) : null,
    askedScopes: askedScopes && JSON.stringify(askedScopes),
  } as const;
  const sealed = sealGrant(sealer, steered, grant);
  const owner = otherOwner(store, sealed.refreshFingerprint, id);
  if (owner) throw grantInUse(owner);
  const fields: AccountFields = {
    ...plain,
    ...steered,
    ...sealed,
    clientSecret: sealField(sealer, { ...steered, ...sealed }, 'clientSecret', clientSecret),
    privateKey: sealField(sealer, { ...steered, ...sealed }, 'privateKey', key?.privateKey),
    generation: (existing?.generation ?? 0) + 1,
    lastError: null,
    nextAttemptAt: null,
    failures: 0,
    lastUsed: existing?.lastUsed ?? clock.wall(),
    createdAt: existing?.createdAt ?? clock.wall(),
  };
  if (existing) store.replace(fields);
  else store.insert(fields);
  return fields;
}

/** The account other than `id` that has the refresh token with this fingerprint. */
export function otherOwner(
  store: AccountStore,
  fingerprint: Buffer | null,
  id: string,
): AccountFields | undefined {
  const owner = fingerprint === null ? undefined : store.ownerOf(fingerprint);
  return owner?.id === id ? undefined : owner;
}
