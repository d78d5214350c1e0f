import type { KeyObject } from 'node:crypto';
import type { ClientMetadata } from 'oidc-provider';

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** What any client may ask for. `admin` is known to the provider too, and refused to every client. */
const SCOPE = 'openid offline_access profile email read write';
export const SCOPES = [...SCOPE.split(' '), 'admin'];

/** A client as the program under test is configured with it. */
export interface OpenIdClient {
  readonly clientId: string;
  /** Empty for the public client. */
  readonly clientSecret: string;
  readonly auth: 'none' | 'client_secret_basic' | 'client_secret_post';
}

/** The registered clients. Their secrets hold what only survives where it is form-encoded (RFC 6749, section 2.3.1). */
export const clients = {
  /** Public: code with PKCE, device grant, refresh. */
  native: { clientId: 'native', clientSecret: '', auth: 'none' },
  /** Confidential: the same flows by HTTP Basic. */
  basic: { clientId: 'basic', clientSecret: 'basic:client +secret/%41&=', auth: 'client_secret_basic' },
  /** Confidential: the same flows with the secret in the body. */
  post: { clientId: 'post', clientSecret: 'post:client +secret/%41&=', auth: 'client_secret_post' },
  /** Confidential: client credentials, and nothing else. */
  machine: { clientId: 'machine', clientSecret: 'machine-client-secret', auth: 'client_secret_basic' },
  /** The resource server, which alone may introspect. */
  inspector: { clientId: 'inspector', clientSecret: 'inspector-client-secret', auth: 'client_secret_basic' },
} as const satisfies Record<string, OpenIdClient>;

/** The clients' metadata (RFC 7591). As native applications they may be sent back to any loopback port. */
export const clientMetadata: ClientMetadata[] = [
  withPerson(clients.native),
  withPerson(clients.basic),
  withPerson(clients.post),
  { ...withoutPerson(clients.machine), grant_types: ['client_credentials'], scope: 'read write' },
  { ...withoutPerson(clients.inspector), grant_types: [] },
];

function withPerson(client: OpenIdClient): ClientMetadata {
  return {
    ...identity(client),
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
    response_types: ['code'],
    redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
    scope: SCOPE,
  };
}

function withoutPerson(client: OpenIdClient): ClientMetadata {
  return { ...identity(client), response_types: [], redirect_uris: [] };
}

function identity({ clientId, clientSecret, auth }: OpenIdClient): ClientMetadata {
  return {
    client_id: clientId,
    ...(clientSecret === '' ? {} : { client_secret: clientSecret }),
    token_endpoint_auth_method: auth,
  };
}

/** A client that proves itself by a signature (OpenID Connect Core 1.0, section 9). */
export function signingClient({
  key,
  kid,
  alg,
}: {
  readonly key: KeyObject;
  readonly kid?: string;
  readonly alg?: string;
}): ClientMetadata {
  const jwk = { ...key.export({ format: 'jwk' }), use: 'sig', ...(kid && { kid }), ...(alg && { alg }) };
  return {
    ...withPerson(clients.native),
    client_id: 'signer',
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_GRANT],
    token_endpoint_auth_method: 'private_key_jwt',
    ...(alg && { token_endpoint_auth_signing_alg: alg }),
    jwks: { keys: [jwk] },
  };
}
