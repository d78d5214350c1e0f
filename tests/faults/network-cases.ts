import type { FailedEnd, Verdict } from '../../daemon/core/oauth/failures/judgements.js';
import { answerWith, cutBefore, type Fault } from '../support/provider/faults.js';
import {
  type BadAddress,
  closedPort,
  hangingUp,
  opensslInstalled,
  selfSigned,
  unknownName,
  withoutTls,
} from './bad-addresses.js';

/** A row of `judgements`: when it applies, and what it says. */
export interface ExpectedJudgement {
  readonly when: string;
  readonly end: FailedEnd;
  readonly verdict: Verdict;
  readonly kind: 'network' | 'timeout' | 'refresh_failed' | 'auth_required';
}

/** Something that a refresh meets in place of tokens, and what must come of it. */
export interface NetworkCase extends ExpectedJudgement {
  readonly name: string;
  /** Either what the proxy does with the request, or an address in place of the token endpoint. */
  readonly fault?: Fault;
  readonly address?: () => Promise<BadAddress>;
  /** The provider's own words for a dead grant. */
  readonly deadGrantErrors?: readonly string[];
  /** How each attempt ends in the journal: an end that leaves it open whether a token was spent is tried once more. */
  readonly journal: readonly FailedEnd[];
  /** Milliseconds from the end of the last attempt to the next one. */
  readonly backoff: readonly [atLeast: number, atMost: number];
  readonly state: 'ok' | 'needs_auth';
  readonly events: readonly string[];
  /** Whether this machine can bring it about. */
  readonly possible: boolean;
}

/** Doubling from a second, and at least half of it. */
export const FIRST_BACKOFF = [500, 1000] as const;

const html = '<!doctype html><title>Maintenance</title>';
const asHtml = { 'content-type': 'text/html' };
const halfOf =
  (body: string): Fault =>
  (exchange) =>
    exchange.sendHalf({ status: 200, headers: {}, body });
/** HTTP dates have whole seconds. */
const inTwoMinutes = (): string => new Date(Date.now() + 120_000).toUTCString();

/** What most cases have in common. */
const usual = {
  backoff: FIRST_BACKOFF,
  state: 'ok',
  events: [],
  possible: true,
} as const;

const notSent = {
  ...usual,
  when: 'no address, connection refused, or no TLS',
  end: 'not_sent',
  journal: ['not_sent'],
  verdict: 'transient',
  kind: 'network',
} as const;
const broken = {
  ...usual,
  when: 'the connection broke, before or after the request, or in the middle of the answer',
  end: 'unknown',
  journal: ['unknown', 'unknown'],
  verdict: 'transient',
  kind: 'network',
} as const;
const busy = {
  ...usual,
  when: 'status 429 or 5xx, with any body',
  end: 'refused',
  journal: ['refused'],
  verdict: 'transient',
  kind: 'refresh_failed',
} as const;
const temporary = {
  ...usual,
  when: 'an error that the provider calls temporary',
  end: 'refused',
  journal: ['refused'],
  verdict: 'transient',
  kind: 'refresh_failed',
} as const;
const dead = {
  ...usual,
  when: 'the grant is dead, in the words of the standard or this provider',
  end: 'refused',
  journal: ['refused'],
  verdict: 'dead',
  state: 'needs_auth',
  events: ['needs_auth'],
  kind: 'auth_required',
} as const;
const emptyRefusal = {
  ...usual,
  when: 'an empty 400, by which some servers say that a refresh token is dead',
  end: 'refused',
  journal: ['refused'],
  verdict: 'dead',
  state: 'needs_auth',
  events: ['needs_auth'],
  kind: 'auth_required',
} as const;
const misconfigured = {
  ...usual,
  when: 'any other error',
  end: 'refused',
  journal: ['refused'],
  verdict: 'refused',
  kind: 'refresh_failed',
} as const;
const unreadable = {
  ...usual,
  when: 'an answer without tokens and without an error, or not JSON',
  end: 'refused',
  journal: ['refused'],
  verdict: 'transient',
  kind: 'refresh_failed',
} as const;

