import type { references } from '../references.js';
import { ASKS_PROVIDER, EXAMPLE, OPENS_VAULT } from './common.js';
import type { TextsOf } from './types.js';

export const referenceMethods: TextsOf<typeof references> = {
  resolve: {
    params: {
      reference:
        'The reference, such as `auth://github/work/token` or `secret://team/db-password`; at most 2048 characters.',
      explain: 'Whether to report where the value would come from, in place of the value.',
    },
    result: {
      text: 'The value.',
      fields: {
        value: 'The value, in `encoding`; `null` with `explain`. Treat it as a secret.',
        encoding: 'How `value` is written.',
        metadata: {
          text: 'Where the value comes from.',
          fields: {
            kind: '`token`: from an account; `secret`: a stored secret; `external`: from a variable or another program.',
            source: 'What it was found in, such as `vault` or `env://NAME`; `null` if nothing has it.',
            expires_at: 'When the value expires; `null` if it does not, or that is not known.',
            sources: {
              text: 'Only with `explain`: every source, in the order in which they are searched.',
              fields: {
                source: 'The source, such as `vault` or `env://NAME`.',
                outcome:
                  '`found`, `absent`, `locked` (unlock it first), `denied` (not allowed by the configuration) or `unavailable` (it failed).',
              },
            },
          },
        },
      },
    },
    errors: [
      'not_found',
      'invalid_reference',
      'external',
      'keychain_unavailable',
      ...ASKS_PROVIDER,
      ...OPENS_VAULT,
    ],
    example: {
      params: { reference: 'auth://example/work/token' },
      result: {
        value: 'gT5kVq0nB3xR8sYw',
        encoding: 'utf8',
        metadata: { kind: 'token', source: 'vault', expires_at: EXAMPLE.expires },
      },
    },
  },
};
