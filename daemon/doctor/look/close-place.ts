import { chmodSync, lstatSync } from 'node:fs';
import { errnoOf } from '../../../shared/errno.js';

/** Permission bits of the group and of all others. */
const OTHERS = 0o077;

/**
 * Closes a file, folder or socket of one's own to others, and says so. A link is left as it is: it leads to where others may
 * have put something.
 */
export function closePlace(place: string): string[] {
  try {
    const stats = lstatSync(place);
    if (stats.isSymbolicLink() || stats.uid !== process.getuid?.() || (stats.mode & OTHERS) === 0) return [];
    chmodSync(place, stats.isDirectory() ? 0o700 : 0o600);
    return [`${place} was closed to other users.`];
  } catch (thrown) {
    if (errnoOf(thrown) !== undefined) return [];
    throw thrown;
  }
}
