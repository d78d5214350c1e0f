import { isUtf8 } from 'node:buffer';
import { SigilforgeError } from '../../../shared/errors.js';
import { Secret } from '../../../shared/secret.js';

export type Encoding = 'utf8' | 'base64';

/** The longest secret there is, in bytes. */
export const MAX_SECRET_BYTES = 256 * 1024;

/** The bytes that a caller means. Throws `invalid_params` for what is not of the encoding, `limit_exceeded` for too many. */
export function readBytes(value: string, encoding: Encoding): Buffer {
  const bytes = Buffer.from(value, encoding);
  // Both decoders pass over what they cannot read.
  if (bytes.toString(encoding) !== value) {
    throw new SigilforgeError('invalid_params', `set_secret: value is not ${NAMES[encoding]}.`);
  }
  if (bytes.length <= MAX_SECRET_BYTES) return bytes;
  throw new SigilforgeError('limit_exceeded', `A secret has at most ${MAX_SECRET_BYTES} bytes.`, {
    hint: 'Keep the large thing in an encrypted file, and its key here.',
  });
}

/** Bytes as callers get them: as text where they are text. */
export function writeBytes(bytes: Buffer): { value: string; encoding: Encoding } {
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return { value: bytes.toString(encoding), encoding };
}

/**
 * Bytes in the form in which they are kept: readable text as it is, anything else as base64 behind a mark. Keychains hold
 * text, some of them no empty one, and control characters would grow sixfold on the way to them.
 */
export function toStored(bytes: Buffer): Secret {
  const text = bytes.toString('utf8');
  const asItIs = isUtf8(bytes) && READABLE.test(text) && !text.startsWith(MARK);
  return new Secret(asItIs ? text : `${MARK}${bytes.toString('base64')}`);
}

export function fromStored(stored: Secret): Buffer {
  const text = stored.reveal();
  return text.startsWith(MARK) ? Buffer.from(text.slice(MARK.length), 'base64') : Buffer.from(text);
}

const NAMES: Record<Encoding, string> = { utf8: 'well-formed text', base64: 'base64 with its padding' };
const MARK = 'base64:';
const READABLE = /^[\t\n\r\P{Cc}]+$/u;
