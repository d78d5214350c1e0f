import { errnoOf } from './errno.js';
import { SigilforgeError } from './errors.js';
import { variableTo } from './path-variables.js';

/** Why the operating system refuses a path (errno(3)), in words. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you have no permission',
  EDQUOT: 'your quota of the disk is used up',
  EEXIST: 'something else is there',
  EIO: 'the disk reports an error',
  EISDIR: 'it is a folder',
  ELOOP: 'links on the way lead in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'it is too long',
  ENFILE: 'too many files are open',
  ENOENT: 'nothing can be made there, or a link on the way leads nowhere',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a file is on the way',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
  ERR_INVALID_ARG_VALUE: 'it has a zero byte',
};

const SHOWN = 300;

/** What passes once the disk has space, whichever path it is. */
const FULL = new Set(['EDQUOT', 'ENOSPC']);

/** The error for a caller whose operation on a file failed: `store_unavailable`, with the reason. */
export function pathError(path: string, cause: unknown): SigilforgeError {
  const code = errnoOf(cause) ?? '';
  const reason = REASONS[code] ?? (code || 'an error');
  return new SigilforgeError('store_unavailable', `${shown(path)} cannot be used: ${reason}.`, {
    hint: cureFor(code, path),
    cause,
  });
}

/** A path that is too long is too long for a sentence, too. */
function shown(path: string): string {
  return path.length > SHOWN ? `${path.slice(0, SHOWN)}…` : path;
}

/** Does `work` with a file; a failure is `store_unavailable`. */
export function withPathErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw thrown instanceof SigilforgeError ? thrown : pathError(path, thrown);
  }
}

function cureFor(code: string, path: string): string {
  if (FULL.has(code)) return 'Free some space there, then try again.';
  if (code === 'EROFS') return `Make that file system writable. ${wayOut(path)}`;
  return wayOut(path);
}

function wayOut(path: string): string {
  const named = variableTo(path);
  if (named === undefined) return 'Correct it, or name another folder in SIGILFORGE_HOME.';
  if (named === 'SIGILFORGE_HOME') return 'SIGILFORGE_HOME led there: name another folder in it.';
  return `${named} led there: correct it, or name another folder in SIGILFORGE_HOME.`;
}
