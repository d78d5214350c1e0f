import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { MOST_BYTES, MOST_FILES, tooMuch } from '../../../shared/capability-files.js';
import { isErrno } from '../../../shared/errno.js';
import { assertOthersCannotChange } from '../../../shared/ownership.js';
import type { StoredFile } from '../store/capabilities.js';
import { failed, openRegular } from './files.js';
import type { FolderHashes } from './folder-hashes.js';
import { assertOwn, type FolderKind, type FoundFile, filesBelow } from './walk.js';

/** Every file of a folder, in the order of the paths. Throws what `filesBelow` throws, and `limit_exceeded`. */
export async function readFolder(
  root: string,
  hashes: FolderHashes,
  kind: FolderKind = 'source',
): Promise<StoredFile[]> {
  const found: FoundFile[] = [];
  for await (const file of filesBelow(root, kind)) {
    // Before any is read: the folder may have been named by mistake.
    if (found.length >= MOST_FILES) throw tooMuch();
    found.push(file);
  }
  const files: StoredFile[] = [];
  let bytes = 0;
  for (const one of found) {
    const file = await readFile(one, hashes, MOST_BYTES - bytes);
    bytes += file.size;
    files.push(file);
  }
  hashes.keepOnly(new Set(files.map(({ path }) => path)));
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** The same of a folder whose files are replaced. It may be gone: then it has none. */
export async function readReplaced(root: string, hashes: FolderHashes): Promise<StoredFile[]> {
  const isGone = await lstat(root).then(
    () => false,
    (thrown: unknown) => isErrno(thrown, 'ENOENT'),
  );
  return isGone ? [] : readFolder(root, hashes, 'replaced');
}

/** Whether it is a link that leads to no file of the folder. */
export function isStrayLink({ sha256 }: StoredFile): boolean {
  return sha256.startsWith(LINK);
}

/** Instead of the hash of such a link, which is like that of no file. */
const LINK = 'link to ';

/** SHA-256 over the paths, contents and modes of files. */
export function digestOf(files: readonly StoredFile[]): string {
  const listed = files.map(({ path: name, sha256, executable }) => [name, sha256, executable]);
  return createHash('sha256').update(JSON.stringify(listed)).digest('hex');
}

/** A file whose hash is known is not opened. */
async function readFile(
  { name, file, leadsTo }: FoundFile,
  hashes: FolderHashes,
  mostBytes: number,
): Promise<StoredFile> {
  if (leadsTo !== undefined) return { path: name, sha256: `${LINK}${leadsTo}`, size: 0, executable: false };
  const seen = await lstat(file, { bigint: true }).catch(failed(file));
  const known = seen.isFile() ? hashes.known(name, seen) : undefined;
  if (known !== undefined) {
    assertAllowed(file, seen, mostBytes);
    return fileOf(name, seen, known);
  }
  const handle = await openRegular(file);
  try {
    const stats = await handle.stat({ bigint: true });
    assertAllowed(file, stats, mostBytes);
    return fileOf(name, stats, await hashes.of(name, handle, stats).catch(failed(file)));
  } finally {
    await handle.close();
  }
}

function assertAllowed(file: string, stats: BigIntStats, mostBytes: number): void {
  assertOwn(() => assertOthersCannotChange(file, ownershipOf(stats)));
  if (stats.size > BigInt(mostBytes)) throw tooMuch();
}

function fileOf(name: string, { size, mode }: BigIntStats, sha256: string): StoredFile {
  return { path: name, sha256, size: Number(size), executable: (mode & 0o100n) !== 0n };
}

function ownershipOf(stats: BigIntStats) {
  return {
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mode: Number(stats.mode),
    isFile: () => stats.isFile(),
    isDirectory: () => stats.isDirectory(),
    isSymbolicLink: () => stats.isSymbolicLink(),
  };
}
