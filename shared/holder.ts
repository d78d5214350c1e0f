import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Paths } from './paths.js';
import { type Presence, readPresence } from './presence.js';
import { isZombie, startOf } from './process-stat.js';

/** The name of the lock of the one daemon of a data folder. */
export const INSTANCE_LEASE = 'instance';

/**
 * The daemon that runs for this data folder, whether or not a socket leads to it. `undefined` if none does, or if that
 * cannot be told for sure: only Linux shows which process holds a lock (proc_locks(5)).
 */
export function findHolder({ presence, locks }: Paths): Presence | undefined {
  const found = readPresence(presence);
  return found && isSameProcess(found) && holdsLock(found.pid, path.join(locks, INSTANCE_LEASE))
    ? found
    : undefined;
}

/** Ids of processes are used again: together with its beginning, an id names one process. */
function isSameProcess({ pid, started }: Presence): boolean {
  return started !== null && startOf(pid) === started && !isZombie(pid);
}

/** By the number of its file: on some file systems, the number of the device is another one there than `stat` says. */
function holdsLock(pid: number, file: string): boolean {
  try {
    const lock = new RegExp(`^\\d+: POSIX .* ${pid} [0-9a-f]+:[0-9a-f]+:${statSync(file).ino} `, 'm');
    return lock.test(readFileSync('/proc/locks', 'latin1'));
  } catch {
    return false;
  }
}
