import type { NamedFields } from '../../../shared/named-fields.js';
import { Secret } from '../../../shared/secret.js';
import type { Granted } from '../oauth/exchange.js';
import { keepableIdToken } from '../oauth/id-token.js';
import type { ClientRegistration } from '../oauth/registration/client.js';
import { type Place, place, type SteeredAccount, type SteeredToken } from '../sealing/places.js';
import { type GrantFields, SEALED_FIELDS, type SealedField, type StoredAccount } from '../store/accounts.js';
import type { Sealer } from '../vault/vault.js';
import { fieldsOf, readJsonFields } from './json-fields.js';

/** A grant before it is sealed. Times are milliseconds since 1970. */
export interface OpenGrant {
  readonly accessToken: Secret | undefined;
  readonly refreshToken: Secret | undefined;
  readonly idToken: Secret | undefined;
  readonly fields: NamedFields;
  readonly tokenType: string | null;
  readonly scopes: readonly string[];
  readonly issuedAt: number | null;
  readonly expiresAt: number | null;
  readonly refreshExpiresAt: number | null;
}

/** What an answer granted to `client`, for `subject` if that is known. `askedFor`: the scopes, if the answer does not name them. */
export function grantOf(
  { tokens, sentAt }: Granted,
  client: ClientRegistration | null,
  askedFor: readonly string[],
  subject: string | null,
): OpenGrant {
  const after = (seconds: number | null | undefined): number | null =>
    seconds == null ? null : sentAt + seconds * 1000;
  const { accessToken, refreshToken } = tokens;
  const isNew = accessToken !== undefined;
  return {
    accessToken,
    refreshToken,
    idToken: keepableIdToken(tokens.idToken, { registration: client, subject }),
    fields: tokens.fields,
    tokenType: isNew ? tokens.tokenType : null,
    scopes: tokens.scopes ?? askedFor,
    issuedAt: isNew ? sentAt : null,
    expiresAt: isNew ? after(tokens.expiresInS) : null,
    refreshExpiresAt: after(tokens.refreshExpiresInS ?? client?.refresh.lifetime_s ?? client?.refresh.idle_s),
  };
}

/** A grant as it is stored for this account. */
export function sealGrant(sealer: Sealer, account: SteeredAccount, grant: OpenGrant): GrantFields {
  const { accessToken, refreshToken, idToken, fields, scopes, ...plain } = grant;
  const token = { ...account, tokenType: plain.tokenType, latestEnd: plain.expiresAt };
  return {
    ...plain,
    latestEnd: token.latestEnd,
    scopes: JSON.stringify(scopes),
    accessToken: sealField(sealer, token, 'accessToken', accessToken),
    refreshToken: sealField(sealer, token, 'refreshToken', refreshToken),
    idToken: sealField(sealer, token, 'idToken', idToken),
    fields: sealField(sealer, token, 'fields', asText(fields)),
    refreshFingerprint: refreshToken ? sealer.fingerprint(refreshToken) : null,
  };
}

/** The grant of a refreshed account as it is stored: what the answer leaves out stays as it was. */
export function refreshedGrant(sealer: Sealer, account: StoredAccount, granted: Granted): GrantFields {
  const { client, scopes, askedScopes } = readJsonFields(account);
  // A refresh token is sent without scopes, and keeps those that were granted; other requests name them each time.
  const namesScopes = account.privateKey !== null || account.flow === 'client_credentials';
  const askedFor = namesScopes ? (askedScopes ?? scopes) : scopes;
  const brought = grantOf(granted, client, askedFor, account.subject);
  const fields = isEmpty(brought.fields) ? {} : { ...keptFields(sealer, account), ...brought.fields };
  const fresh = sealGrant(sealer, account, { ...brought, fields });
  const token = fresh.accessToken ? fresh : account;
  const refresh = fresh.refreshToken ? fresh : account;
  // A lifetime counts from the sign-in, idleness from now.
  const keepsEnd = granted.tokens.refreshExpiresInS === null && client?.refresh.lifetime_s != null;
  return {
    accessToken: token.accessToken,
    tokenType: token.tokenType,
    issuedAt: token.issuedAt,
    expiresAt: token.expiresAt,
    latestEnd: token.latestEnd,
    refreshToken: refresh.refreshToken,
    refreshFingerprint: refresh.refreshFingerprint,
    idToken: fresh.idToken ?? account.idToken,
    fields: fresh.fields ?? account.fields,
    scopes: fresh.scopes,
    refreshExpiresAt: (keepsEnd ? account.refreshExpiresAt : null) ?? fresh.refreshExpiresAt,
  };
}

/** Those that an account has. No answer is lost because they do not open. */
function keptFields(sealer: Sealer, account: StoredAccount): NamedFields {
  try {
    const { fields } = account;
    return fields ? fieldsOf(account, sealer.open(placeOf(account, 'fields'), fields)) : {};
  } catch {
    return {};
  }
}

function asText(fields: NamedFields): Secret | undefined {
  return isEmpty(fields) ? undefined : new Secret(JSON.stringify(fields));
}

function isEmpty(fields: NamedFields): boolean {
  return Object.keys(fields).length === 0;
}

/** Where a sealed field of this account belongs. */
export function placeOf(account: SteeredToken, field: SealedField): Place {
  return place.account(account, SEALED_FIELDS[field]);
}

export function sealField(
  sealer: Sealer,
  account: SteeredToken,
  field: SealedField,
  secret: Secret | undefined,
): Buffer | null {
  return secret ? sealer.seal(placeOf(account, field), secret) : null;
}
