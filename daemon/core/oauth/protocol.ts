import * as oauth from 'oauth4webapi';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Secret } from '../../../shared/secret.js';
import type { ClientWithSecret, OAuthClient } from './client.js';
import type { HttpAnswer, HttpClient } from './http.js';
import type { Tokens } from './token-answer.js';

/** What a server says of itself (RFC 8414; OpenID Connect Discovery 1.0), as far as it is used. */
export interface ServerMetadata {
  readonly issuer: string;
  readonly authorization_endpoint: string | null;
  readonly token_endpoint: string | null;
  readonly device_authorization_endpoint: string | null;
  readonly revocation_endpoint: string | null;
  readonly iss_required: boolean;
  /** Those that it lists; a server need not list all that it has. */
  readonly scopes: readonly string[];
}

/** The grant type of an assertion (RFC 7523, section 2.1). */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** A PKCE pair (RFC 7636), method S256. */
export async function newPkce(): Promise<{ verifier: string; challenge: string }> {
  const verifier = oauth.generateRandomCodeVerifier();
  return { verifier, challenge: await oauth.calculatePKCECodeChallenge(verifier) };
}

/** An unguessable `state` (RFC 6749, section 10.12). */
export function newState(): string {
  return oauth.generateRandomState();
}

/** A request to the token endpoint, the client authenticated as the provider wants it. The answer is not judged. */
export async function tokenEndpointRequest(
  { client, secret }: ClientWithSecret,
  grantType: string,
  parameters: Readonly<Record<string, string>>,
  http: HttpClient,
): Promise<HttpAnswer> {
  const { fetch, taken } = capture(http, client.quirks.includes('json_token_requests'));
  await oauth.genericTokenEndpointRequest(
    serverOf(client, grantType),
    clientOf(client),
    // The assertion says who asks; a client besides it is named only where it has a secret.
    grantType === JWT_BEARER && !secret ? anonymous : clientAuthentication(client, secret),
    grantType,
    { ...client.token_params, ...parameters },
    { [oauth.customFetch]: fetch, [oauth.allowInsecureRequests]: true },
  );
  return taken();
}

/** A device authorization request (RFC 8628, section 3.1). The answer is not judged. */
export async function deviceAuthorizationRequest(
  { client, secret }: ClientWithSecret,
  parameters: Readonly<Record<string, string>>,
  http: HttpClient,
): Promise<HttpAnswer> {
  const { fetch, taken } = capture(http, false);
  await oauth.deviceAuthorizationRequest(
    serverOf(client, 'device_code'),
    clientOf(client),
    clientAuthentication(client, secret),
    { ...parameters },
    { [oauth.customFetch]: fetch, [oauth.allowInsecureRequests]: true },
  );
  return taken();
}

/** Adds the client's authentication to a request of our own, as the token endpoint wants it. */
export async function authenticate(
  { client, secret }: ClientWithSecret,
  body: URLSearchParams,
  headers: Headers,
): Promise<void> {
  await clientAuthentication(client, secret)(serverOf(client, ''), clientOf(client), body, headers);
}

/**
 * The code of an authorization response whose `state` is known to be right. `iss` is checked as RFC 9207 says: whenever
 * it is there, and required where the metadata announces it. Throws `denied` when the person or the server says no.
 */
export function authorizationCode(client: OAuthClient, response: URLSearchParams, state: string): string {
  try {
    const server = { ...serverOf(client, ''), issuer: expectedIssuer(client, response.get('iss')) };
    const validated = oauth.validateAuthResponse(server, clientOf(client), response, state);
    const code = validated.get('code');
    if (code) return code;
  } catch (thrown) {
    throw authorizationFailure(client, thrown);
  }
  throw new SigilforgeError('refresh_failed', `${client.name} sent the browser back without a code.`);
}

/**
 * Checks the ID token that came with a sign-in, where there is one: another issuer or audience means that the answer is
 * not for us (OpenID Connect Core 1.0, section 3.1.3.7). Nothing else of the answer is judged here.
 */
export async function judgeIdToken(client: OAuthClient, tokens: Tokens): Promise<void> {
  if (!tokens.idToken || client.issuer === null || client.quirks.includes('issuer_varies')) return;
  const answer = { access_token: 'x', token_type: 'bearer', id_token: tokens.idToken.reveal() };
  try {
    await oauth.processAuthorizationCodeResponse(
      serverOf(client, ''),
      clientOf(client),
      Response.json(answer),
    );
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? ` (${String(thrown.code)})` : '';
    throw new SigilforgeError(
      'refresh_failed',
      `The ID token of ${client.name} is not for this sign-in${code}.`,
    );
  }
}

