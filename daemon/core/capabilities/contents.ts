import { createHash } from 'node:crypto';
import path from 'node:path';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import type { StoredFile } from '../store/capabilities.js';
import { openFollowed, readPieces } from './files.js';

/** Of a version, all of its files together: what has more is not kept. */
export const MOST_KEPT_BYTES = 1024 * 1024;

/** What a change in the middle makes of reading a file. */
const CHANGED: ReadonlySet<string> = new Set(['not_found', 'unsafe_path', 'limit_exceeded']);

/** What is kept of a version, by SHA-256: all of it, or nothing. Throws `integrity` if a file was changed since it was recorded. */
export async function contentsToKeep(
  root: string,
  files: readonly StoredFile[],
): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (bytes > MOST_KEPT_BYTES) return contents;
  for (const file of files)
    if (!contents.has(file.sha256)) contents.set(file.sha256, await contentOf(root, file));
  return contents;
}

/** The bytes of a file whose hash was recorded. Throws `integrity` if it was changed since. */
export async function contentOf(root: string, recorded: StoredFile): Promise<Buffer> {
  const file = path.join(root, recorded.path);
  const content = await bytesOf(file, recorded.size);
  if (sha256Of(content) !== recorded.sha256) throw changed(file);
  return content;
}

export function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function bytesOf(file: string, mostBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    const handle = await openFollowed(file);
    try {
      await readPieces(handle, (piece) => {
        bytes += piece.length;
        if (bytes > mostBytes) throw changed(file);
        pieces.push(Buffer.from(piece));
      });
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    throw CHANGED.has(asSigilforgeError(thrown).kind) ? changed(file) : thrown;
  }
  return Buffer.concat(pieces);
}

function changed(file: string): SigilforgeError {
  return new SigilforgeError('integrity', `${file} was changed while it was read.`, { hint: 'Try again.' });
}
