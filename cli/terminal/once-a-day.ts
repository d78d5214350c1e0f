import { closeSync, constants, fstatSync, futimesSync, openSync } from 'node:fs';
import path from 'node:path';
import { isErrno } from '../../shared/errno.js';
import { resolvePaths } from '../../shared/paths.js';

const DAY_MS = 86_400_000;

/**
 * Whether nothing of this name was said in this home for a day. An empty file in the state folder remembers it; where that
 * folder is missing, or the file cannot be written, it is said each time.
 */
export function claimToday(name: string, now = Date.now()): boolean {
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_EXCL;
    const file = path.join(resolvePaths().state, `said-${name}`);
    return remember(file, flags, now);
  } catch {
    return true;
  }
}

function remember(file: string, flags: number, now: number): boolean {
  try {
    closeSync(openSync(file, flags, 0o600));
    return true;
  } catch (thrown) {
    if (!isErrno(thrown, 'EEXIST')) throw thrown;
  }
  const fd = openSync(file, flags & ~(constants.O_CREAT | constants.O_EXCL));
  try {
    const age = now - fstatSync(fd).mtimeMs;
    if (age >= 0 && age < DAY_MS) return false;
    futimesSync(fd, now / 1000, now / 1000);
    return true;
  } finally {
    closeSync(fd);
  }
}
