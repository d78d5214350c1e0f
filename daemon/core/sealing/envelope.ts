import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync } from 'node:crypto';
import { SigilforgeError } from '../../../shared/errors.js';
import type { VaultPlace } from './places.js';
import { KEY_BYTES, open, seal } from './sealing.js';

/*
 * Every slot has a pair of X25519 keys (RFC 7748). A data key is wrapped for the public key and unwrapped with the private
 * key, which only the slot's own key opens: what the keychain holds, or what a password makes. So a new data key can be
 * wrapped for every slot at any time, even for a password that no one has entered since, and an old data key does not lead
 * to the new one. The public keys are sealed with the data key, so that someone who can only write to the database cannot
 * have a data key wrapped for a key of their own.
 */

/** Both keys in DER: PKCS #8 and SPKI. */
export interface SlotPair {
  readonly privateKey: Buffer;
  readonly publicKey: Buffer;
}

const SPKI = { format: 'der', type: 'spki' } as const;
const PKCS8 = { format: 'der', type: 'pkcs8' } as const;
/** An X25519 public key in SPKI (RFC 8410). */
const PUBLIC_BYTES = 44;

export function generateSlotPair(): SlotPair {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return { privateKey: privateKey.export(PKCS8), publicKey: publicKey.export(SPKI) };
}

/** A data key that only the private key of this pair opens: an ephemeral public key, and the sealed data key. */
export function wrapKey(publicKey: Buffer, keyId: string, place: VaultPlace, dataKey: Buffer): Buffer {
  const ephemeral = generateSlotPair();
  const key = sharedKey(ephemeral.privateKey, publicKey, ephemeral.publicKey, publicKey);
  return Buffer.concat([ephemeral.publicKey, seal(key, keyId, place, dataKey)]);
}

/** Throws `integrity` for anything except what `wrapKey` made for this pair and place. */
export function unwrapKey(privateKey: Buffer, place: VaultPlace, wrapped: Buffer): Buffer {
  const ephemeral = wrapped.subarray(0, PUBLIC_BYTES);
  const own = createPublicKey(createPrivateKey({ key: privateKey, ...PKCS8 })).export(SPKI);
  return open(sharedKeyWith(ephemeral, privateKey, own), place, wrapped.subarray(PUBLIC_BYTES));
}

function sharedKeyWith(ephemeral: Buffer, privateKey: Buffer, own: Buffer): Buffer {
  try {
    return sharedKey(privateKey, ephemeral, ephemeral, own);
  } catch (cause) {
    throw new SigilforgeError('integrity', 'A wrapped key is not what was stored.', { cause });
  }
}

function sharedKey(privateKey: Buffer, publicKey: Buffer, ephemeral: Buffer, recipient: Buffer): Buffer {
  const secret = diffieHellman({
    privateKey: createPrivateKey({ key: privateKey, ...PKCS8 }),
    publicKey: createPublicKey({ key: publicKey, ...SPKI }),
  });
  const salt = Buffer.concat([ephemeral, recipient]);
  return Buffer.from(hkdfSync('sha256', secret, salt, 'sigilforge data key', KEY_BYTES));
}
