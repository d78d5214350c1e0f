import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where Linux keeps files only in memory. */
const IN_MEMORY = '/dev/shm';

/** A descriptor of ours from which the program reads a value as its own descriptor `fd`. */
export interface Inlet {
  readonly fd: number;
  readonly source: number;
}

/**
 * Opens a descriptor for each value. It reads a file (0600) that no longer has a name: unlike a pipe, it takes a value of
 * any size at once and can be opened again as /dev/stdin or /dev/fd/N. The file is in memory if possible, else in the
 * run's own folder.
 */
export function openInlets(
  values: readonly (readonly [fd: number, value: Buffer])[],
  folder: string | undefined,
): Inlet[] {
  return values.map(([fd, value]) => ({ fd, source: openValue(value, folder) }));
}

/** Whether values can be passed without the run's own folder. */
export function hasMemoryFiles(): boolean {
  return statSync(IN_MEMORY, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Closes our descriptors once the program has them. */
export function closeInlets(inlets: readonly Inlet[]): void {
  for (const { source } of inlets) closeSync(source);
}

function openValue(value: Buffer, folder: string | undefined): number {
  const file = path.join(folder ?? IN_MEMORY, `sigilforge-${randomBytes(8).toString('hex')}`);
  const writing = openSync(file, 'wx', 0o600);
  try {
    const reading = openSync(file, constants.O_RDONLY);
    rmSync(file);
    writeFileSync(writing, value);
    return reading;
  } finally {
    rmSync(file, { force: true });
    closeSync(writing);
  }
}
