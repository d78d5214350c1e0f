import { ArrivingBytes } from './arriving-bytes.js';
import { ChunkedBody } from './chunked-body.js';
import { type AnswerHead, type Framing, framingOf, headersOf, statusOf } from './head.js';

/** What has arrived of an answer, and whether that is all of it. */
export interface Arrived extends AnswerHead {
  readonly body: Buffer;
  readonly isWhole: boolean;
}

/**
 * Reads an answer while it arrives (RFC 9112), as leniently as a refresh token is precious. Node's reader hangs up on an
 * answer for one wrong byte, and so the rest never comes. Its strictness guards against requests smuggled into others'
 * connections, and there are none: a connection carries one request, no proxy reads along, and nothing is read after it.
 */
export class AnswerReader {
  readonly #bytes = new ArrivingBytes();
  readonly #lines: string[] = [];
  readonly #chunked = new ChunkedBody();
  #head: (AnswerHead & { readonly framing: Framing; readonly bodyAt: number }) | undefined;
  #isNoAnswer = false;

  /** Bytes that have arrived. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Whether nothing more is awaited: the answer is whole, or it is not HTTP. */
  get isOver(): boolean {
    return this.#isNoAnswer || this.arrived(false)?.isWhole === true;
  }

  /** Whether more may come although the answer has the length that it says: that is too short at times, or zero. */
  get mayGoOn(): boolean {
    const arrived = this.arrived(false);
    return (
      arrived?.isWhole === true &&
      this.#head?.framing !== 'chunked' &&
      !/\}\s*$/.test(arrived.body.subarray(-16).toString('latin1'))
    );
  }

  push(piece: Buffer): void {
    this.#bytes.push(piece);
    if (!this.#head) this.#readHead();
    if (this.#head?.framing === 'chunked') this.#chunked.read(this.#bytes);
  }

  /** What has arrived; `undefined` without a whole head. `closed`: whether the server has ended the connection orderly. */
  arrived(closed: boolean): Arrived | undefined {
    if (!this.#head) return undefined;
    const { status, headers } = this.#head;
    return { status, headers, ...this.#body(this.#head, closed) };
  }

  /** Empty lines before it, and informational answers (RFC 9110, section 15.2), are passed over. */
  #readHead(): void {
    for (let line = this.#bytes.readLine(); line !== undefined; line = this.#bytes.readLine()) {
      if (line !== '') this.#lines.push(line);
      else if (this.#lines.length > 0) this.#endHead(this.#lines.splice(0));
      const [first] = this.#lines;
      this.#isNoAnswer = first !== undefined && statusOf(first) === undefined;
      if (this.#head || this.#isNoAnswer) return;
    }
  }

  #endHead(lines: readonly string[]): void {
    // Without the empty line between them, an informational answer and the one behind it are one head.
    const begin = lines.findLastIndex((line) => statusOf(line) !== undefined);
    const [first = '', ...fields] = lines.slice(begin);
    const status = statusOf(first) ?? 0;
    if (status < 200) return;
    const headers = headersOf(fields);
    this.#head = { status, headers, framing: framingOf({ status, headers }), bodyAt: this.#bytes.position };
  }

  #body(
    { framing, bodyAt }: { readonly framing: Framing; readonly bodyAt: number },
    closed: boolean,
  ): { readonly body: Buffer; readonly isWhole: boolean } {
    const all = this.#bytes.from(bodyAt);
    if (framing === 'to the end') return { body: all, isWhole: closed };
    if (framing === 'chunked') {
      const { body, isWhole } = this.#chunked;
      // Without one chunk it only says that it has them.
      return { body: body.length > 0 || isWhole ? body : all, isWhole };
    }
    // Some servers count characters in place of bytes: what is more than was announced belongs to it.
    const surplus = all.subarray(framing).toString('latin1').trim();
    return { body: surplus === '' ? all.subarray(0, framing) : all, isWhole: all.length >= framing };
  }
}
