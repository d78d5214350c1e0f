import { SigilforgeError } from './errors.js';

/** The part of `fs.Stats` that says who may access a file. */
interface Ownership {
  readonly uid: number;
  readonly mode: number;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** Permission bits of the group and of all others. */
const OTHERS = 0o077;

/**
 * Throws `unsafe_path`, with the command that fixes it, unless `path` belongs to this user and is closed to all others.
 * `stats` are of `lstat`, so that a link is seen as one. Windows has no modes: there, folders inherit the profile's list.
 */
export function assertPrivate(
  path: string,
  stats: Ownership,
  uid: number | undefined = process.getuid?.(),
): void {
  if (uid === undefined) return;
  const quoted = `'${path.replaceAll("'", "'\\''")}'`;
  if (stats.isSymbolicLink()) {
    throw unsafe(`${path} is a symbolic link.`, `Put the real folder or file there: rm ${quoted}`);
  }
  if (stats.uid !== uid) {
    throw unsafe(
      `${path} belongs to another user (uid ${stats.uid}).`,
      `Take it over: sudo chown ${uid} ${quoted}`,
    );
  }
  if ((stats.mode & OTHERS) !== 0) {
    const mode = stats.isDirectory() ? '700' : '600';
    throw unsafe(`${path} is open to other users.`, `Close it: chmod ${mode} ${quoted}`);
  }
}

/** Permission bits by which the group or all others may write. */
const OTHERS_WRITE = 0o022;

/**
 * Throws `unsafe_path` if other users than this one and root may change what is at `path`: for files that are not secret
 * and may be links, but that Sigilforge obeys. `stats` come from `stat`.
 */
export function assertUnchangeable(
  path: string,
  stats: Pick<Ownership, 'uid' | 'mode'>,
  uid: number | undefined = process.getuid?.(),
): void {
  if (uid === undefined) return;
  const quoted = `'${path.replaceAll("'", "'\\''")}'`;
  if (stats.uid !== uid && stats.uid !== 0) {
    throw unsafe(
      `${path} belongs to another user (uid ${stats.uid}).`,
      `Take it over: sudo chown ${uid} ${quoted}`,
    );
  }
  if ((stats.mode & OTHERS_WRITE) !== 0) {
    throw unsafe(`${path} may be changed by other users.`, `Close it: chmod go-w ${quoted}`);
  }
}

function unsafe(sentence: string, hint: string): SigilforgeError {
  return new SigilforgeError('unsafe_path', sentence, { hint });
}
