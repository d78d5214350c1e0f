import { isUtf8 } from 'node:buffer';
import { SigilforgeError } from './errors.js';

const NEWLINE = 0x0a;

/** The longest line that a daemon accepts from a client, in bytes without the newline. */
export const MAX_CLIENT_LINE = 1024 * 1024;

/** One message as a line of the wire. JSON escapes newlines inside strings, so the one at the end is the only one. */
export function encodeLine(message: unknown): string {
  return `${JSON.stringify(message)}\n`;
}

/** Cuts a stream of bytes into lines, wherever it was split. Throws `limit_exceeded` once a line is longer than `maxBytes`. */
export class LineDecoder {
  readonly #maxBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(maxBytes: number = Number.POSITIVE_INFINITY) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of an unfinished line. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** The lines that `chunk` completes, without their newlines; `null` for one that is not UTF-8. */
  *push(chunk: Buffer): Generator<string | null, void, undefined> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = this.#complete(chunk.subarray(start, end));
      start = end + 1;
      yield line;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** What stands before the end of the stream without a newline: the last line, if it is not empty. */
  *end(): Generator<string | null, void, undefined> {
    if (this.#pendingBytes > 0) yield this.#complete(Buffer.alloc(0));
  }

  #complete(tail: Buffer): string | null {
    if (this.#pendingBytes === 0) {
      this.#checkSize(tail.length);
      return decode(tail);
    }
    this.#hold(tail);
    const line = Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    return decode(line);
  }

  #hold(part: Buffer): void {
    this.#checkSize(this.#pendingBytes + part.length);
    this.#pending.push(part);
    this.#pendingBytes += part.length;
  }

  #checkSize(bytes: number): void {
    if (bytes > this.#maxBytes) {
      throw new SigilforgeError('limit_exceeded', `A line is longer than ${this.#maxBytes} bytes.`);
    }
  }
}

function decode(line: Buffer): string | null {
  return isUtf8(line) ? line.toString('utf8') : null;
}
