import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Paths } from './paths.js';
import { type Presence, readPresence } from './presence.js';
import { isZombie, startOf } from './process-stat.js';

/** The name of the lock of the one daemon of a data folder. */
export const INSTANCE_LEASE = 'instance';

/**
 * The daemon that runs for this data folder, whether or not a socket leads to it. `undefined` if none does, or if that
 * cannot be told for sure: only Linux shows which files a process has open (proc_pid_fd(5)).
 */
export function findHolder({ presence, locks }: Paths): Presence | undefined {
  const found = readPresence(presence);
  return found && isSameProcess(found) && hasOpen(found.pid, path.join(locks, INSTANCE_LEASE))
    ? found
    : undefined;
}

/** Ids of processes are used again: together with its beginning, an id names one process. */
function isSameProcess({ pid, started }: Presence): boolean {
  return started !== null && startOf(pid) === started && !isZombie(pid);
}

function hasOpen(pid: number, file: string): boolean {
  try {
    const { dev, ino } = statSync(file);
    const descriptors = `/proc/${pid}/fd`;
    return readdirSync(descriptors).some((fd) => {
      const stats = statSync(`${descriptors}/${fd}`, { throwIfNoEntry: false });
      return stats?.dev === dev && stats.ino === ino;
    });
  } catch {
    return false;
  }
}
