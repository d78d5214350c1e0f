import * as v from 'valibot';
import { SigilforgeError } from '../../../../shared/errors.js';
import { isRecord, parseJson } from '../../../../shared/json.js';
import { printable } from '../../../../shared/printable.js';
import { ClientAuth, Endpoint, RedirectUri, Text } from '../../../../shared/schemas.js';
import { Secret } from '../../../../shared/secret.js';
import { readAnswerText } from '../answers/answer-body.js';
import { HttpFailure } from '../http/failure.js';
import type { HttpAnswer, HttpClient } from '../http/http.js';
import type { ClientRegistration } from '../registration/client.js';
import { DEVICE_CODE } from '../registration/grant-types.js';

/**
 * What a client asks for when it registers itself (RFC 7591, section 2). It names no scopes: servers that are told some let the
 * client ask for no others later, and one that is told none lets it ask for any.
 */
export interface RegistrationRequest {
  readonly endpoint: string;
  readonly redirectUris: readonly string[];
  readonly auth: ClientAuth;
  readonly device: boolean;
}

/** A client as the server says that it registered it. */
export interface RegisteredClient {
  readonly clientId: string;
  readonly secret: Secret | undefined;
  /** When the secret ends, in milliseconds since 1970; `null`: never. */
  readonly secretExpiresAt: number | null;
  readonly auth: ClientAuth;
  readonly redirectUris: readonly string[];
  /** Where it is read, changed and removed, with its own token (RFC 7592); `null` if the server does not offer that. */
  readonly management: Management | null;
}

export interface Management {
  readonly endpoint: string;
  readonly token: Secret;
}

/** RFC 7591, section 3.2.1. Servers write `null` for what there is not. */
export const RegistrationAnswer = v.object({
  client_id: Text,
  client_secret: v.nullish(Text),
  client_secret_expires_at: v.nullish(v.pipe(v.number(), v.finite())),
  registration_access_token: v.nullish(Text),
  registration_client_uri: v.nullish(Text),
  token_endpoint_auth_method: v.nullish(v.string()),
  redirect_uris: v.nullish(v.pipe(v.array(RedirectUri), v.maxLength(100))),
});
export type RegistrationAnswer = v.InferOutput<typeof RegistrationAnswer>;

type Who = Pick<ClientRegistration, 'id' | 'name'>;

/** Registers a client. Throws an error that a person can go on from: by registering one by hand. */
export async function register(
  http: HttpClient,
  who: Who,
  request: RegistrationRequest,
): Promise<RegisteredClient> {
  const answer = await ask(http, who, request);
  if (answer.status === 400 && codeOf(answer) === 'invalid_redirect_uri' && request.redirectUris.length > 1) {
    // Some servers take no address without a port, or one address only.
    return register(http, who, { ...request, redirectUris: request.redirectUris.slice(0, 1) });
  }
  const read = v.safeParse(RegistrationAnswer, jsonOf(answer));
  if (!isGood(answer)) throw refused(who, answer);
  if (!read.success) throw failed(who, 'its answer names no client');
  return registeredOf(read.output, request);
}

/** What the answer says; where it says nothing, the server took what it was asked for. */
export function registeredOf(
  answer: RegistrationAnswer,
  { endpoint, auth, redirectUris }: Pick<RegistrationRequest, 'endpoint' | 'auth' | 'redirectUris'>,
): RegisteredClient {
  const { client_secret, client_secret_expires_at, token_endpoint_auth_method } = answer;
  const named = v.safeParse(ClientAuth, token_endpoint_auth_method);
  const secret = client_secret ? new Secret(client_secret) : undefined;
  // No key was given to it to sign with, so it cannot be asked to.
  const isNamed = named.success && named.output !== 'private_key_jwt';
  const withSecret = isNamed ? named.output : auth === 'none' ? 'client_secret_basic' : auth;
  return {
    clientId: answer.client_id,
    secret: withSecret === 'none' ? undefined : secret,
    secretExpiresAt: client_secret_expires_at ? client_secret_expires_at * 1000 : null,
    auth: secret ? withSecret : 'none',
    redirectUris: answer.redirect_uris ?? redirectUris,
    management: managementOf(answer, endpoint),
  };
}

