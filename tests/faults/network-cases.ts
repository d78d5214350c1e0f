import type { FailedEnd, Verdict } from '../../daemon/core/oauth/failure.js';
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

/** What comes back instead of tokens, and what is to become of it. */
export interface NetworkCase {
  readonly name: string;
  /** The row of `judgements` that it belongs to. */
  readonly when: string;
  readonly end: FailedEnd;
  readonly verdict: Verdict;
  readonly kind: 'network' | 'timeout' | 'refresh_failed' | 'auth_required';
  /** Either what the proxy does, or an address in the place of the token endpoint. */
  readonly fault?: Fault;
  readonly address?: () => Promise<BadAddress>;
  /** Words of this provider's own for a dead grant. */
  readonly deadGrantErrors?: readonly string[];
  /** Milliseconds from the end of the attempt to the next one. */
  readonly backoff?: readonly [atLeast: number, atMost: number];
  readonly possible?: boolean;
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

const notSent = {
  when: 'no address, connection refused, or no TLS',
  end: 'not_sent',
  verdict: 'transient',
  kind: 'network',
} as const;
const broken = {
  when: 'the connection broke, before or after the request, or in the middle of the answer',
  end: 'unknown',
  verdict: 'transient',
  kind: 'network',
} as const;
const busy = {
  when: 'status 429 or 5xx, whatever the body says',
  end: 'refused',
  verdict: 'transient',
  kind: 'refresh_failed',
} as const;
const temporary = {
  when: 'an error that the provider calls temporary',
  end: 'refused',
  verdict: 'transient',
  kind: 'refresh_failed',
} as const;
const dead = {
  when: 'the grant is dead, in the words of the standard or of this provider',
  end: 'refused',
  verdict: 'dead',
  kind: 'auth_required',
} as const;
const emptyRefusal = {
  when: 'an empty 400, by which some servers say that a refresh token is dead',
  end: 'refused',
  verdict: 'dead',
  kind: 'auth_required',
} as const;
const misconfigured = {
  when: 'any other error',
  end: 'refused',
  verdict: 'refused',
  kind: 'refresh_failed',
} as const;
const unreadable = {
  when: 'an answer without tokens and without an error, or no JSON at all',
  end: 'refused',
  verdict: 'transient',
  kind: 'refresh_failed',
} as const;

/** Every way for a refresh to fail but the two that take their time. */
export const networkCases: readonly NetworkCase[] = [
  { name: 'a name that does not resolve', ...notSent, address: unknownName },
  { name: 'a port that nobody listens on', ...notSent, address: closedPort },
  { name: 'plain http where TLS is expected', ...notSent, address: withoutTls },
  {
    name: 'a certificate that nobody vouches for',
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
  { name: 'HTML with status 200', ...unreadable, fault: answerWith(200, html, asHtml) },
  { name: 'HTML with status 404', ...unreadable, fault: answerWith(404, html, asHtml) },
  { name: 'nothing with status 200', ...unreadable, fault: answerWith(200) },
  { name: 'no tokens with status 200', ...unreadable, fault: answerWith(200, {}) },
  { name: 'a list with status 200', ...unreadable, fault: answerWith(200, ['access_token']) },
];
