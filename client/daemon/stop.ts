import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';
import { isZombie } from '../../shared/process-stat.js';
import { type Address, findSocket } from '../address.js';
import { type DaemonConnection, openConnection } from '../connection.js';
import { findHolderHere } from '../holder.js';
import { noDaemon } from '../no-daemon.js';
import { identify } from './running.js';

/** An exchange with a provider may take a minute and is never cut off. The daemon's own five seconds come after that. */
const STOP_LIMIT = 75_000;

/** How often to check whether the process is gone, in milliseconds: only a parent is notified of the end of a process. */
const STEP = 10;

/**
 * Stops the daemon, of any protocol version, also one that no socket leads to. Resolves once its process is gone, to
 * `false` if no daemon was running. Throws `daemon_unavailable` if one runs that another socket leads to than the given one.
 */
export async function stopDaemon(): Promise<boolean> {
  const address = await findSocket();
  const limit = performance.now() + STOP_LIMIT;
  const connection = await openConnection(address);
  if (connection !== undefined) await stopByRequest(connection, limit);
  else return stopBySignal(address, limit);
  return true;
}

async function stopByRequest(connection: DaemonConnection, limit: number): Promise<void> {
  const { pid } = await identify(connection);
  connection.hold(true);
  try {
    await askToEnd(connection);
    await Promise.race([connection.closed, sleep(STOP_LIMIT, undefined, { ref: false })]);
    await untilGone(pid, limit);
  } finally {
    connection.disconnect();
  }
}

/** The daemon ends by SIGTERM as it does by a request. */
async function stopBySignal(address: Address, limit: number): Promise<boolean> {
  const holder = findHolderHere();
  if (holder === undefined) return false;
  if (address.pinned && address.socket !== holder.socket) throw noDaemon(address);
  endProcess(holder.pid);
  await untilGone(holder.pid, limit);
  return true;
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (thrown) {
    // It has just ended by itself.
    if (!isErrno(thrown, 'ESRCH')) throw thrown;
  }
}

async function untilGone(pid: number, limit: number): Promise<void> {
  while (isAlive(pid)) {
    if (performance.now() > limit) throw tooLong(pid);
    await sleep(STEP);
  }
}

async function askToEnd(connection: DaemonConnection): Promise<void> {
  try {
    await connection.request('shutdown', undefined, STOP_LIMIT);
  } catch (thrown) {
    // It may end before its answer is read.
    if (connection.open) throw thrown;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

function tooLong(pid: number): SigilforgeError {
  return new SigilforgeError('timeout', `The daemon (process ${pid}) has not ended yet.`, {
    hint: 'It ends after its exchange with a provider. Check with: sigilforge daemon status',
  });
}
