import type { Provider } from '../../provider.js';
import type { providers } from '../providers.js';
import { cursorTexts, nextPageText } from './common.js';
import { refreshTexts, revocationTexts, settingTexts } from './provider-types.js';
import type { TextsOf } from './types.js';

const idText = 'The id of the provider, in lower case.';

const exampleProvider: Provider = {
  id: 'example',
  name: 'example',
  issuer: 'https://id.example.org',
  iss: [],
  base_url: null,
  discovery: true,
  authorization_endpoint: null,
  token_endpoint: null,
  refresh_endpoint: null,
  device_authorization_endpoint: null,
  revocation: null,
  flows: ['authorization_code', 'device_code', 'client_credentials'],
  pkce: 'unknown',
  client_id: 'native',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  has_client_secret: false,
  default_scopes: ['openid', 'profile'],
  scope_separator: ' ',
  redirect: { uri: 'http://127.0.0.1/callback', port: 'any' },
  refresh: { issued: 'unknown', rotates: 'unknown', lifetime_s: null, idle_s: null },
  authorize_params: {},
  device_params: {},
  token_params: {},
  refresh_params: {},
  dead_grant_errors: [],
  quirks: [],
  register_url: null,
  register_steps: [],
  public_client_id: null,
  registration_endpoint: null,
  client_id_documents: false,
  answer_fields: [],
  redirect_fields: [],
  address_params: {},
  param_names: {},
  notes: null,
  sources: [],
  source: 'stored',
  configured: true,
};

export const providerMethods: TextsOf<typeof providers> = {
  list_providers: {
    params: cursorTexts,
    result: {
      text: 'A page of providers: at most 64 KiB of them.',
      fields: { providers: 'The providers, sorted by id.', cursor: nextPageText },
    },
    errors: ['integrity'],
    example: {
      params: {},
      result: {
        providers: [
          {
            id: 'example',
            name: 'example',
            flows: ['authorization_code', 'device_code', 'client_credentials'],
            default_scopes: ['openid', 'profile'],
            source: 'stored',
            configured: true,
            client_secret: 'optional',
            has_client_secret: false,
            public_client_id: null,
            registration_endpoint: null,
            discovery: true,
          },
        ],
        cursor: null,
      },
    },
  },
  get_provider: {
    params: {
      id: idText,
      discover:
        'Whether to ask the issuer, and to fill in what its metadata says, if its endpoints are read from there. Otherwise no provider is asked.',
    },
    result: { text: 'The provider.', fields: { provider: 'The provider.' } },
    errors: ['not_found', 'integrity', 'refresh_failed', 'network'],
    example: { params: { id: 'example' }, result: { provider: exampleProvider } },
  },
  test_provider: {
    params: { id: idText },
    result: {
      text: 'What was found.',
      fields: {
        works: 'Whether there is no fault among the checks.',
        checks: 'One for each part that a sign-in with a person needs.',
      },
    },
    errors: ['not_found', 'integrity'],
    example: {
      params: { id: 'example' },
      result: {
        works: true,
        checks: [
          {
            name: 'client',
            state: 'ok',
            address: null,
            status: null,
            sentence: 'The client id is set.',
            kind: null,
            hint: null,
          },
          {
            name: 'client_secret',
            state: 'ok',
            address: null,
            status: null,
            sentence: 'None is stored, and none is needed.',
            kind: null,
            hint: null,
          },
          {
            name: 'metadata',
            state: 'ok',
            address: 'https://id.example.org',
            status: null,
            sentence: 'The metadata is there, and names this issuer.',
            kind: null,
            hint: null,
          },
          {
            name: 'authorization_endpoint',
            state: 'ok',
            address: 'https://id.example.org/auth',
            status: 400,
            sentence: 'It answers a browser.',
            kind: null,
            hint: null,
          },
          {
            name: 'token_endpoint',
            state: 'ok',
            address: 'https://id.example.org/token',
            status: 400,
            sentence: 'It refuses an empty request, as it should: invalid_request.',
            kind: null,
            hint: null,
          },
          {
            name: 'device_authorization_endpoint',
            state: 'ok',
            address: 'https://id.example.org/device/auth',
            status: 400,
            sentence: 'It refuses an empty request, as it should: invalid_request.',
            kind: null,
            hint: null,
          },
        ],
      },
    },
    rfcs: [
      [8414, '3'],
      [6749, '5.2'],
    ],
  },
  set_provider: {
    params: {
      id: idText,
      ...settingTexts,
      revocation_endpoint: 'Where grants are revoked (RFC 7009).',
      client_secret:
        'The secret of that client. It is stored encrypted, never part of an answer, and sent only to the origins (scheme, host and port) that the provider has when it is given, or that its issuer names in its metadata. A provider that moves needs it again.',
      redirect_uri: 'The redirect URI that is registered at the provider.',
      revocation: {
        text: 'How a grant is revoked, if that is not a request of RFC 7009. What is left out is as there.',
        fields: revocationTexts,
      },
      refresh: { text: 'What is known about its refresh tokens. It informs people.', fields: refreshTexts },
      client_secret_rule: 'Whether a client needs a secret, may have one, or must not.',
      unset:
        'Settings to take back before the others are set, by the names of these parameters: what was known without them counts again.',
    },
    result: { text: 'The provider.', fields: { provider: 'The provider as it is now.' } },
    errors: ['vault_locked', 'integrity'],
    example: {
      params: {
        id: 'example',
        issuer: 'https://id.example.org',
        client_id: 'native',
        default_scopes: ['openid', 'profile'],
      },
      result: { provider: exampleProvider },
    },
    rfcs: [
      [8414, '2'],
      [6749, '2.3'],
    ],
  },
  remove_provider: {
    params: { id: idText },
    result: {
      text: 'What was done.',
      fields: { removed: 'Whether there were settings to remove.' },
    },
    errors: [],
    example: { params: { id: 'example' }, result: { removed: true } },
  },
};
