import { type ErrorKind, SigilforgeError } from '../../../shared/errors.js';
import { printable } from '../../../shared/printable.js';
import type { Secret } from '../../../shared/secret.js';
import type { ClientRegistration } from './client.js';
import { type ClientRefusal, clientRefusal } from './client-refusal.js';
import { hintFor, KEY_GRANTS, type Matter } from './hints.js';
import type { HttpFailure } from './http/failure.js';
import type { HttpAnswer } from './http.js';
import { secondsLeft } from './lifetime.js';
import { redacted } from './redacted.js';
import { isDead, isRateLimit, isTemporary, type TokenError } from './token-words.js';

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

export interface TokenFailure {
  readonly verdict: Verdict;
  readonly end: FailedEnd;
  readonly error: SigilforgeError;
  /** The same for a sign-in that ends by it: its hint names no account, because there may not be one yet. */
  readonly signInError: SigilforgeError;
  /** Milliseconds that the provider asks to wait (`Retry-After`). */
  readonly retryAfterMs: number | undefined;
  /** The refusal itself, if the provider sent one. */
  readonly refusal: TokenError | undefined;
  /** Whether it refuses the client itself. */
  readonly client: ClientRefusal | undefined;
  /** An answer that may hold the next refresh token, and that could not be read: it must be kept. */
  readonly unread: UnreadAnswer | undefined;
}

/** An answer with the moment that its request was sent at, in milliseconds since 1970. */
export interface UnreadAnswer {
  readonly answer: HttpAnswer;
  readonly sentAt: number;
}

