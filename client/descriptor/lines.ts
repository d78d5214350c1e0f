import { randomBytes } from 'node:crypto';
import { isMainThread } from 'node:worker_threads';
import { SigilforgeError } from '../../shared/errors.js';
import { encodeLine, LineDecoder } from '../../shared/framing.js';
import { isRecord, parseJson } from '../../shared/json.js';
import { isRepeatable } from '../repeatable.js';
import type { LineListener, Lines } from '../socket.js';
import { type Handle, type HandleListener, handleOf } from './handle.js';

/** When a call is sent again whose answer has not come, in milliseconds: another process may have taken it. */
const AGAIN_MS = { first: 200, growth: 1.5, most: 1_500 };

/** A call that has no answer yet. */
interface Waiting {
  readonly request: Readonly<Record<string, unknown>>;
  again?: NodeJS.Timeout;
  /** How long to wait for the answer before it is sent once more. */
  patience: number;
}

/** A way to the daemon over the descriptor that `SIGILFORGE_FD` names. Throws `daemon_unavailable`. */
export function openDescriptor(value: string): Lines {
  // A thread that ends closes what it has opened, for the whole process.
  if (!isMainThread) throw onlyMainThread();
  const handle = handleOf(value);
  if (!handle.isOver) return new DescriptorLines(handle);
  throw new SigilforgeError(
    'daemon_unavailable',
    'SIGILFORGE_FD is set, but the other end of that descriptor is closed.',
    {
      hint: 'The program that had passed it on has ended. Start this one by it again.',
    },
  );
}

/**
 * Shares the descriptor with other processes: ids that only this client has, and an answer to anything else is another's.
 * Its stream is never ended here.
 */
class DescriptorLines implements Lines, HandleListener {
  readonly #handle: Handle;
  readonly #prefix = `${randomBytes(9).toString('base64url')}-`;
  readonly #waiting = new Map<number, Waiting>();
  #decoder = new LineDecoder();
  #listener: LineListener | undefined;
  #isClosed = false;

  constructor(handle: Handle) {
    this.#handle = handle;
    handle.listeners.add(this);
  }

  listen(listener: LineListener): void {
    this.#listener = listener;
  }

  send(request: object): void {
    if (!isRecord(request)) return;
    const { id, method } = request;
    if (typeof id !== 'number') return;
    if (method === 'subscribe') {
      process.nextTick(() => this.#answer(id, { error: noEvents().toWire() }));
      return;
    }
    // What an earlier reader has left of a line is not ours.
    if (this.#waiting.size === 0) this.#decoder = new LineDecoder();
    const waiting: Waiting = { request, patience: AGAIN_MS.first };
    this.#waiting.set(id, waiting);
    this.#read();
    this.#write(id, waiting);
  }

  forget(id: number): void {
    clearTimeout(this.#waiting.get(id)?.again);
    this.#waiting.delete(id);
    this.#read();
  }

  keepAlive(alive: boolean): void {
    this.#handle.hold(this, alive && !this.#isClosed);
  }

  destroy(): void {
    this.over();
  }

  chunk(bytes: Buffer): void {
    for (const line of this.#decoder.push(bytes)) this.#receive(parseJson(line ?? ''));
  }

  over(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handle.listeners.delete(this);
    for (const id of [...this.#waiting.keys()]) this.forget(id);
    this.keepAlive(false);
    process.nextTick(() => this.#listener?.closed());
  }

  /** On a fresh line, because a process may have been ended in the middle of its own. */
  #write(id: number, waiting: Waiting): void {
    this.#handle.write(`\n${encodeLine({ ...waiting.request, id: `${this.#prefix}${id}` })}`);
    if (!isRepeatable(waiting.request['method'])) return;
    // Partly by chance, so that processes which take each other's answers do not keep step.
    const delay = waiting.patience * (0.5 + Math.random());
    waiting.again = setTimeout(() => this.#write(id, waiting), delay).unref();
    waiting.patience = Math.min(waiting.patience * AGAIN_MS.growth, AGAIN_MS.most);
  }

  #receive(message: unknown): void {
    if (!isRecord(message) || typeof message['id'] !== 'string') return;
    if (!message['id'].startsWith(this.#prefix)) return;
    const id = Number(message['id'].slice(this.#prefix.length));
    if (this.#waiting.has(id)) this.#answer(id, message);
  }

  #answer(id: number, answer: object): void {
    this.forget(id);
    this.#listener?.message({ ...answer, jsonrpc: '2.0', id });
  }

  /** Reads only while an answer is awaited. */
  #read(): void {
    if (this.#waiting.size > 0) this.#handle.readers.add(this);
    else this.#handle.readers.delete(this);
    this.#handle.update();
  }
}

function onlyMainThread(): SigilforgeError {
  return new SigilforgeError(
    'daemon_unavailable',
    'SIGILFORGE_FD leads to the daemon in the main thread only.',
    { hint: 'Ask in the main thread, and pass on to the worker what it needs.' },
  );
}

function noEvents(): SigilforgeError {
  return new SigilforgeError(
    'daemon_unavailable',
    'Events do not come over SIGILFORGE_FD, which other processes read as well.',
    { hint: 'Allow AF_UNIX in the settings of the sandbox, and the path in SIGILFORGE_SOCKET.' },
  );
}
