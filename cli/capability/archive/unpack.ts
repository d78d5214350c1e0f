import { constants, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { fromRandomAccessReaderPromise, type ZipFile } from 'yauzl';
import { withPathErrors } from '../../../shared/path-error.js';
import { Allowance } from './allowance.js';
import { archiveError, unsafeName } from './archive-errors.js';
import { writeContent } from './content.js';
import { type Planned, readDirectory } from './directory.js';
import { ArchiveReader } from './reader.js';
import { parentOf } from './tree.js';

/**
 * Unpacks an archive into a folder that is empty. Throws `unsafe_path`, `limit_exceeded` or `invalid_params` for one that is
 * not harmless, after which the folder may hold a part of it; and the reason of `signal`.
 */
export async function unpack(archive: string, folder: string, signal: AbortSignal): Promise<void> {
  try {
    // Anything else of this name could make this process wait for ever.
    const handle = await open(archive, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const reader = new ArchiveReader(handle, (await handle.stat()).size);
      const zip = await fromRandomAccessReaderPromise(reader, reader.size, {
        ...{ autoClose: false, decodeStrings: false },
      });
      await unpackAll({ zip, reader, folder, signal });
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw archiveError(archive, thrown);
  }
}

interface Unpacking {
  readonly zip: ZipFile;
  readonly reader: ArchiveReader;
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function unpackAll({ zip, reader, folder, signal }: Unpacking): Promise<void> {
  const planned = await readDirectory(zip);
  makeFolders(folder, planned);
  const allowance = new Allowance(reader.size);
  const watch = (bytes: number): void => {
    signal.throwIfAborted();
    allowance.take(bytes);
  };
  let end = 0;
  for (const file of inOrder(planned)) {
    signal.throwIfAborted();
    const { entry } = file;
    if (entry.relativeOffsetOfLocalHeader < end) throw overlapping(file.path);
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    end = fileDataStart + entry.compressedSize;
    await writeContent(reader, fileDataStart, file, path.join(folder, file.path), watch);
  }
}

/** Files as they lie in the archive, so that two that have the same bytes are neighbours. */
function inOrder(planned: readonly Planned[]): Planned[] {
  return planned
    .filter(({ kind }) => kind !== 'folder')
    .sort((one, other) => one.entry.relativeOffsetOfLocalHeader - other.entry.relativeOffsetOfLocalHeader);
}

function makeFolders(root: string, planned: readonly Planned[]): void {
  const folders = new Set(planned.map(({ path: name, kind }) => (kind === 'folder' ? name : parentOf(name))));
  for (const name of folders) {
    const folder = path.join(root, name);
    withPathErrors(folder, () => mkdirSync(folder, { recursive: true, mode: 0o755 }));
  }
}

function overlapping(name: string) {
  return unsafeName(name, 'shares its bytes with another file, as in a zip bomb');
}
