import type { Address } from './address.js';
import { openDescriptor } from './descriptor/lines.js';
import { type Lines, openSocket, socketsForbidden } from './socket.js';
import { isForbidden } from './socket-errors.js';

/** A connection, and where the daemon was found. */
export interface Reached {
  readonly lines: Lines;
  /** `null` for an inherited descriptor. */
  readonly socket: string | null;
}

/**
 * Opens the ways that an address has: its path, and only if the system forbids Unix sockets, or if there is no path, its
 * descriptor. Resolves to `undefined` if no daemon listens. Throws as `openSocket` does.
 */
export async function openLines({ socket, descriptor }: Address): Promise<Reached | undefined> {
  if (socket === null) return descriptor === undefined ? undefined : overDescriptor(descriptor);
  try {
    const lines = await openSocket(socket);
    if (lines !== undefined) return { lines, socket };
  } catch (thrown) {
    if (descriptor !== undefined && isForbidden(thrown)) return overDescriptor(descriptor);
    throw thrown;
  }
  // A path that is gone does not tell yet whether a socket could have been made.
  return descriptor !== undefined && (await socketsForbidden()) ? overDescriptor(descriptor) : undefined;
}

function overDescriptor(descriptor: string): Reached {
  return { lines: openDescriptor(descriptor), socket: null };
}
