import type { ErrorKind } from '../../../../shared/errors.js';
import { isDead, isRateLimit, isTemporary, type TokenError } from '../answers/token-words.js';
import type { HttpFailure } from '../http/failure.js';
import type { HttpAnswer } from '../http/http.js';
import type { ClientRegistration } from '../registration/client.js';
import { isForLater } from './retry-after.js';

/**
 * Why a request to a token endpoint brought no tokens.
 *
 * - `dead`: the grant is gone; only a person can get a new one.
 * - `transient`: a temporary problem of the provider or the network; everything stays as it is.
 * - `refused`: the provider rejects this client or request; a mistake in the configuration, not a lost grant.
 */
export type Verdict = 'dead' | 'transient' | 'refused';

/** How such a request ended: refused by the provider, certainly not delivered, or unknown. */
export type FailedEnd = 'refused' | 'not_sent' | 'unknown';

/** What came back instead of tokens. */
export interface Circumstances {
  readonly failure?: HttpFailure;
  readonly answer?: HttpAnswer;
  readonly refusal?: TokenError;
  readonly registration?: ClientRegistration;
  readonly grantType?: string;
}

interface Judgement {
  readonly when: string;
  readonly matches: (circumstances: Circumstances) => boolean;
  readonly end: FailedEnd;
  readonly verdict: Verdict;
  readonly kind: ErrorKind;
}

/** Every kind of failure, from what came back to what it means. The first row that matches counts. */
export const judgements: readonly Judgement[] = [
  {
    when: 'no connection within the time limit',
    matches: ({ failure }) => failure?.delivered === false && failure.timedOut,
    end: 'not_sent',
    verdict: 'transient',
    kind: 'timeout',
  },
  {
    when: 'no address, connection refused, or no TLS',
    matches: ({ failure }) => failure?.delivered === false,
    end: 'not_sent',
    verdict: 'transient',
    kind: 'network',
  },
  {
    when: 'no answer within the time limit',
    matches: ({ failure }) => failure?.timedOut === true,
    end: 'unknown',
    verdict: 'transient',
    kind: 'timeout',
  },
  {
    when: 'the connection broke, before or after the request, or in the middle of the answer',
    matches: ({ failure }) => failure !== undefined,
    end: 'unknown',
    verdict: 'transient',
    kind: 'network',
  },
  {
    // 408 and 425 say the same as 429: later.
    when: 'status 429 or 5xx, with any body',
    matches: ({ answer }) => answer !== undefined && isForLater(answer),
    end: 'refused',
    verdict: 'transient',
    kind: 'refresh_failed',
  },
  {
    when: 'an error that the provider calls temporary',
    matches: ({ refusal }) => refusal !== undefined && (isRateLimit(refusal) || isTemporary(refusal)),
    end: 'refused',
    verdict: 'transient',
    kind: 'refresh_failed',
  },
  {
    when: 'the grant is dead, in the words of the standard or this provider',
    matches: isDeadGrant,
    end: 'refused',
    verdict: 'dead',
    kind: 'auth_required',
  },
  {
    when: 'an empty 400, by which some servers say that a refresh token is dead',
    matches: ({ answer, refusal, grantType }) =>
      refusal === undefined &&
      grantType === 'refresh_token' &&
      answer?.status === 400 &&
      answer.body.length === 0,
    end: 'refused',
    verdict: 'dead',
    kind: 'auth_required',
  },
  {
    when: 'any other error',
    matches: ({ refusal }) => refusal !== undefined,
    end: 'refused',
    verdict: 'refused',
    kind: 'refresh_failed',
  },
  {
    when: 'an answer to a refresh that says success and cannot be read: the next refresh token may be in it',
    matches: ({ answer, grantType }) => answer !== undefined && mayHoldGrant(answer, grantType),
    end: 'unknown',
    verdict: 'transient',
    kind: 'refresh_failed',
  },
  {
    when: 'an answer without tokens and without an error, or not JSON',
    matches: () => true,
    end: 'refused',
    verdict: 'transient',
    kind: 'refresh_failed',
  },
];

/** Whether a whole answer may hold the next refresh token although it could not be read: one whose status says success. */
export function mayHoldGrant({ status, body }: HttpAnswer, grantType: string | undefined): boolean {
  return grantType === 'refresh_token' && status >= 200 && status < 300 && body.length > 0;
}

function isDeadGrant({ refusal, registration, grantType }: Circumstances): boolean {
  if (!refusal || !registration || grantType !== 'refresh_token') return false;
  return isDead(refusal, registration.dead_grant_errors);
}
