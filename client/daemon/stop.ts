import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SigilforgeError } from '../../shared/errors.js';
import type { DaemonConnection } from '../connection.js';
import { identify, reachDaemon } from './running.js';

/** An exchange with a provider may take a minute, and is never cut off; then come the daemon's own five seconds. */
const STOP_LIMIT = 75_000;

/** How often it is looked whether the process is gone: nothing tells the end of a process that is not one's child. */
const STEP = 10;

/** Ends the daemon, of whatever protocol, and resolves once its process is gone; to `false` where none was running. */
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

/** Whether a process has ended and only its parent has not asked for it yet, which in some containers nobody ever does. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /^\s*[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
  } catch {
    return false;
  }
}

function tooLong(pid: number): SigilforgeError {
  return new SigilforgeError('timeout', `The daemon (process ${pid}) has not ended yet.`, {
    hint: 'It ends once its exchange with a provider is over; look with: sigilforge daemon status',
  });
}