/** What came back instead of tokens. */
interface Circumstances {
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

/** Dates are whole seconds, and assertions tolerate a minute. */
const FORGIVEN_CLOCK_MS = 60_000;

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

/** Judges a request that did not get a whole answer. */
export function judgeHttpFailure(failure: HttpFailure): TokenFailure {
  const { message, hint = 'Check the network connection and the address of the provider.' } = failure;
  return judge({ failure }, message, () => hint);
}

/** Judges a refusal. `secrets` are those in the request, so that none is quoted back from the answer. */
export function judgeRefusal(
  answer: HttpAnswer,
  refusal: TokenError,
  registration: ClientRegistration,
  { grantType, secrets, assumed }: Pick<Matter, 'grantType' | 'assumed'> & { secrets: readonly Secret[] },
): TokenFailure {
  const circumstances = { answer, refusal, registration, grantType, assumed };
  const sentence = `${registration.name} refused: ${quote(refusal, secrets, registration.client_id)}.`;
  const doubts = KEY_GRANTS.has(grantType) ? doubtsOf(answer, refusal) : [];
  return judge(circumstances, [sentence, ...doubts].join(' '), hintsOf(circumstances));
}

/** The hint for each of both states. */
function hintsOf(circumstances: {
  readonly answer: HttpAnswer;
  readonly refusal?: TokenError;
  readonly registration: ClientRegistration;
  readonly grantType: string;
  readonly assumed?: Matter['assumed'];
}): (signingIn: boolean) => string {
  const { answer, refusal, registration, grantType, assumed } = circumstances;
  const matter = {
    registration,
    grantType,
    assumed,
    description: refusal?.description,
    code: refusal?.code,
    client: clientRefusal(answer, refusal),
  };
  const later = { trouble: troubleOf(answer, refusal), waitMs: retryAfter(answer) };
  return (signingIn) => hintFor({ ...matter, ...later, signingIn });
}

function troubleOf({ status }: HttpAnswer, refusal: TokenError | undefined): Matter['trouble'] {
  if (status === 429 || (refusal && isRateLimit(refusal))) return 'asked_too_often';
  return status >= 500 || (refusal && isTemporary(refusal)) ? 'problem' : undefined;
}

/**
 * What may have caused a refused assertion. No grant is lost: a clock can be corrected and a key allowed again outside of
 * Sigilforge, so the request is repeated later, and the sentence says what a person can check.
 */
function doubtsOf(answer: HttpAnswer, { code }: TokenError): string[] {
  const aheadMs = Date.now() - Date.parse(answer.headers.get('date') ?? '');
  if (Math.abs(aheadMs) > FORGIVEN_CLOCK_MS) {
    const minutes = Math.round(Math.abs(aheadMs) / 60_000);
    return [
      `The clock of this machine is ${minutes} min ${aheadMs > 0 ? 'ahead of' : 'behind'} the provider's.`,
    ];
  }
  const aboutKey = answer.status === 401 || code === 'invalid_grant';
  return aboutKey ? ['The provider rejected this key, or the identity it signs for.'] : [];
}

/** Judges an answer that is not a JSON object, or one without tokens and without an error. */
export function judgeUnreadable(
  answer: HttpAnswer,
  registration: ClientRegistration,
  grantType: string,
): TokenFailure {
  const type = answer.headers.get('content-type')?.split(';')[0] ?? 'no content type';
  const sentence = `${registration.name} answered with status ${answer.status} and ${type}, without a token.`;
  const circumstances = { answer, registration, grantType };
  return judge(circumstances, sentence, hintsOf(circumstances));
}

function judge(
  circumstances: Circumstances,
  sentence: string,
  hintOf: (signingIn: boolean) => string,
): TokenFailure {
  const { answer, failure, refusal } = circumstances;
  const judgement = judgements.find(({ matches }) => matches(circumstances));
  const { verdict, end, kind } = judgement ?? {
    verdict: 'transient',
    end: 'unknown',
    kind: 'refresh_failed',
  };
  const errorFor = (signingIn: boolean) =>
    new SigilforgeError(kind, sentence, { cause: failure, hint: hintOf(signingIn) });
  return {
    verdict,
    end,
    error: errorFor(false),
    signInError: errorFor(true),
    retryAfterMs: answer && retryAfter(answer),
    refusal,
    client: answer && clientRefusal(answer, refusal),
    unread: undefined,
  };
}

/**
 * The failure of an answer that could not be taken although it may hold the next refresh token: a whole answer with a body,
 * whose status says success. It is not a plain refusal: the refresh token may be spent.
 */
export function withUnread(failure: TokenFailure, unread: UnreadAnswer, grantType: string): TokenFailure {
  return mayHoldGrant(unread.answer, grantType) ? { ...failure, end: 'unknown', unread } : failure;
}

function mayHoldGrant({ status, body }: HttpAnswer, grantType: string | undefined): boolean {
  return grantType === 'refresh_token' && status >= 200 && status < 300 && body.length > 0;
}

function isDeadGrant({ refusal, registration, grantType }: Circumstances): boolean {
  if (!refusal || !registration || grantType !== 'refresh_token') return false;
  return isDead(refusal, registration.dead_grant_errors);
}

/** The provider's words, printable and short, without any secret that it repeats. */
function quote({ code, description }: TokenError, secrets: readonly Secret[], clientId: string): string {
  const whole = [...new Set([code, description])].filter((part) => part !== undefined).join(', ');
  return printable(redacted(whole, secrets, clientId))
    .replace(/\s+/g, ' ')
    .slice(0, 300)
    .trim()
    .replace(/[.\s]+$/, '');
}

/** Whether the status by itself says that the request may succeed later (RFC 9110, section 15; RFC 8470, section 5.2). */
export function isForLater({ status }: Pick<HttpAnswer, 'status'>): boolean {
  return [408, 425, 429].includes(status) || status >= 500;
}

/** `Retry-After` in milliseconds (RFC 9110, section 10.2.3): seconds, also with a unit, or a date by the provider's clock. */
export function retryAfter({ headers }: HttpAnswer): number | undefined {
  // Two headers arrive as one.
  const value = (headers.get('retry-after') ?? '').replace(/^(\d+), .*$/, '$1');
  const now = Date.parse(headers.get('date') ?? '');
  const seconds = secondsLeft(value, Number.isNaN(now) ? Date.now() : now);
  return seconds === null ? undefined : seconds * 1000;
}
