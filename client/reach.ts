import { resolvePaths } from '../shared/paths.js';
import { readPresence } from '../shared/presence.js';
import type { Address } from './address.js';
import { findHolderHere } from './holder.js';
import { openLines, type Reached } from './open-lines.js';

/**
 * Connects to the daemon: at its address, else where the daemon of this data folder has written that it listens, unless
 * the address was given. Resolves to `undefined` if none listens. Throws as `openSocket` does.
 */
export async function reach(address: Address): Promise<Reached | undefined> {
  return (await openLines(address)) ?? (address.pinned ? undefined : reachWritten());
}

async function reachWritten(): Promise<Reached | undefined> {
  const presence = readPresence(resolvePaths().presence);
  if (presence === undefined) return undefined;
  try {
    return await openLines({ socket: presence.socket, pinned: false });
  } catch (thrown) {
    // The daemon was killed, and this is what others have put there since.
    if (findHolderHere() === undefined) return undefined;
    throw thrown;
  }
}
