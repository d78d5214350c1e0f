import type { Socket } from 'node:net';
import { NoticeFailure } from './notice-failure.js';

/** Far more than a line of its answers to a sign-in takes. */
const LINE_BYTES = 1024;

/** What a bus sends, in pieces of the lengths that are asked for. */
export class BusInlet {
  readonly #chunks: AsyncIterator<unknown>;
  #held = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  async take(length: number): Promise<Buffer> {
    while (this.#held.length < length) await this.#more();
    return this.#cut(length);
  }

  /** Without taking it. */
  async ahead(length: number): Promise<Buffer> {
    while (this.#held.length < length) await this.#more();
    return this.#held.subarray(0, length);
  }

  /** Without the line break at its end. */
  async line(): Promise<string> {
    while (!this.#held.includes('\r\n')) {
      if (this.#held.length > LINE_BYTES) throw new NoticeFailure('the bus does not speak D-Bus');
      await this.#more();
    }
    const text = this.#cut(this.#held.indexOf('\r\n') + 2).toString('latin1');
    return text.trimEnd();
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#chunks.next();
    if (done || !Buffer.isBuffer(value)) throw new NoticeFailure('the bus closed the connection');
    this.#held = Buffer.concat([this.#held, value]);
  }

  #cut(length: number): Buffer {
    const cut = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return cut;
  }
}
