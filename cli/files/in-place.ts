import fs, { type Stats } from 'node:fs';
import { SigilforgeError } from '../../shared/errors.js';

/** Permission bits of the group and of all others. */
const OTHERS = 0o077;

/**
 * Writes into a file that no other can take the place of, as one that is mounted by itself, and closes it to others first.
 * If that fails, it has its old content and mode again; only a crash in between can leave a part. Throws the system call's
 * error, or `store_unavailable` if the old content could not be put back.
 */
export function writeInPlace(file: string, content: Buffer): void {
  const fd = fs.openSync(file, 'r+');
  try {
    const old = { stats: fs.fstatSync(fd), content: fs.readFileSync(fd) };
    closeToOthers(fd, old.stats);
    try {
      overwrite(fd, content);
    } catch (thrown) {
      putBack(file, fd, old);
      throw thrown;
    }
  } finally {
    fs.closeSync(fd);
  }
}

function closeToOthers(fd: number, { mode }: Stats): void {
  if ((mode & OTHERS) !== 0) fs.fchmodSync(fd, 0o600);
}

function overwrite(fd: number, content: Buffer): void {
  for (let at = 0; at < content.length; ) at += fs.writeSync(fd, content, at, content.length - at, at);
  fs.ftruncateSync(fd, content.length);
  fs.fsyncSync(fd);
}

/** Its blocks are still the file's, so it fits even on a full disk. */
function putBack(file: string, fd: number, old: { readonly stats: Stats; readonly content: Buffer }): void {
  try {
    overwrite(fd, old.content);
    if ((old.stats.mode & OTHERS) !== 0) fs.fchmodSync(fd, old.stats.mode & 0o7777);
  } catch (cause) {
    const sentence = `${file} could be written only in part, and its old content could not be put back.`;
    throw new SigilforgeError('store_unavailable', sentence, {
      hint: 'Restore the file from elsewhere, and check the disk.',
      cause,
    });
  }
}