/** Reads a server's metadata, by OpenID's address first and then by OAuth's, and compares the issuer. */
export async function discover(issuer: string, http: HttpClient): Promise<ServerMetadata> {
  const failures: unknown[] = [];
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    try {
      const url = new URL(issuer);
      const { fetch } = capture(http, false);
      const response = await oauth.discoveryRequest(url, {
        algorithm,
        [oauth.customFetch]: fetch,
        [oauth.allowInsecureRequests]: true,
      });
      return metadataOf(await oauth.processDiscoveryResponse(url, response));
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  throw discoveryFailure(issuer, failures);
}

/** A `fetch` for the library over our own HTTP client, and the whole answer that it got. */
function capture(http: HttpClient, asJson: boolean) {
  let answer: HttpAnswer | undefined;
  return {
    fetch: async (
      url: string,
      init: { method: string; headers: Record<string, string>; body?: unknown },
    ): Promise<Response> => {
      answer = await http(new URL(url), requestOf(init, asJson));
      const bodiless = [204, 205, 304].includes(answer.status) || answer.body.length === 0;
      return new Response(bodiless ? null : new Uint8Array(answer.body), {
        status: answer.status < 200 || answer.status > 599 ? 599 : answer.status,
        headers: answer.headers,
      });
    },
    taken: (): HttpAnswer => {
      if (answer) return answer;
      throw new SigilforgeError('internal_error', 'A request was answered without being sent.');
    },
  };
}

function requestOf(
  init: { method: string; headers: Record<string, string>; body?: unknown },
  asJson: boolean,
) {
  const method = init.method === 'POST' ? ('POST' as const) : ('GET' as const);
  if (!(init.body instanceof URLSearchParams)) return { method, headers: init.headers };
  if (!asJson) return { method, headers: init.headers, body: init.body.toString() };
  return {
    method,
    headers: { ...init.headers, 'content-type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(init.body)),
  };
}

function clientAuthentication(client: OAuthClient, secret: Secret | undefined): oauth.ClientAuth {
  if (!secret) {
    return client.quirks.includes('basic_without_secret') ? emptyBasic : oauth.None();
  }
  switch (client.client_auth) {
    case 'client_secret_basic':
      return oauth.ClientSecretBasic(secret.reveal());
    case 'client_secret_post':
      return oauth.ClientSecretPost(secret.reveal());
    case 'none':
      return oauth.None();
  }
}

/** HTTP Basic with an empty password, which the library refuses to make and Reddit asks for. */
const emptyBasic: oauth.ClientAuth = (_server, client, _body, headers) => {
  headers.set('authorization', `Basic ${Buffer.from(`${client.client_id}:`).toString('base64')}`);
};

const anonymous: oauth.ClientAuth = () => {};

function clientOf(client: OAuthClient): oauth.Client {
  return { client_id: client.client_id };
}

function serverOf(client: OAuthClient, grantType: string): oauth.AuthorizationServer {
  const token =
    grantType === 'refresh_token'
      ? (client.refresh_endpoint ?? client.token_endpoint)
      : client.token_endpoint;
  return {
    // A server without an issuer of its own is known by its endpoint; it is compared with nothing then.
    issuer: client.issuer ?? client.token_endpoint ?? client.id,
    authorization_response_iss_parameter_supported: client.iss_required,
    ...(token === null ? {} : { token_endpoint: token }),
    ...(client.device_authorization_endpoint === null
      ? {}
      : { device_authorization_endpoint: client.device_authorization_endpoint }),
  };
}

/** The issuer to compare `iss` with: the one of the provider's right values that it is, or else the provider's first. */
function expectedIssuer(client: OAuthClient, iss: string | null): string {
  const known = [client.issuer, ...client.iss].filter((value) => value !== null);
  const nothingToCompare = known.length === 0 || client.quirks.includes('issuer_varies');
  if (iss !== null && (nothingToCompare || known.includes(iss))) return iss;
  return known[0] ?? client.id;
}

function authorizationFailure(client: OAuthClient, thrown: unknown): SigilforgeError {
  if (thrown instanceof oauth.AuthorizationResponseError) {
    const said = `${client.name} said ${printable(thrown.error)}`;
    const because = thrown.error_description ? `: ${printable(thrown.error_description)}` : '';
    return thrown.error === 'access_denied'
      ? new SigilforgeError('denied', 'The sign-in was refused in the browser.', {
          hint: 'Start again and allow it there.',
        })
      : new SigilforgeError('refresh_failed', `${said}${because}.`, {
          hint: 'Check the scopes and the client of this provider.',
        });
  }
  const code = thrown instanceof Error && 'code' in thrown ? ` (${String(thrown.code)})` : '';
  return new SigilforgeError(
    'denied',
    `The browser came back with an answer that is not from ${client.name}${code}.`,
    {
      hint: 'Start the sign-in again, and do not go on in windows of an earlier one.',
    },
  );
}

function printable(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 200)
    .replace(/[.\s]+$/, '');
}

function metadataOf(server: oauth.AuthorizationServer): ServerMetadata {
  return {
    issuer: server.issuer,
    authorization_endpoint: server.authorization_endpoint ?? null,
    token_endpoint: server.token_endpoint ?? null,
    device_authorization_endpoint: server.device_authorization_endpoint ?? null,
    revocation_endpoint: server.revocation_endpoint ?? null,
    iss_required: server.authorization_response_iss_parameter_supported === true,
    scopes: server.scopes_supported ?? [],
  };
}

function discoveryFailure(issuer: string, failures: readonly unknown[]): SigilforgeError {
  const unreachable = failures.find((failure) => failure instanceof Error && failure.name === 'HttpFailure');
  if (unreachable instanceof Error) {
    return new SigilforgeError('network', unreachable.message, { cause: unreachable });
  }
  const mismatch = failures.some(
    (failure) =>
      failure instanceof Error && 'code' in failure && failure.code === oauth.JSON_ATTRIBUTE_COMPARISON,
  );
  const reason = mismatch ? 'its metadata names another issuer' : 'it has no metadata there';
  return new SigilforgeError('refresh_failed', `The provider at ${issuer} cannot be discovered: ${reason}.`, {
    hint: 'Check the issuer, or name the endpoints with: sigilforge provider set ID --authorization-endpoint … --token-endpoint …',
    cause: failures[0],
  });
}
