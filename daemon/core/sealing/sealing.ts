import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SigilforgeError } from '../../../shared/errors.js';
import { type Format, NEWEST, type Place, type VaultPlace } from './places.js';

/**
 * A sealed value: format (1 byte), key id (16), nonce (12), ciphertext, tag (16). AES-256-GCM with random nonces stays far
 * below its limit of 2^32 values under one key (NIST SP 800-38D, section 8.3). The format says what is authenticated besides:
 * in the first, where the value belongs; in the second, also what it is bound to.
 */
const KEY_ID_END = 17;
const NONCE_END = 29;
const TAG_BYTES = 16;

export const KEY_BYTES = 32;

/** In the newest format that the place has. */
export function seal(key: Buffer, keyId: string, place: VaultPlace, plaintext: Buffer): Buffer {
  const nonce = randomBytes(NONCE_END - KEY_ID_END);
  const format = newestOf(place);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(place, format));
  return Buffer.concat([
    beginningOf(keyId, format),
    nonce,
    cipher.update(plaintext),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

/**
 * The plaintext, once all of it is proven. Throws `integrity` for anything except what `seal` made for this place, and for an
 * older format than the place had when `least` was the newest.
 */
export function open(key: Buffer, place: VaultPlace, sealed: Buffer, least: Format = NEWEST): Buffer {
  const format = formatOf(sealed);
  const isRefused = format === undefined || format < newestOf(place, least);
  if (isRefused || sealed.length < NONCE_END + TAG_BYTES) throw damaged(place);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(KEY_ID_END, NONCE_END), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(additionalData(place, format));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const unproven = decipher.update(sealed.subarray(NONCE_END, -TAG_BYTES));
  try {
    return Buffer.concat([unproven, decipher.final()]);
  } catch (cause) {
    throw damaged(place, cause);
  }
}

/** What a value begins with that is sealed with this key; in the newest format, if none is given. */
export function beginningOf(keyId: string, format: Format = NEWEST): Buffer {
  return Buffer.concat([Buffer.from([format]), Buffer.from(keyId.replaceAll('-', ''), 'hex')]);
}

/** The id of the key that a value was sealed with; in a damaged value it may be any text. */
export function keyIdOf(sealed: Buffer): string | undefined {
  if (formatOf(sealed) === undefined || sealed.length < NONCE_END + TAG_BYTES) return undefined;
  return sealed.toString('hex', 1, KEY_ID_END).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The format that a value says it has; only opening it proves that. */
export function formatOf(sealed: Buffer): Format | undefined {
  const [format] = sealed;
  return format === 1 || format === 2 ? format : undefined;
}

/** The newest format of a place that is not newer than `limit`: the first is the only one of a value that is bound to nothing. */
function newestOf({ bound }: Place, limit: Format = NEWEST): Format {
  return limit >= 2 && bound !== undefined ? 2 : 1;
}

/** A JSON list can be read in only one way, with any names. */
function additionalData(place: VaultPlace, format: Format): Buffer {
  const { vault, table, row, column, bound } = place;
  const placed = [format, vault, table, row, column];
  if (format === 1) return Buffer.from(JSON.stringify(placed));
  if (bound === undefined) throw damaged(place);
  return Buffer.from(JSON.stringify([...placed, bound]));
}

function damaged({ table, column }: Place, cause?: unknown): SigilforgeError {
  return new SigilforgeError('integrity', `A sealed value (${table}, ${column}) is not what was stored.`, {
    cause,
  });
}
