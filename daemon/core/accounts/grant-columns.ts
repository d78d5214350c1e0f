import type { Secret } from '../../../shared/secret.js';
import type { OAuthClient } from '../oauth/client.js';
import type { Granted } from '../oauth/exchange.js';
import type { AccountRow, GrantColumns } from '../store/accounts.js';
import type { Sealer } from '../vault/vault.js';

/** The sealed columns of an account. */
export type SecretColumn = 'access_token' | 'refresh_token' | 'client_secret' | 'private_key';

/** An answer as it is stored: sealed, and what it leaves out as it was in `old`, or as `askedFor`. */
export function grantColumns(
  sealer: Sealer,
  id: string,
  client: OAuthClient | null,
  { tokens, sentAt }: Granted,
  old: AccountRow | undefined,
  askedFor: readonly string[],
): GrantColumns {
  const { accessToken, refreshToken } = tokens;
  const renewed = accessToken !== undefined;
  const after = (seconds: number | null): number | null =>
    seconds === null ? null : sentAt + seconds * 1000;
  return {
    access_token: sealOptional(sealer, id, 'access_token', accessToken) ?? old?.access_token ?? null,
    refresh_token: sealOptional(sealer, id, 'refresh_token', refreshToken) ?? old?.refresh_token ?? null,
    refresh_fingerprint: refreshToken ? sealer.fingerprint(refreshToken) : (old?.refresh_fingerprint ?? null),
    token_type: renewed ? tokens.tokenType : (old?.token_type ?? null),
    scopes: JSON.stringify(tokens.scopes ?? askedFor),
    issued_at: renewed ? sentAt : (old?.issued_at ?? null),
    expires_at: renewed ? after(tokens.expiresInS) : (old?.expires_at ?? null),
    refresh_expires_at:
      after(tokens.refreshExpiresInS) ??
      // A lifetime counts from the sign-in, idleness from now.
      (old?.refresh_expires_at != null && client?.refresh.lifetime_s != null
        ? old.refresh_expires_at
        : after(client?.refresh.lifetime_s ?? client?.refresh.idle_s ?? null)),
  };
}

/** Where a sealed column of an account belongs. */
export function placeOf(row: string, column: SecretColumn) {
  return { table: 'accounts', row, column };
}

export function sealOptional(
  sealer: Sealer,
  id: string,
  column: SecretColumn,
  secret: Secret | undefined,
): Buffer | null {
  return secret ? sealer.seal(placeOf(id, column), secret) : null;
}
