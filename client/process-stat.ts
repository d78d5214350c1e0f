import { readFileSync } from 'node:fs';

/**
 * The fields of a process after its name: state, parent, process group, session, … (proc_pid_stat(5)). Empty if the
 * process is gone, and on every system other than Linux.
 */
export function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name is in parentheses and may contain any character.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
