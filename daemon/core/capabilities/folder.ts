import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { pathError } from '../../../shared/path-error.js';
import type { StoredFile } from '../store/capabilities.js';

/** What neither runs nor belongs to a capability: it is not copied, so it cannot change what runs. */
const IGNORED = new Set(['.git', '.hg', '.svn', '__pycache__', '.DS_Store']);

export const MOST_FILES = 10_000;
/** Of all files of one capability. */
export const MOST_BYTES = 256 * 1024 * 1024;

const CHUNK_BYTES = 256 * 1024;

/** Which file a name leads to and whether it was written since: what a hash was made of. */
type Identity = string;

/** Hashes by the path of the file, each with what it was made of. */
export type KnownHashes = Map<string, { readonly identity: Identity; readonly sha256: string }>;

/**
 * Every file of a folder by its path there, in the order of the paths. A file is hashed anew only if its inode, its times or its
 * size differ from what `known` says. Throws `unsafe_path` for what is no file or leads out, and `limit_exceeded`.
 */
export async function readFolder(root: string, known: KnownHashes): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  let bytes = 0;
  for await (const name of namesBelow(root, await realpath(root).catch(failed(root)))) {
    const file = await readFile(root, name, known);
    bytes += file.size;
    if (files.length >= MOST_FILES || bytes > MOST_BYTES) throw tooMuch();
    files.push(file);
  }
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** SHA-256 over the paths, contents and modes of files. */
export function digestOf(files: readonly StoredFile[]): string {
  const listed = files.map(({ path: name, sha256, executable }) => [name, sha256, executable]);
  return createHash('sha256').update(JSON.stringify(listed)).digest('hex');
}

/** Opens a file of a folder for reading; nothing else, which could make a program wait for ever. */
export async function openRegular(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(
    failed(file),
  );
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw notAFile(file);
}

/** Reads a file to its end in pieces, each of which is there only until the next. */
export async function readPieces(
  handle: FileHandle,
  take: (piece: Buffer) => Promise<void> | void,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return;
    await take(buffer.subarray(0, bytesRead));
  }
}

async function* namesBelow(root: string, real: string, folder = ''): AsyncGenerator<string> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(failed(root));
  for (const entry of entries) {
    if (IGNORED.has(entry.name)) continue;
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (name.includes('\uFFFD')) throw unreadable(path.join(root, name));
    if (entry.isDirectory()) yield* namesBelow(root, real, name);
    else if (entry.isSymbolicLink()) yield await linkWithin(root, real, name);
    else if (entry.isFile()) yield name;
    else throw notAFile(path.join(root, name));
  }
}

/** A link counts as the file that it leads to. */
async function linkWithin(root: string, real: string, name: string): Promise<string> {
  const link = path.join(root, name);
  const target = await realpath(link).catch(failed(link));
  if (!target.startsWith(`${real}${path.sep}`)) throw leadsOut(link);
  if (!(await lstat(target)).isFile()) throw notAFile(link);
  return name;
}

async function readFile(root: string, name: string, known: KnownHashes): Promise<StoredFile> {
  const file = path.join(root, name);
  const handle = await openRegular(await realpath(file).catch(failed(file)));
  try {
    const stats = await handle.stat({ bigint: true });
    const { dev, ino, size, mtimeNs, ctimeNs } = stats;
    if (size > BigInt(MOST_BYTES)) throw tooMuch();
    const identity: Identity = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    const before = known.get(file);
    const sha256 = before?.identity === identity ? before.sha256 : await hashOf(handle).catch(failed(file));
    known.set(file, { identity, sha256 });
    return { path: name, sha256, size: Number(size), executable: (stats.mode & 0o100n) !== 0n };
  } finally {
    await handle.close();
  }
}

async function hashOf(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  await readPieces(handle, (piece) => void hash.update(piece));
  return hash.digest('hex');
}

/** For what the system refuses about a path of the caller's. */
function failed(file: string): (thrown: unknown) => never {
  return (thrown) => {
    if (isErrno(thrown, 'ENOENT', 'ENOTDIR')) {
      throw new SigilforgeError('not_found', `${file} is not there.`, {
        hint: 'Name the folder of the capability, in which manifest.json is.',
        cause: thrown,
      });
    }
    if (isErrno(thrown, 'ELOOP')) throw leadsOut(file);
    throw pathError(file, thrown);
  };
}

function leadsOut(link: string): SigilforgeError {
  return new SigilforgeError(
    'unsafe_path',
    `${link} is a link that leads out of the folder of the capability.`,
    {
      hint: 'Put the file itself there.',
    },
  );
}

function notAFile(file: string): SigilforgeError {
  return new SigilforgeError('unsafe_path', `${file} is neither a file nor a folder.`, {
    hint: 'Move it out of the folder of the capability.',
  });
}

function unreadable(file: string): SigilforgeError {
  return new SigilforgeError('unsafe_path', `${file} has a name that is not UTF-8.`, {
    hint: 'Give it another name.',
  });
}

function tooMuch(): SigilforgeError {
  return new SigilforgeError(
    'limit_exceeded',
    `A capability has at most ${MOST_FILES} files, of ${MOST_BYTES / 1024 / 1024} MiB in all.`,
    { hint: 'Keep its data elsewhere, such as in its storage.' },
  );
}
