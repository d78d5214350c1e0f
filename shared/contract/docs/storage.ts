import { StorageKey, type storage } from '../storage.js';
import { cursorTexts, EXAMPLE, nextPageText, OPENS_VAULT } from './common.js';
import { type NamedType, namedValue, type TextsOf } from './types.js';

export const storageTypes: Readonly<Record<string, NamedType>> = {
  StorageKey: namedValue(
    StorageKey,
    'The name of a stored value: 1 to 255 characters, without control characters.',
  ),
};

const keyText = 'The name of the value.';
const versionText =
  'The version that the value has now: if it has another one, nothing is changed (`already_exists`). 0: there is none of this name.';
const capabilityText = {
  capability: 'The name of the capability. A connection of a run may leave it out: it has only its own.',
};

export const storageMethods: TextsOf<typeof storage> = {
  storage_get: {
    params: { key: keyText, ...capabilityText },
    result: {
      text: 'The value.',
      fields: {
        key: keyText,
        value: 'The JSON value; `null` also if there is none.',
        version: 'Its version, which grows with each change; `null` if there is no such value.',
      },
    },
    errors: ['not_found', ...OPENS_VAULT],
    example: {
      params: { key: 'last', capability: 'weather' },
      result: { key: 'last', value: { city: 'Bern', celsius: 7 }, version: 1 },
    },
  },
  storage_set: {
    params: {
      key: keyText,
      value:
        'Any JSON value, `null` too: at most 256 KiB, and 8 MiB and 10,000 values of one capability together.',
      expected_version: versionText,
      ...capabilityText,
    },
    result: {
      text: 'What was stored.',
      fields: { key: keyText, version: 'Its version from now on.' },
    },
    errors: ['not_found', 'already_exists', ...OPENS_VAULT],
    example: {
      params: {
        key: 'last',
        value: { city: 'Bern', celsius: 7 },
        expected_version: 0,
        capability: 'weather',
      },
      result: { key: 'last', version: 1 },
    },
  },
  storage_delete: {
    params: { key: keyText, expected_version: versionText, ...capabilityText },
    result: { text: 'What was done.', fields: { deleted: 'Whether there was such a value.' } },
    errors: ['not_found', 'already_exists'],
    example: { params: { key: 'last', capability: 'weather' }, result: { deleted: true } },
  },
  storage_list: {
    params: {
      prefix: 'Only values whose names start with this; all of them if left out.',
      ...capabilityText,
      ...cursorTexts,
    },
    result: {
      text: 'A page of names.',
      fields: {
        items: {
          text: 'The values, sorted by name.',
          fields: {
            key: keyText,
            version: 'Its version.',
            bytes: 'The size of its JSON in bytes.',
            updated_at: 'When it was last changed.',
          },
        },
        cursor: nextPageText,
      },
    },
    errors: ['not_found'],
    example: {
      params: { capability: 'weather' },
      result: {
        items: [{ key: 'last', version: 1, bytes: 29, updated_at: EXAMPLE.used }],
        cursor: null,
      },
    },
  },
};
