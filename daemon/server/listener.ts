import { lstatSync } from 'node:fs';
import type net from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errnoOf } from '../../shared/errno.js';

/** A server that listens, and the place where clients find it. */
export interface Listener {
  readonly server: net.Server;
  /** The path of its socket, or the name of its pipe. */
  readonly address: string;
  /** Whether that name still leads to this server. */
  isInPlace(): boolean;
  /** Accepts no more clients, and leaves alone what has taken its place. Resolves once its last connection has ended. */
  close(): Promise<void>;
}

/** Resolves after a whole turn of the event loop in which no client came: then none waits that had found the server before. */
export async function drained(server: net.Server): Promise<void> {
  let hasCome = true;
  const note = (): void => {
    hasCome = true;
  };
  server.on('connection', note);
  await nextTurn();
  while (hasCome) {
    hasCome = false;
    await nextTurn();
  }
  server.off('connection', note);
}

export function closed(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/**
 * Tells from now on whether `address` is still the name of the socket that it is the name of now. The kernel keeps the
 * number of that file while a server listens, so no other file can have it.
 */
export function nameWatch(address: string): () => boolean {
  const own = identityOf(address);
  return () => own !== undefined && identityOf(address) === own;
}

function identityOf(file: string): string | undefined {
  try {
    const { dev, ino } = lstatSync(file);
    return `${dev} ${ino}`;
  } catch (thrown) {
    if (errnoOf(thrown) !== undefined) return undefined;
    throw thrown;
  }
}
