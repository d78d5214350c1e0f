import * as oauth from 'oauth4webapi';

/** A PKCE pair (RFC 7636), method S256. */
export async function newPkce(): Promise<{ verifier: string; challenge: string }> {
  const verifier = oauth.generateRandomCodeVerifier();
  return { verifier, challenge: await oauth.calculatePKCECodeChallenge(verifier) };
}

/** An unguessable `state` (RFC 6749, section 10.12). */
export function newState(): string {
  return oauth.generateRandomState();
}

/** An unguessable `nonce` that an ID token repeats (OpenID Connect Core 1.0, section 15.5.2). */
export function newNonce(): string {
  return oauth.generateRandomNonce();
}
