import { isRecord, parseJson } from '../../../shared/json.js';
import { Secret } from '../../../shared/secret.js';
import type { ClientRegistration } from './client.js';
import type { HttpAnswer } from './http.js';

/** What a token endpoint answered. A new refresh token counts even if everything else in the answer is wrong. */
export interface Tokens {
  readonly accessToken: Secret | undefined;
  readonly refreshToken: Secret | undefined;
  readonly tokenType: string;
  /** Seconds from when the request was sent; `null` if the answer does not say, or says nonsense. */
  readonly expiresInS: number | null;
  readonly refreshExpiresInS: number | null;
  /** `null` if the answer does not say: then the scopes are those that were requested (RFC 6749, section 5.1). */
  readonly scopes: string[] | null;
  readonly idToken: Secret | undefined;
}

export type TokenAnswer =
  | { readonly kind: 'tokens'; readonly tokens: Tokens }
  | { readonly kind: 'error'; readonly status: number; readonly error: TokenError }
  | { readonly kind: 'unreadable'; readonly status: number };

/** A refusal in the provider's own words (RFC 6749, section 5.2, or what it sends instead). */
export interface TokenError {
  readonly code: string;
  /** Every text in the answer that may name the reason: `error`, `message`, `error_description`. */
  readonly words: readonly string[];
  readonly description: string | undefined;
  /** Seconds, with `slow_down` (RFC 8628, section 3.5). */
  readonly interval: number | undefined;
}

/**
 * Reads a token answer as leniently as possible, before any library judges it: the tokens are taken first, however odd
 * the rest is. Success is an access token, no `error`, and `ok` not false; the HTTP status is not enough.
 */
export function readTokenAnswer({ status, body }: HttpAnswer, registration: ClientRegistration): TokenAnswer {
  const json = readJsonObject(body);
  if (!json) return { kind: 'unreadable', status };
  const source = tokenSource(json, registration);
  const refused = json['error'] !== undefined && json['error'] !== null ? true : json['ok'] === false;
  if (refused || (!text(source['access_token']) && !text(source['refresh_token']))) {
    return status < 400 && !refused
      ? { kind: 'unreadable', status }
      : { kind: 'error', status, error: readError(json) };
  }
  return { kind: 'tokens', tokens: readTokens(source, json, registration) };
}

/** The body as a JSON object, or `undefined` if it is not one. */
export function readJsonObject(body: Buffer): Record<string, unknown> | undefined {
  const json = parseJson(body.toString('utf8'));
  return isRecord(json) ? json : undefined;
}

function tokenSource(
  json: Record<string, unknown>,
  registration: ClientRegistration,
): Record<string, unknown> {
  const nested = json['authed_user'];
  const wanted = registration.quirks.includes('nested_user_token') && !text(json['access_token']);
  return wanted && isRecord(nested) ? nested : json;
}

function readTokens(
  source: Record<string, unknown>,
  json: Record<string, unknown>,
  registration: ClientRegistration,
): Tokens {
  return {
    accessToken: secret(source['access_token']),
    refreshToken: secret(source['refresh_token']),
    tokenType: text(source['token_type']) ?? 'bearer',
    expiresInS: seconds(source['expires_in']),
    refreshExpiresInS: seconds(source['refresh_token_expires_in'] ?? source['refresh_expires_in']),
    scopes: readScopes(source['scope'] ?? source['scopes'], registration),
    idToken: secret(json['id_token']),
  };
}

function readScopes(value: unknown, registration: ClientRegistration): string[] | null {
  if (Array.isArray(value)) return value.filter((scope) => typeof scope === 'string');
  if (typeof value !== 'string') return null;
  const separator = registration.quirks.includes('comma_scopes_in_answer') ? /[\s,]+/ : /\s+/;
  return value.split(separator).filter((scope) => scope !== '');
}

function readError(json: Record<string, unknown>): TokenError {
  const description = text(json['error_description']) ?? text(json['message']);
  const words = [json['error'], json['message'], json['error_description']].filter(
    (word) => typeof word === 'string',
  );
  return {
    code: text(json['error']) ?? text(json['message']) ?? 'unknown_error',
    words,
    description,
    interval: seconds(json['interval']) ?? undefined,
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function secret(value: unknown): Secret | undefined {
  const found = text(value);
  return found === undefined ? undefined : new Secret(found);
}

/** A century. Some providers say "forever" with a number that no calendar holds. */
const LONGEST_LIFETIME_S = 3_155_760_000;

/** Whole seconds. Some providers send numbers as text; nothing, null, nonsense and zero or less all mean "unknown". */
function seconds(value: unknown): number | null {
  const number = typeof value === 'string' ? Number.parseFloat(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number) || number <= 0) return null;
  return Math.min(Math.floor(number), LONGEST_LIFETIME_S);
}
