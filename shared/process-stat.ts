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

/** When a process began, in the kernel's ticks: with its id, it names one process. `null` where that is not known. */
export function startOf(pid: number): string | null {
  return statOf(pid)[19] ?? null;
}

/** Whether a process has ended and its parent has not asked for its status yet. In some containers no parent ever does. */
export function isZombie(pid: number): boolean {
  return /^[ZX]/.test(statOf(pid)[0] ?? '');
}
