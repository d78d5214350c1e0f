import * as v from 'valibot';
import { isRecord, parseJson } from '../../../../shared/json.js';
import { Endpoint, Issuer } from '../../../../shared/schemas.js';
import { readAnswerText } from '../answers/answer-body.js';
import { isForLater, retryAfter } from '../failures/retry-after.js';
import { HttpFailure } from '../http/failure.js';
import type { HttpAnswer, HttpClient } from '../http/http.js';
import { type DiscoveryFault, discoveryError } from './discovery-fault.js';
import { assertEndpointsElsewhere } from './endpoint-guard.js';
import { isSameHost, isSameIssuer } from './issuer.js';

/** What is used of a server's metadata (RFC 8414; OpenID Connect Discovery 1.0). */
export interface ServerMetadata {
  readonly issuer: string;
  readonly authorization_endpoint: string | null;
  readonly token_endpoint: string | null;
  readonly device_authorization_endpoint: string | null;
  readonly revocation_endpoint: string | null;
  readonly registration_endpoint: string | null;
  /** Whether a client may be the address of a document about it, if it says so. */
  readonly clientIdDocuments: boolean | undefined;
  readonly iss_required: boolean;
  /** Whether it stands where OpenID providers have it. */
  readonly openid: boolean;
  /** The scopes that it lists, if it does; a server need not list all of its scopes. */
  readonly scopes: readonly string[] | undefined;
  /** The grant types that it lists, if it does. */
  readonly grantTypes: readonly string[] | undefined;
  /** The ways in which clients may authenticate at the token endpoint, if it lists them. */
  readonly clientAuths: readonly string[] | undefined;
  /** The PKCE methods that it lists, if it does (RFC 7636, section 4.3). */
  readonly challengeMethods: readonly string[] | undefined;
  /** What it says to developers, also about the registration of clients (RFC 8414, section 2: `service_documentation`). */
  readonly documentation: string | null;
}

/** The provider to ask. */
export interface Discoverable {
  readonly id: string;
  readonly issuer: string;
  /** Other issuers that a person says are this one. */
  readonly iss: readonly string[];
  /** Whether its metadata may name any issuer; the one that is known stays then. */
  readonly issuerVaries: boolean;
}

/** How often a server may redirect within itself, such as to a final slash. */
const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Reads a server's metadata, first at OpenID's address and then at OAuth's, and compares the issuer. Throws `denied` for
 * endpoints that an issuer elsewhere may not name.
 */
export async function discover(http: HttpClient, provider: Discoverable): Promise<ServerMetadata> {
  const faults: DiscoveryFault[] = [];
  for (const [url, openid] of addressesOf(provider.issuer)) {
    const found = await metadataAt(http, url, provider);
    if (!('fault' in found)) {
      const metadata = metadataOf(found.json, provider, openid);
      assertEndpointsElsewhere(provider.issuer, metadata);
      return metadata;
    }
    const { fault } = found;
    faults.push(fault);
    // A host that cannot be reached is not asked twice.
    if (fault.why === 'unreachable' && !fault.failure.delivered) break;
  }
  throw discoveryError(provider, faults);
}

/** OpenID appends its path to that of the issuer; RFC 8414, section 3.1, puts its own before it. */
function addressesOf(issuer: string): readonly (readonly [url: URL, openid: boolean])[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/+$/, '');
  return [
    [new URL(`${origin}${path}/.well-known/openid-configuration`), true],
    [new URL(`${origin}/.well-known/oauth-authorization-server${path}`), false],
  ];
}

/** The metadata at an address, or why there is none. */
async function metadataAt(
  http: HttpClient,
  url: URL,
  provider: Discoverable,
): Promise<{ json: Record<string, unknown> } | { fault: DiscoveryFault }> {
  const answer = await get(http, url);
  if ('why' in answer) return { fault: answer };
  const fault = faultOf(answer, url);
  if (fault) return { fault };
  const json = parseJson(readAnswerText(answer));
  if (!isRecord(json)) return { fault: { why: 'not_json', url } };
  const found = json['issuer'];
  return provider.issuerVaries || mayName(found, provider) ? { json } : { fault: { why: 'issuer', found } };
}

