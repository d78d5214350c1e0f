import { errnoOf } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';

/** All of standard input. Throws `limit_exceeded` over `limit` bytes, and `invalid_params` if it cannot be read. */
export async function readStandardInput(
  name: string,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limit) throw new SigilforgeError('limit_exceeded', `${name}: over ${limit} bytes.`);
      chunks.push(chunk);
    }
  } catch (thrown) {
    const code = errnoOf(thrown);
    if (code === undefined) throw thrown;
    throw new SigilforgeError('invalid_params', `${name}: standard input cannot be read (${code}).`, {
      hint: 'Redirect it from a file, or pipe the value in. A folder cannot be read.',
      cause: thrown,
    });
  }
  return Buffer.concat(chunks);
}
