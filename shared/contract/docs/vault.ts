import { VaultSlot, VaultState, type vault } from '../vault.js';
import { EXAMPLE, OPENS_VAULT } from './common.js';
import { type NamedType, namedChoice, namedObject, type TextsOf } from './types.js';

export const vaultTypes: Readonly<Record<string, NamedType>> = {
  VaultSlot: namedObject(VaultSlot, 'A way to open the vault.', {
    id: 'The id of the slot, for `vault_remove_slot`.',
    kind: '`keychain`: a key in the keychain; `credential`: a systemd credential; `password`; `recovery`: a recovery key; `key_file`: a file next to the database.',
    created_at: 'When it was added.',
  }),
  VaultState: namedChoice(VaultState, 'Whether keys and tokens can be read.', {
    unlocked: 'They can be read.',
    locked: 'Nothing can be read until `unlock`.',
  }),
};

const CHANGES_KEYS = ['keychain_unavailable', 'denied', ...OPENS_VAULT] as const;
const slotsText = 'The ways to open the vault that there are now.';
const stateText = 'The state of the vault now.';
export const keySourceText =
  'What opened the vault: the kind of a slot, such as `keychain` or `key_file`; `null` while it is locked.';
const exampleSlot: VaultSlot = { id: EXAMPLE.slotId, kind: 'key_file', created_at: EXAMPLE.created };
const keychainSlot: VaultSlot = { id: EXAMPLE.keyId, kind: 'keychain', created_at: EXAMPLE.used };
const passwordSlot: VaultSlot = { id: EXAMPLE.keyId, kind: 'password', created_at: EXAMPLE.used };

export const vaultMethods: TextsOf<typeof vault> = {
  vault_status: {
    params: {},
    result: {
      text: 'The vault.',
      fields: {
        state: stateText,
        key_source: keySourceText,
        slots: slotsText,
        warning:
          'Why no key opens it, what `vault.key` in config.toml says that is not so, or that one item of the keychain is the only way in, with what helps; `null` if there is nothing.',
      },
    },
    errors: [],
    example: {
      params: {},
      result: { state: 'unlocked', key_source: 'key_file', slots: [exampleSlot], warning: null },
    },
  },
  unlock: {
    params: {
      password:
        'A password or a recovery key of the vault. If left out, the keychain, credential or key file opens it.',
    },
    result: { text: 'The vault.', fields: { state: stateText } },
    errors: ['not_found', 'config', ...CHANGES_KEYS],
    example: { params: { password: 'correct horse battery staple' }, result: { state: 'unlocked' } },
  },
  lock: {
    params: {},
    result: { text: 'The vault.', fields: { state: stateText } },
    errors: [],
    example: { params: {}, result: { state: 'locked' } },
  },
  vault_set_password: {
    params: {
      password: 'The new password.',
      only: 'Whether to make this password (and a recovery key) the only way in, by removing all other slots.',
    },
    result: { text: 'The vault.', fields: { slots: slotsText } },
    errors: [...CHANGES_KEYS],
    example: {
      params: { password: 'correct horse battery staple', only: false },
      result: { slots: [exampleSlot, passwordSlot] },
    },
  },
  vault_add_keychain: {
    params: {},
    result: { text: 'The vault.', fields: { slots: slotsText } },
    errors: ['already_exists', ...CHANGES_KEYS],
    example: { params: {}, result: { slots: [exampleSlot, keychainSlot] } },
  },
  vault_recovery_key: {
    params: {},
    result: {
      text: 'The key.',
      fields: { recovery_key: 'The recovery key. Write it down: it is stored nowhere.' },
    },
    errors: [...CHANGES_KEYS],
    example: {
      params: {},
      result: { recovery_key: '4XJ9-T2KB-7Q0W-H3ME-V8RC-5NZD-1GAS-P6FY-K2XT-9JB4-W0QH-E7MV-3CR8-Z5ND' },
    },
  },
  vault_remove_slot: {
    params: { id: 'The id of the slot, from `vault_status`.' },
    result: { text: 'The vault.', fields: { slots: slotsText } },
    errors: ['not_found', ...CHANGES_KEYS],
    example: { params: { id: EXAMPLE.keyId }, result: { slots: [exampleSlot] } },
  },
  vault_rotate: {
    params: {},
    result: {
      text: 'What was done.',
      fields: { key_id: 'The id of the new data key.', resealed: 'How many values were encrypted again.' },
    },
    errors: [...CHANGES_KEYS],
    example: { params: {}, result: { key_id: EXAMPLE.keyId, resealed: 12 } },
  },
};
