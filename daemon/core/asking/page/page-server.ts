import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import { errnoOf } from '../../../../shared/errno.js';
import { SigilforgeError } from '../../../../shared/errors.js';
import { shuttingDown } from '../../platform/shutting-down.js';
import { type Actions, type Answer, answerTo, type FindRequest, type Site } from './answers.js';
import { pageHeaders } from './headers.js';

const HOST = '127.0.0.1';

/** What one client may take: other programs of the user can connect, too. */
const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  // A missing Host is refused like a wrong one, with the same headers.
  requireHostHeader: false,
};
const MOST_CONNECTIONS = 64;
/** How long a client may leave an answer unread, in milliseconds. */
const UNREAD_MS = 10_000;

/** The pages on which a person answers requests for secrets: one server on the loopback interface for all of them. */
export class PageServer {
  readonly #server: Server;
  #site: Site | undefined;
  #starting: Promise<void> | undefined;
  #isStopped = false;

  constructor(limits: Partial<typeof LIMITS> = {}) {
    const all = { ...LIMITS, ...limits };
    this.#server = createServer(all, (incoming, response) => void this.#answer(incoming, response));
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.unref();
    this.#server.on('connection', (socket) => socket.unref());
    this.#server.on('checkExpectation', (_, response) => send(response, { status: 417, html: '' }));
    this.#server.on('clientError', (error, socket) => refuse(error, socket as Socket));
  }

  /** Listens, if it does not already. Throws `config` if that is not possible. */
  async start(find: FindRequest, actions: Actions): Promise<void> {
    this.#starting ??= this.#listen(find, actions).finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  /** Of the page with this path. It listens. */
  addressOf(path: string): string {
    return `http://${this.#site?.host}/${path}`;
  }

  /** Listens no more. */
  stop(): void {
    this.#isStopped = true;
    // Also one that does not listen yet: it never will.
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #listen(find: FindRequest, actions: Actions): Promise<void> {
    if (this.#isStopped) throw shuttingDown();
    if (this.#site) return;
    const host = `${HOST}:${await portOf(this.#server)}`;
    this.#site = { host, find, actions };
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#site === undefined) return void incoming.socket.destroy();
    try {
      send(response, await answerTo(incoming, this.#site));
    } catch {
      // Its connection ended, or it does something that no browser does: it gets no answer.
      incoming.socket.destroy();
    }
  }
}

/** Listens on a port that the system chooses. Throws `cancelled` if it is closed meanwhile. */
function portOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(notListening(cause));
    server.once('error', fail);
    server.once('close', () => reject(shuttingDown()));
    server.listen(0, HOST, () => {
      server.off('error', fail);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(notListening(undefined));
      else resolve(address.port);
    });
  });
}

function send(response: ServerResponse, { status, html, headers }: Answer): void {
  response.writeHead(status, { ...pageHeaders, ...headers, 'content-length': Buffer.byteLength(html) });
  response.end(html);
  response.socket?.setTimeout(UNREAD_MS, () => response.destroy());
}

/** Answers what is not HTTP, or comes too slowly. */
function refuse(error: Error, socket: Socket): void {
  if (!socket.writable || socket.bytesWritten > 0) return void socket.destroy();
  const status = STATUS_OF[errnoOf(error) ?? ''] ?? 400;
  const lines = Object.entries(pageHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}content-length: 0\r\n\r\n`);
  socket.setTimeout(UNREAD_MS, () => socket.destroy());
}

const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

function notListening(cause: unknown): SigilforgeError {
  const reason = errnoOf(cause) ?? 'unknown';
  return new SigilforgeError('config', `Cannot listen on ${HOST} for the pages of requests: ${reason}.`, {
    hint: 'Check that the loopback interface is up, and that ports are free on it.',
    cause,
  });
}
