import { readFileSync, writeFileSync } from 'node:fs';

/** Which memory goes into the core files of this process, and of those that it starts (core(5)). */
const FILTER = '/proc/self/coredump_filter';

let before: string | undefined;

/** Memory holds tokens, so a core file of this process must not contain it. */
export function leaveMemoryOutOfCoreFiles(): void {
  try {
    before = `0x${readFileSync(FILTER, 'latin1').trim()}`;
    writeFileSync(FILTER, '0');
  } catch {
    // Not Linux.
  }
}

/** Starts a program whose core files are as they would be without this process. */
export function withUsualCoreFiles<T>(start: () => T): T {
  if (before === undefined) return start();
  writeFileSync(FILTER, before);
  try {
    return start();
  } finally {
    writeFileSync(FILTER, '0');
  }
}
