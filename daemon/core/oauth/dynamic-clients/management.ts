import * as v from 'valibot';
import { HttpFailure } from '../http/failure.js';
import type { HttpAnswer, HttpClient } from '../http/http.js';
import { isGood, jsonOf, type Management, RegistrationAnswer } from './registration.js';

/** What a server says about a client of its own (RFC 7592); `gone`: it knows none; `unknown`: it says nothing. */
export type Looked = { readonly found: RegistrationAnswer } | 'gone' | 'unknown';

/** Statuses by which a server says that there is no such client: 403 says that it is there (RFC 7592, section 2.1). */
const GONE = new Set([401, 404, 410]);

/** Reads a client (RFC 7592, section 2.1). Never throws for what the server or the network does. */
export async function readClient(http: HttpClient, management: Management): Promise<Looked> {
  return looked(await send(http, management, 'GET'));
}

/**
 * Writes the client again as it is (RFC 7592, section 2.2), by which a server may give it a new secret. The fields that the
 * server by itself decides are left out.
 */
export async function renewClient(http: HttpClient, management: Management): Promise<Looked> {
  const now = await send(http, management, 'GET');
  const json = now && isGood(now) ? jsonOf(now) : undefined;
  if (typeof json !== 'object' || json === null) return looked(now);
  const own = Object.entries(json).filter(([name]) => !OF_THE_SERVER.has(name));
  const answer = await send(http, management, 'PUT', JSON.stringify(Object.fromEntries(own)));
  return answer && isGood(answer) ? looked(answer) : looked(now);
}

const OF_THE_SERVER: ReadonlySet<string> = new Set([
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
]);

/** Removes a client (RFC 7592, section 2.3). Resolves to whether it is gone. */
export async function removeClient(http: HttpClient, management: Management): Promise<boolean> {
  const answer = await send(http, management, 'DELETE');
  return answer !== undefined && (isGood(answer) || GONE.has(answer.status));
}

function looked(answer: HttpAnswer | undefined): Looked {
  if (!answer) return 'unknown';
  if (GONE.has(answer.status)) return 'gone';
  const read = v.safeParse(RegistrationAnswer, isGood(answer) ? jsonOf(answer) : undefined);
  return read.success ? { found: read.output } : 'unknown';
}

async function send(
  http: HttpClient,
  { endpoint, token }: Management,
  method: 'GET' | 'PUT' | 'DELETE',
  body?: string,
): Promise<HttpAnswer | undefined> {
  const headers = {
    authorization: `Bearer ${token.reveal()}`,
    accept: 'application/json',
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  try {
    const answer = await http(new URL(endpoint), { method, headers, ...(body !== undefined && { body }) });
    return answer.complete === false ? undefined : answer;
  } catch (thrown) {
    if (thrown instanceof HttpFailure) return undefined;
    throw thrown;
  }
}
