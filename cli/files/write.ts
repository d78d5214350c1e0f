import fs, { type Stats } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../../shared/errno.js';
import { removeAbandonedDrafts, writeWholeFile } from '../../shared/whole-file.js';
import type { Destination } from './destination.js';
import { writeInPlace } from './in-place.js';
import { failed, taken } from './refusals.js';

/**
 * Writes `content` to where `name` led. A regular file is replaced whole, so other names of it (hard links) keep the old
 * content. It is private then (0600) whatever it was before, because it holds secrets; where root writes, its owner keeps it.
 * A file that cannot be replaced, but be written, is written in place. Everything else is written into. With `exclusive`
 * a regular file that exists by then is `already_exists`; with `mode` a regular file has those permission bits, because it
 * holds no secret of ours. Whatever it throws, the old content is still there.
 */
export async function writeTo(
  destination: Destination,
  name: string,
  content: Buffer,
  { exclusive = false, mode }: { readonly exclusive?: boolean; readonly mode?: number } = {},
): Promise<void> {
  try {
    switch (destination.kind) {
      case 'descriptor':
        return await writeAll(destination.fd, content);
      case 'stream':
        return await writeStream(destination.path, content);
      case 'file':
        return writeFile(destination, content, { exclusive, mode });
    }
  } catch (thrown) {
    throw exclusive && isErrno(thrown, 'EEXIST') ? taken(name) : failed(name, thrown);
  }
}

function writeFile(
  { path, replaces }: { readonly path: string; readonly replaces: Stats | undefined },
  content: Buffer,
  { exclusive, mode }: { readonly exclusive: boolean; readonly mode: number | undefined },
): void {
  removeAbandonedDrafts(path);
  try {
    const owner = process.getuid?.() === 0 ? replaces : undefined;
    writeWholeFile(path, content, { exclusive, owner, mode });
  } catch (thrown) {
    if (replaces === undefined || !isErrno(thrown, 'EBUSY', 'EACCES', 'EPERM', 'EROFS')) throw thrown;
    writeInPlace(path, content);
    if (mode !== undefined) fs.chmodSync(path, mode);
  }
}

/** Waits for the reader of a named pipe. */
async function writeStream(path: string, content: Buffer): Promise<void> {
  const stream = await fs.promises.open(path, fs.constants.O_WRONLY | fs.constants.O_NOCTTY);
  try {
    await stream.writeFile(content);
  } finally {
    await stream.close();
  }
}

const RETRY_MS = 5;

/** All of it, where the descriptor is. One that does not block is tried again while its reader is slow. */
async function writeAll(fd: number, content: Buffer): Promise<void> {
  for (let at = 0; at < content.length; ) {
    try {
      at += fs.writeSync(fd, content, at);
    } catch (thrown) {
      if (!isErrno(thrown, 'EAGAIN')) throw thrown;
      await sleep(RETRY_MS);
    }
  }
}
