import { AccessToken, type tokens } from '../tokens.js';
import { ASKS_PROVIDER, accountTexts, cursorTexts, EXAMPLE, nextPageText, OPENS_VAULT } from './common.js';
import { type NamedType, namedObject, type TextsOf } from './types.js';

const scopesText = 'The scopes that the provider granted for it.';

export const tokenTypes: Readonly<Record<string, NamedType>> = {
  AccessToken: namedObject(AccessToken, 'An access token, or the API key of an `api_key` account.', {
    access_token: 'The token itself. Treat it as a secret.',
    token_type: 'The type that the provider named, usually `Bearer`; `api_key` for an API key.',
    expires_at: 'When the token expires; `null` if it does not, or the provider did not say.',
    scopes: scopesText,
  }),
};

const exampleToken: AccessToken = {
  access_token: 'gT5kVq0nB3xR8sYw',
  token_type: 'Bearer',
  expires_at: EXAMPLE.expires,
  scopes: ['openid', 'profile'],
};

export const tokenMethods: TextsOf<typeof tokens> = {
  get_token: {
    params: {
      ...accountTexts,
      min_valid_s:
        'Seconds that the token must stay valid; 300 if left out, or a tenth of its lifetime if that is less. It counts for at most half of the lifetime.',
      refresh_if_needed: 'Whether to refresh a token that does not stay valid long enough.',
      rejected_token:
        'A token that the resource server rejected. If it is still the stored one, it is refreshed first, at most once in 10 seconds.',
    },
    result: 'The token.',
    errors: ['not_found', ...ASKS_PROVIDER, ...OPENS_VAULT],
    example: { params: { service: 'example', account: 'work', min_valid_s: 600 }, result: exampleToken },
    rfcs: [
      [6749, '6'],
      [6750, '2.1'],
    ],
  },
  refresh_token: {
    params: accountTexts,
    result: 'The new token.',
    errors: ['not_found', ...ASKS_PROVIDER, ...OPENS_VAULT],
    example: { params: { service: 'example', account: 'work' }, result: exampleToken },
    rfcs: [[6749, '6']],
  },
  token_info: {
    params: accountTexts,
    result: {
      text: 'What is known about the token.',
      fields: {
        token_type: 'The type that the provider named, usually `Bearer`; `null` if there is no token yet.',
        expires_at: 'When the access token expires; `null` if it does not, or the provider did not say.',
        scopes: scopesText,
        is_expired: 'Whether the access token has expired.',
        has_refresh_token: 'Whether a refresh token is stored.',
        refresh_expires_at:
          'When the refresh token expires; `null` if it does not, or the provider did not say.',
        last_refreshed_at: 'When the token was last obtained or refreshed; `null` if never.',
        last_error: {
          text: 'The last refresh that failed; `null` if the last one succeeded.',
          fields: {
            kind: 'The kind of error, as in `error.data.kind`.',
            message: 'A sentence about it, without any secret.',
            at: 'When it failed.',
          },
        },
        next_attempt_at: 'When a refresh is tried again after a failure; `null` if it is not put off.',
      },
    },
    errors: ['not_found', 'integrity'],
    example: {
      params: { service: 'example', account: 'work' },
      result: {
        token_type: 'Bearer',
        expires_at: EXAMPLE.expires,
        scopes: ['openid', 'profile'],
        is_expired: false,
        has_refresh_token: true,
        refresh_expires_at: null,
        last_refreshed_at: EXAMPLE.created,
        last_error: null,
        next_attempt_at: null,
      },
    },
  },
  accounts_status: {
    params: cursorTexts,
    result: {
      text: 'The state of the tokens: at most 64 KiB of entries.',
      fields: {
        accounts: {
          text: 'One entry for each account.',
          fields: {
            ...accountTexts,
            token_valid: 'Whether the access token is valid now.',
            expires_soon:
              'Whether it expires within `refresh.ahead_s` seconds of the configuration (300 by default).',
            expires_at: 'When it expires; `null` if it does not, or the provider did not say.',
          },
        },
        all_valid: 'Whether every token is valid now, on all pages together.',
        any_expiring_soon: 'Whether at least one token expires soon, on all pages together.',
        cursor: nextPageText,
      },
    },
    errors: ['integrity'],
    example: {
      params: {},
      result: {
        accounts: [
          {
            service: 'example',
            account: 'work',
            token_valid: true,
            expires_soon: false,
            expires_at: EXAMPLE.expires,
          },
        ],
        all_valid: true,
        any_expiring_soon: false,
        cursor: null,
      },
    },
  },
  list_unread_answers: {
    params: cursorTexts,
    result: {
      text: 'What is kept.',
      fields: {
        answers: {
          text: 'One entry for each answer, the oldest first. Answers whose grant has been replaced since are not kept.',
          fields: {
            id: 'The id of the answer.',
            ...accountTexts,
            received_at: 'When it came.',
            bytes: 'The size of its file in bytes, a third more than the answer has.',
          },
        },
        cursor: nextPageText,
      },
    },
    errors: ['store_unavailable'],
    example: {
      params: {},
      result: {
        answers: [],
        cursor: null,
      },
    },
  },
  retry_unread_answers: {
    params: {},
    result: {
      text: 'What came of it.',
      fields: {
        recovered: { text: 'The accounts that have a new grant now.', fields: accountTexts },
        unread: 'How many answers still cannot be read.',
      },
    },
    errors: ['timeout', 'store_unavailable', ...OPENS_VAULT],
    example: { params: {}, result: { recovered: [], unread: 0 } },
  },
};
