import { isDoorPath } from '../shared/door-path.js';
import { SigilforgeError } from '../shared/errors.js';
import type { Address } from './address.js';
import { findHolderHere } from './holder.js';

/** No daemon listens at `address`, and nothing else may answer. A daemon that runs all the same is named. */
export function noDaemon({ socket, pinned }: Address): SigilforgeError {
  if (socket !== null && isDoorPath(socket)) return closedDoor(socket);
  const holder = findHolderHere();
  const where = socket === null ? '' : ` on ${socket}`;
  if (holder === undefined) return new SigilforgeError('daemon_unavailable', `No daemon listens${where}.`);
  if (pinned && holder.socket !== socket) {
    return new SigilforgeError('daemon_unavailable', `No daemon listens${where}.`, {
      hint: `Another daemon (process ${holder.pid}) listens on ${holder.socket}. Unset SIGILFORGE_SOCKET to use that one.`,
    });
  }
  const sentence = `The daemon (process ${holder.pid}) is running, but its socket is gone: ${holder.socket}.`;
  return new SigilforgeError('daemon_unavailable', sentence, {
    hint: 'It ends, or listens again within seconds. If it does neither: sigilforge daemon restart',
  });
}

/** For a program that was given a door, no other way is named. */
function closedDoor(socket: string): SigilforgeError {
  return new SigilforgeError('daemon_unavailable', `The door ${socket} is closed.`, {
    hint: 'What was granted to this program may have ended, or the daemon does not run. Start the program again by the command that grants it.',
  });
}
