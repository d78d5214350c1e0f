import { isRecord, parseJson } from '../../../../shared/json.js';
import { unpacked } from './content-coding.js';
import { objectsIn } from './damaged-json.js';

/** The part of an answer that its body is read with. */
export interface AnswerBody {
  readonly headers: Headers;
  readonly body: Buffer;
  /** Whether the body came to its end; left out, it did. */
  readonly complete?: boolean;
}

/**
 * The fields of an answer, read by the shape of its body and not by what the headers call it: packed or not, with a
 * byte-order mark, as JSON, as JSON within a string or a list of one, as a form, as JSON with something around it or of
 * which a part cannot be read, or in base64. `undefined` for anything else.
 */
export function readAnswerObject(answer: AnswerBody): Record<string, unknown> | undefined {
  const text = readAnswerText(answer);
  const json = readJson(text);
  if (json !== undefined) return json ?? undefined;
  return (
    readForm(answer.complete === false ? withoutLast(text) : text) ?? readWithin(text) ?? readBase64(text)
  );
}

/** The text of an answer, unpacked and decoded. */
export function readAnswerText({ headers, body }: AnswerBody): string {
  return decoded(unpacked(body, headers.get('content-encoding')));
}

/** RFC 8259 wants UTF-8 without a mark; servers send others, and say so by the mark (RFC 3629, RFC 2781). */
function decoded(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  // Without a mark, zero bytes tell: JSON begins with two characters of ASCII (RFC 4627, section 3).
  if (bytes[1] === 0 && bytes[0] !== 0) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0 && bytes[1] !== 0) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder('utf-8').decode(bytes);
}

/** What some servers write before JSON, so that no page of a browser can run it. */
const GUARD = /^(?:\)\]\}'?,?|while\s*\(1\);|for\s*\(;;\);)\s*/;

/** `null`: it is JSON, and says something else, such as a list of two. */
function readJson(text: string): Record<string, unknown> | null | undefined {
  const value = parseJson(text.trim().replace(GUARD, ''));
  if (value === undefined) return undefined;
  const inner = typeof value === 'string' ? parseJson(value) : value;
  const only = Array.isArray(inner) && inner.length === 1 ? (inner[0] as unknown) : inner;
  return isRecord(only) ? only : null;
}

/** Without one of these names a form cannot be told from any other text. */
const TELLING = ['access_token', 'refresh_token', 'device_code', 'error'];

/** A form (`a=1&b=2`), as GitHub and older servers answer. */
function readForm(text: string): Record<string, unknown> | undefined {
  const form = text.trim();
  // Blanks in a value need no encoding for some servers; no other text begins with a name and `=`.
  if (!/^\??[\w.-]+=/.test(form) || /[\n<]/.test(form)) return undefined;
  const fields = Object.fromEntries(new URLSearchParams(form));
  return TELLING.some((name) => fields[name] !== undefined) ? fields : undefined;
}

/** Gateways forget to decode what programs hand to them in base64. */
function readBase64(text: string): Record<string, unknown> | undefined {
  const packed = text.trim();
  // An object begins with a brace and a quote or white space.
  if (!/^e[yw][\w+/\s-]*=*$/.test(packed)) return undefined;
  return readJson(Buffer.from(packed, 'base64').toString('utf8')) ?? undefined;
}

/** The last field of a form that was cut off may be the beginning of a token, and nothing would show it. */
function withoutLast(form: string): string {
  return form.slice(0, Math.max(0, form.lastIndexOf('&')));
}

/** What else an answer with an access token has; a page may hold one in a script. */
const BESIDE_A_TOKEN = ['token_type', 'refresh_token', 'expires_in'];

/**
 * An object within a text: behind the warnings that some servers print, in a callback, with something behind it. One with
 * fields that cannot be read, or that was cut off, counts only with a new refresh token in it, and its access token only
 * with a lifetime: without one it would be handed out for ever.
 */
function readWithin(text: string): Record<string, unknown> | undefined {
  const isMarkup = /^\s*</.test(text);
  for (const { fields, isWhole } of objectsIn(text)) {
    const has = (name: string): boolean => fields[name] !== undefined;
    const tells = isMarkup ? has('access_token') && BESIDE_A_TOKEN.some(has) : TELLING.some(has);
    if (isWhole && tells) return fields;
    if (isWhole || typeof fields['refresh_token'] !== 'string') continue;
    const { access_token: _, ...rest } = fields;
    return has('expires_in') ? fields : rest;
  }
  return undefined;
}
