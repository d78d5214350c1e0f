import { lstatSync } from 'node:fs';
import type net from 'node:net';
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
