import type { Credential } from '../../../shared/contract/index.js';
import { parse } from '../../../shared/validate.js';
import { JwtBearer } from '../oauth/keys/minting-kind.js';
import { readKeyFile } from '../oauth/keys/service-account.js';
import { withTokenParams } from '../oauth/own-params.js';
import type { Providers } from '../providers/providers.js';
import { assertKnownParams, type KeySignIn, noTokenEndpoint, withoutRefresh } from './key-sign-in.js';
import { addressedRequest, credentialMissing, providerIdOf, type SignInRequest } from './sign-in-request.js';

/** A sign-in with a key that signs assertions for the token endpoint (RFC 7523, section 2.1). */
export async function readJwtBearer(providers: Providers, request: SignInRequest): Promise<KeySignIn> {
  const { credential } = request;
  const { addresses, params } = addressedRequest(providers, request);
  if (!isJwtCredential(credential)) throw credentialMissing('jwt_bearer', 'private_key and issuer');
  assertKnownParams(params, ['audience', 'resource']);
  const file = readKeyFile(credential.private_key);
  const issuer = credential.issuer ?? file.issuer;
  if (issuer === undefined)
    throw credentialMissing('jwt_bearer', 'issuer, because its private_key is not a whole key file');
  const registered = await providers.client(providerIdOf(request), {
    ...addresses,
    flow: 'jwt_bearer',
    issuer: request.issuer,
    clientId: request.client_id ?? issuer,
    tokenEndpoint: file.tokenEndpoint,
  });
  // The audience stands in the assertion; everything else, beside it.
  const { audience: named, ...beside } = params;
  const found = withTokenParams(withoutRefresh(registered), beside);
  const { registration } = found;
  const usual = registration.quirks.includes('scope_in_assertion') ? registration.default_scopes : [];
  const scopes = request.scopes ?? usual;
  const audience = named ?? registration.token_endpoint;
  if (audience === null) throw noTokenEndpoint(registration);
  const minting = parse(
    JwtBearer,
    {
      flow: 'jwt_bearer',
      issuer,
      subject: credential.subject ?? null,
      audience,
      key_id: credential.key_id ?? file.keyId ?? null,
      scopes,
    },
    'add_account',
  );
  return { client: found, scopes, key: { privateKey: file.privateKey, minting } };
}

function isJwtCredential(
  credential: Credential | undefined,
): credential is Extract<Credential, { private_key: string; app_id?: never }> {
  return credential !== undefined && 'private_key' in credential && !('app_id' in credential);
}
