import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Place, VaultPlace } from './places.js';

/**
 * A sealed value: format version (1 byte), key id (16), nonce (12), ciphertext, tag (16). AES-256-GCM with random
 * nonces stays far below its limit of 2^32 values under one key (NIST SP 800-38D, section 8.3). The version says what is
 * authenticated besides: where the value belongs, and in the second what it is bound to.
 */
const PLACED = 1;
const BOUND = 2;
const KEY_ID_END = 17;
const NONCE_END = 29;
const TAG_BYTES = 16;

export const KEY_BYTES = 32;

export function seal(key: Buffer, keyId: string, place: VaultPlace, plaintext: Buffer): Buffer {
  const nonce = randomBytes(NONCE_END - KEY_ID_END);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(place));
  const header = Buffer.concat([
    Buffer.from([formatOf(place)]),
    Buffer.from(keyId.replaceAll('-', ''), 'hex'),
  ]);
  return Buffer.concat([header, nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** The plaintext, once all of it is proven. Throws `integrity` for anything except what `seal` made for this place. */
export function open(key: Buffer, place: VaultPlace, sealed: Buffer): Buffer {
  if (sealed[0] !== formatOf(place) || sealed.length < NONCE_END + TAG_BYTES) throw damaged(place);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(KEY_ID_END, NONCE_END), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(additionalData(place));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const unproven = decipher.update(sealed.subarray(NONCE_END, -TAG_BYTES));
  try {
    return Buffer.concat([unproven, decipher.final()]);
  } catch (cause) {
    throw damaged(place, cause);
  }
}

/** The id of the key that a value was sealed with; in a damaged value it may be any text. */
export function keyIdOf(sealed: Buffer): string | undefined {
  if ((sealed[0] !== PLACED && !isBound(sealed)) || sealed.length < NONCE_END + TAG_BYTES) return undefined;
  return sealed.toString('hex', 1, KEY_ID_END).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Whether a value says that it is bound to something; only opening it proves that. */
export function isBound(sealed: Buffer): boolean {
  return sealed[0] === BOUND;
}

function formatOf({ bound }: Place): number {
  return bound === undefined ? PLACED : BOUND;
}

/** A JSON list can be read in only one way, with any names. */
function additionalData(place: VaultPlace): Buffer {
  const { vault, table, row, column, bound } = place;
  return Buffer.from(
    JSON.stringify([formatOf(place), vault, table, row, column, ...(bound === undefined ? [] : [bound])]),
  );
}

function damaged({ table, column }: Place, cause?: unknown): SigilforgeError {
  return new SigilforgeError('integrity', `A sealed value (${table}, ${column}) is not what was stored.`, {
    cause,
  });
}
