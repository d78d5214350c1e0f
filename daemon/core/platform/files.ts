import fs from 'node:fs';
import path from 'node:path';
import { SigilforgeError } from '../../../shared/errors.js';
import { assertPrivate } from '../../../shared/ownership.js';

/** Makes a folder 0700, parents included, and refuses one that others own or may open. */
export function ensurePrivateFolder(folder: string): void {
  withPathErrors(folder, () => fs.mkdirSync(folder, { recursive: true, mode: 0o700 }));
  assertPrivate(folder, fs.lstatSync(folder));
}

/** Makes an empty file 0600 unless there is one already; refuses one that others own or may open. */
export function ensurePrivateFile(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, 'wx', 0o600));
  } catch (thrown) {
    if (!isErrno(thrown, 'EEXIST')) throw pathError(file, thrown);
    assertPrivate(file, fs.lstatSync(file));
  }
}

/** The text of a private file, or `undefined` where there is none. */
export function readPrivateFile(file: string): string | undefined {
  const stats = withPathErrors(file, () => fs.lstatSync(file, { throwIfNoEntry: false }));
  if (stats === undefined) return undefined;
  assertPrivate(file, stats);
  return readFile(file);
}

/** The text of a file that somebody else answers for, or `undefined` where there is none. */
export function readFile(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return undefined;
    throw pathError(file, thrown);
  }
}

/** Writes a private file whole or not at all, and returns once it is on the disk. */
export function writePrivateFile(file: string, content: Buffer): void {
  withPathErrors(file, () => {
    const draft = `${file}.tmp`;
    fs.rmSync(draft, { force: true });
    const fd = fs.openSync(draft, 'wx', 0o600);
    try {
      // Unlike writeSync, which may write a part and call that success on a full disk.
      fs.writeFileSync(fd, content);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(draft, file);
    syncFolder(path.dirname(file));
  });
}

/** Adds a line to a private file, made 0600 if need be, and returns once it is on the disk. */
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

/** A new name in a folder is only sure once the folder is on the disk. Windows has nothing of the kind. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

export function isErrno(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}

/** Does `work` with a file; what fails is `store_unavailable`. */
export function withPathErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw pathError(path, thrown);
  }
}

/** What a failed operation on a file comes to for its caller: `store_unavailable`, with the reason. */
export function pathError(path: string, cause: unknown): SigilforgeError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'an error';
  return new SigilforgeError('store_unavailable', `${path} cannot be used (${reason}).`, { cause });
}
