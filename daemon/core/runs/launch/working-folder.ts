import { mkdirSync } from 'node:fs';
import { chmod, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { withPathErrors } from '../../../../shared/path-error.js';
import { makePrivateFolder } from '../../../../shared/private-folder.js';

/** Makes the folder (0700) in which a run works. */
export function makeWorkingFolder(folders: string, runId: string): string {
  makePrivateFolder(folders);
  const folder = path.join(folders, runId);
  withPathErrors(folder, () => mkdirSync(folder, { mode: 0o700 }));
  return folder;
}

/** Removes it with everything in it. What cannot be removed now is left to the next daemon. Never rejects. */
export async function removeWorkingFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    // A program may have made folders that not even their owner may change.
    await openUp(folder);
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** The ids of what earlier daemons left. */
export async function workingFolders(folders: string): Promise<string[]> {
  return readdir(folders).catch(() => []);
}

/** Removes what earlier daemons left. No run may be under way. */
export async function removeWorkingFolders(folders: string): Promise<void> {
  for (const name of await workingFolders(folders)) await removeWorkingFolder(path.join(folders, name));
}

async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => {});
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await openUp(path.join(folder, entry.name));
}
