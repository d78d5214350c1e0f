import { expect, test } from 'vitest';
import { place } from '../../../daemon/core/sealing/places.js';
import { isBound, open, seal } from '../../../daemon/core/sealing/sealing.js';

const KEY_ID = '0197a9b2-5d5c-7cc0-8000-0123456789ab';

const account = {
  id: 'id',
  kind: 'oauth',
  flow: 'authorization_code',
  client: '{"token_endpoint":"https://id.example"}',
  minting: null,
} as const;
/** SHA-256, computed by another program, of ["oauth","authorization_code","{\"token_endpoint\":…}",null]. */
const BOUND = 'e86wqID85_ESBVaxYEbxhrzc7OAsX-fIlPsMsjyhuwQ';

/** Sealed by the first released code for this place, with a key of zeros: its additional data must never change. */
const OLD = Buffer.from(
  '0101936b7c5f2e7c3a8b1d2f4e6a8c0b1d52caf03bc8dac24208cb83f99ae071b00782f556b48c43d7b26819c285cd432c3b8ee2',
  'hex',
);

test('the names of places are those that existing vaults were sealed with', () => {
  const places = {
    account: place.account(account, 'refresh_token'),
    provider: place.provider({ id: 'id', secretOrigins: '["https://id.example"]' }),
    secret: place.secret('id'),
    fingerprintKey: place.fingerprintKey(true),
    slotPublicKey: place.slotPublicKey('slot'),
    slotPrivateKey: place.slotPrivateKey('slot'),
    wrappedKey: place.wrappedKey('slot', 'key'),
    rescue: place.rescue({ ...account, generation: 7 }),
    unread: place.unread({ ...account, generation: 7 }, 'answer'),
    export: place.export(),
  };
  expect(Object.values(places).map(({ table, row, column }) => [table, row, column].join('|'))).toEqual([
    'accounts|id|refresh_token',
    'providers|id|client_secret',
    'secrets|id|value',
    'vault||fingerprint_key',
    'key_slots|slot|public_key',
    'key_slots|slot|private_key',
    'wrapped_keys|slot/key|wrapped',
    'rescue|id|7',
    'rescue|id|7/unread/answer',
    'export||content',
  ]);
});

test('a value that was sealed before values were bound opens in its place', () => {
  const { bound, ...where } = place.account({ ...account, id: 'a row' }, 'access_token');
  expect(bound).toBeDefined();
  expect(open(Buffer.alloc(32), { vault: 'a vault', ...where }, OLD).toString()).toBe('a token');
});

test.each([
  ['kind', 'api_key'],
  ['flow', 'client_credentials'],
  ['client', '{"token_endpoint":"https://evil.example"}'],
  ['client', null],
  ['client', '{"token_endpoint": "https://id.example"}'],
  ['minting', '{}'],
] as const)('a value of an account is bound to its %s: not beside %s', (field, other) => {
  const vault = 'a vault';
  const key = Buffer.alloc(32, 1);
  const where = place.account(account, 'refresh_token');
  const sealed = seal(key, KEY_ID, { vault, ...where }, Buffer.from('a token'));
  expect(isBound(sealed)).toBe(true);
  expect(open(key, { vault, ...where }, sealed).toString()).toBe('a token');
  const moved = { vault, ...place.account({ ...account, [field]: other }, 'refresh_token') };
  expect(() => open(key, moved, sealed)).toThrow(expect.objectContaining({ kind: 'integrity' }));
});

test('the texts that a value is bound to do not run into each other', () => {
  const [one, other] = [
    { ...account, client: 'a","b', minting: 'c' },
    { ...account, client: 'a', minting: 'b","c' },
  ].map((row) => place.account(row, 'refresh_token').bound);
  expect(one).not.toBe(other);
});

test('what an account is bound to is always written in the same way', () => {
  expect(place.account(account, 'refresh_token').bound).toBe(BOUND);
});
