import { resolvePaths } from '../shared/paths.js';
import { readPresence } from '../shared/presence.js';
import type { Address } from './address.js';
import { findHolderHere } from './holder.js';
import { type LineSocket, openSocket } from './socket.js';

/** A connection, and where the daemon was found. */
export interface Reached {
  readonly lines: LineSocket;
  readonly socket: string;
}

/**
 * Connects to the daemon: at its address, else where the daemon of this data folder has written that it listens, unless
 * the address was given. Resolves to `undefined` if none listens. Throws as `openSocket` does.
 */
export async function reach({ socket, pinned }: Address): Promise<Reached | undefined> {
  const lines = socket === null ? undefined : await openSocket(socket);
  if (lines !== undefined && socket !== null) return { lines, socket };
  return pinned ? undefined : reachWritten();
}

async function reachWritten(): Promise<Reached | undefined> {
  const presence = readPresence(resolvePaths().presence);
  if (presence === undefined) return undefined;
  const { socket } = presence;
  try {
    const lines = await openSocket(socket);
    return lines && { lines, socket };
  } catch (thrown) {
    // The daemon was killed, and this is what others have put there since.
    if (findHolderHere() === undefined) return undefined;
    throw thrown;
  }
}
