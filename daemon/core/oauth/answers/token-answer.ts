import { isRecord, parseJson } from '../../../../shared/json.js';
import type { NamedFields } from '../../../../shared/named-fields.js';
import { Secret } from '../../../../shared/secret.js';
import type { HttpAnswer } from '../http/http.js';
import type { ClientRegistration } from '../registration/client.js';
import { splitScopes } from '../registration/scopes.js';
import { readAnswerObject } from './answer-body.js';
import { field } from './fields.js';
import { ACCESS_TOKEN, jwtLifetimeS, type LifetimeFields, lifetimeS, REFRESH_TOKEN } from './lifetime.js';
import { answerFields } from './named-fields.js';
import { readError, readErrorInWords, refuses, saysSomething } from './token-error.js';
import type { TokenError } from './token-words.js';

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
  /** What else the provider's entry names, and is not secret. */
  readonly fields: NamedFields;
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
  const hasTokens = isAnswered(source, status);
  const refused = saysSomething(json['error']) || saysSomething(json['errors']) || json['ok'] === false;
  if (hasTokens && !refused)
    return { kind: 'tokens', tokens: readTokens(source, json, registration, providerTime(answer, now)) };
  return refused || status >= 400 || refuses(json)
    ? { kind: 'error', status, error: readError(json), hasTokens }
    : { kind: 'unreadable', status };
}

/** A refusal that is not JSON: in a header (RFC 6750, section 3), or as a code of the standard within a text. */
function readRefusalInWords(answer: HttpAnswer): TokenAnswer | undefined {
  const { status } = answer;
  const error = status >= 400 ? readErrorInWords(answer) : undefined;
  return error && { kind: 'error', status, error, hasTokens: false };
}

/** How deep tokens are looked for, and in how many objects. */
const DEEPEST = 3;
const MOST_OBJECTS = 64;

/** The object that the tokens stand in. A refresh token without an access token counts at the top only: elsewhere it may be the one sent. */
function tokenSource(
  json: Record<string, unknown>,
  registration: ClientRegistration,
): Record<string, unknown> {
  if (hasAccessToken(json) || tokenIn(json, 'refresh_token') !== undefined) return json;
  const isOther = (name: string): boolean =>
    name === 'authed_user' && !registration.quirks.includes('nested_user_token');
  let level = [json];
  for (let depth = 0; depth < DEEPEST; depth++) {
    level = level.flatMap((outer) => innerObjects(outer, isOther)).slice(0, MOST_OBJECTS);
    const found = level.find(hasAccessToken);
    if (found) return found;
  }
  return json;
}

/** The objects in an object: as they are, in a list of one, or as the text that a gateway should have unpacked. */
function innerObjects(
  outer: Record<string, unknown>,
  isOther: (name: string) => boolean,
): Record<string, unknown>[] {
  return Object.entries(outer)
    .slice(0, MOST_OBJECTS)
    .filter(([name]) => !isOther(name))
    .map(([, value]) => onlyOne(typeof value === 'string' && /^\s*\{/.test(value) ? parseJson(value) : value))
    .filter(isRecord);
}

function readTokens(
  source: Record<string, unknown>,
  json: Record<string, unknown>,
  registration: ClientRegistration,
  now: number,
): Tokens {
  const accessToken = tokenIn(source, 'access_token');
  const inToken = accessToken === undefined ? null : jwtLifetimeS(accessToken, now);
  const lifetime = (name: string, fields: LifetimeFields): number | null =>
    lifetimeS(within(source, name), fields, now) ??
    lifetimeS(source, fields, now) ??
    lifetimeS(json, fields, now);
  const tokens = {
    accessToken: secret(accessToken),
    refreshToken: secret(tokenIn(source, 'refresh_token')),
    idToken: secret(tokenIn(source, 'id_token') ?? tokenIn(json, 'id_token')),
  };
  return {
    ...tokens,
    tokenType: text(field(source, 'token_type')) ?? 'bearer',
    expiresInS: lifetime('access_token', ACCESS_TOKEN) ?? inToken,
    refreshExpiresInS: lifetime('refresh_token', REFRESH_TOKEN),
    scopes: readScopes(field(source, 'scope') ?? field(source, 'scopes'), registration),
    fields: answerFields(registration, { json, source, tokens: Object.values(tokens) }),
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
  const commas = registration.quirks.includes('comma_scopes_in_answer') ? ',' : '';
  return splitScopes(value, registration.scope_separator + commas);
}

/**
 * Whether an object brings tokens. Where the status is a refusal's, or a refresh token comes without an access token, it may
 * be a complaint about the parameter of that name; and one who repeats what was sent repeats the grant type too.
 */
function isAnswered(source: Record<string, unknown>, status: number): boolean {
  const access = tokenIn(source, 'access_token');
  const refresh = tokenIn(source, 'refresh_token');
  if (access !== undefined) return status < 400 || isOneWord(access);
  return (
    status < 400 && refresh !== undefined && isOneWord(refresh) && field(source, 'grant_type') === undefined
  );
}

function isOneWord(token: string): boolean {
  return !/\s/.test(token);
}

function hasAccessToken(json: Record<string, unknown>): boolean {
  return tokenIn(json, 'access_token') !== undefined;
}

/** A token, also one that stands in an object or a list of its own, with its lifetime beside it. */
function tokenIn(json: Record<string, unknown>, name: string): string | undefined {
  const value = onlyOne(field(json, name));
  const token = isRecord(value) ? (text(value[name]) ?? text(value['token']) ?? text(value['value'])) : value;
  return isToken(token) ? token : undefined;
}

/** Text with a letter or a digit that is not what programs write for none: `null` must not take the place of a token. */
function isToken(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /[a-z0-9]/i.test(value) &&
    !/^(?:null|none|nil|undefined|false|n\/a)$/i.test(value)
  );
}

function within(json: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = onlyOne(field(json, name));
  return isRecord(value) ? value : {};
}

function onlyOne(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? value[0] : value;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function secret(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value);
}
