import type { Socket } from 'node:net';
import { findSocket } from '../../../client/address.js';
import { openConnection } from '../../../client/connection.js';
import { noDaemon } from '../../../client/no-daemon.js';
import { openStream } from '../../../client/socket.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { notGranted } from '../../../shared/not-granted.js';
import { Door, type DoorRequest } from './door.js';
import { narrow } from './narrow.js';

/** Ways to the daemon that are narrowed alike. */
export interface Ways {
  /** The path of a door; `null` if only connections of this process can be narrowed. */
  readonly socket: string | null;
  /** A new narrowed connection, `undefined` if there is none now. */
  open(): Promise<Socket | undefined>;
  /** Resolves once the door is closed for good: by another client, or because its time is over. */
  readonly withdrawn: Promise<void>;
  close(): void;
}

/**
 * A door, or for a process that is narrowed itself, and so may not open one, what it has. Throws `daemon_unavailable` if no
 * daemon runs, or none that can be narrowed for one program.
 */
export async function openWays(request: DoorRequest): Promise<Ways> {
  const address = await findSocket();
  const owner = await openConnection(address);
  if (owner === undefined) throw noDaemon(address);
  if (owner.address === null) throw onlyDescriptor();
  try {
    return throughDoor(await Door.open(address, owner, request));
  } catch (thrown) {
    owner.disconnect();
    if (!(thrown instanceof SigilforgeError) || thrown.kind !== 'denied') throw thrown;
    return narrowedFurther(owner.address, request);
  }
}

function throughDoor(door: Door): Ways {
  return {
    socket: door.socket,
    open: () => openStream(door.socket),
    withdrawn: door.withdrawn,
    close: () => door.close(),
  };
}

function narrowedFurther(socket: string, { grants, term }: DoorRequest): Ways {
  return {
    socket: null,
    open: async () => {
      const stream = await openStream(socket);
      if (stream === undefined || (await narrow(stream, grants, term)).length > 0) return stream;
      stream.destroy();
      throw notGranted();
    },
    // They end with the door that this process came through: each of them is told so.
    withdrawn: new Promise(() => {}),
    close: () => undefined,
  };
}

function onlyDescriptor(): SigilforgeError {
  return new SigilforgeError(
    'daemon_unavailable',
    'Only SIGILFORGE_FD leads to the daemon here, and it cannot be narrowed for one program.',
    { hint: 'Start the program without --grant, or keep SIGILFORGE_SOCKET and allow Unix sockets.' },
  );
}
