import fs from 'node:fs';
import path from 'node:path';
import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { pathError, withPathErrors } from '../../../shared/path-error.js';
import { syncFolder } from '../../../shared/whole-file.js';
import { timestamp } from '../platform/clock.js';
import { RESTORE } from './sqlite.js';

/**
 * What stands beside the database: one that was damaged, one that a restored vault took the place of, or a copy from before
 * a migration, which is removed after a day. The others stay until a person removes them.
 */
export type SetAsideKind = 'damaged' | 'replaced' | 'before';

export interface SetAside {
  readonly kind: SetAsideKind;
  readonly file: string;
  readonly bytes: number;
  /** When it was last written, in milliseconds since 1970. */
  readonly writtenAt: number;
}

/** The files that belong to a database besides its own: its write-ahead log and the index of that. */
const COMPANIONS = ['-wal', '-shm'] as const;

const CHUNK = 1 << 20;

/** What a file system says that has no hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL'] as const;

/** What was set aside beside a database, by name. */
export function listSetAside(database: string): SetAside[] {
  const folder = path.dirname(database);
  return namesIn(folder).flatMap((name) => {
    const file = path.join(folder, name);
    const kind = kindOf(path.basename(database), name);
    const stats = kind && fs.lstatSync(file, { throwIfNoEntry: false });
    return kind && stats?.isFile() ? [{ kind, file, bytes: stats.size, writtenAt: stats.mtimeMs }] : [];
  });
}

/** A name that nothing has: `sigilforge.db.damaged-2026-01-31T12-00-00.000Z`. `now`: milliseconds since 1970. */
export function setAsideName(database: string, kind: 'damaged' | 'replaced', now: number): string {
  // Windows allows no colons.
  const name = `${database}.${kind}-${timestamp(now).replaceAll(':', '-')}`;
  return fs.existsSync(name) ? setAsideName(database, kind, now + 1) : name;
}

/**
 * Throws `store_unavailable` if the disk does not give back a database: SQLite says then, too, that it is damaged. Nothing has
 * it open in this process.
 */
export function assertReadable(database: string): void {
  withPathErrors(database, () => {
    const fd = fs.openSync(database, 'r');
    try {
      const chunk = Buffer.alloc(CHUNK);
      for (let at = 0, read = 1; read > 0; at += read) read = fs.readSync(fd, chunk, 0, CHUNK, at);
    } finally {
      fs.closeSync(fd);
    }
  });
}

/**
 * Moves a damaged database and its log out of the way, and returns its new name. Nothing has it open in this process. The
 * caller holds the instance lease. After a crash in between, `finishSettingAside` does the rest.
 */
export function setAsideDamaged(database: string, now: number): string {
  const name = setAsideName(database, 'damaged', now);
  withPathErrors(database, () => {
    if (!linked(database, name)) return moveAll(database, name);
    finish(database, name);
  });
  return name;
}

/** What a crash has left half done: then the damaged database still has both of its names. */
export function finishSettingAside(database: string): void {
  const number = (file: string) => fs.lstatSync(file, { throwIfNoEntry: false })?.ino;
  const damaged = damagedOf(database).find(({ file }) => number(file) === number(database));
  if (damaged) withPathErrors(database, () => finish(database, damaged.file));
}

/**
 * Throws `store_unavailable` if a damaged database was set aside. Called where there is none, or an empty one: in the place of
 * the damaged one it would look as if nothing had ever been stored.
 */
export function assertNoneDamaged(database: string): void {
  const newest = damagedOf(database).at(-1);
  if (newest) throw damagedDatabase(newest.file);
}

export function damagedDatabase(file: string, cause?: unknown): SigilforgeError {
  return new SigilforgeError(
    'store_unavailable',
    `The vault's database was damaged, and is now ${file}. No other one was made in its place.`,
    { hint: RESTORE, cause },
  );
}

/** Gives a file a second name. `false` if its file system cannot. */
export function linked(file: string, name: string): boolean {
  try {
    fs.linkSync(file, name);
    syncFolder(path.dirname(file));
    return true;
  } catch (thrown) {
    if (isErrno(thrown, ...NO_LINKS)) return false;
    throw thrown;
  }
}

/** Removes the log of a database and its index. The log is empty, or belongs to a database that is no longer there. */
export function removeCompanions(database: string): void {
  for (const ending of COMPANIONS) fs.rmSync(database + ending, { force: true });
}

function damagedOf(database: string): SetAside[] {
  return listSetAside(database).filter(({ kind }) => kind === 'damaged');
}

/** The log goes first: without its database it would become that of the next one. */
function finish(database: string, name: string): void {
  moveCompanions(database, name);
  fs.rmSync(database);
  syncFolder(path.dirname(database));
}

function moveAll(database: string, name: string): void {
  moveCompanions(database, name);
  fs.renameSync(database, name);
  syncFolder(path.dirname(database));
}

function moveCompanions(database: string, name: string): void {
  for (const ending of COMPANIONS) {
    if (fs.existsSync(database + ending)) fs.renameSync(database + ending, name + ending);
  }
}

function kindOf(database: string, name: string): SetAsideKind | undefined {
  if (!name.startsWith(`${database}.`)) return undefined;
  const ending = name.slice(database.length + 1);
  if (/^before-\d+$/.test(ending)) return 'before';
  return /^(damaged|replaced)-[\dT.-]+Z$/.exec(ending)?.[1] as 'damaged' | 'replaced' | undefined;
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return [];
    throw pathError(folder, thrown);
  }
}
