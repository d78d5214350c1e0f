import fs from 'node:fs';
import path from 'node:path';
import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { type Connection, openConnection, sqliteCode } from './binding.js';

/** Where a file in the format of SQLite says how it is written and read; 1 is without a write-ahead log (fileformat2, 1.3). */
const VERSIONS = { from: 18, to: 20, withoutLog: 1 };

/** Why a disk takes no change from any program. That a permission forbids it to this user is another thing: others may write. */
export type DiskState = 'full' | 'read-only';

/** What keeps the disk of a database, which failed to open with `thrown`, from taking changes, if that is the reason. */
export function diskStateOf(file: string, thrown: unknown): DiskState | undefined {
  if (isFull(sqliteCode(thrown))) return 'full';
  try {
    fs.accessSync(path.dirname(file), fs.constants.W_OK);
    return undefined;
  } catch (cause) {
    return isErrno(cause, 'EROFS') ? 'read-only' : undefined;
  }
}

/** Whether SQLite found no space: also for the index of its log, for which it has a code of its own. */
export function isFull(code: string | undefined): boolean {
  return code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE';
}

/**
 * A connection that only reads. SQLite reads a database with a write-ahead log in place if the log and its index are there,
 * as beside a program that writes. If there is no log, the file is all there is, and is read into memory. Throws
 * `store_unavailable` if the log has changes that cannot be read.
 */
export function openForReading(file: string, timeout: number): Connection {
  return openInPlace(file, timeout) ?? openCopy(file);
}

function openInPlace(file: string, timeout: number): Connection | undefined {
  const db = openConnection(file, { timeout, readonly: true });
  try {
    db.pragma('schema_version');
    return db;
  } catch {
    db.close();
    return undefined;
  }
}

/** A program that began to write meanwhile has made a log, or a newer file: then the copy may be of neither. */
function openCopy(file: string): Connection {
  const before = contentOf(file);
  const copy = fs.readFileSync(file);
  if (before.log > 0 || before.file !== contentOf(file).file || contentOf(file).log > 0)
    throw readableElsewhere(file, 'has changes in its log');
  copy.fill(VERSIONS.withoutLog, VERSIONS.from, VERSIONS.to);
  return openConnection(copy, { readonly: true });
}

function contentOf(file: string): { readonly file: string; readonly log: number } {
  const { ino, size, mtimeNs } = fs.statSync(file, { bigint: true });
  const log = fs.statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return { file: `${ino} ${size} ${mtimeNs}`, log };
}

/** What must be written before it can be read. */
export function readableElsewhere(file: string, why: string): SigilforgeError {
  return new SigilforgeError(
    'store_unavailable',
    `${file} ${why}, so it cannot be read on a disk that takes no writes.`,
    { hint: 'Copy the data folder to another disk, and read it there by SIGILFORGE_HOME.' },
  );
}
