import type { KeyObject } from 'node:crypto';
import type { Configuration, Provider } from 'oidc-provider';
import { type LoopbackServer, listenOnLoopback } from '../wire/loopback.js';
import { clientMetadata, clients, SCOPES, signingClient } from './openid-clients.js';
import { type ProviderRequest, recordRequests } from './openid-requests.js';
import { quietProvider } from './quiet-provider.js';

export interface OpenIdProviderOptions {
  /** Seconds that an access token lives. */
  readonly accessTokenLife?: number;
  /** Seconds that a refresh token lives. */
  readonly refreshTokenLife?: number;
  /** Seconds that a device code lives. */
  readonly deviceCodeLife?: number;
  /** Whether who gets a refresh token, which are rotated and who needs PKCE is as the package has it by itself. */
  readonly ownDefaults?: boolean;
  /** A client that signs with the private key of this public one: `signer`. */
  readonly signer?: { readonly key: KeyObject; readonly kid?: string; readonly alg?: string };
  /** Whether clients may register themselves, and be managed with the token that they get for it. */
  readonly registration?: boolean;
  /** The address that it is known by, where a proxy stands in front of it. */
  readonly issuer?: string;
}

interface SignInRequest {
  readonly redirectUri: string;
  /** The S256 challenge of RFC 7636. Without it the provider refuses. */
  readonly codeChallenge?: string;
  readonly clientId?: string;
  readonly scope?: string;
  readonly state?: string;
}

/** A real OpenID provider: rotating refresh tokens, whose reuse ends the grant, and PKCE required. */
export interface OpenIdProvider {
  readonly issuer: string;
  /** Where it listens itself; the same as the issuer, unless a proxy is in between. */
  readonly address: string;
  readonly clients: typeof clients;
  /** Every request that reached it, oldest first. */
  readonly requests: readonly ProviderRequest[];
  readonly counts: {
    /** Token requests that reached it, by their `grant_type`. */
    readonly token: Readonly<Record<string, number>>;
    /** Refresh requests with a refresh token that had been exchanged before. */
    readonly reuse: number;
  };
  /** What the resource server is told about a token (RFC 7662). */
  introspect(token: string): Promise<{ active: boolean; [claim: string]: unknown }>;
  /** Ends every grant, as the person does in the provider's settings: all tokens are dead at once. */
  endGrants(): Promise<void>;
  /** An authorization URL, for tests that play the client themselves. */
  signInUrl(request: SignInRequest): string;
  /** Whether it knows this client. */
  knows(clientId: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** Starts a provider of its own, with a memory of its own. */
export async function startOpenIdProvider(options: OpenIdProviderOptions = {}): Promise<OpenIdProvider> {
  const recorder = recordRequests();
  const server = await listenOnLoopback(recorder.listener);
  const issuer = options.issuer ?? server.url;
  const provider = await createProvider(issuer, options);
  const grants = rememberGrants(provider);
  recorder.passTo(provider.callback());
  return {
    issuer,
    address: server.url,
    clients,
    requests: recorder.requests,
    get counts() {
      return recorder.counts();
    },
    introspect: (token) => introspect(server, token),
    endGrants: () => grants.end(),
    signInUrl: (request) => signInUrl(issuer, request),
    knows: async (clientId) => (await provider.Client.find(clientId)) !== undefined,
    stop: () => server.stop(),
  };
}

/** A refresh token for every client that may have one, another one with each refresh, and PKCE for everybody. */
const GENEROUS: Configuration = {
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
};

async function createProvider(issuer: string, options: OpenIdProviderOptions): Promise<Provider> {
  quietProvider();
  const { Provider } = await import('oidc-provider');
  const accessTokenLife = options.accessTokenLife ?? 3600;
  return new Provider(issuer, {
    clients: options.signer ? [...clientMetadata, signingClient(options.signer)] : clientMetadata,
    scopes: SCOPES,
    cookies: { keys: ['a key for cookies of tests'] },
    ...(options.ownDefaults ? {} : GENEROUS),
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    ttl: {
      AccessToken: accessTokenLife,
      ClientCredentials: accessTokenLife,
      RefreshToken: options.refreshTokenLife ?? 14 * 86_400,
      DeviceCode: options.deviceCodeLife ?? 600,
    },
    features: {
      deviceFlow: { enabled: true },
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (_, client) => client.clientId === clients.inspector.clientId,
      },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => client.clientId === token.clientId },
      ...(options.registration && {
        registration: { enabled: true },
        registrationManagement: { enabled: true },
      }),
    },
  });
}

function rememberGrants(provider: Provider): { end(): Promise<void> } {
  const grants = new Set<string>();
  provider.on('grant.success', ({ oidc }) => {
    if (oidc.entities.Grant) grants.add(oidc.entities.Grant.jti);
  });
  const models = [provider.AccessToken, provider.RefreshToken];
  return {
    async end() {
      await Promise.all([...grants].flatMap((grant) => models.map((model) => model.revokeByGrantId(grant))));
      grants.clear();
    },
  };
}

async function introspect(server: LoopbackServer, token: string) {
  const { clientId, clientSecret } = clients.inspector;
  const response = await fetch(`${server.url}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ token }),
  });
  if (!response.ok) throw new Error(`Introspection answered with status ${response.status}.`);
  return (await response.json()) as { active: boolean; [claim: string]: unknown };
}

function signInUrl(issuer: string, request: SignInRequest): string {
  const url = new URL('/auth', issuer);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: request.clientId ?? clients.native.clientId,
    redirect_uri: request.redirectUri,
    scope: request.scope ?? 'openid offline_access',
    ...(request.state === undefined ? {} : { state: request.state }),
    ...(request.codeChallenge === undefined
      ? {}
      : { code_challenge: request.codeChallenge, code_challenge_method: 'S256' }),
  }).toString();
  return url.href;
}
