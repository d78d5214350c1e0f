import { codesOf, type TokenError } from '../answers/token-words.js';
import type { HttpAnswer } from '../http/http.js';

/** Whether an answer refuses the client itself: `surely`, or `maybe`, in words that are also used for something else. */
export type ClientRefusal = 'surely' | 'maybe';

/** In lower case: RFC 6749, section 5.2, and what GitHub, Slack, Zoho and others write for it. */
const CODES: ReadonlySet<string> = new Set([
  'invalid_client',
  'incorrect_client_credentials',
  'invalid_client_credentials',
  'invalid_client_id',
  'invalid_client_secret',
  'bad_client_secret',
]);

/** What is about the request or the grant, whatever the status is (RFC 6749, 8628, 8707 and 9449). */
const OTHER_MATTERS: ReadonlySet<string> = new Set([
  ...['invalid_grant', 'invalid_scope', 'invalid_target', 'unsupported_grant_type', 'redirect_uri_mismatch'],
  ...['authorization_pending', 'slow_down', 'expired_token', 'invalid_dpop_proof', 'use_dpop_nonce'],
  ...['interaction_required', 'login_required', 'consent_required'],
]);

/** Texts about a client and its secret. */
const ABOUT_CLIENT = /client[\s_-]*(id|secret|credential|authenticat|assertion)|authorization header/i;
const ABOUT_SECRET = /secret|credential|client[\s_-]*authenticat|authorization header/i;

/** Texts about a code or a refresh token that is over, for which some servers answer 401, too. */
const ABOUT_GRANT = /(refresh|authorization|device)[\s_-]*(token|code)|\bgrant\b|expired|revoked/i;

/**
 * Whether a token endpoint does not recognize the client. Status 401 has no other meaning there (RFC 6749, section 5.2), with
 * whatever body: none, a page, or an error of the server's framework. Servers that look for the client only where another way
 * would have put it say that something is missing.
 */
export function clientRefusal(
  { status }: Pick<HttpAnswer, 'status'>,
  refusal: TokenError | undefined,
): ClientRefusal | undefined {
  const words = refusal?.words ?? [];
  const codes = words.flatMap(codesOf);
  if (codes.some((code) => CODES.has(code))) return 'surely';
  if (status >= 500 || status === 429 || codes.some((code) => OTHER_MATTERS.has(code))) return undefined;
  const says = (pattern: RegExp): boolean => words.some((word) => pattern.test(word));
  if (status === 401 && !says(ABOUT_GRANT)) return 'surely';
  if (codes.includes('unauthorized_client')) return says(ABOUT_SECRET) ? 'surely' : 'maybe';
  return says(ABOUT_CLIENT) ? 'maybe' : undefined;
}
