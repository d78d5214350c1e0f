import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats, statSync } from 'node:fs';
import { assertPrivateFolder, assertSafeAncestors } from '../shared/ownership.js';

/** Where Linux has a name for every descriptor of this process (proc_pid_fd(5)). */
const DESCRIPTORS = '/proc/self/fd';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Does `work` in a folder of the user's own. On Linux the folder is held open, and `work` gets a name that leads to what
 * was checked, even if its path has come to mean another folder since. Elsewhere, and without /proc, it gets the path.
 * Throws `unsafe_path`, or the system call's error.
 */
export async function inHeldFolder<T>(
  folder: string,
  work: (name: string) => Promise<T>,
  descriptors: string = DESCRIPTORS,
): Promise<T> {
  assertSafeAncestors(folder);
  assertPrivateFolder(folder, lstatSync(folder));
  if (process.platform !== 'linux') return await work(folder);
  const fd = openSync(folder, FOLDER);
  try {
    const held = fstatSync(fd);
    assertPrivateFolder(folder, held);
    const name = `${descriptors}/${fd}`;
    return await work(leadsTo(name, held) ? name : folder);
  } finally {
    closeSync(fd);
  }
}

function leadsTo(name: string, { dev, ino }: Stats): boolean {
  const stats = statSync(name, { throwIfNoEntry: false });
  return stats?.dev === dev && stats.ino === ino;
}
