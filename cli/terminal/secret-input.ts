import { SigilforgeError } from '../../shared/errors.js';
import { MAX_SECRET_BYTES } from '../../shared/limits.js';
import { askSecret, canAsk } from './prompt.js';
import { readStandardInput } from './standard-input.js';

/** One secret, from a hidden prompt, or from standard input without a terminal (one final newline is dropped). */
export async function readSecret(name: string): Promise<string> {
  return decode(await readSecretBytes(name, { exact: false, limit: MAX_SECRET_BYTES }), name);
}

/** The same as bytes, text or not. `exact` keeps a final newline; at most `limit` bytes are read from standard input. */
export async function readSecretBytes(
  name: string,
  { exact, limit }: { readonly exact: boolean; readonly limit: number },
): Promise<Buffer> {
  const input = canAsk() ? Buffer.from(await askSecret(name)) : await readStandardInput(name, limit);
  return assertSome(exact ? input : withoutNewline(input), name);
}

/** A new password. On a terminal it is asked for twice, since what is typed is not shown. */
export async function readNewPassword(name: string): Promise<string> {
  const password = await readSecret(name);
  if (canAsk() && (await readSecret('Enter it again')) !== password) {
    throw mistake('The passwords do not match.', 'Nothing was changed. Try again.');
  }
  return password;
}

function assertSome(input: Buffer, name: string): Buffer {
  if (input.length > 0) return input;
  throw mistake(
    `${name}: standard input is empty.`,
    'Run it in a terminal to be asked, or pipe the value in.',
  );
}

function withoutNewline(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 10) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 13 ? -2 : -1);
}

function decode(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw mistake(
      `${name}: standard input is not UTF-8 text.`,
      'Only secret set takes other bytes: sigilforge secret set KEY --exact < FILE',
    );
  }
}

function mistake(sentence: string, hint: string): SigilforgeError {
  return new SigilforgeError('invalid_params', sentence, { hint });
}
