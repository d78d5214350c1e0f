import { lstatSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isErrno } from '../shared/errno.js';
import { SigilforgeError } from '../shared/errors.js';
import { encodeLine, LineDecoder } from '../shared/framing.js';
import { parseJson } from '../shared/json.js';
import { assertPrivate } from '../shared/ownership.js';
import { assertSocketPathFits, socketPathFits } from '../shared/paths.js';
import { inHeldFolder } from './held-folder.js';
import { isForbidden, unusableSocket } from './socket-errors.js';

/** No daemon listens: no socket, or one that its daemon left behind. Every other failure means that something is wrong. */
const ABSENT = ['ENOENT', 'ECONNREFUSED'];

/** What is called with what comes from the daemon. */
export interface LineListener {
  /** The JSON value of a line, `undefined` for one that is not JSON. */
  message(value: unknown): void;
  closed(): void;
}

/** A way to the daemon: messages in, messages out. It keeps the process alive only after `keepAlive(true)`. */
export interface Lines {
  listen(listener: LineListener): void;
  /** A request has a number as its id, which no other one has. */
  send(request: object): void;
  /** No answer to this request is awaited any longer. */
  forget(id: number): void;
  keepAlive(alive: boolean): void;
  /** Ends this way; `closed` is called. */
  destroy(): void;
}

/**
 * Connects to `socket`, after it has checked that the socket and its folder belong to the user and are closed to others,
 * and that the folder cannot be replaced by others. Resolves to `undefined` if no daemon listens. Throws
 * `unsafe_path`, `store_unavailable` for a path that cannot be, and `daemon_unavailable` for every other failure.
 */
export async function openSocket(socket: string): Promise<Lines | undefined> {
  const stream = await openStream(socket);
  return stream && new LineSocket(stream);
}

/** The same without lines. */
export async function openStream(socket: string): Promise<net.Socket | undefined> {
  assertSocketPathFits(socket);
  try {
    return await (process.platform === 'win32' ? connect(socket) : connectPrivately(socket));
  } catch (thrown) {
    if (thrown instanceof SigilforgeError) throw thrown;
    if (isErrno(thrown, ...ABSENT)) return undefined;
    throw unusableSocket(socket, thrown);
  }
}

/** A path at which every system refuses a connection, if it has one made at all. */
const REFUSING = '/dev/null';

/** Whether the system forbids Unix sockets in this process, as a sandbox does. */
export async function socketsForbidden(): Promise<boolean> {
  try {
    (await connect(REFUSING)).destroy();
    return false;
  } catch (thrown) {
    return isForbidden(thrown);
  }
}

function connectPrivately(socket: string): Promise<net.Socket> {
  return inHeldFolder(path.dirname(socket), (folder) => {
    const held = path.join(folder, path.basename(socket));
    assertPrivate(socket, lstatSync(held));
    return connect(socketPathFits(held) ? held : socket);
  });
}

/** How long others may connect faster than the daemon takes them, and how often it is tried again meanwhile. */
const QUEUE_PATIENCE_MS = 5_000;
const RETRY_MS = 10;

async function connect(address: string): Promise<net.Socket> {
  const limit = performance.now() + QUEUE_PATIENCE_MS;
  for (;;) {
    try {
      return await connectNow(address);
    } catch (thrown) {
      // The queue of the daemon is full (connect(2)).
      if (!isErrno(thrown, 'EAGAIN') || performance.now() > limit) throw thrown;
      await delay(RETRY_MS);
    }
  }
}

function connectNow(address: string): Promise<net.Socket> {
  const socket = net.connect(address);
  return new Promise((resolve, reject) => {
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** A connection of one's own. */
class LineSocket implements Lines {
  readonly #socket: net.Socket;
  readonly #decoder = new LineDecoder();
  #text = '';

  constructor(socket: net.Socket) {
    this.#socket = socket;
    // The reason is of no use to a caller; `closed` reports the end.
    socket.on('error', () => socket.destroy());
    socket.unref();
  }

  listen(listener: LineListener): void {
    this.#socket.on('data', (chunk) => {
      for (const line of this.#decoder.push(chunk)) listener.message(parseJson(line ?? ''));
    });
    this.#socket.on('close', () => listener.closed());
  }

  /** Messages of one turn of the event loop leave in one write. */
  send(message: object): void {
    if (this.#text === '') process.nextTick(() => this.#flush());
    this.#text += encodeLine(message);
  }

  /** An answer that nothing awaits does no harm here. */
  forget(): void {}

  keepAlive(alive: boolean): void {
    if (alive) this.#socket.ref();
    else this.#socket.unref();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #flush(): void {
    const text = this.#text;
    this.#text = '';
    if (this.#socket.writable) this.#socket.write(text);
  }
}
