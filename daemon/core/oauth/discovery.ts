import * as oauth from 'oauth4webapi';
import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { capture } from './adapter.js';
import { HttpFailure } from './http/failure.js';
import type { HttpClient } from './http.js';

/** What is used of a server's metadata (RFC 8414; OpenID Connect Discovery 1.0). */
export interface ServerMetadata {
  readonly issuer: string;
  readonly authorization_endpoint: string | null;
  readonly token_endpoint: string | null;
  readonly device_authorization_endpoint: string | null;
  readonly revocation_endpoint: string | null;
  readonly iss_required: boolean;
  /** Whether it stands where OpenID providers have it. */
  readonly openid: boolean;
  /** The scopes that it lists, if it does; a server need not list all of its scopes. */
  readonly scopes: readonly string[] | undefined;
  /** The grant types that it lists, if it does. */
  readonly grantTypes: readonly string[] | undefined;
  /** The ways in which clients may authenticate at the token endpoint, if it lists them. */
  readonly clientAuths: readonly string[] | undefined;
}

/** Reads a server's metadata, first at OpenID's address and then at OAuth's, and compares the issuer. */
export async function discover(http: HttpClient, issuer: string): Promise<ServerMetadata> {
  const failures: unknown[] = [];
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    try {
      return await discoverBy(http, issuer, algorithm);
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  throw discoveryFailure(issuer, failures);
}

async function discoverBy(
  http: HttpClient,
  issuer: string,
  algorithm: 'oidc' | 'oauth2',
): Promise<ServerMetadata> {
  const url = new URL(issuer);
  const { fetch } = capture(whole(http), { encoding: 'form' });
  const response = await oauth.discoveryRequest(url, {
    algorithm,
    [oauth.customFetch]: fetch,
    [oauth.allowInsecureRequests]: true,
  });
  return metadataOf(await oauth.processDiscoveryResponse(url, response), algorithm === 'oidc');
}

/** Half of a server's metadata says nothing. */
function whole(http: HttpClient): HttpClient {
  return async (url, request) => {
    const answer = await http(url, request);
    if (answer.complete === false) throw answer.failure;
    return answer;
  };
}

function metadataOf(server: oauth.AuthorizationServer, openid: boolean): ServerMetadata {
  return {
    issuer: server.issuer,
    authorization_endpoint: server.authorization_endpoint ?? null,
    token_endpoint: server.token_endpoint ?? null,
    device_authorization_endpoint: server.device_authorization_endpoint ?? null,
    revocation_endpoint: server.revocation_endpoint ?? null,
    iss_required: server.authorization_response_iss_parameter_supported === true,
    openid,
    scopes: server.scopes_supported,
    grantTypes: server.grant_types_supported,
    clientAuths: server.token_endpoint_auth_methods_supported,
  };
}

function discoveryFailure(issuer: string, failures: readonly unknown[]): SigilforgeError {
  const unreachable = failures.find((failure) => failure instanceof HttpFailure);
  if (unreachable) return new SigilforgeError('network', unreachable.message, { cause: unreachable });
  const mismatch = failures.some((failure) => isErrno(failure, oauth.JSON_ATTRIBUTE_COMPARISON));
  const reason = mismatch ? 'its metadata names another issuer' : 'it has no metadata there';
  return new SigilforgeError('refresh_failed', `The provider at ${issuer} cannot be discovered: ${reason}.`, {
    hint: 'Check the issuer, or name the endpoints: sigilforge provider set ID --authorization-endpoint URL --token-endpoint URL',
    cause: failures[0],
  });
}
