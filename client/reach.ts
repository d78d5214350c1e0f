import { setTimeout as sleep } from 'node:timers/promises';
import { isDoorPath } from '../shared/door-path.js';
import { resolvePaths } from '../shared/paths.js';
import { readPresence } from '../shared/presence.js';
import type { Address } from './address.js';
import { findHolderHere } from './holder.js';
import { openLines, type Reached } from './open-lines.js';

/** How long a door may take to come back, and how often to try, in milliseconds. */
const DOOR_LIMIT = 2_000;
const DOOR_STEP = 25;

/**
 * Connects to the daemon: at its address, else where the daemon of this data folder has written that it listens, unless
 * the address was given. Resolves to `undefined` if none listens. Throws as `openSocket` does.
 */
export async function reach(address: Address): Promise<Reached | undefined> {
  const reached = (await openLines(address)) ?? (await openDoorAgain(address));
  return reached ?? (address.pinned ? undefined : reachWritten());
}

/** While a daemon is restarted its doors are away for a moment. */
async function openDoorAgain(address: Address): Promise<Reached | undefined> {
  if (address.socket === null || !isDoorPath(address.socket)) return undefined;
  const limit = performance.now() + DOOR_LIMIT;
  let reached: Reached | undefined;
  while (reached === undefined && performance.now() < limit) {
    await sleep(DOOR_STEP);
    reached = await openLines(address);
  }
  return reached;
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
