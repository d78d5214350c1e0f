import * as v from 'valibot';
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
