import type { Socket } from 'node:net';
import { startOf } from '../../shared/process-stat.js';
import type { Who } from '../core/audit/who.js';
import { systemCalls } from '../core/platform/system-calls.js';

/** A socket of Node's, with the handle that has its descriptor. */
interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null;
}

/** Who has connected, through the door of this name if it is one, if the system tells. What has come is not read for it. */
export function whoConnected(socket: Socket, door: string | null): Who {
  const fd = (socket as WithHandle)._handle?.fd;
  const peer = fd === undefined ? undefined : systemCalls()?.peerOf(fd);
  const pid = peer?.pid ?? null;
  return { uid: peer?.uid ?? null, pid, started: pid === null ? null : startOf(pid), door };
}

/** Whether another user has connected, or may have, though this system can tell. Root is another user, too. */
export function isOtherUser({ uid }: Who): boolean {
  return uid === null ? systemCalls() !== undefined : uid !== process.geteuid?.();
}
