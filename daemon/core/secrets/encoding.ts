import { isUtf8 } from 'node:buffer';
import { SigilforgeError } from '../../../shared/errors.js';
import { MAX_SECRET_BYTES } from '../../../shared/limits.js';
import { Secret } from '../../../shared/secret.js';

export type Encoding = 'utf8' | 'base64';

/** The bytes that a caller means. Throws `invalid_params` if the value does not fit the encoding, `limit_exceeded` if it is too long. */
export function readBytes(value: string, encoding: Encoding): Buffer {
  const bytes = decoded(value, encoding);
  if (!bytes) {
    throw new SigilforgeError('invalid_params', `The value is not ${NAMES[encoding]}.`);
  }
  if (bytes.length <= MAX_SECRET_BYTES) return bytes;
  throw new SigilforgeError('limit_exceeded', `A secret has at most ${MAX_SECRET_BYTES} bytes.`, {
    hint: 'Keep large content in an encrypted file, and its key here.',
  });
}

/** Whether `readBytes` takes this value. */
export function fits(value: string, encoding: Encoding): boolean {
  const bytes = decoded(value, encoding);
  return bytes !== undefined && bytes.length <= MAX_SECRET_BYTES;
}

/** Both decoders skip what they cannot read. */
function decoded(value: string, encoding: Encoding): Buffer | undefined {
  const bytes = Buffer.from(value, encoding);
  return bytes.toString(encoding) === value ? bytes : undefined;
}

/** Bytes as callers get them: as text if they are UTF-8. */
export function writeBytes(bytes: Buffer): { value: string; encoding: Encoding } {
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return { value: bytes.toString(encoding), encoding };
}

/**
 * Bytes as they are kept: readable text as it is, anything else as base64 after a mark. Keychains store text; some reject an
 * empty value, and control characters expand sixfold when escaped.
 */
export function toStored(bytes: Buffer): Secret {
  const text = bytes.toString('utf8');
  const isPlain = isUtf8(bytes) && READABLE.test(text) && !text.startsWith(MARK);
  return new Secret(isPlain ? text : `${MARK}${bytes.toString('base64')}`);
}

export function fromStored(stored: Secret): Buffer {
  const text = stored.reveal();
  return text.startsWith(MARK) ? Buffer.from(text.slice(MARK.length), 'base64') : Buffer.from(text);
}

const NAMES: Record<Encoding, string> = { utf8: 'well-formed text', base64: 'base64 with its padding' };
const MARK = 'base64:';
const READABLE = /^[\t\n\r\P{Cc}]+$/u;
