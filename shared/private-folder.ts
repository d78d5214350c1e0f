import { lstatSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { isErrno } from './errno.js';
import { assertPrivateFolder, assertSafeAncestors } from './ownership.js';
import { pathError, withPathErrors } from './path-error.js';

/**
 * Makes `folder` 0700, and its parents too, unless it exists. Throws `unsafe_path` if others own it, may open it or could
 * put another one in its place, and `store_unavailable` if it cannot be made.
 */
export function makePrivateFolder(folder: string): void {
  // First: nothing is made where others decide what stays there.
  assertSafeAncestors(folder);
  makeMissingFolders(folder, assertSafeAncestors);
  assertPrivateFolder(
    folder,
    withPathErrors(folder, () => lstatSync(folder)),
  );
}

/**
 * Makes `folder` and each missing one above it, 0700, the outermost first. `judge` is called before each is made: in a
 * sticky folder, another user could be faster. Node's own way never ends where nothing can be made, as below /proc.
 */
export function makeMissingFolders(folder: string, judge: (folder: string) => void = () => {}): void {
  if (isThere(folder)) return;
  makeMissingFolders(path.dirname(folder), judge);
  judge(folder);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (thrown) {
    if (!isErrno(thrown, 'EEXIST')) throw pathError(folder, thrown);
  }
}

/** Only what is missing can be made: any other reason is thrown before anything is. */
function isThere(folder: string): boolean {
  try {
    lstatSync(folder);
    return true;
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT') && path.dirname(folder) !== folder) return false;
    throw pathError(folder, thrown);
  }
}
