import { type ErrorKind, SigilforgeError } from '../../../shared/errors.js';
import type { Secret } from '../../../shared/secret.js';
import type { OAuthClient } from './client.js';
import type { HttpAnswer, HttpFailure } from './http.js';
import { JWT_BEARER } from './protocol.js';
import type { TokenError } from './token-answer.js';

/**
 * Why a request to a token endpoint brought no tokens.
 *
 * - `dead`: the grant is gone; only a person can bring a new one.
 * - `transient`: the provider or the network has a bad moment; everything stays as it is.
 * - `refused`: the provider says no to this client or request; a fault of configuration, not a lost grant.
 */
export type Verdict = 'dead' | 'transient' | 'refused';

/** How such a request ended: with the provider's no, surely without reaching it, or nobody knows how. */
export type FailedEnd = 'refused' | 'not_sent' | 'unknown';

export interface TokenFailure {
  readonly verdict: Verdict;
  readonly end: FailedEnd;
  readonly error: SigilforgeError;
  /** Milliseconds that the provider asks to be left alone for (`Retry-After`). */
  readonly retryAfterMs: number | undefined;
  /** The refusal itself, where the provider sent one. */
  readonly refusal: TokenError | undefined;
}

/** What came back instead of tokens. */
interface Circumstances {
  readonly failure?: HttpFailure;
  readonly answer?: HttpAnswer;
  readonly refusal?: TokenError;
  readonly client?: OAuthClient;
  readonly grantType?: string;
}

interface Judgement {
  readonly when: string;
  readonly matches: (circumstances: Circumstances) => boolean;
  readonly end: FailedEnd;
  readonly verdict: Verdict;
  readonly kind: ErrorKind;
}

/** Grants by a private key: what is refused is the key, or what it signed. */
const KEY_GRANTS: ReadonlySet<string> = new Set([JWT_BEARER, 'github_app']);

/** Dates are whole seconds, and what assertions forgive is a minute. */
const FORGIVEN_CLOCK_MS = 60_000;

const TRANSIENT_ERRORS = new Set([
  'temporarily_unavailable',
  'server_error',
  'slow_down',
  'ratelimited',
  'rate_limited',
]);

/** Every failure there is, from what came back to what it means. The first row that matches counts. */
export const judgements: readonly Judgement[] = [
  {
    when: 'no connection within its time',
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
    when: 'no answer within its time',
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
    when: 'status 429 or 5xx, whatever the body says',
    matches: ({ answer }) => answer?.status === 429 || (answer?.status ?? 0) >= 500,
    end: 'refused',
    verdict: 'transient',
    kind: 'refresh_failed',
  },
  {
    when: 'an error that the provider calls temporary',
    matches: ({ refusal }) => refusal !== undefined && TRANSIENT_ERRORS.has(refusal.code),
    end: 'refused',
    verdict: 'transient',
    kind: 'refresh_failed',
  },
  {
    when: 'the grant is dead, in the words of the standard or of this provider',
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
    when: 'an answer without tokens and without an error, or no JSON at all',
    matches: () => true,
    end: 'refused',
    verdict: 'transient',
    kind: 'refresh_failed',
  },
];

/** Judges a request that got no whole answer. */
export function judgeHttpFailure(failure: HttpFailure): TokenFailure {
  return judge({ failure }, failure.message, 'Check the network connection and the address of the provider.');
}

/** Judges a refusal. `sent` are the secrets of the request, so that none of them is quoted back out of the answer. */
export function judgeRefusal(
  answer: HttpAnswer,
  refusal: TokenError,
  client: OAuthClient,
  { grantType, sent }: { grantType: string; sent: readonly Secret[] },
): TokenFailure {
  const circumstances = { answer, refusal, client, grantType };
  const sentence = `${client.name} refused: ${quote(refusal, sent)}.`;
  if (!KEY_GRANTS.has(grantType)) return judge(circumstances, sentence, hintFor(refusal.code));
  return judge(circumstances, [sentence, ...doubtsOf(answer, refusal)].join(' '), keyHintFor(refusal.code));
}

/**
 * What a refused assertion may come from. No grant is lost by it: a clock is set right and a key is allowed again
 * without anybody's doing here, so it is asked again later, and the sentence says what a person can look at.
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
  return aboutKey ? ['It does not take this private key, or not for whom it speaks.'] : [];
}

/** Judges an answer that is no JSON object, or one without tokens and without an error. */
export function judgeUnreadable(answer: HttpAnswer, client: OAuthClient, grantType: string): TokenFailure {
  const type = answer.headers.get('content-type')?.split(';')[0] ?? 'no content type';
  const sentence = `${client.name} answered with status ${answer.status} and ${type}, which holds no token.`;
  const hint = 'Check the token endpoint of this provider: sigilforge provider show ID';
  return judge({ answer, client, grantType }, sentence, hint);
}

function judge(circumstances: Circumstances, sentence: string, hint: string): TokenFailure {
  const { answer, failure, refusal } = circumstances;
  const judgement = judgements.find(({ matches }) => matches(circumstances));
  const { verdict, end, kind } = judgement ?? {
    verdict: 'transient',
    end: 'unknown',
    kind: 'refresh_failed',
  };
  const options = { cause: failure, ...(kind === 'auth_required' ? {} : { hint }) };
  return {
    verdict,
    end,
    error: new SigilforgeError(kind, sentence, options),
    retryAfterMs: answer && retryAfter(answer),
    refusal,
  };
}

function isDeadGrant({ refusal, client, grantType }: Circumstances): boolean {
  if (!refusal || !client || grantType !== 'refresh_token') return false;
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

function keyHintFor(code: string): string {
  if (code === 'invalid_scope') return hintFor(code);
  return 'Look there whether the key is still good and allowed what is asked for. A new key: sigilforge add-account SERVICE ACCOUNT --key-file FILE --replace';
}

/** The provider's words, printable and short, and without anything secret that it repeats. */
function quote({ code, description }: TokenError, sent: readonly Secret[]): string {
  const whole = [...new Set([code, description])].filter((part) => part !== undefined).join(', ');
  const clean = sent.reduce((text, secret) => text.replaceAll(secret.reveal(), '[redacted]'), whole);
  // Control characters could play with a terminal.
  const printable = clean
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 300)
    .trim();
  return printable.replace(/[.\s]+$/, '');
}

/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), in milliseconds. */
function retryAfter(answer: HttpAnswer): number | undefined {
  const value = answer.headers.get('retry-after');
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
