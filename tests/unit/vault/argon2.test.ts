import { describe, expect, test } from 'vitest';
import { argon2id } from '../../../daemon/core/vault/slots/argon2.js';
import {
  newPasswordParams,
  passwordKey,
  readPasswordParams,
} from '../../../daemon/core/vault/slots/password.js';

// Known answers of the reference implementation of argon2id, version 0x13: P-H-C/phc-winner-argon2, src/test.c. The vector
// of RFC 9106, section 5.3, uses associated data, which this library does not take.
test.each([
  {
    memory_kib: 65_536,
    parallelism: 1,
    hex: '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
  },
  {
    memory_kib: 256,
    parallelism: 1,
    hex: '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe',
  },
  {
    memory_kib: 256,
    parallelism: 2,
    hex: '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037',
  },
])('argon2id with $memory_kib KiB and $parallelism lanes', async ({ memory_kib, parallelism, hex }) => {
  const salt = Buffer.from('somesalt').toString('base64');
  const params = { algorithm: 'argon2id' as const, memory_kib, passes: 2, parallelism, salt };
  expect((await argon2id(Buffer.from('password'), params)).toString('hex')).toBe(hex);
});

describe('a new password', () => {
  test("has parameters beyond OWASP's, and a salt of its own", () => {
    const [one, other] = [newPasswordParams(), newPasswordParams()];
    expect(one).toMatchObject({ algorithm: 'argon2id', parallelism: 1 });
    expect(one.memory_kib).toBeGreaterThanOrEqual(19 * 1024);
    expect(one.passes).toBeGreaterThanOrEqual(2);
    expect(Buffer.from(one.salt, 'base64')).toHaveLength(16);
    expect(other.salt).not.toBe(one.salt);
  });

  test('makes another key with another salt, password or cost', async () => {
    const params = { ...newPasswordParams(), memory_kib: 64, passes: 1 };
    const keys = await Promise.all([
      passwordKey('a', params),
      passwordKey('b', params),
      passwordKey('a', { ...params, salt: newPasswordParams().salt }),
      passwordKey('a', { ...params, passes: 2 }),
      passwordKey('a', { ...params, memory_kib: 128 }),
    ]);
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(keys.length);
  });
});

test.each([
  ['no object', null],
  ['another algorithm', { algorithm: 'argon2d' }],
  ['more memory than there may be', { memory_kib: 2 ** 31 }],
  ['no passes', { passes: 0 }],
  ['more lanes than there may be', { parallelism: 255 }],
  ['a salt that is no base64', { salt: '???????????????' }],
  ['a salt of nothing', { salt: '' }],
  ['something unknown besides', { secret: 'x' }],
])('parameters with %s are refused', (_, wrong) => {
  const params = wrong && { ...newPasswordParams(), ...wrong };
  expect(() => readPasswordParams(params, 'this')).toThrow(expect.objectContaining({ kind: 'integrity' }));
});
