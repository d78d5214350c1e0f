import { isRecord } from '../../../shared/json.js';
import { Secret } from '../../../shared/secret.js';
import { readAnswerObject } from './answer-body.js';
import type { ClientRegistration } from './client.js';
import { field } from './fields.js';
import type { HttpAnswer } from './http.js';
import { ACCESS_TOKEN, jwtLifetimeS, lifetimeS, REFRESH_TOKEN } from './lifetime.js';
import { readError, readErrorInWords, saysSomething, type TokenError } from './token-error.js';

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
  if (!json) return readRefusalInWords(answer) ?? { kind: 'unreadable', status };
  const source = tokenSource(json, registration);
  const hasTokens = hasToken(source);
  const refused = saysSomething(json['error']) || saysSomething(json['errors']) || json['ok'] === false;
  if (refused) return { kind: 'error', status, error: readError(json), hasTokens };
  if (hasTokens)
    return { kind: 'tokens', tokens: readTokens(source, json, registration, providerTime(answer, now)) };
  return status < 400
    ? { kind: 'unreadable', status }
    : { kind: 'error', status, error: readError(json), hasTokens };
}

/** A refusal that is not JSON: in a header (RFC 6750, section 3), or as a code of the standard within a text. */
function readRefusalInWords(answer: HttpAnswer): TokenAnswer | undefined {
  const { status } = answer;
  const error = status >= 400 ? readErrorInWords(answer) : undefined;
  return error && { kind: 'error', status, error, hasTokens: false };
}

/** Servers that put the tokens one level deeper call the place so. */
const WRAPPERS = ['data', 'result', 'response', 'token', 'tokens', 'payload'];

/** The object that the tokens stand in. */
function tokenSource(
  json: Record<string, unknown>,
  registration: ClientRegistration,
): Record<string, unknown> {
  if (hasToken(json)) return json;
  const nested = registration.quirks.includes('nested_user_token') ? ['authed_user', ...WRAPPERS] : WRAPPERS;
  const found = nested.map((name) => json[name]).filter(isRecord);
  return found.find((inner) => hasToken(inner)) ?? json;
}

function readTokens(
  source: Record<string, unknown>,
  json: Record<string, unknown>,
  registration: ClientRegistration,
  now: number,
): Tokens {
  const accessToken = tokenIn(source, 'access_token');
  const inToken = accessToken === undefined ? null : jwtLifetimeS(accessToken, now);
  return {
    accessToken: secret(accessToken),
    refreshToken: secret(tokenIn(source, 'refresh_token')),
    tokenType: text(field(source, 'token_type')) ?? 'bearer',
    expiresInS: lifetimeS(source, ACCESS_TOKEN, now) ?? inToken,
    refreshExpiresInS: lifetimeS(source, REFRESH_TOKEN, now),
    scopes: readScopes(field(source, 'scope') ?? field(source, 'scopes'), registration),
    idToken: secret(tokenIn(source, 'id_token') ?? tokenIn(json, 'id_token')),
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

function hasToken(json: Record<string, unknown>): boolean {
  return tokenIn(json, 'access_token') !== undefined || tokenIn(json, 'refresh_token') !== undefined;
}

/** A token, also one that stands in an object or a list of its own, with its lifetime beside it. */
function tokenIn(json: Record<string, unknown>, name: string): string | undefined {
  const value = field(json, name);
  const inner = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
  if (!isRecord(inner)) return text(inner);
  return text(inner[name]) ?? text(inner['token']) ?? text(inner['value']);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function secret(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value);
}
