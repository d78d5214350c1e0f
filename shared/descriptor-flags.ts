import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** Whether other programs do not get a descriptor, as Linux shows it among the flags. */
const CLOSE_ON_EXEC = 0o2000000;

/** The flags that a descriptor was opened with (proc_pid_fdinfo(5)). Throws if it is not open, or not on Linux. */
export function flagsOf(fd: number): number {
  const [, flags = '0'] = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')) ?? [];
  return Number.parseInt(flags, 8);
}

/**
 * Closes what this process was started with besides its first three descriptors, such as a lock of the caller: it would
 * stay open as long as this process. Of these, Node marks only the low ones as its own, and passes on the others.
 */
export function closeInherited(): void {
  for (const fd of openOnLinux()) {
    try {
      if (fd > 2 && (flagsOf(fd) & CLOSE_ON_EXEC) === 0) closeSync(fd);
    } catch {
      // The descriptor by which they were listed.
    }
  }
}

function openOnLinux(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number);
  } catch {
    return [];
  }
}
