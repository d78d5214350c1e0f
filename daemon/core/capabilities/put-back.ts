import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { StoredFile } from '../store/capabilities.js';
import { above, ChangedFolder, makeIfGone, refused } from './changed-folder.js';
import { differences } from './differences.js';
import { assertClearable, assertNoLinks, clearFolder } from './obstructions.js';

interface Version {
  readonly files: readonly StoredFile[];
  /** What is in the folder now. */
  readonly found: readonly StoredFile[];
  readonly contentOf: (file: StoredFile) => Buffer;
}

/**
 * Makes a folder what a version was: what differs is written, what the version does not have is removed, and nothing else is
 * touched. Before anything is changed, it throws `unsafe_path` for a folder that must stay and is in
 * the way of a file, and for a link in the place of a folder.
 */
export async function putBack(folder: string, { files, found, contentOf }: Version): Promise<void> {
  await makeIfGone(folder);
  const root = await realpath(folder).catch(refused(folder));
  const changes = differences(files, found);
  const gone = changes.filter(({ change }) => change === 'added').map((file) => file.path);
  const changing = new Set(changes.map((file) => file.path));
  const written = await filesToWrite(root, files, changing);
  const folders = await assertClearable(root, written, new Set(gone));
  const needed = new Set(files.flatMap((file) => above(file.path)));
  await assertNoLinks(root, needed);
  const changed = new ChangedFolder(root);
  // Removed first: a file may be where a folder was, and some file systems take two names for one.
  for (const name of gone) await changed.remove(name);
  await changed.removeEmptied(gone, needed);
  for (const place of folders) await clearFolder(place);
  for (const file of written) await changed.write(file, contentOf(file));
  await changed.sync();
}

/** Those that differ, and links to what changes: those would differ then. */
async function filesToWrite(
  root: string,
  files: readonly StoredFile[],
  changing: ReadonlySet<string>,
): Promise<StoredFile[]> {
  const written: StoredFile[] = [];
  for (const file of files)
    if (changing.has(file.path) || changing.has(await targetOf(root, file.path))) written.push(file);
  return written;
}

/** Where in the folder the bytes of a file are. */
async function targetOf(root: string, name: string): Promise<string> {
  const file = path.join(root, name);
  if (!(await lstat(file).catch(refused(file))).isSymbolicLink()) return name;
  return path.relative(root, await realpath(file).catch(refused(file))).replaceAll(path.sep, '/');
}
