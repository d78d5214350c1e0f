import type * as oauth from 'oauth4webapi';
import { SigilforgeError } from '../../../shared/errors.js';
import type { HttpAnswer, HttpClient, HttpRequest } from './http/http.js';
import { inTheirNames } from './param-names.js';
import type { ClientRegistration } from './registration/client.js';

/** The client as oauth4webapi knows it. */
export function libraryClient(registration: ClientRegistration): oauth.Client {
  return { client_id: registration.client_id };
}

/** The server as oauth4webapi knows it, for a request of this grant type. */
export function libraryServer(
  registration: ClientRegistration,
  grantType?: string,
): oauth.AuthorizationServer {
  const { issuer, token_endpoint, refresh_endpoint, device_authorization_endpoint } = registration;
  const token = grantType === 'refresh_token' ? (refresh_endpoint ?? token_endpoint) : token_endpoint;
  return {
    // A server without an issuer is known by its endpoint; nothing is compared with it then.
    issuer: issuer ?? token_endpoint ?? registration.id,
    authorization_response_iss_parameter_supported: registration.iss_required,
    ...(token === null ? {} : { token_endpoint: token }),
    ...(device_authorization_endpoint === null ? {} : { device_authorization_endpoint }),
  };
}

/** A `fetch` for the library over our own HTTP client, and the whole answer that it received. */
export interface Capture {
  readonly fetch: (url: string, init: FetchInit) => Promise<Response>;
  readonly answer: () => HttpAnswer;
}

interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

interface FormStyle {
  /** How a form is sent. */
  readonly encoding: 'form' | 'json';
  /** What the provider calls parameters of the protocol. */
  readonly names: ClientRegistration['param_names'];
}

export function capture(http: HttpClient, style: FormStyle): Capture {
  let received: HttpAnswer | undefined;
  return {
    fetch: async (url, init) => {
      received = await http(new URL(url), requestOf(init, style));
      return responseOf(received);
    },
    answer: () => {
      if (received) return received;
      throw new SigilforgeError('internal_error', 'A request was answered without being sent.');
    },
  };
}

function requestOf({ method, headers, body }: FetchInit, { encoding, names }: FormStyle): HttpRequest {
  const base = { method: method === 'POST' ? ('POST' as const) : ('GET' as const), headers };
  if (!(body instanceof URLSearchParams)) return base;
  const form = inTheirNames(body, names);
  if (encoding === 'form') return { ...base, body: form.toString() };
  return {
    ...base,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(form)),
  };
}

/** `Response` refuses a body with some statuses, and every status that is not one of HTTP's. */
function responseOf({ status, headers, body }: HttpAnswer): Response {
  const bodiless = [204, 205, 304].includes(status) || body.length === 0;
  return new Response(bodiless ? null : new Uint8Array(body), {
    status: status < 200 || status > 599 ? 599 : status,
    headers,
  });
}
