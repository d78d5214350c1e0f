import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SigilforgeError } from '../../shared/errors.js';

/** Puts a file (0600) in the place of an old one: whoever looks sees the one or the other, whole. */
export function replaceFile(file: string, content: Buffer): void {
  const fresh = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}`);
  try {
    const fd = openSync(fresh, 'wx', 0o600);
    try {
      writeFileSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, file);
  } catch (thrown) {
    rmSync(fresh, { force: true });
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : 'unknown';
    throw new SigilforgeError('internal_error', `${file} cannot be written (${code}).`, {
      hint: 'Look at the folder: whether it is there, has space, and is yours to write to.',
      cause: thrown,
    });
  }
}
