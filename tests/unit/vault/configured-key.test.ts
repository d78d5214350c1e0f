import { expect, test } from 'vitest';
import { keyWarning } from '../../../daemon/core/vault/configured-key.js';

const slotsOf = (...kinds: Parameters<typeof keyWarning>[1][number]['kind'][]) =>
  kinds.map((kind) => ({ id: `id-of-${kind}`, kind }));

test.each([
  ['auto', slotsOf('key_file')],
  ['keychain', slotsOf('keychain')],
  ['keychain', slotsOf('keychain', 'password', 'recovery')],
  ['key_file', slotsOf('key_file', 'recovery')],
  ['credential', slotsOf('credential')],
  ['password', slotsOf('password', 'recovery')],
] as const)('vault.key = "%s" is true of %j', (configured, slots) => {
  expect(keyWarning(configured, slots)).toBeNull();
});

const ONLY_WHEN_MADE =
  'A vault gets such a key only when it is made: correct the line, or take everything to a new vault with: sigilforge vault export FILE --with-grants';

test.each([
  [
    'keychain',
    slotsOf('key_file'),
    'a key file opens the vault. Move it with: sigilforge vault add-keychain, then sigilforge vault remove-slot id-of-key_file',
  ],
  [
    'keychain',
    slotsOf('key_file', 'keychain'),
    'a key file opens the vault too. Remove that with: sigilforge vault remove-slot id-of-key_file',
  ],
  [
    'keychain',
    slotsOf('password'),
    'a password opens the vault. Move it with: sigilforge vault add-keychain',
  ],
  [
    'password',
    slotsOf('keychain', 'password'),
    'a key in the keychain opens the vault too. Make a password the only way in with: sigilforge vault set-password --only',
  ],
  [
    'password',
    slotsOf('key_file'),
    'a key file opens the vault. Make a password the only way in with: sigilforge vault set-password --only',
  ],
  ['key_file', slotsOf('keychain'), `a key in the keychain opens the vault. ${ONLY_WHEN_MADE}`],
  [
    'credential',
    slotsOf('key_file', 'keychain'),
    `a key file and a key in the keychain open the vault. ${ONLY_WHEN_MADE}`,
  ],
] as const)('vault.key = "%s" is not true of %j', (configured, slots, sentence) => {
  expect(keyWarning(configured, slots)).toBe(`config.toml says vault.key = "${configured}", but ${sentence}`);
});
