import { setTimeout as sleep } from 'node:timers/promises';
import { SigilforgeError } from '../../shared/errors.js';
import type { DaemonConnection } from '../connection.js';
import { statOf } from '../process-stat.js';
import { identify, reachDaemon } from './running.js';

/** An exchange with a provider may take a minute and is never cut off. The daemon's own five seconds come after that. */
const STOP_LIMIT = 75_000;

/** How often to check whether the process is gone, in milliseconds: only a parent is notified of the end of a process. */
const STEP = 10;

/** Stops the daemon, of any protocol version. Resolves once its process is gone, to `false` if no daemon was running. */
export async function stopDaemon(): Promise<boolean> {
  const reached = await reachDaemon();
  if (reached === undefined) return false;
  const { connection } = reached;
  const limit = performance.now() + STOP_LIMIT;
  const { pid } = await identify(connection);
  connection.hold(true);
  try {
    await askToEnd(connection);
    await Promise.race([connection.closed, sleep(STOP_LIMIT, undefined, { ref: false })]);
    while (isAlive(pid)) {
      if (performance.now() > limit) throw tooLong(pid);
      await sleep(STEP);
    }
    return true;
  } finally {
    connection.disconnect();
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
  return process.platform !== 'linux' || !isZombie(pid);
}

/** Whether a process has ended and its parent has not asked for its status yet. In some containers no parent ever does. */
function isZombie(pid: number): boolean {
  return /^[ZX]/.test(statOf(pid)[0] ?? '');
}

function tooLong(pid: number): SigilforgeError {
  return new SigilforgeError('timeout', `The daemon (process ${pid}) has not ended yet.`, {
    hint: 'It ends after its exchange with a provider. Check with: sigilforge daemon status',
  });
}
