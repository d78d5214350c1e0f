import { describe, expect, test } from 'vitest';
import { readTokenAnswer } from '../../../daemon/core/oauth/answers/token-answer.js';
import {
  judgeHttpFailure,
  judgeRefusal,
  judgeUnreadable,
  type TokenFailure,
} from '../../../daemon/core/oauth/failures/failure.js';
import { HttpFailure } from '../../../daemon/core/oauth/http/failure.js';
import { Secret } from '../../../shared/secret.js';
import { answerOf, clientOf } from '../../support/provider/oauth-clients.js';

interface Answered {
  readonly body: string | object;
  readonly status?: number;
  readonly provider?: string;
  readonly grantType?: string;
  readonly headers?: Record<string, string>;
  readonly sent?: readonly string[];
}

/** The judgement of an answer without tokens, as an exchange comes to it. */
function judge({
  body,
  status = 400,
  provider = 'example',
  grantType = 'refresh_token',
  ...rest
}: Answered): TokenFailure {
  const client = clientOf(provider);
  const answer = answerOf(body, status, rest.headers);
  const read = readTokenAnswer(answer, client, Date.now());
  const sent = (rest.sent ?? []).map((value) => new Secret(value));
  if (read.kind === 'error') return judgeRefusal(answer, read.error, client, { grantType, secrets: sent });
  return judgeUnreadable(answer, client, grantType);
}

