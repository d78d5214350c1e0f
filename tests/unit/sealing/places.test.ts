import { expect, test } from 'vitest';
import { place } from '../../../daemon/core/sealing/places.js';
import { open } from '../../../daemon/core/sealing/sealing.js';

/** Sealed by the first released code for this place, with a key of zeros: its additional data must never change. */
const OLD = Buffer.from(
  '0101936b7c5f2e7c3a8b1d2f4e6a8c0b1d52caf03bc8dac24208cb83f99ae071b00782f556b48c43d7b26819c285cd432c3b8ee2',
  'hex',
);

test('the names of places are those that existing vaults were sealed with', () => {
  const places = {
    account: place.account('id', 'refresh_token'),
    provider: place.provider('id'),
    secret: place.secret('id'),
    fingerprintKey: place.fingerprintKey(),
    slotPublicKey: place.slotPublicKey('slot'),
    slotPrivateKey: place.slotPrivateKey('slot'),
    wrappedKey: place.wrappedKey('slot', 'key'),
    rescue: place.rescue('id', 7),
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
    'export||content',
  ]);
});

test('a value that was sealed before there was this list opens', () => {
  const where = { vault: 'a vault', ...place.account('a row', 'access_token') };
  expect(open(Buffer.alloc(32), where, OLD).toString()).toBe('a token');
});
