import type { Presence } from '../../shared/presence.js';
import { findSocket } from '../address.js';
import { findHolderHere } from '../holder.js';

/**
 * The daemon of this environment that runs, for a caller that has not reached it by a socket. `undefined` if none runs, or
 * if the environment names another socket than the one that leads to it.
 */
export async function findLostDaemon(): Promise<Pick<Presence, 'pid' | 'socket' | 'version'> | undefined> {
  const { socket, pinned } = await findSocket();
  const holder = findHolderHere();
  if (holder === undefined || (pinned && socket !== holder.socket)) return undefined;
  const { pid, version } = holder;
  return { pid, socket: holder.socket, version };
}
