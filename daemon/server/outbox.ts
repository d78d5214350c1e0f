import type { Socket } from 'node:net';

/** In characters. */
const LONG = 16 * 1024;

/** The lines to a peer. Those of one turn of the event loop leave in one write, in any order. */
export class Outbox {
  readonly #socket: Socket;
  readonly #limit: number;
  readonly #drained: () => void;
  #text = '';

  /** `limit`: bytes that may stay unread before the outbox is full. `drained` is called when it is full no longer. */
  constructor(socket: Socket, limit: number, drained: () => void) {
    this.#socket = socket;
    this.#limit = limit;
    this.#drained = drained;
    socket.on('drain', drained);
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
    const wasFull = this.full;
    this.#text = '';
    if (text === '' || !this.#socket.writable) return;
    // A long text that stays unread takes its bytes and nothing else: a string may take twice as many, in a smaller heap.
    const isTaken = this.#socket.write(text.length > LONG ? Buffer.from(text) : text);
    // The peer read while it was written, so the system took all of it, and no 'drain' follows.
    if (wasFull && isTaken) this.#drained();
  }
}
