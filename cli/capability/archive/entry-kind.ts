import type { Entry } from 'yauzl';
import { unreadable, unusable } from './archive-errors.js';
import { nameOf } from './entry-path.js';

/** What an entry becomes. */
export type EntryKind = 'folder' | 'file' | 'program';

/** Of a mode of Unix (inode(7)). */
const TYPE = 0o170000;
const FILE = 0o100000;
const FOLDER = 0o040000;
const OWNER_RUNS = 0o100;

const STORED = 0;
const DEFLATED = 8;

/** Throws `unsafe_path` for links and special files, and `invalid_params` for what is not read here. */
export function kindOf(entry: Entry): EntryKind {
  const name = nameOf(entry);
  // Systems that have no modes leave these bits 0. Those that are set count, whichever system the entry names.
  const mode = entry.externalFileAttributes >>> 16;
  const type = mode & TYPE;
  const hasSlash = name.endsWith('/');
  if (type !== 0 && type !== FOLDER && (type !== FILE || hasSlash))
    throw unusable(name, 'is a link or a special file');
  if (hasSlash || type === FOLDER) return 'folder';
  if (entry.isEncrypted()) throw unreadable(name, 'is encrypted');
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED)
    throw unreadable(name, 'is compressed in an unusual way');
  return (mode & OWNER_RUNS) === 0 ? 'file' : 'program';
}

/** Of a file: all others are stored as they are. */
export function isDeflated(entry: Entry): boolean {
  return entry.compressionMethod === DEFLATED;
}
