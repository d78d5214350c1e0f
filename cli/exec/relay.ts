import type { Readable } from 'node:stream';
import { isErrno } from '../../shared/errno.js';
import type { Mask } from './mask.js';

/**
 * Passes on what the program writes, through the mask, no faster than it is read. Ends when every writer has closed its
 * end. If our own reader has gone, it closes the program's pipe, so that the program notices as well.
 */
export async function relay(source: Readable, mask: Mask, target: NodeJS.WritableStream): Promise<void> {
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      if (!(await write(target, mask.push(chunk)))) return;
    }
  } catch (thrown) {
    // Linux reports that no process has the pseudo-terminal open any longer.
    if (!isErrno(thrown, 'EIO')) throw thrown;
  }
  await write(target, mask.end());
}

/** Whether the bytes were written. The stream's own listener reports what went wrong. */
function write(target: NodeJS.WritableStream, bytes: Buffer): Promise<boolean> {
  if (bytes.length === 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    target.write(bytes, (error) => resolve(!error));
  });
}
