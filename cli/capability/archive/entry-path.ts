import { type Entry, getFileNameLowLevel } from 'yauzl';
import { unsafeName, unusable } from './archive-errors.js';

/** In bytes: what file systems hold. */
const LONGEST_NAME = 255;
/** In bytes, of a path within the archive. */
const LONGEST_PATH = 1024;

const UTF8 = 0x800;
const NOT_UTF8 = '\uFFFD';

/** The path of an entry within the archive, `''` for its top. Throws `unsafe_path` for one that leads out of it. */
export function pathOf(entry: Entry): string {
  const name = nameOf(entry);
  if (/\p{Cc}/u.test(name)) throw unsafeName(name, 'has control characters in its name');
  if (name.includes('\\')) throw unusable(name, 'has a backslash in its name');
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) throw unsafeName(name, 'is an absolute path');
  const names = withoutSlash(name)
    .split('/')
    .filter((one) => one !== '.');
  if (names.includes('..')) throw unsafeName(name, 'leads out of its folder');
  if (names.includes('')) throw unsafeName(name, 'has an empty name in its path');
  const path = names.join('/');
  if (names.some((one) => Buffer.byteLength(one) > LONGEST_NAME) || Buffer.byteLength(path) > LONGEST_PATH)
    throw unusable(name, 'has too long a name');
  if (path.includes(NOT_UTF8)) throw unusable(name, 'has a name that is not UTF-8');
  return path;
}

/** Many programs write UTF-8 without saying so. Without it, a name is in the code page of old (IBM 437). */
export function nameOf({ generalPurposeBitFlag: flags, fileNameRaw, extraFields }: Entry): string {
  const name = getFileNameLowLevel(flags | UTF8, fileNameRaw, extraFields, true);
  if ((flags & UTF8) !== 0 || !name.includes(NOT_UTF8)) return name;
  return getFileNameLowLevel(flags, fileNameRaw, extraFields, true);
}

function withoutSlash(name: string): string {
  return name.endsWith('/') ? name.slice(0, -1) : name;
}
