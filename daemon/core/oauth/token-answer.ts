import { isRecord } from '../../../shared/json.js';
import { Secret } from '../../../shared/secret.js';
import { readAnswerObject } from './answer-body.js';
import type { ClientRegistration } from './client.js';
import type { HttpAnswer } from './http.js';
import { ACCESS_TOKEN, jwtLifetimeS, lifetimeS, REFRESH_TOKEN } from './lifetime.js';
import { readError, saysSomething, type TokenError } from './token-error.js';

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
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly error: TokenError;
      readonly hasTokens: boolean;
    }
  | { readonly kind: 'unreadable'; readonly status: number };

/**
 * Reads a token answer as leniently as possible, before any library judges it: the tokens are taken first, however odd
 * the rest is. Success is an access token, no `error` that says something, and `ok` not false; the HTTP status is not
 * enough. `now`: milliseconds since 1970, for answers that give a moment instead of a lifetime.
 */
export function readTokenAnswer(
  answer: HttpAnswer,
  registration: ClientRegistration,
  now: number,
): TokenAnswer {
  const { status } = answer;
  const json = readAnswerObject(answer);
  if (!json) return { kind: 'unreadable', status };
  const source = tokenSource(json, registration);
  const hasTokens = hasText(source, 'access_token') || hasText(source, 'refresh_token');
  const refused = saysSomething(json['error']) || saysSomething(json['errors']) || json['ok'] === false;
  if (refused) return { kind: 'error', status, error: readError(json), hasTokens };
  if (hasTokens)
    return { kind: 'tokens', tokens: readTokens(source, json, registration, providerTime(answer, now)) };
  return status < 400
    ? { kind: 'unreadable', status }
    : { kind: 'error', status, error: readError(json), hasTokens };
}

/** Servers that put the tokens one level deeper call the place so. */
const WRAPPERS = ['data', 'result', 'response', 'token', 'tokens', 'payload'];

/** The object that the tokens stand in. */
function tokenSource(
  json: Record<string, unknown>,
  registration: ClientRegistration,
): Record<string, unknown> {
  if (hasText(json, 'access_token') || hasText(json, 'refresh_token')) return json;
  const nested = registration.quirks.includes('nested_user_token') ? ['authed_user', ...WRAPPERS] : WRAPPERS;
  const found = nested.map((name) => json[name]).filter(isRecord);
  return found.find((inner) => hasText(inner, 'access_token') || hasText(inner, 'refresh_token')) ?? json;
}

function readTokens(
  source: Record<string, unknown>,
  json: Record<string, unknown>,
  registration: ClientRegistration,
  now: number,
): Tokens {
  const accessToken = text(source['access_token']);
  const inToken = accessToken === undefined ? null : jwtLifetimeS(accessToken, now);
  return {
    accessToken: secret(accessToken),
    refreshToken: secret(source['refresh_token']),
    tokenType: text(source['token_type']) ?? 'bearer',
    expiresInS: lifetimeS(source, ACCESS_TOKEN, now) ?? inToken,
    refreshExpiresInS: lifetimeS(source, REFRESH_TOKEN, now),
    scopes: readScopes(source['scope'] ?? source['scopes'], registration),
    idToken: secret(source['id_token'] ?? json['id_token']),
  };
}

/** The time by the provider's own clock if the answer has it, because this machine's may differ. */
function providerTime({ headers }: HttpAnswer, now: number): number {
  const theirs = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(theirs) ? now : theirs;
}

function readScopes(value: unknown, registration: ClientRegistration): string[] | null {
  if (Array.isArray(value)) return value.filter((scope) => typeof scope === 'string');
  if (typeof value !== 'string') return null;
  const separator = registration.quirks.includes('comma_scopes_in_answer') ? /[\s,]+/ : /\s+/;
  return value.split(separator).filter((scope) => scope !== '');
}

function hasText(json: Record<string, unknown>, name: string): boolean {
  return text(json[name]) !== undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function secret(value: unknown): Secret | undefined {
  const found = text(value);
  return found === undefined ? undefined : new Secret(found);
}
