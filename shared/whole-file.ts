import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { isErrno } from './errno.js';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** In bytes: a longer name would not fit, with what its drafts have besides, into the 255 bytes of one. */
const LONGEST_NAME = 240;
/** So many characters of it then stand for it. */
const SHORTENED = 60;

/**
 * Writes a private file (0600), whole or not at all, and returns once it is on the disk. A reader sees the old content
 * or the new one. With `exclusive` it fails with EEXIST instead of replacing a file; with `owner` it belongs to that user,
 * with `mode` it has other permission bits.
 * Throws the system call's error.
 */
export function writeWholeFile(
  file: string,
  content: Buffer,
  {
    exclusive = false,
    owner,
    mode,
  }: {
    readonly exclusive?: boolean;
    readonly owner?: Owner | undefined;
    readonly mode?: number | undefined;
  } = {},
): void {
  const draft = newDraftOf(file);
  try {
    writeDraft(draft, content, owner, mode);
    putInPlace(draft, file, { exclusive });
  } finally {
    removeIfPossible(draft);
  }
}

/** A name beside a file, for what will be put in its place. */
export function newDraftOf(file: string): string {
  return path.join(path.dirname(file), `${draftPrefix(file)}${randomBytes(6).toString('hex')}`);
}

/** Gives a draft that is on the disk the file's name, and returns once that is on the disk, too. */
export function putInPlace(draft: string, file: string, { exclusive = false } = {}): void {
  // A link, unlike a rename, never takes the place of another file.
  if (exclusive) fs.linkSync(draft, file);
  else fs.renameSync(draft, file);
  syncFolder(path.dirname(file));
}

/** Returns once the content of a file is on the disk. */
export function syncFile(file: string): void {
  const fd = fs.openSync(file, 'r+');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Removes a file that does no harm where it is: what was done beside it must not count as failed. */
export function removeIfPossible(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // As above.
  }
}

/** The drafts of a file: of writers that are at work, or that were killed. */
export function draftsOf(file: string): string[] {
  const folder = path.dirname(file);
  const prefix = draftPrefix(file);
  const isDraft = (name: string) => name.startsWith(prefix) && DRAFT_ENDING.test(name.slice(prefix.length));
  return fs
    .readdirSync(folder)
    .filter(isDraft)
    .map((name) => path.join(folder, name));
}

/** Removes the drafts of writers that were killed: they hold secrets, and no one else knows of them. */
export function removeAbandonedDrafts(file: string): void {
  try {
    for (const draft of draftsOf(file)) {
      if (Date.now() - fs.lstatSync(draft).mtimeMs > LONGEST_WRITE_MS) removeIfPossible(draft);
    }
  } catch {
    // A folder may be closed to reading, and a draft be gone by now.
  }
}

/** More than `.NAME.` must fit: editors keep files of that kind, such as `.NAME.swp`. */
const DRAFT_ENDING = /^[0-9a-f]{12}$/;
/** Nothing is written for so long without a change of the draft. */
const LONGEST_WRITE_MS = 10 * 60_000;

function draftPrefix(file: string): string {
  const name = path.basename(file);
  return `.${Buffer.byteLength(name) > LONGEST_NAME ? name.slice(0, SHORTENED) : name}.`;
}

function writeDraft(
  draft: string,
  content: Buffer,
  owner: Owner | undefined,
  mode: number | undefined,
): void {
  const fd = fs.openSync(draft, 'wx', 0o600);
  try {
    if (owner) fs.fchownSync(fd, owner.uid, owner.gid);
    if (mode !== undefined) fs.fchmodSync(fd, mode);
    // Unlike writeSync, which may write only a part and report success on a full disk.
    fs.writeFileSync(fd, content);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** A new name in a folder is safe only once the folder itself is on the disk. Windows has no such call. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } catch (thrown) {
    // Some file systems cannot sync a folder (fsync(2)). What was written is there nevertheless.
    if (!isErrno(thrown, 'EINVAL')) throw thrown;
  } finally {
    fs.closeSync(fd);
  }
}
