import { fstatSync } from 'node:fs';
import { errnoOf } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';

/**
 * All of standard input. Throws `limit_exceeded` over `limit` bytes, as `tooMuch` says it, and `invalid_params` if it
 * cannot be read.
 */
export async function readStandardInput(
  name: string,
  limit: number = Number.POSITIVE_INFINITY,
  tooMuch: (name: string, limit: number) => SigilforgeError = tooLong,
): Promise<Buffer> {
  if (isFolder(process.stdin.fd)) throw unreadable(`${name}: standard input is a folder.`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limit) throw tooMuch(name, limit);
      chunks.push(chunk);
    }
  } catch (thrown) {
    const code = errnoOf(thrown);
    if (code === undefined) throw thrown;
    throw unreadable(`${name}: standard input cannot be read (${code}).`, thrown);
  }
  return Buffer.concat(chunks);
}

/** Whether it is a folder, which Node reads as an empty stream. */
function isFolder(fd: number): boolean {
  try {
    return fstatSync(fd).isDirectory();
  } catch {
    // Not every descriptor can be asked; reading it will tell what is wrong.
    return false;
  }
}

/** The error for a value of over `limit` bytes. */
export function tooLong(name: string, limit: number): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `${name}: over ${limit.toLocaleString('en')} bytes.`, {
    hint: 'Store a shorter value. A large file can be encrypted, and its key stored here.',
  });
}

function unreadable(sentence: string, cause?: unknown): SigilforgeError {
  return new SigilforgeError('invalid_params', sentence, {
    hint: 'Redirect it from a file, or pipe the value in.',
    cause,
  });
}