/** Its token goes nowhere but to the server that gave it. */
function managementOf(answer: RegistrationAnswer, endpoint: string): Management | null {
  const { registration_access_token: token, registration_client_uri: uri } = answer;
  if (!token || !v.is(Endpoint, uri) || new URL(uri).origin !== new URL(endpoint).origin) return null;
  return { endpoint: uri, token: new Secret(token) };
}

async function ask(
  http: HttpClient,
  who: Who,
  { endpoint, redirectUris, auth, device }: RegistrationRequest,
): Promise<HttpAnswer> {
  const body = JSON.stringify({
    client_name: 'Sigilforge',
    application_type: 'native',
    redirect_uris: redirectUris,
    token_endpoint_auth_method: auth,
    grant_types: ['authorization_code', 'refresh_token', ...(device ? [DEVICE_CODE] : [])],
    response_types: ['code'],
  });
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  try {
    const answer = await http(new URL(endpoint), { method: 'POST', headers, body });
    if (answer.complete !== false) return answer;
    throw answer.failure;
  } catch (thrown) {
    if (thrown instanceof HttpFailure) throw cut(who, thrown);
    throw thrown;
  }
}

export function isGood({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

export function jsonOf(answer: HttpAnswer): unknown {
  return parseJson(readAnswerText(answer));
}

function codeOf(answer: HttpAnswer): string | undefined {
  const json = jsonOf(answer);
  return isRecord(json) && typeof json['error'] === 'string' ? json['error'] : undefined;
}

/** What the codes of RFC 7591, section 3.2.2, and the statuses mean. */
function refused(who: Who, answer: HttpAnswer): SigilforgeError {
  const { status } = answer;
  if (status >= 500 || status === 429) return failed(who, `it is not well now (status ${status})`);
  const json = jsonOf(answer);
  const said = isRecord(json) ? json['error_description'] : undefined;
  const description = typeof said === 'string' ? `: ${printable(said).slice(0, 200)}` : '';
  const code = codeOf(answer);
  return byHand(who, `${REASONS[code ?? ''] ?? `it answered with status ${status}`}${description}`);
}

const REASONS: Readonly<Record<string, string>> = {
  invalid_redirect_uri: 'it takes no address on this machine as redirect',
  invalid_client_metadata: 'it does not take what a program like this asks for',
  invalid_software_statement: 'it wants a statement that only registered vendors have',
  unapproved_software_statement: 'it wants a statement that only registered vendors have',
  invalid_token: 'it registers only clients that its operator has allowed',
};

/** The server does not do it: then a person does. */
function byHand({ id, name }: Who, why: string): SigilforgeError {
  return new SigilforgeError('config', `${name} did not register a client by itself: ${why}.`, {
    hint: `Register a client with the provider, then: sigilforge provider set ${id} --client-id ID`,
    needs: 'client_id',
  });
}

/** It may do it another time. */
function failed({ id, name }: Who, why: string): SigilforgeError {
  return new SigilforgeError('refresh_failed', `No client could be registered with ${name}: ${why}.`, {
    hint: `Try again in a minute. If that does not help, register a client by hand, then: sigilforge provider set ${id} --client-id ID`,
  });
}

function cut({ id, name }: Who, failure: HttpFailure): SigilforgeError {
  const kind = failure.timedOut ? 'timeout' : 'network';
  return new SigilforgeError(kind, `No client could be registered with ${name}: ${failure.message}`, {
    hint:
      failure.hint ??
      `Check the network connection, and try again. A client can be registered by hand as well: sigilforge provider set ${id} --client-id ID`,
    cause: failure,
  });
}
