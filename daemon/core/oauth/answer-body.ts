import { isRecord, parseJson } from '../../../shared/json.js';
import { unpacked } from './content-coding.js';

/** The part of an answer that its body is read with. */
export interface AnswerBody {
  readonly headers: Headers;
  readonly body: Buffer;
  /** Whether the body came to its end; left out, it did. */
  readonly complete?: boolean;
}

/**
 * The fields of an answer, read by the shape of its body and not by what the headers call it: packed or not, with a
 * byte-order mark, as JSON, as JSON within a string or a list of one, as a form, as JSON with something around it, or as
 * JSON that was cut off. `undefined` for anything else.
 */
export function readAnswerObject(answer: AnswerBody): Record<string, unknown> | undefined {
  const text = readAnswerText(answer);
  return (
    readJson(text) ??
    readForm(answer.complete === false ? withoutLast(text) : text) ??
    readSurrounded(text) ??
    readCutOff(text)
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

function readJson(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text.trim().replace(GUARD, ''));
  const inner = typeof value === 'string' ? parseJson(value) : value;
  const only = Array.isArray(inner) && inner.length === 1 ? (inner[0] as unknown) : inner;
  return isRecord(only) ? only : undefined;
}

/** Without one of these names a form cannot be told from any other text. */
const TELLING = ['access_token', 'refresh_token', 'device_code', 'error'];

/** A form (`a=1&b=2`), as GitHub and older servers answer. */
function readForm(text: string): Record<string, unknown> | undefined {
  const form = text.trim();
  if (/[\s<{]/.test(form)) return undefined;
  const fields = Object.fromEntries(new URLSearchParams(form));
  return TELLING.some((name) => fields[name] !== undefined) ? fields : undefined;
}

/** The last field of a form that was cut off may be the beginning of a token, and nothing would show it. */
function withoutLast(form: string): string {
  return form.slice(0, Math.max(0, form.lastIndexOf('&')));
}

/** JSON with something around it: the warnings that some servers print before their answer, a callback, a second line. */
function readSurrounded(text: string): Record<string, unknown> | undefined {
  const begin = text.indexOf('{');
  const lines = [text.slice(begin, text.lastIndexOf('}') + 1), text.slice(begin).split('\n')[0] ?? ''];
  const fields = begin < 0 ? [] : lines.map(readJson);
  return fields.find((found) => TELLING.some((name) => found?.[name] !== undefined));
}

/** How many fields are given up at most, from the end of what came. */
const MOST_GIVEN_UP = 64;

/**
 * What came whole of a JSON object that was cut off, or that ends in a comma: the fields with a comma behind them. It counts only with a new
 * refresh token in it, and its access token only with a lifetime: without one it would be handed out for ever.
 */
function readCutOff(text: string): Record<string, unknown> | undefined {
  let end = text.length;
  for (let given = 0; given < MOST_GIVEN_UP && end > 0; given++) {
    end = text.lastIndexOf(',', end - 1);
    const fields = end > 0 ? readJson(`${text.slice(0, end)}}`) : undefined;
    if (!fields) continue;
    if (typeof fields['refresh_token'] !== 'string') return undefined;
    const { access_token: _, ...rest } = fields;
    return fields['expires_in'] === undefined ? rest : fields;
  }
  return undefined;
}
