import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { pathError } from '../../../shared/path-error.js';
import { draftsOf, newDraftOf, putInPlace, removeIfPossible, syncFile } from '../../../shared/whole-file.js';
import { ensurePrivateFile } from '../platform/files.js';
import { type Connection, openConnection, sqliteCode } from './binding.js';
import { damaged, damageOf, type Sqlite, translate } from './sqlite.js';
import { isFull } from './unwritable.js';

/** What SQLite makes beside a file that it writes. */
const BESIDE = ['-journal', '-wal', '-shm'] as const;

interface Options {
  /** Fails with EEXIST instead of replacing a file. */
  readonly exclusive?: boolean;
  /** What else to do with the copy before it gets its name. */
  readonly complete?: (copy: Connection) => void;
}

/**
 * Copies what is committed at this moment into a private file of its own, whole or not at all, and returns once it is on the
 * disk. The copy needs no log, and is checked. Throws `store_unavailable` if the disk does not take it, or the database is
 * damaged.
 */
export async function copyWhole(
  db: Sqlite,
  file: string,
  { exclusive = false, complete }: Options = {},
): Promise<void> {
  const draft = newDraftOf(file);
  try {
    ensurePrivateFile(draft);
    await db.copyInto(draft);
    finishCopy(draft, complete);
    syncFile(draft);
    putInPlace(draft, file, { exclusive });
  } catch (thrown) {
    throw fault(file, thrown);
  } finally {
    removeWithBeside(draft);
  }
}

/** Removes the drafts of copies of a file that a crash cut off. The caller is the only one that makes some at the moment. */
export function removeCopyDrafts(file: string): void {
  for (const draft of draftsOf(file)) removeWithBeside(draft);
}

/** Removes a file that SQLite has written, and what it made beside it. */
export function removeWithBeside(file: string): void {
  for (const ending of ['', ...BESIDE]) removeIfPossible(file + ending);
}

function finishCopy(draft: string, complete: ((copy: Connection) => void) | undefined): void {
  const copy = openConnection(draft, {});
  try {
    copy.pragma('journal_mode = DELETE');
    complete?.(copy);
    const found = damageOf(copy, 'integrity_check(1)');
    if (found !== undefined) throw damaged(found);
  } finally {
    copy.close();
  }
}

function fault(file: string, thrown: unknown): unknown {
  if (thrown instanceof SigilforgeError || isErrno(thrown, 'EEXIST')) return thrown;
  const code = sqliteCode(thrown);
  if (code === undefined) return pathError(file, thrown);
  if (isFull(code)) return pathError(file, Object.assign(new Error(code), { code: 'ENOSPC' }));
  return translate(thrown);
}
