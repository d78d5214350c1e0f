import { expect, test } from 'vitest';
import { type Place, place } from '../../../daemon/core/sealing/places.js';
import { open, seal } from '../../../daemon/core/sealing/sealing.js';

const KEY_ID = '0197a9b2-5d5c-7cc0-8000-0123456789ab';

const account = {
  id: 'id',
  service: 'example',
  account: 'work',
  kind: 'oauth',
  flow: 'authorization_code',
  client: '{"token_endpoint":"https://id.example"}',
  minting: null,
  askedScopes: '["mail"]',
  subject: 'person-1',
  tokenType: 'Bearer',
  latestEnd: 1_800_000_000_000,
} as const;
/**
 * SHA-256, computed by another program, of ["oauth","authorization_code","{\"token_endpoint\":…}",null,"example","work",
 * "[\"mail\"]","person-1"], and of the same with "Bearer",1800000000000.
 */
const BOUND = 'Dft7FqqtYXxeWpziNCGvmVVhSiygzCogILWXtdEWz8A';
const TOKEN_BOUND = 'Y-qYu778aDrJE1ImLK8MnLq0niuFJxsFaka8bxCjLHU';

/** Sealed by the first released code for this place, with a key of zeros: its additional data must never change. */
const OLD = Buffer.from(
  '0101936b7c5f2e7c3a8b1d2f4e6a8c0b1d52caf03bc8dac24208cb83f99ae071b00782f556b48c43d7b26819c285cd432c3b8ee2',
  'hex',
);

test('the names of places are those that existing vaults were sealed with', () => {
  const places = {
    account: place.account(account, 'refresh_token'),
    clientSecret: place.clientSecret({ id: 'id', secretOrigins: '["https://id.example"]' }),
    settingsSeal: place.settingsSeal({ id: 'id', settingsText: '{}' }),
    registered: place.registeredClient({ id: 'https://id.example', registrationText: '{}' }, 'client_secret'),
    secret: place.secret({ id: 'id', key: 'a/name' }),
    fingerprintKey: place.fingerprintKey(2),
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
    'providers|id|settings_seal',
    'registered_clients|https://id.example|client_secret',
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
  const where = { vault: 'a vault', ...place.account({ ...account, id: 'a row' }, 'access_token') };
  expect(open(Buffer.alloc(32), where, OLD, 1).toString()).toBe('a token');
  expect(() => open(Buffer.alloc(32), where, OLD, 2)).toThrow(expect.objectContaining({ kind: 'integrity' }));
});

const vault = 'a vault';
const KEY = Buffer.alloc(32, 1);

function expectBound(where: Place, others: Place): void {
  const sealed = seal(KEY, KEY_ID, { vault, ...where }, Buffer.from('a value'));
  expect(open(KEY, { vault, ...where }, sealed).toString()).toBe('a value');
  expect(() => open(KEY, { vault, ...others }, sealed)).toThrow(
    expect.objectContaining({ kind: 'integrity' }),
  );
}

test.each([
  ['kind', 'api_key'],
  ['flow', 'client_credentials'],
  ['client', '{"token_endpoint":"https://evil.example"}'],
  ['client', null],
  ['client', '{"token_endpoint": "https://id.example"}'],
  ['minting', '{}'],
  ['service', 'another'],
  ['account', 'home'],
  ['askedScopes', '["mail","admin"]'],
  ['askedScopes', null],
  ['subject', 'person-2'],
] as const)('a value of an account is bound to its %s: not beside %s', (field, other) => {
  const altered = { ...account, [field]: other };
  expectBound(place.account(account, 'refresh_token'), place.account(altered, 'refresh_token'));
  expectBound(place.account(account, 'access_token'), place.account(altered, 'access_token'));
  const generation = 7;
  expectBound(place.rescue({ ...account, generation }), place.rescue({ ...altered, generation }));
  expectBound(place.unread({ ...account, generation }, 'x'), place.unread({ ...altered, generation }, 'x'));
});

test.each([
  ['tokenType', 'DPoP'],
  ['tokenType', null],
  ['latestEnd', 253_402_300_799_999],
  ['latestEnd', null],
] as const)('an access token is bound to its %s as well: not beside %s', (field, other) => {
  const altered = { ...account, [field]: other };
  expectBound(place.account(account, 'access_token'), place.account(altered, 'access_token'));
});

test.each([
  ['a secret', place.secret({ id: 'id', key: 'one' }), place.secret({ id: 'id', key: 'other' })],
  [
    'the proof of settings',
    place.settingsSeal({ id: 'id', settingsText: '{}' }),
    place.settingsSeal({ id: 'id', settingsText: '{ }' }),
  ],
  [
    'a client secret',
    place.clientSecret({ id: 'id', secretOrigins: '["https://id.example"]' }),
    place.clientSecret({ id: 'id', secretOrigins: '["https://evil.example"]' }),
  ],
])('%s is bound', (_, where, other) => expectBound(where, other));

test('the texts that a value is bound to do not run into each other', () => {
  const [one, other] = [
    { ...account, client: 'a","b', minting: 'c' },
    { ...account, client: 'a', minting: 'b","c' },
  ].map((row) => place.account(row, 'refresh_token').bound);
  expect(one).not.toEqual(other);
});

test('what an account is bound to is always written in the same way', () => {
  expect(place.account(account, 'refresh_token').bound).toBe(BOUND);
  expect(place.account(account, 'access_token').bound).toBe(TOKEN_BOUND);
});
