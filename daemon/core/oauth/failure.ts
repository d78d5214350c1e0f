import { SigilforgeError } from '../../../shared/errors.js';
import type { Secret } from '../../../shared/secret.js';
import type { OAuthClient } from './client.js';
import type { HttpAnswer, HttpFailure } from './http.js';
import type { TokenError } from './token-answer.js';

/**
 * Why a request to a token endpoint brought no tokens.
 *
 * - `dead`: the grant is gone; only a person can bring a new one.
 * - `transient`: the provider or the network has a bad moment; everything stays as it is.
 * - `refused`: the provider says no to this client or request; a fault of configuration, not a lost grant.
 */
export interface TokenFailure {
  readonly verdict: 'dead' | 'transient' | 'refused';
  readonly error: SigilforgeError;
  /** Milliseconds that the provider asks to be left alone for (`Retry-After`). */
  readonly retryAfterMs: number | undefined;
  /** The refusal itself, where the provider sent one. */
  readonly refusal: TokenError | undefined;
}

const TRANSIENT_ERRORS = new Set([
  'temporarily_unavailable',
  'server_error',
  'slow_down',
  'ratelimited',
  'rate_limited',
]);

/** Judges a request that got no whole answer. */
export function judgeHttpFailure(failure: HttpFailure): TokenFailure {
  const error = new SigilforgeError(failure.timedOut ? 'timeout' : 'network', failure.message, {
    cause: failure,
    hint: 'Check the network connection and the address of the provider, then try again.',
  });
  return { verdict: 'transient', error, retryAfterMs: undefined, refusal: undefined };
}

/** Judges a refusal. `sent` are the secrets of the request, so that none of them is quoted back out of the answer. */
export function judgeRefusal(
  answer: HttpAnswer,
  refusal: TokenError,
  client: OAuthClient,
  request: { grantType: string; sent: readonly Secret[] },
): TokenFailure {
  const sentence = `${client.name} refused: ${quote(refusal, request.sent)}.`;
  const retryAfterMs = retryAfter(answer);
  if (isTransient(answer.status) || TRANSIENT_ERRORS.has(refusal.code)) {
    return { verdict: 'transient', error: refreshFailed(sentence, TRY_LATER), retryAfterMs, refusal };
  }
  if (isDeadGrant(refusal, client, request.grantType)) {
    return { verdict: 'dead', error: new SigilforgeError('auth_required', sentence), retryAfterMs, refusal };
  }
  return { verdict: 'refused', error: refreshFailed(sentence, hintFor(refusal.code)), retryAfterMs, refusal };
}

/** Judges an answer that is no JSON object, or one without tokens and without an error. */
export function judgeUnreadable(answer: HttpAnswer, client: OAuthClient, grantType: string): TokenFailure {
  const type = answer.headers.get('content-type')?.split(';')[0] ?? 'no content type';
  const sentence = `${client.name} answered with status ${answer.status} and ${type}, which holds no token.`;
  const rest = { retryAfterMs: retryAfter(answer), refusal: undefined };
  // Some servers say that a refresh token is dead by an empty 400 and nothing else.
  if (grantType === 'refresh_token' && answer.status === 400 && answer.body.length === 0) {
    return { verdict: 'dead', error: new SigilforgeError('auth_required', sentence), ...rest };
  }
  const hint = 'Check the token endpoint of this provider: sigilforge provider show ID';
  return { verdict: 'transient', error: refreshFailed(sentence, hint), ...rest };
}

const TRY_LATER = 'The provider has a bad moment and nothing is lost: try again later.';

function isTransient(status: number): boolean {
  return status === 429 || status >= 500;
}

function isDeadGrant(refusal: TokenError, client: OAuthClient, grantType: string): boolean {
  if (grantType !== 'refresh_token') return false;
  const dead = ['invalid_grant', ...client.dead_grant_errors].map((word) => word.toLowerCase());
  return refusal.words.some((word) => dead.includes(word.toLowerCase()));
}

function hintFor(code: string): string {
  switch (code) {
    case 'invalid_client':
    case 'unauthorized_client':
      return 'Check the client id and secret: sigilforge provider set ID --client-id … --client-secret';
    case 'invalid_scope':
      return 'Ask for scopes that this provider and this client allow: --scopes a,b';
    default:
      return 'Check what is known of this provider: sigilforge provider show ID';
  }
}

function refreshFailed(sentence: string, hint: string): SigilforgeError {
  return new SigilforgeError('refresh_failed', sentence, { hint });
}

/** The provider's words, printable and short, and without anything secret that it repeats. */
export function quote(refusal: Pick<TokenError, 'code' | 'description'>, sent: readonly Secret[]): string {
  const whole = [refusal.code, refusal.description].filter((part) => part !== undefined).join(', ');
  const clean = sent.reduce((text, secret) => text.replaceAll(secret.reveal(), '[redacted]'), whole);
  // Control characters could play with a terminal.
  return clean
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 300)
    .trim()
    .replace(/[.\s]+$/, '');
}

/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), in milliseconds. */
function retryAfter(answer: HttpAnswer): number | undefined {
  const value = answer.headers.get('retry-after');
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
