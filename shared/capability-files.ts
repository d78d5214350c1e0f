import { SigilforgeError } from './errors.js';

/** The most files of one capability, and the most folders. */
export const MOST_FILES = 10_000;
/** Of all files of one capability. */
export const MOST_BYTES = 256 * 1024 * 1024;

/** What neither runs nor belongs to a capability: it is not copied, so it cannot change what runs. */
export const IGNORED: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', '__pycache__', '.DS_Store']);

export function tooMuch(): SigilforgeError {
  return new SigilforgeError(
    'limit_exceeded',
    `A capability has at most ${MOST_FILES} files, of ${MOST_BYTES / 1024 / 1024} MiB in all.`,
    { hint: 'Keep its data elsewhere, such as in its storage.' },
  );
}