/** As above, but the answer is kept: a new grant may be in it, so that it is not asked for again at once. */
const keptUnread = {
  ...unreadable,
  when: 'an answer to a refresh that says success and cannot be read: the next refresh token may be in it',
  end: 'unknown',
  journal: ['unknown'],
} as const;

/** Every way for a refresh to fail, except the two that are time limits. */
export const networkCases: readonly NetworkCase[] = [
  { name: 'a name that does not resolve', ...notSent, address: unknownName },
  { name: 'a port that no server listens on', ...notSent, address: closedPort },
  { name: 'plain http where TLS is expected', ...notSent, address: withoutTls },
  {
    name: 'a certificate that no authority has signed',
    ...notSent,
    address: selfSigned,
    possible: opensslInstalled(),
  },
  { name: 'a connection that ends before the request', ...broken, address: hangingUp },
  { name: 'a reset after the request', ...broken, fault: cutBefore },
  { name: 'half an answer', ...broken, fault: halfOf('{"access_token":"half","expires_in":3600}') },
  { name: 'an answer without an end', ...broken, fault: answerWith(200, 'x'.repeat(5_000_000)) },
  { name: '503', ...busy, fault: answerWith(503, html, asHtml) },
  { name: '500 that speaks of a dead grant', ...busy, fault: answerWith(500, { error: 'invalid_grant' }) },
  {
    name: '429 with Retry-After in seconds',
    ...busy,
    fault: answerWith(429, '', { 'retry-after': '120' }),
    backoff: [120_000, 120_000],
  },
  {
    name: '503 with Retry-After as a date',
    ...busy,
    fault: (exchange) => answerWith(503, '', { 'retry-after': inTwoMinutes() })(exchange),
    backoff: [60_000, 120_000],
  },
  {
    name: '429 with Retry-After of a day',
    ...busy,
    fault: answerWith(429, '', { 'retry-after': '86400' }),
    backoff: [3_600_000, 3_600_000],
  },
  {
    name: '503 with Retry-After that is none',
    ...busy,
    fault: answerWith(503, '', { 'retry-after': 'soon' }),
  },
  {
    name: 'temporarily_unavailable',
    ...temporary,
    fault: answerWith(400, { error: 'temporarily_unavailable' }),
  },
  {
    name: 'temporarily_unavailable with status 200',
    ...temporary,
    fault: answerWith(200, { error: 'temporarily_unavailable' }),
  },
  { name: 'invalid_grant', ...dead, fault: answerWith(400, { error: 'invalid_grant' }) },
  { name: 'invalid_grant with status 200', ...dead, fault: answerWith(200, { error: 'invalid_grant' }) },
  {
    name: 'a dead grant in the words of this provider',
    ...dead,
    fault: answerWith(401, { message: 'Token_Is_Gone' }),
    deadGrantErrors: ['token_is_gone'],
  },
  {
    name: 'a dead grant in the words of this provider, with ok: false',
    ...dead,
    fault: answerWith(200, { ok: false, error: 'token_is_gone' }),
    deadGrantErrors: ['token_is_gone'],
  },
  { name: 'an empty 400', ...emptyRefusal, fault: answerWith(400) },
  { name: 'invalid_client', ...misconfigured, fault: answerWith(401, { error: 'invalid_client' }) },
  {
    name: 'another error with status 200',
    ...misconfigured,
    fault: answerWith(200, { error: 'no_such_app' }),
  },
  { name: 'a 400 without a reason', ...misconfigured, fault: answerWith(400, {}) },
  { name: 'HTML with status 200', ...keptUnread, fault: answerWith(200, html, asHtml) },
  { name: 'HTML with status 404', ...unreadable, fault: answerWith(404, html, asHtml) },
  { name: 'nothing with status 200', ...unreadable, fault: answerWith(200) },
  { name: 'no tokens with status 200', ...keptUnread, fault: answerWith(200, {}) },
  { name: 'a list with status 200', ...keptUnread, fault: answerWith(200, ['access_token']) },
];
