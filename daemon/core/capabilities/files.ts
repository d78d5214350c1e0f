import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { MOST_BYTES, tooMuch } from '../../../shared/capability-files.js';
import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { pathError } from '../../../shared/path-error.js';

const CHUNK_BYTES = 256 * 1024;

/** Opens a file of a folder for reading; nothing else, which could make a program wait for ever. */
export async function openRegular(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(
    failed(file),
  );
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw notAFile(file);
}

/** The same for what may be a link: where that leads, `readFolder` judges. */
export async function openFollowed(file: string): Promise<FileHandle> {
  return openRegular(await realpath(file).catch(failed(file)));
}

/**
 * Reads a file to its end in pieces, each of which is there only until the next. Throws `limit_exceeded` for one that grows
 * while it is read, which could go on for ever.
 */
export async function readPieces(
  handle: FileHandle,
  take: (piece: Buffer) => Promise<void> | void,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return;
    bytes += bytesRead;
    if (bytes > MOST_BYTES) throw tooMuch();
    await take(buffer.subarray(0, bytesRead));
  }
}

/** For what the system refuses about a path of the caller's. */
export function failed(file: string): (thrown: unknown) => never {
  return (thrown) => {
    if (thrown instanceof SigilforgeError) throw thrown;
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

export function leadsOut(link: string): SigilforgeError {
  return new SigilforgeError(
    'unsafe_path',
    `${link} is a link that leads out of the folder of the capability.`,
    { hint: 'Put the file itself there.' },
  );
}

export function notAFile(file: string): SigilforgeError {
  return new SigilforgeError('unsafe_path', `${file} is neither a file nor a folder.`, {
    hint: 'Move it out of the folder of the capability.',
  });
}
