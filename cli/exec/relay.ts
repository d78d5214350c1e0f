import type { Readable } from 'node:stream';
import type { Mask } from './mask.js';

/**
 * Passes on what the program writes, through the mask, no faster than it is taken. Ends with the last who could write
 * to it; and where our own reader has gone, by closing the program's pipe, so that it meets the same.
 */
export async function relay(source: Readable, mask: Mask, target: NodeJS.WritableStream): Promise<void> {
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      if (!(await write(target, mask.push(chunk)))) return;
    }
  } catch (thrown) {
    // This is how a pseudo-terminal says that nobody has it open any more.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EIO')) throw thrown;
  }
  await write(target, mask.end());
}

/** Whether it was taken. What went wrong, the stream's own listener says. */
function write(target: NodeJS.WritableStream, bytes: Buffer): Promise<boolean> {
  if (bytes.length === 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    target.write(bytes, (error) => resolve(!error));
  });
}
