import { lstat, readdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { IGNORED } from '../../../shared/capability-files.js';
import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { pathError } from '../../../shared/path-error.js';
import type { StoredFile } from '../store/capabilities.js';

/** The folders that are where files must be. Throws `unsafe_path` for one in which something stays once `gone` is removed. */
export async function assertClearable(
  root: string,
  files: readonly StoredFile[],
  gone: ReadonlySet<string>,
): Promise<string[]> {
  const folders: string[] = [];
  for (const { path: name } of files) {
    if ((await kindOf(path.join(root, name))) !== 'folder') continue;
    await assertNothingStays(root, name, gone);
    folders.push(path.join(root, name));
  }
  return folders;
}

/** Throws `unsafe_path` for a link in the place of a folder that must be there. */
export async function assertNoLinks(root: string, folders: ReadonlySet<string>): Promise<void> {
  for (const folder of folders) {
    const place = path.join(root, folder);
    if ((await kindOf(place)) === 'link') throw linked(place);
  }
}

/** Removes a folder in which there are only folders. It may have been removed meanwhile. */
export async function clearFolder(folder: string): Promise<void> {
  if ((await kindOf(folder)) !== 'folder') return;
  try {
    for (const name of await readdir(folder)) await clearFolder(path.join(folder, name));
    await rmdir(folder);
  } catch (thrown) {
    throw thrown instanceof SigilforgeError ? thrown : pathError(folder, thrown);
  }
}

async function assertNothingStays(root: string, folder: string, gone: ReadonlySet<string>): Promise<void> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true });
  for (const entry of entries) {
    const name = `${folder}/${entry.name}`;
    if (IGNORED.has(entry.name)) throw inTheWay(path.join(root, folder), entry.name);
    if (entry.isDirectory()) await assertNothingStays(root, name, gone);
    else if (!gone.has(name)) throw inTheWay(path.join(root, folder), entry.name);
  }
}

async function kindOf(place: string): Promise<'folder' | 'link' | 'other' | undefined> {
  try {
    const stats = await lstat(place);
    if (stats.isSymbolicLink()) return 'link';
    return stats.isDirectory() ? 'folder' : 'other';
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT', 'ENOTDIR')) return undefined;
    throw pathError(place, thrown);
  }
}

function inTheWay(folder: string, name: string): SigilforgeError {
  return new SigilforgeError(
    'unsafe_path',
    `${folder} is a folder with ${name} in it, and the version has a file there.`,
    { hint: 'Move the folder away, then try again.' },
  );
}

function linked(place: string): SigilforgeError {
  return new SigilforgeError('unsafe_path', `${place} is a link, and the version has a folder there.`, {
    hint: 'Remove the link, then try again.',
  });
}
