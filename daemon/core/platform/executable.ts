import { readlinkSync } from 'node:fs';
import { startOf } from '../../../shared/process-stat.js';

/** What Linux writes behind the path of a file that was removed, or replaced, since the process began (proc_pid_exe(5)). */
const REMOVED = / \(deleted\)$/;

/**
 * The program that a process runs, as a path: for the record, never as proof, because any process of the user may run any
 * program. `started` is when the process began (`startOf`): its id may belong to another one by now. `null` if it does, if
 * the process is gone or its program is hidden, and on every system other than Linux.
 */
export function executableOf(pid: number, started: string | null): string | null {
  if (started === null) return null;
  try {
    const path = readlinkSync(`/proc/${pid}/exe`);
    // Asked last: a process that is still the same was so before.
    return startOf(pid) === started ? path.replace(REMOVED, '') : null;
  } catch {
    return null;
  }
}
