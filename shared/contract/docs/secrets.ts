import { SecretBackend, type secrets } from '../secrets.js';
import { ASKS_PROVIDER, cursorTexts, EXAMPLE, nextPageText, OPENS_VAULT } from './common.js';
import { type NamedType, namedChoice, type TextsOf } from './types.js';

export const secretTypes: Readonly<Record<string, NamedType>> = {
  SecretBackend: namedChoice(SecretBackend, 'Where a secret is kept.', {
    keychain: "The operating system's keychain.",
    vault: "Sigilforge's own encrypted store.",
  }),
};

const KEEPS_SECRETS = ['keychain_unavailable', 'denied', ...OPENS_VAULT] as const;
const keyText = 'The name of the secret.';
const valueText = 'The value, in `encoding`. Treat it as a secret.';
const pageTexts = {
  prefix: 'Only secrets whose names start with this; all of them if left out.',
  ...cursorTexts,
};

export const secretMethods: TextsOf<typeof secrets> = {
  set_secret: {
    params: {
      key: keyText,
      value: 'The value, in `encoding`; at most 256 KiB once decoded.',
      backend:
        'Where to keep it. If left out, where it is now, or `secrets.default_backend` of the configuration for a new one.',
      encoding: 'How `value` is written.',
    },
    result: {
      text: 'What was stored.',
      fields: { key: keyText, backend: 'Where the secret is kept.' },
    },
    errors: [...KEEPS_SECRETS],
    example: {
      params: { key: 'team/db-password', value: 'correct horse', backend: 'vault' },
      result: { key: 'team/db-password', backend: 'vault' },
    },
  },
  get_secret: {
    params: { key: keyText },
    result: {
      text: 'The secret.',
      fields: {
        key: keyText,
        value: valueText,
        encoding: 'How `value` is written.',
        backend: 'Where the secret is kept.',
      },
    },
    errors: ['not_found', ...KEEPS_SECRETS],
    example: {
      params: { key: 'team/db-password' },
      result: { key: 'team/db-password', value: 'correct horse', encoding: 'utf8', backend: 'vault' },
    },
  },
  get_secrets: {
    params: pageTexts,
    result: {
      text: 'A page of secrets: at most 64 KiB of them, or a single one that is longer.',
      fields: {
        secrets: {
          text: 'The secrets, sorted by name.',
          fields: { key: keyText, value: valueText, encoding: 'How `value` is written.' },
        },
        damaged:
          'The names of secrets that belong here and whose stored values are damaged; left out if there are none. `get_secret` says what to do.',
        cursor: nextPageText,
      },
    },
    errors: [...KEEPS_SECRETS],
    example: {
      params: { prefix: 'team/' },
      result: {
        secrets: [{ key: 'team/db-password', value: 'correct horse', encoding: 'utf8' }],
        cursor: null,
      },
    },
  },
  list_secrets: {
    params: pageTexts,
    result: {
      text: 'A page of names.',
      fields: {
        secrets: {
          text: 'The secrets, sorted by name.',
          fields: {
            key: keyText,
            backend: 'Where the secret is kept.',
            created_at: 'When it was first stored.',
            updated_at: 'When its value was last stored.',
          },
        },
        cursor: nextPageText,
      },
    },
    errors: [],
    example: {
      params: { prefix: 'team/' },
      result: {
        secrets: [
          {
            key: 'team/db-password',
            backend: 'vault',
            created_at: EXAMPLE.created,
            updated_at: EXAMPLE.used,
          },
        ],
        cursor: null,
      },
    },
  },
  delete_secret: {
    params: { key: keyText },
    result: {
      text: 'What was done.',
      fields: { deleted: 'Whether the secret was deleted.' },
    },
    errors: ['not_found', ...KEEPS_SECRETS],
    example: { params: { key: 'team/db-password' }, result: { deleted: true } },
  },
  get_aws_credentials: {
    params: { name: 'What they are called: the secret `aws/NAME` says where they come from.' },
    result: {
      text: 'The credentials. Those of a role are kept encrypted, and asked for again before they expire.',
      fields: {
        access_key_id: 'The id of the access key.',
        secret_access_key: 'The secret access key. Treat it as a secret.',
        session_token: 'The session token; `null` for keys without one. Treat it as a secret.',
        expires_at: 'When they expire; `null` for keys that are stored.',
      },
    },
    errors: ['not_found', ...ASKS_PROVIDER, ...KEEPS_SECRETS],
    example: {
      params: { name: 'work' },
      result: {
        access_key_id: 'AKIAIOSFODNN7EXAMPLE',
        secret_access_key: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY',
        session_token: null,
        expires_at: null,
      },
    },
  },
};
