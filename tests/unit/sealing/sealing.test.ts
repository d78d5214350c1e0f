import { randomBytes, webcrypto } from 'node:crypto';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { VaultPlace } from '../../../daemon/core/sealing/places.js';
import { keyIdOf, open, seal } from '../../../daemon/core/sealing/sealing.js';
import known from './vectors/aes-256-gcm.json' with { type: 'json' };

/** What a known answer fixes and the code chooses by itself: the nonce, and the additional data of the place. */
const fixed = vi.hoisted(() => ({
  iv: undefined as Buffer | undefined,
  aad: undefined as Buffer | undefined,
}));

vi.mock('node:crypto', async (load) => {
  const original = await load<typeof import('node:crypto')>();
  type Parameters = [algorithm: 'aes-256-gcm', key: Buffer, iv: Buffer, options: { authTagLength: number }];
  const withAdditionalData = <C extends { setAAD(data: Buffer): unknown }>(cipher: C): C => {
    const { aad } = fixed;
    if (aad !== undefined)
      cipher.setAAD = (
        (set) => () =>
          set(aad)
      )(cipher.setAAD.bind(cipher));
    return cipher;
  };
  return {
    ...original,
    randomBytes: (size: number) => fixed.iv ?? original.randomBytes(size),
    createCipheriv: (...given: Parameters) => withAdditionalData(original.createCipheriv(...given)),
    createDecipheriv: (...given: Parameters) => withAdditionalData(original.createDecipheriv(...given)),
  };
});

beforeEach(() => {
  fixed.iv = undefined;
  fixed.aad = undefined;
});

const keyId = '0197a9b2-5d5c-7cc0-8000-0123456789ab';
const place: VaultPlace = { vault: 'a vault', table: 'accounts', row: 'a row', column: 'access_token' };
const header = Buffer.from(`01${keyId.replaceAll('-', '')}`, 'hex');

describe(`known answers: ${known.source}`, () => {
  test.each(known.vectors)('key $key', (vector) => {
    const [key, iv, plaintext, aad, ciphertext, tag] = [
      vector.key,
      vector.iv,
      vector.plaintext,
      vector.aad,
      vector.ciphertext,
      vector.tag,
    ].map((hex) => Buffer.from(hex, 'hex')) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
    fixed.iv = iv;
    fixed.aad = aad;
    const sealed = Buffer.concat([header, iv, ciphertext, tag]);
    expect(seal(key, keyId, place, plaintext)).toEqual(sealed);
    expect(open(key, place, sealed)).toEqual(plaintext);
  });
});

/** The format as it is described, by another interface to the cipher. */
async function sealByWebCrypto(key: Buffer, iv: Buffer, additionalData: string, plaintext: string) {
  const imported = await webcrypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
  const sealed = await webcrypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: Buffer.from(additionalData), tagLength: 128 },
    imported,
    Buffer.from(plaintext),
  );
  return Buffer.concat([header, iv, Buffer.from(sealed)]);
}

test('the format: version, key id, nonce, ciphertext and tag, with the place as additional data', async () => {
  const [key, iv] = [randomBytes(32), randomBytes(12)];
  const additionalData = '[1,"a vault","accounts","a row","access_token"]';
  const sealed = await sealByWebCrypto(key, iv, additionalData, 'a value');
  expect(open(key, place, sealed).toString()).toBe('a value');
  fixed.iv = iv;
  expect(seal(key, keyId, place, Buffer.from('a value'))).toEqual(sealed);
});

test('the format of a bound value: its own version, and the digest at the end of the additional data', async () => {
  const [key, iv] = [randomBytes(32), randomBytes(12)];
  const additionalData = '[2,"a vault","accounts","a row","access_token","a digest"]';
  const sealed = await sealByWebCrypto(key, iv, additionalData, 'a value');
  sealed[0] = 2;
  const bound = { ...place, bound: 'a digest' };
  expect(open(key, bound, sealed).toString()).toBe('a value');
  fixed.iv = iv;
  expect(seal(key, keyId, bound, Buffer.from('a value'))).toEqual(sealed);
});

