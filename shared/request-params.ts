import * as v from 'valibot';
import { pattern, rule } from './pattern.js';
import { ExtraParams } from './schemas.js';

/** Parameters that belong to the protocol (RFC 6749, 7636, 7521, 8628): Sigilforge writes each of them itself. */
export const PROTOCOL_PARAMS = [
  'response_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'redirect_uri',
  'state',
  'nonce',
  'code',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
  'grant_type',
  'refresh_token',
  'device_code',
  'assertion',
] as const;

/** Parameters of a person's own choice for token requests. Some providers want `scope` there, too. */
export const TokenParams = v.record(v.pipe(ExtraParams.key, v.notValues(PROTOCOL_PARAMS)), ExtraParams.value);

/** The same for the requests that a sign-in begins with, whose scopes are said elsewhere. */
export const RequestParams = v.record(
  v.pipe(ExtraParams.key, v.notValues([...PROTOCOL_PARAMS, 'scope'])),
  ExtraParams.value,
);

/** Parameters that a provider may have under another name. `redirect_code` is `code` in the redirect, if only that differs. */
export const RENAMABLE_PARAMS = [...PROTOCOL_PARAMS, 'scope', 'redirect_code'] as const;
type Renamable = (typeof RENAMABLE_PARAMS)[number];

/** Parameters that tie an answer to its request, or that a request is about. */
export const NEVER_LEFT_OUT: readonly Renamable[] = [
  ...(['redirect_uri', 'state', 'nonce', 'code', 'redirect_code', 'refresh_token', 'device_code'] as const),
  ...(['code_challenge', 'code_challenge_method', 'code_verifier', 'assertion'] as const),
];

const OtherName = v.pipe(
  v.string(),
  v.maxLength(64),
  pattern(/^[A-Za-z0-9._-]*$/, 'a name of letters (A to Z, a to z), digits and . _ -'),
);

/** Other names of parameters of the protocol. An empty one leaves the parameter out. */
export const ParamNames = v.pipe(
  v.record(v.pipe(v.string(), v.values(RENAMABLE_PARAMS)), OtherName),
  rule(
    (names) => NEVER_LEFT_OUT.every((name) => names[name] !== ''),
    `without an empty name: ${NEVER_LEFT_OUT.join(', ')} cannot be left out`,
  ),
  rule(areDistinct, 'without two parameters of one name'),
);
export type ParamNames = v.InferOutput<typeof ParamNames>;

/** No two parameters of the same message have one name. The code of the redirect is in a message of its own. */
function areDistinct(names: Readonly<Record<string, string>>): boolean {
  const sent = RENAMABLE_PARAMS.filter((name) => name !== 'redirect_code')
    .map((name) => names[name] ?? name)
    .filter((name) => name !== '');
  const returned = [names['redirect_code'] ?? names['code'] ?? 'code', names['state'] ?? 'state'];
  return [sent, returned].every((message) => new Set(message).size === message.length);
}
