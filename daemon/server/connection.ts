import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import type { AccountEvent } from '../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../shared/errors.js';
import { encodeLine, LineDecoder } from '../../shared/framing.js';
import type { Peer } from '../handlers/handlers.js';
import { Deadline } from './deadline.js';
import type { Limits } from './limits.js';
import { Outbox } from './outbox.js';
import type { Dispatched, Dispatcher } from './rpc.js';

/** A line of the wire for an error that belongs to no request. */
export function errorLine(thrown: unknown): string {
  return encodeLine({ jsonrpc: '2.0', id: null, error: asSigilforgeError(thrown).toWire() });
}

/** One client: reads its lines, dispatches them, writes the answers, and keeps the client within its limits. */
export class Connection implements Peer {
  readonly #socket: Socket;
  readonly #dispatch: Dispatcher;
  readonly #limits: Limits;
  readonly #decoder: LineDecoder;
  readonly #outbox: Outbox;
  readonly #gone = new AbortController();
  readonly #halfLine: Deadline;
  readonly #unread: Deadline;
  readonly #linger: Deadline;
  /** What came with the last chunk; lines stay in it while the connection is at a limit. */
  #lines: Generator<string | null> | undefined;
  #running = 0;
  #waiting = 0;
  /** No more is read, and the connection ends when no request runs. */
  #ending = false;
  #inputOver = false;

  /** The socket must be `allowHalfOpen`, so that a client that sends its last request and closes its side is answered. */
  constructor(socket: Socket, dispatch: Dispatcher, limits: Limits) {
    this.#socket = socket;
    this.#dispatch = dispatch;
    this.#limits = limits;
    this.#decoder = new LineDecoder(limits.line);
    this.#outbox = new Outbox(socket, limits.unread);
    this.#halfLine = new Deadline(limits.halfLineMs, () =>
      this.#refuse(new SigilforgeError('timeout', 'A line was started and not finished in time.')),
    );
    this.#unread = new Deadline(limits.unreadMs, () => socket.destroy());
    this.#linger = new Deadline(limits.lingerMs, () => socket.destroy());
    // One signal serves any number of waiting requests, which is not a leak.
    setMaxListeners(0, this.#gone.signal);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#inputEnded());
    socket.on('finish', () => this.#linger.start());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#closed());
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  notify(event: AccountEvent): void {
    this.#send(JSON.stringify({ jsonrpc: '2.0', method: 'event', params: event }));
  }

  /** Ends once the running requests are answered, without waiting for those that wait. Resolves when it has closed. */
  finish(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#stopReading();
    return closed;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#ending) return;
    this.#lines = this.#decoder.push(chunk);
    this.#pump();
  }

  /** Dispatches the lines that have come, up to the limits. */
  #pump(): void {
    try {
      while (this.#lines !== undefined && !this.#full) {
        const { done, value } = this.#lines.next();
        if (done) this.#expectMore();
        else this.#take(value);
      }
      if (this.#full) this.#rest();
    } catch (thrown) {
      this.#refuse(thrown);
    }
  }

  get #full(): boolean {
    return (
      this.#running >= this.#limits.running || this.#waiting >= this.#limits.waiting || this.#outbox.full
    );
  }

  #take(line: string | null): void {
    this.#halfLine.stop();
    const dispatched = this.#dispatch(line, this);
    this.#running += dispatched.running;
    this.#waiting += dispatched.waiting;
    dispatched.answer.then((answer) => this.#answered(dispatched, answer));
  }

  #answered(dispatched: Dispatched, answer: string | undefined): void {
    this.#running -= dispatched.running;
    this.#waiting -= dispatched.waiting;
    if (answer !== undefined) this.#send(answer);
    if (this.#ending && this.#running === 0) this.#end();
    else if (this.#lines !== undefined) this.#pump();
  }

  #expectMore(): void {
    this.#lines = undefined;
    if (this.#inputOver) {
      this.#stopReading();
      return;
    }
    if (this.#decoder.pendingBytes > 0) this.#halfLine.start();
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** At a limit the client cannot finish a half line, so its time does not count. */
  #rest(): void {
    this.#halfLine.stop();
    this.#socket.pause();
  }

  #send(line: string): void {
    if (!this.#socket.writable) return;
    this.#outbox.send(line);
    if (!this.#outbox.full) return;
    this.#unread.start();
    if (!this.#ending) this.#rest();
  }

  #drained(): void {
    if (this.#ending || this.#outbox.full) return;
    this.#unread.stop();
    if (this.#lines === undefined) this.#expectMore();
    else this.#pump();
  }

  #inputEnded(): void {
    this.#gone.abort();
    this.#inputOver = true;
    // Lines that have come and wait for a limit are dispatched first.
    if (this.#lines === undefined) this.#stopReading();
  }

  #refuse(thrown: unknown): void {
    if (this.#socket.writable) this.#socket.write(errorLine(thrown));
    this.#running = 0;
    this.#stopReading();
  }

  /** Reads no more, and ends when no request runs. */
  #stopReading(): void {
    this.#ending = true;
    this.#lines = undefined;
    this.#halfLine.stop();
    // Input that still comes is thrown away: left unread, it would turn our end into a reset.
    this.#socket.resume();
    if (this.#running === 0) this.#end();
  }

  #end(): void {
    this.#unread.start();
    this.#outbox.end();
  }

  #closed(): void {
    for (const deadline of [this.#halfLine, this.#unread, this.#linger]) deadline.stop();
    this.#ending = true;
    this.#lines = undefined;
    this.#gone.abort();
  }
}
