import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { parse } from '../../shared/validate.js';
import { findSocket } from '../address.js';
import { type DaemonConnection, openConnection } from '../connection.js';
import { incompatibility } from '../version-check.js';

/** How long a daemon may take to report its status, in milliseconds. */
const STATUS_LIMIT = 10_000;

/** How long a daemon that holds the instance lock may take to listen, and how often to try, in milliseconds. */
const APPEARANCE_LIMIT = 3_000;
const APPEARANCE_STEP = 25;

const Identity = v.object({ pid: v.number(), protocol: v.number() });

/** A connection to the daemon of this environment, or `undefined` if none is reached. */
async function reachDaemon(): Promise<DaemonConnection | undefined> {
  return openConnection(await findSocket());
}

/** The daemon's process and protocol, by a request that every protocol version understands. */
export async function identify(connection: DaemonConnection): Promise<v.InferOutput<typeof Identity>> {
  const status = await connection.request('status', undefined, STATUS_LIMIT);
  return parse(Identity, status, "The daemon's status", 'incompatible');
}

/**
 * The daemon that was started before: it may hold the instance lock and not listen yet. `undefined` if it does not come
 * up, or listens elsewhere. Throws `incompatible` if it speaks another protocol.
 */
export async function runningDaemon(): Promise<{ pid: number; socket: string | null } | undefined> {
  const limit = performance.now() + APPEARANCE_LIMIT;
  let connection = await reachDaemon();
  while (connection === undefined && performance.now() < limit) {
    await sleep(APPEARANCE_STEP);
    connection = await reachDaemon();
  }
  if (connection === undefined) return undefined;
  try {
    const { pid, protocol } = await identify(connection);
    const fault = incompatibility(protocol);
    if (fault) throw fault;
    return { pid, socket: connection.address };
  } finally {
    connection.disconnect();
  }
}
