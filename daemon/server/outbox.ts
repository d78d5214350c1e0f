import type { Socket } from 'node:net';

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

  get full(): boolean {
    return this.#socket.writableLength + this.#text.length > this.#limit;
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
    if (text !== '' && this.#socket.writable) this.#socket.write(text);
  }
}
