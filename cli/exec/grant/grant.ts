import type { Socket } from 'node:net';
import path from 'node:path';
import { SigilforgeError } from '../../../shared/errors.js';
import { Term } from '../../../shared/term.js';
import { badArgument, type Context } from '../../arguments/context.js';
import type { GrantRequest } from './options.js';
import { openPair } from './pair.js';
import { Relay } from './relay.js';
import { openWays } from './ways.js';

/** Of the descriptors that a program may get: see `freeDescriptor`. */
const LOWEST = 20;

/**
 * How long the daemon has to close a door whose time is over, and to say so to those who came through it. If it is closed from
 * here before, they only lose their connections, and wait for a daemon that seems to be away.
 */
const DAEMON_FIRST_MS = 2_000;

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
  const { grants, forMs } = request;
  const term = forMs === undefined ? undefined : Term.ofMs(forMs);
  const ways = await openWays({ grants, term, name: nameOf(command) });
  let first: Socket | undefined;
  try {
    first = await ways.open();
    if (first === undefined) throw noWay();
    const { ours, theirs } = await openPair();
    const relay = new Relay(ours, first, ways.open);
    void ways.withdrawn.then(() => relay.withdraw());
    let closing: NodeJS.Timeout | undefined;
    const forget = term?.whenOver(() => {
      relay.withdraw();
      closing = setTimeout(() => ways.close(), DAEMON_FIRST_MS).unref();
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
        forget?.();
        clearTimeout(closing);
        theirs.close();
        relay.close();
        ways.close();
      },
    };
  } catch (thrown) {
    first?.destroy();
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