describe('the verdict', () => {
  test.each<[string, Answered, TokenFailure['verdict'], string]>([
    ['invalid_grant', { body: { error: 'invalid_grant' } }, 'dead', 'auth_required'],
    ['its case does not matter', { body: { error: 'INVALID_GRANT' } }, 'dead', 'auth_required'],
    ['whatever the status', { body: { error: 'invalid_grant' }, status: 200 }, 'dead', 'auth_required'],
    ['with 401', { body: { error: 'invalid_grant' }, status: 401 }, 'dead', 'auth_required'],
    ['an empty 400', { body: '' }, 'dead', 'auth_required'],
    [
      'GitHub',
      { body: { error: 'bad_refresh_token' }, status: 200, provider: 'github-app' },
      'dead',
      'auth_required',
    ],
    [
      'Slack',
      { body: { ok: false, error: 'invalid_refresh_token' }, status: 200, provider: 'slack' },
      'dead',
      'auth_required',
    ],
    [
      'Twitch, by its message',
      { body: { status: 400, message: 'Invalid refresh token' }, provider: 'twitch' },
      'dead',
      'auth_required',
    ],
    [
      'Box, by its description',
      { body: { error: 'x', error_description: 'Invalid refresh token' }, provider: 'box' },
      'dead',
      'auth_required',
    ],
    [
      'Microsoft',
      { body: { error: 'interaction_required' }, provider: 'microsoft' },
      'dead',
      'auth_required',
    ],
    [
      'another provider by those words',
      { body: { error: 'bad_refresh_token' } },
      'refused',
      'refresh_failed',
    ],
    ['a word within another', { body: { error: 'not_invalid_grant' } }, 'refused', 'refresh_failed'],
    ['invalid_client', { body: { error: 'invalid_client' }, status: 401 }, 'refused', 'refresh_failed'],
    ['invalid_scope', { body: { error: 'invalid_scope' } }, 'refused', 'refresh_failed'],
    [
      'invalid_grant of a code',
      { body: { error: 'invalid_grant' }, grantType: 'authorization_code' },
      'refused',
      'refresh_failed',
    ],
    ['an empty 400 to a code', { body: '', grantType: 'authorization_code' }, 'transient', 'refresh_failed'],
    ['an empty 401', { body: '', status: 401 }, 'transient', 'refresh_failed'],
    ['500', { body: '', status: 500 }, 'transient', 'refresh_failed'],
    [
      '503 with invalid_grant',
      { body: { error: 'invalid_grant' }, status: 503 },
      'transient',
      'refresh_failed',
    ],
    ['429', { body: { error: 'invalid_request' }, status: 429 }, 'transient', 'refresh_failed'],
    [
      'temporarily_unavailable',
      { body: { error: 'temporarily_unavailable' } },
      'transient',
      'refresh_failed',
    ],
    [
      'Slack’s rate limit',
      { body: { ok: false, error: 'ratelimited' }, status: 200, provider: 'slack' },
      'transient',
      'refresh_failed',
    ],
    [
      'nested in an object',
      { body: { error: { code: 'invalid_grant', message: 'gone' } }, status: 401 },
      'dead',
      'auth_required',
    ],
    ['in a list', { body: { errors: [{ code: 'invalid_grant' }] }, status: 401 }, 'dead', 'auth_required'],
    [
      'within a sentence',
      { body: { message: 'invalid_grant: Token has been revoked' }, status: 403 },
      'dead',
      'auth_required',
    ],
    ['login_required', { body: { error: 'login_required' } }, 'dead', 'auth_required'],
    ['consent_required', { body: { error: { type: 'consent_required' } } }, 'dead', 'auth_required'],
    [
      'login_required for a code',
      { body: { error: 'login_required' }, grantType: 'x' },
      'refused',
      'refresh_failed',
    ],
    [
      'a nested 429',
      { body: { error: { code: 429, message: 'Slow' } }, status: 200 },
      'transient',
      'refresh_failed',
    ],
    [
      'a rate limit in Google’s words',
      { body: { error: { code: 403, status: 'RESOURCE_EXHAUSTED' } }, status: 403 },
      'transient',
      'refresh_failed',
    ],
    ...Object.entries({
      Fitbit: {
        errors: [{ errorType: 'invalid_grant', message: 'Refresh token invalid: x' }],
        success: false,
      },
      Strava: {
        message: 'Bad Request',
        errors: [{ resource: 'RefreshToken', field: 'refresh_token', code: 'invalid' }],
      },
      Cognito: { __type: 'NotAuthorizedException', message: 'Refresh Token has expired' },
      Apigee: {
        fault: {
          faultstring: 'Invalid refresh token',
          detail: { errorcode: 'keymanagement.service.InvalidRefreshToken' },
        },
      },
      'Apigee, older': { ErrorCode: 'InvalidRefreshToken', Error: 'Refresh Token is invalid' },
      'Spring Security': { error: 'invalid_token', error_description: 'Invalid refresh token (expired): x' },
      'Laravel Passport': {
        error: 'invalid_request',
        error_description: 'The refresh token is invalid.',
        hint: 'Token has been revoked',
      },
      'Simple JWT': { refresh_token: ['Token is invalid or expired'] },
      GraphQL: { errors: [{ message: 'x', extensions: { code: 'invalid_grant' } }], data: null },
      'Azure, within': { error: { code: 'BadRequest', innererror: { code: 'invalid_grant' } } },
      'problem details': { type: 'https://x.example.org/problems/invalid-grant', title: 'Invalid grant' },
      'an exception': { exception: 'InvalidGrantException' },
      'camel case': { error: 'refreshTokenExpired' },
      'not found': { message: "The refresh token doesn't exist." },
      Auth0: { error: 'mfa_required', error_description: 'Multifactor authentication required' },
    }).map(([who, body]): [string, Answered, TokenFailure['verdict'], string] => [
      who,
      { body },
      'dead',
      'auth_required',
    ]),
    ...Object.entries({
      'a grant type': { error: 'invalid_request', error_description: 'Invalid grant type' },
      'another grant type': { error: 'unsupported_grant_type', message: 'Invalid refresh token grant' },
      'a client': { error: 'invalid_client', error_description: 'This is no invalid_grant' },
      'a grant that the client may not use': {
        error: 'unauthorized_client',
        error_description: 'The refresh token grant is not valid for this client',
      },
      'a missing parameter': { message: 'Missing or invalid parameter: refresh_token' },
      'a parameter that is required': { refresh_token: ['This field is required.'] },
      'a token against forgery': { message: 'Invalid CSRF token' },
      'the token of a gateway': { message: 'Invalid access token' },
    }).map(([what, body]): [string, Answered, TokenFailure['verdict'], string] => [
      `what concerns ${what}`,
      { body },
      'refused',
      'refresh_failed',
    ]),
    ...Object.entries({
      Cognito: { __type: 'TooManyRequestsException', message: 'Rate exceeded' },
      Salesforce: { error: 'invalid_grant', error_description: 'login rate exceeded' },
      Zoho: { error: 'Access Denied', error_description: 'You have made too many requests continuously.' },
      Kong: { message: 'API rate limit exceeded' },
      AWS: { code: 'ThrottlingException' },
      Google: { error: 'internal_failure' },
      Java: { error: 'ServiceUnavailable' },
    }).map(([who, body]): [string, Answered, TokenFailure['verdict'], string] => [
      `for later: ${who}`,
      { body },
      'transient',
      'refresh_failed',
    ]),
    ['408', { body: { error: 'Request Timeout' }, status: 408 }, 'transient', 'refresh_failed'],
    ['425', { body: { error: 'Too Early' }, status: 425 }, 'transient', 'refresh_failed'],
    ['HTML', { body: '<h1>Sign in to the hotel</h1>', status: 200 }, 'transient', 'refresh_failed'],
    ['HTML with 400', { body: '<h1>Bad</h1>' }, 'transient', 'refresh_failed'],
    ['half an answer', { body: '{"access_tok', status: 200 }, 'transient', 'refresh_failed'],
  ])('%s', (_, answered, verdict, kind) => {
    expect(judge(answered)).toMatchObject({ verdict, error: { kind } });
  });

  test.each([
    [{ delivered: false }, 'network'],
    [{ delivered: true }, 'network'],
    [{ delivered: false, timedOut: true }, 'timeout'],
    [{ delivered: true, timedOut: true }, 'timeout'],
  ])('no whole answer: %j', (how, kind) => {
    const failure = new HttpFailure('Nobody answers at id.example.org.', how);
    expect(judgeHttpFailure(failure)).toMatchObject({
      verdict: 'transient',
      error: { kind, message: failure.message },
      retryAfterMs: undefined,
    });
  });
});

