import type { Server, Socket } from 'node:net';
import { SigilforgeError } from '../../shared/errors.js';
import type { Logger } from '../core/platform/log.js';
import { Budget } from './budget.js';
import { Connection, errorText } from './connection.js';
import { Deadline } from './deadline.js';
import { defaultLimits, type Limits } from './limits.js';
import { Rounds } from './rounds.js';
import type { Dispatcher } from './rpc.js';

/** A server at work. */
export interface Serving {
  /** How many clients are connected now. */
  readonly connections: number;
  /** Accepts no more clients, waits at most `closeMs` for running requests to be answered, and ends every connection. */
  close(): Promise<void>;
}

/**
 * Serves clients on a server that is listening. Call it in the same turn as the server began to listen, or the first
 * clients are lost.
 */
export function serve(
  server: Server,
  dispatch: Dispatcher,
  log: Logger,
  changed: Partial<Limits> = {},
): Serving {
  const limits = { ...defaultLimits, ...changed };
  const budget = new Budget(limits.held, (bytes) => log.warn('connection.holds_too_much', { bytes }));
  const shared = { dispatch, limits, budget, rounds: new Rounds() };
  const connections = new Set<Connection>();
  const turnedAway = new Set<Socket>();
  let closing: Promise<void> | undefined;

  server.on('connection', (socket) => {
    if (connections.size >= limits.connections) {
      turnAway(socket, turnedAway, limits);
      return;
    }
    const connection = new Connection(socket, shared);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  // Accepting can fail, for example if there are no descriptors left. The clients that are connected are still served.
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

/** Tells one client too many so in one line. If there are too many of these as well, it closes the next without a line. */
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
    `${errorText(
      new SigilforgeError('limit_exceeded', `The daemon serves at most ${limits.connections} connections.`, {
        hint: 'Close a program that holds connections open, then try again.',
      }),
    )}\n`,
  );
}
