import type { Socket } from 'node:net';
import type { Listener } from './listener.js';

/** How many are shown in together: each has its line read before it could be closed to make room for the next ones. */
const TOGETHER = 32;

/** Clients that have come before the daemon can answer. They are accepted and wait, with what they have sent unread. */
export class WaitingRoom {
  readonly listener: Listener;
  readonly #waiting = new Set<Socket>();
  readonly #most: number;
  readonly #enter = (client: Socket): void => this.#hold(client);

  /** `most`: how many may wait. Call it in the same turn as the server began to listen. */
  constructor(listener: Listener, most: number) {
    this.listener = listener;
    this.#most = most;
    listener.server.on('connection', this.#enter);
  }

  /** Shows all of them in, to the server that accepts the clients of this listener from now on. */
  open(): void {
    this.listener.server.off('connection', this.#enter);
    this.#showIn();
  }

  /** Ends those who wait. */
  close(): void {
    void this.listener.close();
    for (const client of this.#waiting) client.destroy();
  }

  #hold(client: Socket): void {
    if (this.#waiting.size >= this.#most) {
      client.destroy();
      return;
    }
    this.#waiting.add(client);
    client.on('error', destroy).on('close', this.#forget);
  }

  #showIn(): void {
    for (const client of [...this.#waiting].slice(0, TOGETHER)) {
      this.#waiting.delete(client);
      client.off('error', destroy).off('close', this.#forget);
      this.listener.server.emit('connection', client);
    }
    if (this.#waiting.size > 0) setImmediate(() => this.#showIn());
  }

  readonly #forget = (): void => {
    for (const client of this.#waiting) if (client.destroyed) this.#waiting.delete(client);
  };
}

function destroy(this: Socket): void {
  this.destroy();
}