describe('the sentence', () => {
  test.each([
    ['the refresh token', { body: { error: 'invalid_grant', error_description: 'rt/+&secret is unknown' } }],
    ['the client secret', { body: { error: 'cs-secret', error_description: 'cs-secret cs-secret' } }],
    ['a message', { body: { message: 'no rt/+&secret, no cs-secret' } }],
    ['a status that is transient', { body: { error: 'x', error_description: 'cs-secret' }, status: 500 }],
  ])('quotes nothing secret: %s', (_, answered) => {
    const { error } = judge({ ...answered, sent: ['rt/+&secret', 'cs-secret'] });
    expect(error.message).toContain('[redacted]');
    expect(JSON.stringify([error, error.message, error.hint])).not.toMatch(/(rt\/\+&|cs-)secret/);
  });

  test.each([
    ['HTTP Basic, as AWS quotes it', Buffer.from('client:cs-secret').toString('base64')],
    ['a token as it travelled', 'rt%2F%2B%26secret'],
    ['the beginning of a long one', `${'long-refresh-token'.repeat(20)}…`],
    ['a long one, with something behind it', `${'long-refresh-token'.repeat(100)} is unknown`],
  ])('quotes nothing secret in another form: %s', (_, quoted) => {
    const sent = ['cs-secret', 'rt/+&secret', 'long-refresh-token'.repeat(100)];
    const { message } = judge({ body: { message: `'${quoted}' not valid in Authorization` }, sent }).error;
    expect(message).toContain('[redacted]');
    for (const part of [quoted.slice(0, 20), 'long-refresh']) expect(message).not.toContain(part);
  });

  test('a description of megabytes is judged by its beginning', () => {
    const { verdict } = judge({ body: { error: 'x', error_description: 'a'.repeat(3_000_000) } });
    expect(verdict).toBe('refused');
  });

  test('an answer that is not read is not quoted', () => {
    const { error } = judge({
      body: '<p>cs-secret</p>',
      status: 502,
      headers: { 'content-type': 'text/html; charset=x' },
    });
    expect(error.message).toBe('Example answered with status 502 and text/html, without a token.');
  });

  test('is short and printable', () => {
    const { error } = judge({
      body: { error: 'bad', error_description: `\u001b[2J\r\n${'x'.repeat(5000)}` },
    });
    expect(error.message).toMatch(/^Example refused: bad, /);
    expect(error.message).not.toMatch(/\p{Cc}/u);
    expect(error.message.length).toBeLessThan(400);
  });

  test('ends once', () => {
    expect(judge({ body: { error: 'bad', error_description: 'Token revoked... ' } }).error.message).toBe(
      'Example refused: bad, Token revoked.',
    );
  });
});

describe('how long the provider asks to be left alone', () => {
  const retryAfter = (value: string) =>
    judge({ body: '', status: 429, headers: { 'retry-after': value } }).retryAfterMs;

  test.each([
    ['0', undefined],
    ['-5', undefined],
    ['Infinity', undefined],
    ['0.5', 0],
    ['120', 120_000],
    ['120.5', 120_000],
    ['+120', 120_000],
    ['120s', 120_000],
    ['2 minutes', 120_000],
    ['PT2M', 120_000],
    ['120, 120', 120_000],
    ['soon', undefined],
    ['Wed, 21 Oct 2015 07:28:00 GMT', undefined],
  ])('%s', (value, expected) => {
    expect(retryAfter(value)).toBe(expected);
  });

  test('as a date', () => {
    const ms = retryAfter(new Date(Date.now() + 3_600_000).toUTCString()) ?? 0;
    expect(ms).toBeGreaterThan(3_500_000);
    expect(ms).toBeLessThanOrEqual(3_600_000);
  });

  test.each(['Fri, 27 Nov 2015 06:02:00 GMT', '1448604120', '2015-11-27 06:02:00'])(
    'as a moment by the clock of the provider: %s',
    (at) => {
      const headers = { 'retry-after': at, date: 'Fri, 27 Nov 2015 06:00:00 GMT' };
      expect(judge({ body: '', status: 429, headers }).retryAfterMs).toBe(120_000);
    },
  );

  test('not at all', () => {
    expect(judge({ body: '', status: 503 }).retryAfterMs).toBeUndefined();
  });
});
