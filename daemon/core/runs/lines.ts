import { StringDecoder } from 'node:string_decoder';
import { cut } from './cut.js';

const NEWLINE = 0x0a;
export const BRACE = 0x7b;

/**
 * Cuts bytes into whole lines, wherever they were split: each that begins with a brace by itself, and as many of the others
 * at once as came at once. Its user watches `pendingBytes`.
 */
export class ByteLines {
  /** Grows by doubling: a program may write one byte at a time. */
  #held = Buffer.alloc(0);
  #heldBytes = 0;

  /** Bytes of an unfinished line. */
  get pendingBytes(): number {
    return this.#heldBytes;
  }

  /** What `chunk` completes, with the newlines. */
  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let start = this.#heldBytes === 0 ? 0 : chunk.indexOf(NEWLINE) + 1;
    if (this.#heldBytes > 0 && start > 0) {
      this.#hold(chunk.subarray(0, start));
      yield this.end();
    }
    let others = start;
    for (let end = chunk.indexOf(NEWLINE, start); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      if (chunk[start] === BRACE) {
        if (others < start) yield chunk.subarray(others, start);
        yield chunk.subarray(start, end + 1);
        others = end + 1;
      }
      start = end + 1;
    }
    if (others < start) yield chunk.subarray(others, start);
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** What is held of a line that no newline ended. */
  end(): Buffer {
    const line = this.#held.subarray(0, this.#heldBytes);
    this.#held = Buffer.alloc(0);
    this.#heldBytes = 0;
    return line;
  }

  #hold(part: Buffer): void {
    const bytes = this.#heldBytes + part.length;
    if (bytes > this.#held.length) {
      const larger = Buffer.alloc(Math.max(bytes, 2 * this.#held.length));
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    part.copy(this.#held, this.#heldBytes);
    this.#heldBytes = bytes;
  }
}

/** Cuts bytes into lines of text, none longer than `mostBytes`: what is longer comes as several. */
export class TextLines {
  readonly #mostBytes: number;
  readonly #decoder = new StringDecoder('utf8');
  #held = '';

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  *push(chunk: Buffer): Generator<string, void, undefined> {
    const lines = (this.#held + this.#decoder.write(chunk)).split('\n');
    this.#held = lines.pop() ?? '';
    for (const line of lines) yield* this.#parts(line);
    while (this.#held.length >= this.#mostBytes) {
      const part = cut(this.#held, this.#mostBytes);
      this.#held = this.#held.slice(part.length);
      yield part;
    }
  }

  *end(): Generator<string, void, undefined> {
    const rest = this.#held + this.#decoder.end();
    this.#held = '';
    if (rest !== '') yield* this.#parts(rest);
  }

  *#parts(line: string): Generator<string, void, undefined> {
    let rest = line;
    do {
      const part = cut(rest, this.#mostBytes);
      rest = rest.slice(part.length);
      yield part;
    } while (rest !== '');
  }
}
