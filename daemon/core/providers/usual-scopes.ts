import type { ServerMetadata } from '../oauth/metadata/discovery.js';

/**
 * The scopes to ask a discovered provider for unless a person names some: `openid`, and `offline_access` for a refresh token
 * (OpenID Connect Core 1.0, section 11). A list of scopes need not be whole (OpenID Connect Discovery 1.0, section 3), so
 * that one without `offline_access` does not count where the grant types have refresh tokens.
 */
export function usualScopes({
  openid,
  scopes,
  grantTypes,
}: Pick<ServerMetadata, 'openid' | 'scopes' | 'grantTypes'>): string[] {
  const isOpenId = scopes?.includes('openid') ?? openid;
  const refreshes = grantTypes?.includes('refresh_token') ?? scopes === undefined;
  const offline = scopes?.includes('offline_access') || (isOpenId && refreshes);
  return [...(isOpenId ? ['openid'] : []), ...(offline ? ['offline_access'] : [])];
}