test('a value of the older format opens only where that is allowed, whatever it would be bound to', () => {
  const key = randomBytes(32);
  const bound = { ...place, bound: 'a digest' };
  const refused = expect.objectContaining({ kind: 'integrity' });
  const placed = seal(key, keyId, place, Buffer.from('a value'));
  expect(() => open(key, bound, placed)).toThrow(refused);
  expect(open(key, bound, placed, 1).toString()).toBe('a value');
  const newer = seal(key, keyId, bound, Buffer.from('a value'));
  expect(open(key, bound, newer, 1).toString()).toBe('a value');
  expect(() => open(key, { ...place, bound: 'another digest' }, newer, 1)).toThrow(refused);
  expect(() => open(key, place, newer, 1)).toThrow(refused);
});

test('every value has a nonce of its own', () => {
  const key = randomBytes(32);
  const nonces = Array.from({ length: 1000 }, () =>
    seal(key, keyId, place, Buffer.from('a value')).toString('hex', 17, 29),
  );
  expect(new Set(nonces).size).toBe(1000);
});

test.each([0, 1, 15, 16, 17, 4096])('a value of %i bytes comes back as it was', (size) => {
  const [key, value] = [randomBytes(32), randomBytes(size)];
  const sealed = seal(key, keyId, place, value);
  expect(sealed.length).toBe(1 + 16 + 12 + size + 16);
  expect(open(key, place, sealed)).toEqual(value);
  expect(keyIdOf(sealed)).toBe(keyId);
});

describe('does not open', () => {
  const key = randomBytes(32);
  const sealed = seal(key, keyId, place, Buffer.from('a value that is long enough to be cut in many ways'));
  const refused = expect.objectContaining({
    kind: 'integrity',
    message: expect.not.stringContaining('value that'),
  });
  const attempt = (bytes: Buffer, where: VaultPlace = place, by: Buffer = key) => {
    try {
      return open(by, where, bytes);
    } catch (thrown) {
      return thrown;
    }
  };

  test('with any one bit changed, except in the name of the key, by which the key is chosen', () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (bit >> 3 >= 1 && bit >> 3 < 17) expect(keyIdOf(changed)).not.toBe(keyId);
      else expect(attempt(changed), `bit ${bit}`).toEqual(refused);
    }
  });

  test('with a tag that was cut, to the lengths that Node would take too', () => {
    for (const length of [0, 4, 8, 12, 13, 14, 15]) {
      expect(attempt(sealed.subarray(0, sealed.length - 16 + length)), `${length} bytes`).toEqual(refused);
    }
    const empty = seal(key, keyId, place, Buffer.alloc(0));
    for (const length of [0, 4, 8, 12]) expect(attempt(empty.subarray(0, 29 + length))).toEqual(refused);
  });

  test('cut anywhere, or with something added', () => {
    for (let end = 0; end < sealed.length; end++) expect(attempt(sealed.subarray(0, end))).toEqual(refused);
    expect(attempt(Buffer.concat([sealed, Buffer.alloc(1)]))).toEqual(refused);
  });

  test('anywhere but in its place', () => {
    for (const name of Object.keys(place)) {
      expect(attempt(sealed, { ...place, [name]: 'another' }), name).toEqual(refused);
    }
    const moved = { ...place, table: 'accounts","a row', row: 'access_token' };
    expect(attempt(sealed, moved)).toEqual(refused);
  });

  test('with another key', () => {
    expect(attempt(sealed, place, randomBytes(32))).toEqual(refused);
  });

  test('in another version of the format, whose key is not even told', () => {
    for (const version of [0, 3, 255]) {
      const other = Buffer.concat([Buffer.from([version]), sealed.subarray(1)]);
      expect(attempt(other)).toEqual(refused);
      expect(keyIdOf(other)).toBeUndefined();
    }
  });

  test('as bound if it is not, nor as one that is not if it is, whatever its version says', () => {
    const bound = { ...place, bound: 'a digest' };
    const boundSealed = seal(key, keyId, bound, Buffer.from('a value'));
    for (const version of [1, 2]) {
      const relabelled = (bytes: Buffer) => Buffer.concat([Buffer.from([version]), bytes.subarray(1)]);
      expect(attempt(relabelled(sealed), bound), `${version}`).toEqual(refused);
      expect(attempt(relabelled(boundSealed), place), `${version}`).toEqual(refused);
    }
    expect(attempt(boundSealed, { ...bound, bound: 'another digest' })).toEqual(refused);
  });
});
