import type { Socket } from 'node:net';

/** In characters. */
const LONG = 16 * 1024;

/** The lines to a peer. Those of one turn of the event loop leave in one write, in any order. */
export class Outbox {
  readonly #socket: Socket;
  readonly #limit: number;
  #text = '';

  /** `limit`: bytes that may stay unread before the outbox is full. */
  constructor(socket: Socket, limit: number) {
    this.#socket = socket;
    this.#limit = limit;
  }

  /** Bytes that are not sent, or are not read yet by a peer whose buffer is full. */
  get bytes(): number {
    return this.#socket.writableLength + this.#text.length;
  }

  get full(): boolean {
    return this.bytes > this.#limit;
  }

  send(line: string): void {
    if (this.#text === '') process.nextTick(() => this.#flush());
    this.#text += `${line}\n`;
  }

  /** Sends the remaining lines, then the end of the stream. */
  end(): void {
    this.#flush();
    this.#socket.end();
  }

  #flush(): void {
    const text = this.#text;
    this.#text = '';
    if (text === '' || !this.#socket.writable) return;
    // A long text that stays unread takes its bytes and nothing else: a string may take twice as many, in a smaller heap.
    this.#socket.write(text.length > LONG ? Buffer.from(text) : text);
  }
}
