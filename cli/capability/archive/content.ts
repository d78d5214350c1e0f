import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import type { Entry } from 'yauzl';
import { pathError } from '../../../shared/path-error.js';
import { damagedEntry } from './archive-errors.js';
import { Crc32 } from './crc32.js';
import type { Planned } from './directory.js';
import { isDeflated } from './entry-kind.js';
import type { ArchiveReader } from './reader.js';

/** Told about each piece before it is written: what it throws ends the writing. */
type Watch = (bytes: number) => void;

/** Writes a file of an archive, whose packed bytes begin at `start`. Throws `invalid_params` if it is not what the archive says. */
export async function writeContent(
  reader: ArchiveReader,
  start: number,
  { entry, kind, path }: Planned,
  target: string,
  watch: Watch,
): Promise<void> {
  const crc = new Crc32();
  let bytes = 0;
  const handle = await open(target, 'wx', kind === 'program' ? 0o755 : 0o644).catch(failed(target));
  try {
    await eachPiece(reader.pieces(start, entry.compressedSize), entry, async (piece) => {
      bytes += piece.length;
      watch(piece.length);
      crc.add(piece);
      if (bytes > entry.uncompressedSize) throw damagedEntry(path);
      await writeAll(handle, piece).catch(failed(target));
    });
  } finally {
    await handle.close();
  }
  if (bytes !== entry.uncompressedSize || crc.value !== entry.crc32) throw damagedEntry(path);
}

async function eachPiece(
  packed: AsyncIterable<Buffer>,
  entry: Entry,
  take: (piece: Buffer) => Promise<void>,
): Promise<void> {
  if (!isDeflated(entry)) {
    for await (const piece of packed) await take(piece);
    return;
  }
  const inflating = createInflateRaw();
  const fed = pipeline(packed, inflating);
  // What goes wrong there comes out of `inflating` too.
  fed.catch(() => undefined);
  try {
    for await (const piece of inflating) await take(piece);
  } finally {
    inflating.destroy();
    await fed.catch(() => undefined);
  }
  await fed;
}

async function writeAll(handle: FileHandle, piece: Buffer): Promise<void> {
  for (let done = 0; done < piece.length; ) done += (await handle.write(piece, done)).bytesWritten;
}

function failed(target: string): (thrown: unknown) => never {
  return (thrown) => {
    throw pathError(target, thrown);
  };
}
