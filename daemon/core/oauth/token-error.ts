import { isRecord } from '../../../shared/json.js';
import { readAnswerText } from './answer-body.js';
import type { HttpAnswer } from './http.js';
import { secondsOf } from './lifetime.js';

/** A refusal in the provider's own words (RFC 6749, section 5.2, or what it sends instead). */
export interface TokenError {
  readonly code: string;
  /** Every word and text in the answer that may name the reason, wherever in it they stand. */
  readonly words: readonly string[];
  readonly description: string | undefined;
  /** Seconds, with `slow_down` (RFC 8628, section 3.5). */
  readonly interval: number | undefined;
}

/** Where the word for an error stands, the most telling first; and the sentence about it. */
const CODES = [
  ...[
    'error',
    'code',
    'errorCode',
    'error_code',
    'errorType',
    'error_type',
    'type',
    'status',
    'reason',
    'name',
  ],
  'field',
];
const DESCRIPTIONS = [
  'error_description',
  'message',
  'errorMessage',
  'error_message',
  'detail',
  'description',
  'title',
];
/** What holds more of them: `{"error": {…}}`, `{"errors": [{…}]}`. */
const NESTED = ['error', 'errors', 'details', 'fault', 'data'];
const DEEPEST = 4;

/** Whether an `error` says something: servers send it empty, or with a word for "none", beside their tokens. */
export function saysSomething(error: unknown): boolean {
  if (typeof error === 'string')
    return !['', 'null', 'none', 'false', '0', 'ok', 'success'].includes(error.trim().toLowerCase());
  if (Array.isArray(error)) return error.some(saysSomething);
  if (isRecord(error)) return Object.values(error).some(saysSomething);
  return error === true || (typeof error === 'number' && error !== 0);
}

/** The words of an error answer, also of one that nests them or lists them. */
export function readError(json: Record<string, unknown>): TokenError {
  const objects = [...within(json, 0)];
  const codes = textsAt(objects, CODES);
  const descriptions = textsAt(objects, DESCRIPTIONS);
  const description = descriptions.find((text) => text !== codes[0]) ?? descriptions[0];
  return {
    // A word says more than a number that only repeats the status.
    code: codes.find((code) => !/^\d+$/.test(code)) ?? descriptions[0] ?? codes[0] ?? 'unknown_error',
    words: [...new Set([...codes, ...descriptions])],
    description,
    interval: secondsOf(json['interval']) ?? undefined,
  };
}

/** The codes of RFC 6749, 6750, 8628 and OpenID Connect Core 1.0 that a token endpoint answers with. */
const STANDARD_CODES = new Set([
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type'],
  ...['invalid_scope', 'invalid_token', 'invalid_target', 'access_denied', 'login_required'],
  ...['interaction_required', 'consent_required', 'server_error', 'temporarily_unavailable'],
  ...['authorization_pending', 'slow_down', 'expired_token'],
]);
/** How much of a text is searched, in characters. */
const SEARCHED = 4096;

/** The error in an answer that is not JSON: in its `WWW-Authenticate` header, or a standard code within its text. */
export function readErrorInWords(answer: HttpAnswer): TokenError | undefined {
  const header = answer.headers.get('www-authenticate') ?? '';
  const parameter = (name: string): string | undefined =>
    new RegExp(`\\b${name}="?([^",]+)`, 'i').exec(header)?.[1];
  const inText =
    readAnswerText(answer)
      .slice(0, SEARCHED)
      .match(/[a-z]+(?:_[a-z]+)+/gi) ?? [];
  const code = parameter('error') ?? inText.find((word) => STANDARD_CODES.has(word.toLowerCase()));
  if (code === undefined) return undefined;
  return { code, words: [code], description: parameter('error_description'), interval: undefined };
}

/** The answer and everything in it that may describe an error, the outermost first. */
function* within(value: unknown, depth: number): Generator<Record<string, unknown>> {
  if (depth > DEEPEST) return;
  if (Array.isArray(value)) {
    for (const item of value) yield* within(typeof item === 'string' ? { message: item } : item, depth + 1);
  } else if (isRecord(value)) {
    yield value;
    for (const name of NESTED) yield* within(value[name], depth + 1);
  }
}

function textsAt(objects: readonly Record<string, unknown>[], names: readonly string[]): string[] {
  return objects.flatMap((object) =>
    names.flatMap((name) => {
      const value = object[name];
      const text = typeof value === 'number' ? String(value) : value;
      return typeof text === 'string' && text.trim() !== '' ? [text] : [];
    }),
  );
}
