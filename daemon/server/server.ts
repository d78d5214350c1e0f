import type { Server, Socket } from 'node:net';
import { SigilforgeError } from '../../shared/errors.js';
import type { FaultLog } from '../core/platform/faults.js';
import type { Handlers } from '../handlers/handlers.js';
import { Connection, errorLine } from './connection.js';
import { Deadline } from './deadline.js';
import { defaultLimits, type Limits } from './limits.js';
import { createDispatcher, type Dispatcher } from './rpc.js';

/** A server at work. */
export interface Serving {
  /** How many clients are connected now. */
  readonly connections: number;
  /** Accepts nobody more, lets running requests finish and be answered for at most `closeMs`, and ends every connection. */
  close(): Promise<void>;
}

/** Serves the contract on a server that listens already. Call it in the same turn, or the first clients are lost. */
export function serve(
  server: Server,
  handlers: Handlers,
  log: FaultLog,
  limits: Partial<Limits> = {},
): Serving {
  return serveDispatcher(server, createDispatcher(handlers, log), log, limits);
}

/** The same for any dispatcher. */
export function serveDispatcher(
  server: Server,
  dispatch: Dispatcher,
  log: FaultLog,
  changed: Partial<Limits> = {},
): Serving {
  const limits = { ...defaultLimits, ...changed };
  const connections = new Set<Connection>();
  const turnedAway = new Set<Socket>();
  let closing: Promise<void> | undefined;

  server.on('connection', (socket) => {
    if (connections.size >= limits.connections) {
      turnAway(socket, turnedAway, limits);
      return;
    }
    const connection = new Connection(socket, dispatch, limits);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  // Accepting can fail, for want of descriptors for example; who is connected is not to suffer from it.
  server.on('error', (error: NodeJS.ErrnoException) => {
    log.warn('connection.accept_failed', { error: error.code });
  });

  async function close(): Promise<void> {
    const closed = [
      new Promise<void>((resolve) => server.close(() => resolve())),
      ...[...connections].map((connection) => connection.finish()),
    ];
    const limit = setTimeout(() => {
      for (const connection of connections) connection.destroy();
      for (const socket of turnedAway) socket.destroy();
    }, limits.closeMs);
    await Promise.all(closed);
    clearTimeout(limit);
  }

  return {
    get connections() {
      return connections.size;
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** One client too many is told so in one line. Should these, too, grow too many, the next are closed without a word. */
function turnAway(socket: Socket, turnedAway: Set<Socket>, limits: Limits): void {
  socket.on('error', () => socket.destroy());
  if (turnedAway.size >= limits.connections) {
    socket.destroy();
    return;
  }
  const linger = new Deadline(limits.lingerMs, () => socket.destroy());
  turnedAway.add(socket);
  linger.start();
  socket.on('close', () => {
    linger.stop();
    turnedAway.delete(socket);
  });
  socket.resume();
  socket.end(
    errorLine(
      new SigilforgeError('limit_exceeded', `The daemon serves at most ${limits.connections} connections.`, {
        hint: 'Close a program that holds connections open, then try again.',
      }),
    ),
  );
}
