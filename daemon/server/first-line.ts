import { SigilforgeError } from '../../shared/errors.js';

/** Bytes that are looked at before the line is complete. A client that waits for an answer to less is told in time. */
const LOOKED_AT = 64;

const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

/** What a line of JSON cannot have: framing in bytes, TLS and UTF-16 do (RFC 8259, sections 2 and 7). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;
const OBJECT = /^[ \t]*\{[ \t\r]*(?:["}]|$)/;
const ARRAY = /^[ \t]*\[[ \t\r]*(?:[[\]{"\-\dtfn]|$)/;
const TEXT_OR_NOTHING = /^[ \t\r]*(?:"|$)/;
/** A number or a word of JSON, or as much of a request line of HTTP (RFC 9112, section 3). */
const WORDS = /^[ \t]*[!#$%&'*+.^_`|~\w-]+(?: \S*){0,2}[ \t\r]*$/;
const BEGINNINGS = [OBJECT, ARRAY, TEXT_OR_NOTHING, WORDS];

const HTTP_REQUEST = /^[!#$%&'*+.^_`|~\w-]+ +\S+ +HTTP\/\d(?:\.\d)?[ \t\r]*$/;

/** The first bytes of a client. What cannot become JSON is refused before its line ends: it may never end. */
export class FirstBytes {
  #text = '';

  /** Why the client is refused, if that is clear by now. */
  fault(chunk: Buffer): SigilforgeError | undefined {
    if (this.#text.length >= LOOKED_AT || this.#text.includes('\n')) return undefined;
    this.#text += chunk.toString('latin1', 0, LOOKED_AT - this.#text.length);
    const [line = ''] = this.#text.split('\n', 1);
    if (!CONTROL.test(line) && BEGINNINGS.some((beginning) => beginning.test(line))) return undefined;
    return line.startsWith(BYTE_ORDER_MARK) ? beginsWithMark() : notJson();
  }
}

/** Whether a line is the first one of a request of HTTP, of any version and method. */
export function isHttp(line: string): boolean {
  return HTTP_REQUEST.test(line);
}

/** An answer of HTTP, without its last line break. */
export function httpRefusal(): string {
  const sentence = 'This socket speaks JSON-RPC 2.0, one JSON value a line, and no HTTP. Nothing was done.';
  const head = [
    'HTTP/1.1 400 Bad Request',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${sentence.length + 1}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${sentence}`;
}

export function notJson(): SigilforgeError {
  return new SigilforgeError(
    'parse_error',
    'The first line is not JSON in UTF-8, so nothing of this connection is read.',
  );
}

function beginsWithMark(): SigilforgeError {
  return new SigilforgeError(
    'parse_error',
    'The first line begins with a byte-order mark, so nothing of this connection is read.',
    { hint: 'Send JSON in UTF-8 without a byte-order mark, one value on each line.' },
  );
}
