import { lstatSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { isErrno } from '../shared/errno.js';
import { SigilforgeError } from '../shared/errors.js';
import { encodeLine, LineDecoder } from '../shared/framing.js';
import { assertPrivate } from '../shared/ownership.js';
import { assertSocketPathFits, socketPathFits } from '../shared/paths.js';
import { inHeldFolder } from './held-folder.js';
import { unusableSocket } from './socket-errors.js';

/** No daemon listens: no socket, or one that its daemon left behind. Every other failure means that something is wrong. */
const ABSENT = ['ENOENT', 'ECONNREFUSED'];

/** What is called with what comes through a socket. */
export interface SocketListener {
  /** A line, `null` for one that is not UTF-8. */
  line(text: string | null): void;
  closed(): void;
}

/**
 * Connects to `socket`, after it has checked that the socket and its folder belong to the user and are closed to others,
 * and that the folder cannot be replaced by others. Resolves to `undefined` if no daemon listens. Throws
 * `unsafe_path`, `store_unavailable` for a path that cannot be, and `daemon_unavailable` for every other failure.
 */
export async function openSocket(socket: string): Promise<LineSocket | undefined> {
  assertSocketPathFits(socket);
  try {
    return new LineSocket(await (process.platform === 'win32' ? connect(socket) : connectPrivately(socket)));
  } catch (thrown) {
    if (thrown instanceof SigilforgeError) throw thrown;
    if (isErrno(thrown, ...ABSENT)) return undefined;
    throw unusableSocket(socket, thrown);
  }
}

function connectPrivately(socket: string): Promise<net.Socket> {
  return inHeldFolder(path.dirname(socket), (folder) => {
    const held = path.join(folder, path.basename(socket));
    assertPrivate(socket, lstatSync(held));
    return connect(socketPathFits(held) ? held : socket);
  });
}

function connect(address: string): Promise<net.Socket> {
  const socket = net.connect(address);
  return new Promise((resolve, reject) => {
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** One connection: lines in, lines out. It keeps the process alive only after `keepAlive(true)`. */
export class LineSocket {
  readonly #socket: net.Socket;
  readonly #decoder = new LineDecoder();
  #text = '';

  constructor(socket: net.Socket) {
    this.#socket = socket;
    // The reason is of no use to a caller; `closed` reports the end.
    socket.on('error', () => socket.destroy());
    socket.unref();
  }

  listen(listener: SocketListener): void {
    this.#socket.on('data', (chunk) => {
      for (const line of this.#decoder.push(chunk)) listener.line(line);
    });
    this.#socket.on('close', () => listener.closed());
  }

  /** Sends a message. Those of one turn of the event loop leave in one write. */
  send(message: unknown): void {
    if (this.#text === '') process.nextTick(() => this.#flush());
    this.#text += encodeLine(message);
  }

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
