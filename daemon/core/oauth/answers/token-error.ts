import { isRecord } from '../../../../shared/json.js';
import type { HttpAnswer } from '../http/http.js';
import { readAnswerText } from './answer-body.js';
import { plain, plainFields } from './fields.js';
import { secondsOf } from './lifetime.js';
import type { TokenError } from './token-words.js';

/** Where the word for an error stands, the most telling first, and the sentence about it: in plain names. */
const CODES = ['error', 'code', 'errorcode', 'errcode', 'errortype', 'type', 'status', 'reason', 'name'];
const DESCRIPTIONS = [
  ...['errordescription', 'message', 'errormessage', 'msg', 'errmsg', 'detail', 'description', 'title'],
  ...['errorsummary', 'faultstring'],
];
/** Where a complaint names the parameter that it is about. */
const PARAMETER = ['field', 'param', 'parameter', 'property', 'resource'];

/** How deep a refusal is read, in how many objects, and in how many fields of each. */
const DEEPEST = 4;
const MOST_OBJECTS = 64;
const MOST_FIELDS = 64;

/** What servers write where nothing is wrong. */
const NOTHING_WRONG = /^(?:|null|none|nil|undefined|false|n ?a|no ?error|ok|okay|success(?:ful)?|0+|200)$/;

/** Whether an `error` says something: servers send it empty, or with a word for "none", beside their tokens. */
export function saysSomething(error: unknown, depth = 0): boolean {
  if (depth > DEEPEST) return true;
  if (typeof error === 'string')
    return !NOTHING_WRONG.test(
      error
        .trim()
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, ' '),
    );
  if (typeof error === 'number') return error !== 0 && error !== 200;
  if (Array.isArray(error)) return error.some((item) => saysSomething(item, depth + 1));
  if (!isRecord(error)) return error === true;
  // The code decides: what stands beside one for "none" is a number for the server's log, say.
  const fields = plainFields(error);
  const code = ['code', 'errorcode', 'error', 'type'].find((name) => fields.get(name) != null);
  const said = code === undefined ? [...fields.values()] : [fields.get(code)];
  return said.some((value) => saysSomething(value, depth + 1));
}

/** Whether an answer without tokens is a refusal although its status says success, as in `{"errcode":42002}`. */
export function refuses(json: Record<string, unknown>): boolean {
  const fields = [...plainFields(json)];
  return fields.some(
    ([name, value]) =>
      (/^(?:err|exception|fault)/.test(name) && saysSomething(value)) ||
      (name === 'success' && (value === false || value === 'false')) ||
      (name === 'code' && typeof value === 'number' && value !== 0 && (value < 200 || value > 299)),
  );
}

/** The words of an error answer, also of one that nests them or lists them. */
export function readError(json: Record<string, unknown>): TokenError {
  const objects = [...within(json)];
  const codes = textsAt(objects, CODES);
  const descriptions = textsAt(objects, DESCRIPTIONS);
  const description = descriptions.find((text) => text !== codes[0]) ?? descriptions[0];
  return {
    // A word says more than a number that only repeats the status.
    code: codes.find((code) => !/^\d+$/.test(code)) ?? descriptions[0] ?? codes[0] ?? 'unknown_error',
    words: [...new Set([...codes, ...descriptions, ...objects.flatMap(otherTexts)])],
    description,
    interval: secondsOf(json['interval']) ?? undefined,
  };
}

/** The codes of RFC 6749, 6750 and 8628 that a token endpoint answers with. */
const STANDARD_CODES = new Set([
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type'],
  ...['invalid_scope', 'invalid_token', 'invalid_target', 'access_denied'],
  ...['server_error', 'temporarily_unavailable'],
  ...['authorization_pending', 'slow_down', 'expired_token'],
]);
/** The same of OpenID Connect Core 1.0. In a page they are the names of its parts: a network's own sign-in page, say. */
const PERSONS_CODES = new Set(['login_required', 'interaction_required', 'consent_required']);
/** How much of a text is searched, in characters. */
const SEARCHED = 4096;

/** The error in an answer that is not JSON: in its `WWW-Authenticate` header, or a standard code within its text. */
export function readErrorInWords(answer: HttpAnswer): TokenError | undefined {
  const header = (answer.headers.get('www-authenticate') ?? '').slice(0, SEARCHED);
  const parameter = (name: string): string | undefined =>
    new RegExp(`\\b${name}=["']?([^"',]+)`, 'i').exec(header)?.[1];
  const text = readAnswerText(answer).slice(0, SEARCHED);
  const isPage = /^\s*<(?:!doctype|html)/i.test(text);
  const inText = (text.match(/\b[a-z]+(?:_[a-z]+)+\b/gi) ?? []).find((word) => {
    const code = word.toLowerCase();
    return STANDARD_CODES.has(code) || (!isPage && PERSONS_CODES.has(code));
  });
  const code = parameter('error') ?? inText;
  if (code === undefined) return undefined;
  const description = parameter('error_description');
  return { code, words: description ? [code, description] : [code], description, interval: undefined };
}

/** The answer and everything in it that may describe an error, the outermost first. */
function within(json: Record<string, unknown>): Record<string, unknown>[] {
  const found = [json];
  let level: unknown[] = [json];
  for (let depth = 0; depth < DEEPEST && found.length < MOST_OBJECTS; depth++) {
    level = level.flatMap(itemsOf).slice(0, MOST_OBJECTS);
    found.push(...level.filter(isRecord));
  }
  return found.slice(0, MOST_OBJECTS);
}

/** What an object or a list holds; a text in a list is a message. */
function itemsOf(value: unknown): unknown[] {
  if (Array.isArray(value))
    return value.slice(0, MOST_FIELDS).map((item) => (typeof item === 'string' ? { message: item } : item));
  return isRecord(value) ? Object.values(value).slice(0, MOST_FIELDS) : [];
}

function textsAt(objects: readonly Record<string, unknown>[], names: readonly string[]): string[] {
  return objects.flatMap((object) => names.flatMap((name) => textOf(plainFields(object).get(name)) ?? []));
}

/** Every other text in an object, with the refresh token named if the text is a complaint about that parameter. */
function otherTexts(object: Record<string, unknown>): string[] {
  const fields = [...plainFields(object)].slice(0, MOST_FIELDS);
  const isAbout = fields.some(
    ([name, value]) => PARAMETER.includes(name) && plain(textOf(value) ?? '') === REFRESH,
  );
  return fields.flatMap(([name, value]) => {
    const texts = (Array.isArray(value) ? value.slice(0, MOST_FIELDS) : [value])
      .filter((item) => typeof item === 'string')
      .flatMap((item) => textOf(item) ?? []);
    return isAbout || name === REFRESH ? texts.map((text) => `refresh token: ${text}`) : texts;
  });
}

const REFRESH = plain('refresh_token');

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text.trim() !== '' ? text : undefined;
}
