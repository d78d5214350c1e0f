import { SigilforgeError } from '../shared/errors.js';
import type { Address } from './address.js';
import { findHolderHere } from './holder.js';

/** No daemon listens at `address`, and nothing else may answer. A daemon that runs all the same is named. */
export function noDaemon({ socket, pinned }: Address): SigilforgeError {
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
