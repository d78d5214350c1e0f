import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { KEY_BYTES } from '../../sealing/sealing.js';

/** Crockford's base32: without letters that look like digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHECK_BYTES = 3;
const CHARACTERS = ((KEY_BYTES + CHECK_BYTES) * 8) / 5;
const GROUP = 4;

/** A new recovery key: 32 random bytes and a checksum, in groups of four characters. */
export function newRecoveryKey(): string {
  const bytes = randomBytes(KEY_BYTES);
  const text = encode(Buffer.concat([bytes, checksum(bytes)]));
  return (text.match(new RegExp(`.{${GROUP}}`, 'g')) ?? []).join('-');
}

/** The bytes of a recovery key, however it was typed, or `undefined` for any other text. */
export function parseRecoveryKey(text: string): Buffer | undefined {
  const letters = text.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  if (letters.length !== CHARACTERS) return undefined;
  const all = decode(letters);
  const bytes = all?.subarray(0, KEY_BYTES);
  return bytes && all && checksum(bytes).equals(all.subarray(KEY_BYTES)) ? bytes : undefined;
}

/** The key of a recovery slot. Random bytes do not need a slow derivation. */
export function recoverySlotKey(bytes: Buffer, slotId: string): Buffer {
  return Buffer.from(hkdfSync('sha256', bytes, slotId, 'sigilforge recovery key', KEY_BYTES));
}

function checksum(bytes: Buffer): Buffer {
  return createHash('sha256')
    .update('sigilforge recovery key')
    .update(bytes)
    .digest()
    .subarray(0, CHECK_BYTES);
}

function encode(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join('');
}

function decode(letters: string): Buffer | undefined {
  const values = [...letters].map((letter) => ALPHABET.indexOf(letter));
  if (values.includes(-1)) return undefined;
  const bits = values.map((value) => value.toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
