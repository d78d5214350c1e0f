import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Grants } from './grants.js';
import { IdTokens } from './id-tokens.js';
import { signInPage } from './sign-in-page.js';

/** Who signs in there. There is no password: who reaches the provider is this person. */
const PERSON = 'ada';

const CLIENT_ID = 'quickstart';
const LONGEST_BODY = 64 * 1024;

/** A provider for demonstrations only: OpenID with PKCE and rotating refresh tokens, on this machine, in memory. */
export interface DemonstrationProvider {
  readonly issuer: string;
  readonly clientId: string;
  /** What an API is told about a token (RFC 7662). */
  introspect(token: string): { readonly active: boolean; readonly sub?: string };
  /** How many refresh tokens were presented. */
  refreshes(): number;
  stop(): Promise<void>;
}

/** What is answered: a JSON body, a page, or another address. */
interface Answer {
  readonly status?: number;
  readonly json?: object;
  readonly html?: string;
  readonly location?: URL;
}

type Route = (params: URLSearchParams) => Answer;

/** `tokenLife`: seconds that an access token lives. */
export async function startDemonstrationProvider(tokenLife: number): Promise<DemonstrationProvider> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const grants = new Grants(tokenLife);
  let refreshes = 0;
  const routes = routesOf({ issuer, grants, tokenLife, onRefresh: () => refreshes++ });
  server.on('request', (request, response) => void answer(routes, request, response));
  return {
    issuer,
    clientId: CLIENT_ID,
    introspect: (token) => introspection(grants, token),
    refreshes: () => refreshes,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Demonstration {
  readonly issuer: string;
  readonly grants: Grants;
  readonly tokenLife: number;
  readonly onRefresh: () => void;
}

function routesOf(parts: Demonstration): Readonly<Record<string, Route>> {
  const { issuer, grants } = parts;
  const idTokens = new IdTokens();
  return {
    'GET /.well-known/openid-configuration': () => ({ json: metadata(issuer) }),
    'GET /keys': () => ({ json: idTokens.keys() }),
    'GET /authorize': (params) => ask(grants, params),
    'POST /authorize': (params) => allow(parts, params),
    'POST /token': (params) => tokens(parts, idTokens, params),
    'POST /introspect': (params) => ({ json: introspection(grants, params.get('token') ?? '') }),
    'POST /revoke': (params) => {
      grants.revoke(params.get('token') ?? '');
      return { json: {} };
    },
  };
}

function metadata(issuer: string): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    introspection_endpoint: `${issuer}/introspect`,
    revocation_endpoint: `${issuer}/revoke`,
    jwks_uri: `${issuer}/keys`,
    scopes_supported: ['openid', 'offline_access'],
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    authorization_response_iss_parameter_supported: true,
  };
}

/** The page on which the person says yes. Only a program on this machine is sent back to. */
function ask(grants: Grants, params: URLSearchParams): Answer {
  const redirectUri = params.get('redirect_uri') ?? '';
  const challenge = params.get('code_challenge') ?? '';
  const isKnown = params.get('client_id') === CLIENT_ID && isLoopback(redirectUri);
  if (!isKnown || params.get('code_challenge_method') !== 'S256' || challenge === '')
    return refused('invalid_request');
  const id = grants.wait({
    ...{ clientId: CLIENT_ID, redirectUri, challenge },
    state: params.get('state') ?? '',
    nonce: params.get('nonce'),
    scope: params.get('scope') ?? '',
  });
  return { html: signInPage(id) };
}

function isLoopback(address: string): boolean {
  return URL.canParse(address) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(address).hostname);
}

function allow({ grants, issuer }: Demonstration, params: URLSearchParams): Answer {
  const allowed = grants.allow(params.get('request') ?? '');
  if (!allowed) return refused('invalid_request');
  const { request, code } = allowed;
  const location = new URL(request.redirectUri);
  location.search = new URLSearchParams({ code, state: request.state, iss: issuer }).toString();
  return { status: 303, location };
}

function tokens(
  { issuer, grants, tokenLife, onRefresh }: Demonstration,
  idTokens: IdTokens,
  params: URLSearchParams,
): Answer {
  const isRefresh = params.get('grant_type') === 'refresh_token';
  if (isRefresh) onRefresh();
  const verifier = params.get('code_verifier') ?? '';
  const redirectUri = params.get('redirect_uri') ?? '';
  const issued = isRefresh
    ? grants.refresh(params.get('refresh_token') ?? '')
    : grants.exchange(params.get('code') ?? '', { verifier, redirectUri });
  if (!issued) return refused('invalid_grant');
  const { clientId, nonce, scope } = issued.grant.request;
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    sub: PERSON,
    aud: clientId,
    iat,
    exp: iat + 60,
    ...(nonce !== null && { nonce }),
  };
  return {
    json: {
      token_type: 'Bearer',
      access_token: issued.access,
      refresh_token: issued.refresh,
      expires_in: tokenLife,
      scope,
      id_token: idTokens.signed(claims),
    },
  };
}

function introspection(grants: Grants, token: string): { active: boolean; sub?: string } {
  return grants.isGood(token) ? { active: true, sub: PERSON } : { active: false };
}

function refused(error: string): Answer {
  return { status: 400, json: { error } };
}

async function answer(
  routes: Readonly<Record<string, Route>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const route = routes[`${request.method} ${pathname}`];
    const params = request.method === 'POST' ? await formOf(request) : searchParams;
    send(response, route ? route(params) : { status: 404, json: { error: 'not_found' } });
  } catch {
    send(response, refused('invalid_request'));
  }
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > LONGEST_BODY) throw new Error('The request is too long.');
  }
  return new URLSearchParams(text);
}

function send(response: ServerResponse, { status = 200, json, html, location }: Answer): void {
  response.writeHead(status, {
    'cache-control': 'no-store',
    'content-type': html === undefined ? 'application/json' : 'text/html; charset=utf-8',
    ...(html !== undefined && { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" }),
    ...(location && { location: location.href }),
  });
  response.end(html ?? (json ? JSON.stringify(json) : ''));
}