function faultOf(answer: HttpAnswer, url: URL): DiscoveryFault | undefined {
  const { status } = answer;
  // The network answered in place of the server (RFC 6585, section 6).
  if (status === 511) return { why: 'not_json', url };
  if (isForLater(answer)) return { why: 'busy', status, retryAfterMs: retryAfter(answer) };
  if (status === 404 || status === 410) return { why: 'missing', url };
  return status < 200 || status > 299 ? { why: 'refused', url, status } : undefined;
}

/** Follows redirects that stay at the same origin: another one cannot speak for this issuer. */
async function get(http: HttpClient, start: URL): Promise<HttpAnswer | DiscoveryFault> {
  let url = start;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const answer = await ask(http, url);
    if ('why' in answer || !REDIRECTS.has(answer.status)) return answer;
    const location = answer.headers.get('location') ?? '';
    if (location === '' || !URL.canParse(location, url.href)) return { why: 'redirect', to: undefined };
    const to = new URL(location, url);
    if (to.origin !== start.origin) return { why: 'redirect', to };
    url = to;
  }
  return { why: 'redirect', to: url };
}

async function ask(http: HttpClient, url: URL): Promise<HttpAnswer | DiscoveryFault> {
  try {
    const answer = await http(url, { method: 'GET', headers: { accept: 'application/json' } });
    // Half of a server's metadata says nothing.
    return answer.complete === false ? { why: 'unreachable', failure: answer.failure } : answer;
  } catch (thrown) {
    if (thrown instanceof HttpFailure) return { why: 'unreachable', failure: thrown };
    throw thrown;
  }
}

/** Whether metadata may name this issuer: the one that was asked, or one that a person says is the same, on its host. */
function mayName(found: unknown, { issuer, iss }: Discoverable): boolean {
  if (typeof found !== 'string' || !URL.canParse(found)) return false;
  return (
    isSameIssuer(found, issuer) ||
    iss.some((other) => isSameIssuer(other, found) && isSameHost(found, issuer))
  );
}

/** As it is written there if it is the one that was asked, because other programs compare it to the letter (RFC 9207). */
function issuerNamed(found: unknown, { issuer, issuerVaries }: Discoverable): string {
  return !issuerVaries && v.is(Issuer, found) && isSameIssuer(found, issuer) ? found : issuer;
}

function metadataOf(json: Record<string, unknown>, provider: Discoverable, openid: boolean): ServerMetadata {
  // A part of an address leads nowhere: then the server names no such endpoint.
  const endpoint = (name: string): string | null => {
    const value = json[name];
    return typeof value === 'string' && URL.canParse(value) ? value : null;
  };
  const truth = (name: string): boolean | undefined => {
    const value = json[name];
    return typeof value === 'boolean' ? value : undefined;
  };
  const texts = (name: string): string[] | undefined => {
    const value = json[name];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
  };
  return {
    issuer: issuerNamed(json['issuer'], provider),
    authorization_endpoint: endpoint('authorization_endpoint'),
    token_endpoint: endpoint('token_endpoint'),
    device_authorization_endpoint: endpoint('device_authorization_endpoint'),
    revocation_endpoint: endpoint('revocation_endpoint'),
    registration_endpoint: endpoint('registration_endpoint'),
    clientIdDocuments: truth('client_id_metadata_document_supported'),
    iss_required: json['authorization_response_iss_parameter_supported'] === true,
    openid,
    scopes: texts('scopes_supported'),
    grantTypes: texts('grant_types_supported'),
    clientAuths: texts('token_endpoint_auth_methods_supported'),
    challengeMethods: texts('code_challenge_methods_supported'),
    documentation: v.is(Endpoint, json['service_documentation']) ? json['service_documentation'] : null,
  };
}
