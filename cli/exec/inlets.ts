import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where Linux keeps files in memory alone. */
const IN_MEMORY = '/dev/shm';

/** A descriptor of ours from which the program reads a value as its own descriptor `fd`. */
export interface Inlet {
  readonly fd: number;
  readonly source: number;
}

/**
 * Opens a descriptor for each value. Behind it is a file (0600) that has no name any more: unlike a pipe it takes values
 * of any size at once, and can be opened again as /dev/stdin or /dev/fd/N. It is in memory where that can be had, else in
 * the run's own folder.
 */
export function openInlets(
  values: readonly (readonly [fd: number, value: Buffer])[],
  folder: string | undefined,
): Inlet[] {
  return values.map(([fd, value]) => ({ fd, source: openValue(value, folder) }));
}

/** Whether values can be handed over without the run's own folder. */
export function hasMemoryFiles(): boolean {
  return statSync(IN_MEMORY, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Once the program has them, they are none of ours. */
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
