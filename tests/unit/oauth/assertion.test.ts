import { createPrivateKey } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { readSigningKey, signAssertion } from '../../../daemon/core/oauth/signing/assertion.js';
import { Secret } from '../../../shared/secret.js';
import {
  makeEcKey,
  makeEd25519Key,
  makeRsaKey,
  type SigningKeyPair,
} from '../../support/provider/signing-keys.js';

const NOW = Date.parse('2030-01-31T12:00:00.500Z');
const whole = { issuer: 'me', subject: 'you', audience: 'https://id.example.org/token', scope: 'a b' };

const kinds: [name: string, algorithm: string, make: () => SigningKeyPair][] = [
  ['RSA in PKCS#8', 'RS256', () => makeRsaKey()],
  ['RSA in PKCS#1', 'RS256', () => makeRsaKey('pkcs1')],
  ['P-256', 'ES256', () => makeEcKey('P-256')],
  ['P-256 in SEC1', 'ES256', () => makeEcKey('P-256', 'sec1')],
  ['P-384', 'ES384', () => makeEcKey('P-384')],
  ['P-521', 'ES512', () => makeEcKey('P-521')],
  ['Ed25519', 'EdDSA', makeEd25519Key],
];

test.each(kinds)('a key of the kind %s signs by %s', async (_, algorithm, make) => {
  const { pem, publicKey } = make();
  const key = readSigningKey(new Secret(pem));
  const assertion = await signAssertion(key, 'k1', whole, NOW);
  const { payload, protectedHeader } = await jwtVerify(assertion.reveal(), publicKey, {
    algorithms: [algorithm],
    audience: whole.audience,
    issuer: 'me',
    subject: 'you',
    currentDate: new Date(NOW),
  });
  expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT', kid: 'k1' });
  expect(payload).toEqual({
    iss: 'me',
    sub: 'you',
    aud: whole.audience,
    scope: 'a b',
    iat: NOW / 1000 - 60.5,
    exp: NOW / 1000 + 539.5,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test('what is not given is not there, and no two assertions are the same', async () => {
  const { pem, publicKey } = makeEd25519Key();
  const key = readSigningKey(new Secret(pem));
  const sign = async () => (await signAssertion(key, null, { issuer: 'me' }, NOW)).reveal();
  const [one, two] = [await sign(), await sign()];
  const { payload } = await jwtVerify(one, publicKey, { currentDate: new Date(NOW) });
  expect(Object.keys(payload).sort()).toEqual(['exp', 'iat', 'iss', 'jti']);
  expect(decodeProtectedHeader(one)).toEqual({ alg: 'EdDSA', typ: 'JWT' });
  expect(two).not.toBe(one);
});

describe('what is refused, and nothing of it repeated', () => {
  const { pem } = makeRsaKey('pkcs8', 2048);
  const locked = createPrivateKey(pem);
  const protect = (type: 'pkcs8' | 'pkcs1') =>
    locked.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' }).toString();
  test.each<[string, string, RegExp]>([
    ['nothing', 'x', /not a private key/],
    ['a cut key', `${pem.slice(0, 300)}\n-----END PRIVATE KEY-----\n`, /not a private key/],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----', /not a private key/],
    ['a passphrase', protect('pkcs8'), /passphrase/],
    ['a passphrase of the old kind', protect('pkcs1'), /passphrase/],
    ['a short RSA key', makeRsaKey('pkcs8', 1024).pem, /This kind of key/],
    ['another curve', makeEcKey('secp256k1').pem, /This kind of key/],
  ])('%s', (_, text, expected) => {
    const read = () => readSigningKey(new Secret(text));
    expect(read).toThrow(
      expect.objectContaining({ kind: 'invalid_params', message: expect.stringMatching(expected) }),
    );
    const line = text.split('\n')[1];
    if (line) expect(read).not.toThrow(line);
  });
});
