import type { Socket } from 'node:net';
import path from 'node:path';
import { findSocket } from '../../../client/address.js';
import { openConnection } from '../../../client/connection.js';
import { noDaemon } from '../../../client/no-daemon.js';
import { openStream } from '../../../client/socket.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { notGranted } from '../../../shared/not-granted.js';
import { badArgument, type Context } from '../../arguments/context.js';
import { Door } from './door.js';
import { narrow } from './narrow.js';
import type { GrantRequest } from './options.js';
import { openPair } from './pair.js';
import { Relay } from './relay.js';

const LOWEST = 20;

/** The ways to the daemon that a program gets, open until `close`. */
export interface Grant {
  /** The variables that name them; `undefined` for one that the program must not have. */
  readonly variables: NodeJS.ProcessEnv;
  /** The program's descriptor, and the one of ours that it becomes. */
  readonly fd: number;
  readonly source: number;
  /** The program runs: closes the one of ours. */
  started(): void;
  close(): void;
}

/** Ways to the daemon that are narrowed alike. */
interface Ways {
  /** The path of a door; `null` if only connections of this process can be narrowed. */
  readonly socket: string | null;
  /** A new narrowed connection, `undefined` if there is none now. */
  open(grants: readonly string[] | undefined): Promise<Socket | undefined>;
  /** Whether what they lead to was closed for good. */
  wereClosed(): Promise<boolean>;
  close(): void;
}

/**
 * Opens ways to the daemon for a program that may use only what is granted. Throws `daemon_unavailable` if no daemon runs, and
 * `denied` if this process itself may use none of it. `taken`: the program's other descriptors.
 */
export async function openGrant(
  context: Context,
  request: GrantRequest,
  command: readonly string[],
  taken: Iterable<number>,
): Promise<Grant> {
  if (context.direct) throw badArgument('--grant is for the daemon, so it cannot be combined with --direct.');
  const ways = await openWays(request.grants, nameOf(command));
  try {
    const first = await ways.open(undefined);
    if (first === undefined) throw noWay();
    const { ours, theirs } = await openPair();
    const open = async (grants: readonly string[] | undefined) => {
      const stream = await ways.open(grants);
      if (stream === undefined && (await ways.wereClosed())) relay.withdraw();
      return stream;
    };
    const relay = new Relay(ours, first, open);
    const limit = endAfter(request.forMs, () => {
      relay.withdraw();
      ways.close();
    });
    const fd = freeDescriptor(new Set(taken));
    return {
      variables: {
        SIGILFORGE_SOCKET: ways.socket ?? undefined,
        SIGILFORGE_FD: `${fd}:${theirs.file}`,
      },
      fd,
      source: theirs.fd,
      started: () => theirs.close(),
      close: () => {
        clearTimeout(limit);
        theirs.close();
        relay.close();
        ways.close();
      },
    };
  } catch (thrown) {
    ways.close();
    throw thrown;
  }
}

/**
 * Node marks the descriptors that it was started with as not for other programs: all up to 16, and those that follow without
 * a gap. Beyond one, they reach what a program of Node starts.
 */
function freeDescriptor(taken: ReadonlySet<number>): number {
  let fd = LOWEST;
  while (taken.has(fd) || taken.has(fd - 1)) fd += 1;
  return fd;
}

function endAfter(ms: number | undefined, end: () => void): NodeJS.Timeout | undefined {
  return ms === undefined ? undefined : setTimeout(end, ms).unref();
}

/** A door, or what a process has that is narrowed itself, and so may not open one. */
async function openWays(grants: readonly string[], name: string | undefined): Promise<Ways> {
  const address = await findSocket();
  const owner = await openConnection(address);
  if (owner === undefined) throw noDaemon(address);
  if (owner.address === null) throw onlyDescriptor();
  try {
    const door = await Door.open(address, owner, { grants, ...(name === undefined ? {} : { name }) });
    return throughDoor(door);
  } catch (thrown) {
    owner.disconnect();
    if (!(thrown instanceof SigilforgeError) || thrown.kind !== 'denied') throw thrown;
    return narrowedFurther(owner.address, grants);
  }
}

function throughDoor(door: Door): Ways {
  return {
    socket: door.socket,
    open: async (grants) => {
      const stream = await openStream(door.socket);
      if (stream !== undefined && grants !== undefined) await narrow(stream, grants);
      return stream;
    },
    wereClosed: () => door.wasClosed(),
    close: () => door.close(),
  };
}

function narrowedFurther(socket: string, own: readonly string[]): Ways {
  return {
    socket: null,
    open: async (grants = own) => {
      const stream = await openStream(socket);
      if (stream === undefined || (await narrow(stream, grants)).length > 0) return stream;
      stream.destroy();
      throw notGranted();
    },
    wereClosed: async () => false,
    close: () => undefined,
  };
}

/** What a person calls the door: the program's name, if it can be one. */
function nameOf([program = '']: readonly string[]): string | undefined {
  const name = path
    .basename(program)
    .replace(/[^\w.@+-]/g, '')
    .slice(0, 64);
  return /^[A-Za-z0-9]/.test(name) ? name : undefined;
}

function noWay(): SigilforgeError {
  return new SigilforgeError(
    'daemon_unavailable',
    'The daemon has closed the door that was opened for the program.',
  );
}

function onlyDescriptor(): SigilforgeError {
  return new SigilforgeError(
    'daemon_unavailable',
    'Only SIGILFORGE_FD leads to the daemon here, and it cannot be narrowed for one program.',
    { hint: 'Start the program without --grant, or keep SIGILFORGE_SOCKET and allow Unix sockets.' },
  );
}
