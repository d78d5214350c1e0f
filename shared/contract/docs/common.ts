import type { ErrorKind } from '../../errors.js';
import {
  NEVER_LEFT_OUT,
  ParamNames,
  PROTOCOL_PARAMS,
  RequestParams,
  TokenParams,
} from '../../request-params.js';
import {
  AccountName,
  AddressParams,
  EndpointTemplate,
  ExtraParams,
  Issuer,
  IssuerTemplate,
  LogLevel,
  RedirectUri,
  Scope,
  Scopes,
  Seconds,
  SecretKey,
  SecretPrefix,
  ServiceName,
  Text,
  Timestamp,
  Uuid,
} from '../../schemas.js';
import { Encoding } from '../types.js';
import { type NamedType, namedChoice, namedValue } from './types.js';

/** Kinds that every method may answer. */
export const EVERY_METHOD: readonly ErrorKind[] = [
  'invalid_params',
  'internal_error',
  'store_unavailable',
  'limit_exceeded',
  'timeout',
  'cancelled',
  'incompatible',
  'daemon_unavailable',
  'denied',
];

/** Kinds of everything that opens a sealed value. */
export const OPENS_VAULT = ['vault_locked', 'integrity'] as const satisfies readonly ErrorKind[];

/** Kinds of everything that asks a provider. */
export const ASKS_PROVIDER = [
  'auth_required',
  'refresh_failed',
  'network',
  'timeout',
  'denied',
  'config',
] as const satisfies readonly ErrorKind[];

export const accountTexts = {
  service: 'The service, in lower case, such as `github`.',
  account: 'Your name for the account within the service, such as `work`.',
};

/** Of every list that comes by page. */
export const cursorTexts = { cursor: '`cursor` of the previous page; the first page if left out.' };
export const nextPageText =
  'Where the next page starts; `null` on the last one. The client library asks for every page itself.';

/** Stand-ins of the examples; the test that runs them puts ids of its own in their place. */
export const EXAMPLE = {
  accountId: '01936b7c-5f2e-7c3a-8b1d-2f4e6a8c0b1d',
  flowId: '01936b7c-6a10-7d42-9c0e-51f3a7b2d9e4',
  slotId: '01936b7c-70c4-7e55-8f21-93d5c1a4e0b7',
  keyId: '01936b7c-7b3d-7a68-a132-b5e7d3c6f219',
  subscription: '01936b7c-8452-7b79-b243-c6f8e5d7a32a',
  door: 'nzc4qk2v7emtxw3a',
  capabilityId: '01936b7c-8d61-7c8a-8354-d7a9f6e8b43b',
  capabilityPath: '/home/me/weather',
  digest: '5f2b8c1d9e3a4076b1c2d3e4f5061728394a5b6c7d8e9f00112233445566778f',
  runId: '01936b7c-9670-7d9b-9465-e8bac7f9c54c',
  messageId: '01936b7c-9f7f-7eac-a576-f9cbd80ad65d',
  requestId: '01936b7c-a1b2-7c3d-8e4f-5a6b7c8d9e0f',
  proposalId: '01936b7c-b2c3-7d4e-9f50-6b7c8d9e0f1a',
  transcript: '/home/me/.local/state/sigilforge/bots/watcher/2026-01-31.jsonl',
  created: '2026-01-31T12:00:00.000Z',
  used: '2026-01-31T12:30:00.000Z',
  expires: '2026-01-31T13:00:00.000Z',
  redirectUrl: 'http://127.0.0.1:8484/callback?code=Rk9PQkFS&state=b2f1c4d8',
} as const;

function named(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

export const commonTypes: Readonly<Record<string, NamedType>> = {
  ServiceName: namedValue(ServiceName, 'A service: lower-cased, 1 to 64 characters of `a-z 0-9 . _ -`.'),
  AccountName: namedValue(
    AccountName,
    'An account within a service: 1 to 128 characters of `A-Z a-z 0-9 . _ @ + -`.',
  ),
  SecretKey: namedValue(
    SecretKey,
    'The name of a secret: 1 to 255 characters of `A-Z a-z 0-9 . _ / @ : + -`; it does not start or end with `/`.',
  ),
  SecretPrefix: namedValue(SecretPrefix, 'The start of the name of a secret: at most 255 characters.'),
  Timestamp: namedValue(Timestamp, 'ISO 8601 in UTC with milliseconds, such as `2026-01-31T12:00:00.000Z`.'),
  Uuid: namedValue(Uuid, 'A UUID. Sigilforge makes version 7 (RFC 9562), which sorts by time.'),
  Seconds: namedValue(Seconds, 'Whole seconds, from 0 to 31,536,000 (one year).'),
  Text: namedValue(Text, 'Text of 1 to 65,536 characters.'),
  Scope: namedValue(Scope, 'A scope of at most 512 characters (RFC 6749, section 3.3), without commas.'),
  EndpointTemplate: namedValue(
    EndpointTemplate,
    'An https address, or http on the loopback interface (RFC 8252, section 8.3). A `{name}` in it stands for a part that `address_params` or a sign-in fills in.',
  ),
  IssuerTemplate: namedValue(IssuerTemplate, 'The same without query or fragment (RFC 8414, section 2).'),
  AddressParams: namedValue(
    AddressParams,
    'Parts of addresses by name: letters (A to Z, a to z), digits, - and single full stops between them, at most 253; or empty.',
  ),
  ParamNames: namedValue(
    ParamNames,
    `Other names by those of the protocol, of which two cannot be equal. \`redirect_code\` is \`code\` in the redirect, if that has another name only there. An empty name is refused for ${named(NEVER_LEFT_OUT)}.`,
  ),
  RedirectUri: namedValue(RedirectUri, 'An absolute URI without a fragment.'),
  Scopes: namedValue(Scopes, 'At most 200 scopes.'),
  Issuer: namedValue(
    Issuer,
    'An https address without query or fragment (RFC 8414, section 2), or http on the loopback interface.',
  ),
  ExtraParams: namedValue(ExtraParams, 'Request parameters by name, each value at most 2048 characters.'),
  RequestParams: namedValue(
    RequestParams,
    `Request parameters by name, each value at most 2048 characters. Refused are those of the protocol: ${named(PROTOCOL_PARAMS)}, and \`scope\`.`,
  ),
  TokenParams: namedValue(TokenParams, 'The same for token requests, where `scope` is accepted.'),
  Encoding: namedChoice(Encoding, 'How a value travels in JSON.', {
    utf8: 'The value is UTF-8 text and stands as it is.',
    base64: 'The value is bytes that are not UTF-8 text, in base64 (RFC 4648, section 4).',
  }),
  LogLevel: namedChoice(LogLevel, 'The least severe lines that are written to the log.', {
    trace: 'Everything, down to single steps.',
    debug: 'What helps to find a fault.',
    info: 'What happens in normal operation.',
    warn: 'Only what deserves attention, and errors.',
    error: 'Only errors.',
  }),
};
