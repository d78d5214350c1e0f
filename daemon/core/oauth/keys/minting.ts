import type { Secret } from '../../../../shared/secret.js';
import { type Exchange, exchange, type Granted, type OAuthContext } from '../exchange.js';
import type { OAuthClient } from '../registration/client.js';
import { JWT_BEARER } from '../registration/grant-types.js';
import { joinScopes } from '../registration/scopes.js';
import { readSigningKey, signAssertion } from '../signing/assertion.js';
import { installationTokenExchange } from './installation-token.js';
import type { JwtBearer, Minting } from './minting-kind.js';

/** A private key, and what it is for. */
export interface MintingKey {
  readonly privateKey: Secret;
  readonly minting: Minting;
}

/** One exchange of a fresh assertion for a token, to its end. */
export async function mint(
  context: OAuthContext,
  client: OAuthClient,
  { privateKey, minting }: MintingKey,
): Promise<Exchange> {
  const key = readSigningKey(privateKey);
  const now = context.clock.wall();
  if (minting.flow === 'github_app') {
    const assertion = await signAssertion(key, null, { issuer: minting.app_id }, now);
    return installationTokenExchange(context, client, minting, assertion);
  }
  const { scope_separator, quirks } = client.registration;
  const { issuer, audience, key_id, scopes } = minting;
  const scope = scopes.length === 0 ? undefined : joinScopes(scopes, scope_separator);
  const inside = quirks.includes('scope_in_assertion');
  const claims = { issuer, subject: subjectOf(client, minting), audience, scope: inside ? scope : undefined };
  const assertion = (await signAssertion(key, key_id, claims, now)).reveal();
  const parameters = scope === undefined || inside ? { assertion } : { assertion, scope };
  return exchange(context, client, JWT_BEARER, parameters);
}

/** The same for a sign-in, which a failure ends. */
export async function mintOrThrow(
  context: OAuthContext,
  client: OAuthClient,
  key: MintingKey,
): Promise<Granted> {
  const { granted, failure } = await mint(context, client, key);
  if (failure) throw failure.signInError;
  return granted;
}

/** An issuer that acts for itself is the subject (RFC 7523, section 3); Google wants a subject only if it differs. */
function subjectOf({ registration }: OAuthClient, { subject, issuer }: JwtBearer): string | undefined {
  return subject ?? (registration.quirks.includes('scope_in_assertion') ? undefined : issuer);
}
