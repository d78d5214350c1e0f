import * as v from 'valibot';
import { Endpoint, Scopes, Text } from '../../../../shared/schemas.js';
import type { Secret } from '../../../../shared/secret.js';
import type { ClientWithSecret } from '../client.js';
import { type Exchange, exchange, type Granted, type OAuthContext } from '../exchange.js';
import { JWT_BEARER } from '../protocol.js';
import { readSigningKey, signAssertion } from './assertion.js';
import { installationTokenExchange } from './installation-token.js';

/** An assertion for the token endpoint (RFC 7523, section 2.1). */
export const JwtBearer = v.strictObject({
  flow: v.literal('jwt_bearer'),
  issuer: Text,
  subject: v.nullable(Text),
  audience: Text,
  key_id: v.nullable(Text),
  scopes: Scopes,
});

/** A GitHub App at one place where it is installed. Without repositories it has all of that place, as with permissions. */
export const GitHubApp = v.strictObject({
  flow: v.literal('github_app'),
  app_id: Text,
  installation_id: v.pipe(v.string(), v.regex(/^[0-9]{1,20}$/)),
  /** The base address of GitHub's API. */
  api: Endpoint,
  repositories: v.array(v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{1,100}$/))),
  permissions: v.record(
    v.pipe(v.string(), v.regex(/^[a-z_]{1,64}$/)),
    v.picklist(['read', 'write', 'admin']),
  ),
});
export type GitHubApp = v.InferOutput<typeof GitHubApp>;

/** What a private key mints tokens for; an account keeps it as it is. */
export const Minting = v.variant('flow', [JwtBearer, GitHubApp]);
export type Minting = v.InferOutput<typeof Minting>;

/** A private key, and what it is for. */
export interface MintingKey {
  readonly privateKey: Secret;
  readonly minting: Minting;
}

/** One exchange of a fresh assertion for a token, to its end. */
export async function mint(
  who: ClientWithSecret,
  { privateKey, minting }: MintingKey,
  context: OAuthContext,
): Promise<Exchange> {
  const key = readSigningKey(privateKey);
  const now = context.clock.wall();
  if (minting.flow === 'github_app') {
    const assertion = await signAssertion(key, null, { issuer: minting.app_id }, now);
    return installationTokenExchange(who, minting, assertion, context);
  }
  const { issuer, audience, key_id, scopes } = minting;
  const scope = scopes.length === 0 ? undefined : scopes.join(who.client.scope_separator);
  const inside = who.client.quirks.includes('scope_in_assertion');
  const claims = { issuer, subject: subjectOf(minting, who), audience, scope: inside ? scope : undefined };
  const assertion = (await signAssertion(key, key_id, claims, now)).reveal();
  const parameters = scope === undefined || inside ? { assertion } : { assertion, scope };
  return exchange(who, JWT_BEARER, parameters, context);
}

/** The same for a sign-in, which a failure ends. */
export async function mintOrThrow(
  who: ClientWithSecret,
  key: MintingKey,
  context: OAuthContext,
): Promise<Granted> {
  const { granted, failure } = await mint(who, key, context);
  if (failure) throw failure.error;
  return granted;
}

/** Whoever acts for nobody else is the subject (RFC 7523, section 3); Google wants one only where there is another. */
function subjectOf({ subject, issuer }: v.InferOutput<typeof JwtBearer>, { client }: ClientWithSecret) {
  return subject ?? (client.quirks.includes('scope_in_assertion') ? undefined : issuer);
}
