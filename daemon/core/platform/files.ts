import fs from 'node:fs';
import path from 'node:path';
import { isErrno } from '../../../shared/errno.js';
import { assertPrivateFile } from '../../../shared/ownership.js';
import { pathError, withPathErrors } from '../../../shared/path-error.js';
import { draftsOf, removeIfPossible, syncFolder, writeWholeFile } from '../../../shared/whole-file.js';

/** Makes an empty file 0600 unless it exists; refuses one that others own or may open. */
export function ensurePrivateFile(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, 'wx', 0o600));
  } catch (thrown) {
    if (!isErrno(thrown, 'EEXIST')) throw pathError(file, thrown);
    assertPrivateFile(file, fs.lstatSync(file));
  }
}

/** The text of a private file, or `undefined` if there is none. */
export function readPrivateFile(file: string): string | undefined {
  const stats = withPathErrors(file, () => fs.lstatSync(file, { throwIfNoEntry: false }));
  if (stats === undefined) return undefined;
  assertPrivateFile(file, stats);
  return readFile(file);
}

/** The text of a file whose owner and mode are not ours to check, or `undefined` if there is none. */
export function readFile(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return undefined;
    throw pathError(file, thrown);
  }
}

/**
 * Writes a private file whole or not at all, and returns once it is on the disk. The caller is the only one that writes it
 * at the moment, so drafts that a crash has left are removed.
 */
export function writePrivateFile(file: string, content: Buffer): void {
  withPathErrors(file, () => {
    for (const draft of draftsOf(file)) removeIfPossible(draft);
    writeWholeFile(file, content);
  });
}

/** Removes a file if it is there, and returns once that is on the disk. */
export function removePrivateFile(file: string): void {
  withPathErrors(file, () => {
    fs.rmSync(file, { force: true });
    syncFolder(path.dirname(file));
  });
}

/** Adds a line to a private file, made 0600 if it does not exist, and returns once it is on the disk. */
export function appendPrivateLine(file: string, line: string): void {
  ensurePrivateFile(file);
  withPathErrors(file, () => {
    const fd = fs.openSync(file, 'a');
    try {
      // A line that a crash cut off must not run together with this one.
      fs.writeFileSync(fd, `\n${line}\n`);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    syncFolder(path.dirname(file));
  });
}
