import { SigilforgeError } from '../../../../shared/errors.js';
import { printable } from '../../../../shared/printable.js';
import type { Secret } from '../../../../shared/secret.js';
import { isRateLimit, isTemporary, type TokenError } from '../answers/token-words.js';
import type { HttpFailure } from '../http/failure.js';
import type { HttpAnswer } from '../http/http.js';
import type { ClientRegistration } from '../registration/client.js';
import { type ClientRefusal, clientRefusal } from './client-refusal.js';
import { hintFor, KEY_GRANTS, type Matter } from './hints.js';
import { type Circumstances, type FailedEnd, judgements, mayHoldGrant, type Verdict } from './judgements.js';
import { redacted } from './redacted.js';
import { retryAfter } from './retry-after.js';

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

/** Dates are whole seconds, and assertions tolerate a minute. */
const FORGIVEN_CLOCK_MS = 60_000;

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

/** The provider's words, printable and short, without any secret that it repeats. */
function quote({ code, description }: TokenError, secrets: readonly Secret[], clientId: string): string {
  const whole = [...new Set([code, description])].filter((part) => part !== undefined).join(', ');
  return printable(redacted(whole, secrets, clientId))
    .replace(/\s+/g, ' ')
    .slice(0, 300)
    .trim()
    .replace(/[.\s]+$/, '');
}
