import { describe, expect, test } from 'vitest';
import { readTokenAnswer } from '../../../daemon/core/oauth/answers/token-answer.js';
import { answerOf, clientOf } from '../../support/provider/oauth-clients.js';

const CENTURY_S = 36_525 * 86_400;
const NOW = 'Fri, 27 Nov 2026 06:00:00 GMT';
const good = {
  access_token: 'a',
  refresh_token: 'r',
  token_type: 'Bearer',
  expires_in: 3600,
  scope: 'read write',
};
const plain = {
  access: 'a',
  refresh: 'r',
  type: 'Bearer',
  expires: 3600,
  refreshExpires: null,
  scopes: ['read', 'write'],
};

const absent = {
  access_token: undefined,
  refresh_token: undefined,
  token_type: undefined,
  expires_in: undefined,
};

/** What is read of an answer, in plain values. */
function read(body: string | object, status = 200, provider = 'example') {
  const answer = readTokenAnswer(answerOf(body, status, { date: NOW }), clientOf(provider), 0);
  if (answer.kind !== 'tokens') return answer;
  const { tokens } = answer;
  return {
    access: tokens.accessToken?.reveal(),
    refresh: tokens.refreshToken?.reveal(),
    type: tokens.tokenType,
    expires: tokens.expiresInS,
    refreshExpires: tokens.refreshExpiresInS,
    scopes: tokens.scopes,
  };
}

describe('tokens are taken, whatever else is odd', () => {
  test.each<[string, object, object]>([
    ['nothing', {}, {}],
    ['no refresh token', { refresh_token: undefined }, { refresh: undefined }],
    ['a refresh token that is null', { refresh_token: null }, { refresh: undefined }],
    ['an empty refresh token', { refresh_token: '' }, { refresh: undefined }],
    ['no access token', { access_token: undefined }, { access: undefined }],
    ['an access token that is a number', { access_token: 7 }, { access: undefined }],
    ['no token type', { token_type: undefined }, { type: 'bearer' }],
    ['another token type', { token_type: 'bot' }, { type: 'bot' }],
    ['a token type that is no text', { token_type: 1 }, { type: 'bearer' }],
    ['no lifetime', { expires_in: undefined }, { expires: null }],
    ['a lifetime of null', { expires_in: null }, { expires: null }],
    ['a lifetime as text', { expires_in: '3600' }, { expires: 3600 }],
    ['a lifetime as nonsense', { expires_in: 'soon' }, { expires: null }],
    ['a lifetime of zero', { expires_in: 0 }, { expires: null }],
    ['a lifetime in the past', { expires_in: -60 }, { expires: null }],
    ['a lifetime with a fraction', { expires_in: 3599.9 }, { expires: 3599 }],
    ['a lifetime under a second', { expires_in: 0.5 }, { expires: 0 }],
    ['a lifetime in a list', { expires_in: [3600] }, { expires: 3600 }],
    ['lifetimes in a list', { expires_in: [3600, 60] }, { expires: null }],
    ['a lifetime beyond every calendar', { expires_in: 1e300 }, { expires: CENTURY_S }],
    ['a lifetime beyond every calendar as text', { expires_in: '1e300' }, { expires: CENTURY_S }],
    ['a lifetime of the refresh token', { refresh_token_expires_in: 60 }, { refreshExpires: 60 }],
    ['another name of it', { refresh_expires_in: '60.5' }, { refreshExpires: 60 }],
    ['a refresh token that never expires', { refresh_expires_in: 0 }, { refreshExpires: null }],
    ['no scope', { scope: undefined }, { scopes: null }],
    ['a scope that is null', { scope: null }, { scopes: null }],
    ['an empty scope', { scope: '' }, { scopes: [] }],
    ['a scope as a list', { scope: ['read', 1, 'write'] }, {}],
    ['scopes in its place', { scope: undefined, scopes: ['read'] }, { scopes: ['read'] }],
    ['scopes with a comma', { scope: 'read,write' }, { scopes: ['read,write'] }],
    ['an ID token of nonsense', { id_token: {} }, {}],
    ['an error of null', { error: null }, {}],
    ['an empty error', { error: '' }, {}],
    ['an error that is a word for none', { error: 'None' }, {}],
    ['an error that is false', { error: false }, {}],
    ['an error without anything in it', { error: { code: '', message: null } }, {}],
    ['an error with a code for none', { error: { code: 'ok', message: '', log_id: '2026A7' } }, {}],
    ['an error with the number for none', { error: { code: 0, message: 'no error' } }, {}],
    ['an error in words for none', { error: 'No error' }, {}],
    ['an error that was never set', { error: 'undefined' }, {}],
    ['the number of no error', { errcode: 0, errmsg: 'ok' }, {}],
    ['a refresh token that is a word for none', { refresh_token: 'null' }, { refresh: undefined }],
    ['a refresh token of Python for none', { refresh_token: 'None' }, { refresh: undefined }],
    ['a mask in place of the refresh token', { refresh_token: '********' }, { refresh: undefined }],
    ['errors, none of them', { errors: [] }, {}],
    ['ok', { ok: true }, {}],
    [
      'other spellings',
      { ...absent, accessToken: 'a', RefreshToken: 'r', 'token-type': 'Bearer', expiresIn: 3600 },
      {},
    ],
    ['tokens in objects', { access_token: { token: 'a' }, refresh_token: { value: 'r', expires: 9 } }, {}],
    ['a refresh token in a list', { refresh_token: ['r'] }, {}],
    ['a lifetime with a comma', { expires_in: '3,600' }, { expires: 3600 }],
    ['a lifetime with its unit', { expires_in: '3600s' }, { expires: 3600 }],
    ['a lifetime with a point', { expires_in: '3.600' }, { expires: 3600 }],
    ['a lifetime in minutes', { expires_in: '60 min' }, { expires: 3600 }],
    ['a lifetime of ISO 8601', { expires_in: 'PT1H' }, { expires: 3600 }],
    ['two commas', { expires_in: '1,209,600' }, { expires: 1_209_600 }],
    ['a lifetime as .NET writes it', { expires_in: '01:00:00' }, { expires: 3600 }],
    ['with days', { expires_in: '14.00:00:00' }, { expires: 1_209_600 }],
    ['a lifetime as Go writes it', { expires_in: '1h30m0s' }, { expires: 5400 }],
    ['a lifetime in weeks', { expires_in: 'P2W' }, { expires: 1_209_600 }],
    ['a part of an hour', { expires_in: 'PT0.5H' }, { expires: 1800 }],
    ['a sign before it', { expires_in: '+3600' }, { expires: 3600 }],
    ['a lifetime of Protocol Buffers', { expires_in: { seconds: '3600', nanos: 0 } }, { expires: 3600 }],
    ['a list as text', { expires_in: '3,60' }, { expires: null }],
    ['a date in its place', { expires_in: '2026-11-27T07:00:00Z' }, { expires: 3600 }],
    ['a moment in its place', { expires_in: 1_795_766_400 }, { expires: 7200 }],
    ['only expires_at, in seconds', { expires_in: undefined, expires_at: 1_795_762_800 }, { expires: 3600 }],
    ['in milliseconds', { expires_in: undefined, expires_at: 1_795_762_800_000 }, { expires: 3600 }],
    ['as text', { expires_in: undefined, expires_on: '1795762800' }, { expires: 3600 }],
    ['a date of HTTP', { expires_in: null, expires: 'Fri, 27 Nov 2026 07:00:00 GMT' }, { expires: 3600 }],
    ['a date without a zone', { expires_in: null, expiry: '2026-11-27 07:00:00' }, { expires: 3600 }],
    ['a lifetime where a moment is expected', { expires_in: null, expires_at: '3600' }, { expires: 3600 }],
    ['a moment that is over', { expires_in: undefined, expires_at: 1_795_000_000 }, { expires: null }],
    ...Object.entries({
      '.expires': 'Fri, 27 Nov 2026 07:00:00 GMT',
      expiry_date: 1_795_762_800_000,
      accessTokenExpiresAt: '2026-11-27T07:00:00.000Z',
      valid_until: 1_795_762_800,
      expire: 3600,
      expireIn: '3600',
      expired_time: 1_795_762_800,
      expiresInMs: 3_600_000,
      ttl: 3600,
      exp: 1_795_762_800,
      expires_at: '/Date(1795762800000)/',
      expires_on: '11/27/2026 7:00:00 AM',
      expiration: 'Fri Nov 27 07:00:00 UTC 2026',
      expires: '2026-11-27T08:00:00+01:00[Europe/Berlin]',
      expiresAt: '20261127T070000Z',
      expiry: '2026-11-27 07:00:00.123456789 +0000 UTC m=+3600.1',
      expiration_time: { $date: '2026-11-27T07:00:00Z' },
      expires_time: 1_795_762_800_000_000,
    }).map(([name, value]): [string, object, object] => [
      `only ${name}, ${JSON.stringify(value)}`,
      { expires_in: undefined, [name]: value },
      { expires: 3600 },
    ]),
    ['the end of another token', { expires_in: null, id_token_expires_in: 60 }, { expires: null }],
    ['x_refresh_token_expires_in', { x_refresh_token_expires_in: 86_400 }, { refreshExpires: 86_400 }],
    ['re_expires_in', { re_expires_in: '86400' }, { refreshExpires: 86_400 }],
    [
      'a lifetime within the token',
      { ...absent, access_token: { token: 'a', expires_in: 3600 }, refresh_token: 'r', token_type: 'Bearer' },
      {},
    ],
    [
      'the end of the refresh token as a moment',
      { refresh_token_expires_at: '2026-11-28T06:00:00Z' },
      { refreshExpires: 86_400 },
    ],
  ])('%s', (_, changes, expected) => {
    expect(read({ ...good, ...changes })).toEqual({ ...plain, ...expected });
  });

  test.each<[string, object, number | null]>([
    ['its end', { exp: 1_795_762_800 }, 3600],
    ['its end, by a clock that is behind', { iat: 1_795_755_600, exp: 1_795_759_201 }, 1],
    ['its end, by a clock that is ahead', { iat: 1_795_769_999, exp: 1_795_773_599 }, 3600],
    ['its end as text', { exp: '1795762800' }, 3600],
    ['its end in milliseconds', { iat: 1_795_759_200_000, exp: 1_795_762_800_000 }, 3600],
    ['no end', { iat: 1_795_755_600 }, null],
    ['an end that is over', { exp: 1_795_000_000 }, null],
  ])('an answer that names no end, and a JWT with %s', (_, claims, expires) => {
    const access_token = ['{}', JSON.stringify(claims), 'x']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
    expect(read({ access_token })).toMatchObject({ expires });
    expect(read({ access_token, expires_in: 60 })).toMatchObject({ expires: 60 });
  });

  test.each(['data', 'result', 'response'])('tokens one level deeper, in %s', (name) => {
    expect(read({ code: 0, [name]: good })).toEqual(plain);
  });

  test.each<[string, object]>([
    ['Cognito', { AuthenticationResult: { AccessToken: 'a', RefreshToken: 'r', ExpiresIn: 3600 } }],
    ['Alipay', { alipay_system_oauth_token_response: good, sign: 'x' }],
    ['Supabase', { data: { user: { id: 1 }, session: good }, error: null }],
    ['a gateway that was to unpack it', { statusCode: 200, headers: {}, body: JSON.stringify(good) }],
    ['a list of one', { data: [good] }],
    ['with the lifetime outside', { expires_in: 3600, data: { ...good, expires_in: undefined } }],
  ])('tokens somewhere deeper: %s', (_, body) => {
    expect(read(body)).toMatchObject({ access: 'a', refresh: 'r', expires: 3600 });
  });

  test.each([200, 201, 203, 302, 400, 500])('status %i', (status) => {
    expect(read(good, status)).toEqual(plain);
  });

  test('a lifetime that JSON cannot hold', () => {
    expect(read('{"access_token":"a","expires_in":1e999}')).toMatchObject({
      access: 'a',
      expires: CENTURY_S,
    });
  });

  test('commas, where the provider separates by them', () => {
    const scopes = { ...good, scope: 'repo,read:org gist' };
    expect(read(scopes, 200, 'github')).toMatchObject({ scopes: ['repo', 'read:org', 'gist'] });
  });

  test('the token of a person, where the provider nests it', () => {
    const authed_user = { access_token: 'person', refresh_token: 'again', expires_in: 60, scope: 'a,b' };
    const body = { ok: true, authed_user };
    expect(read(body, 200, 'slack')).toEqual({
      access: 'person',
      refresh: 'again',
      type: 'bearer',
      expires: 60,
      refreshExpires: null,
      scopes: ['a', 'b'],
    });
    expect(read(body)).toMatchObject({ kind: 'unreadable' });
    expect(read({ ...body, access_token: 'bot' }, 200, 'slack')).toMatchObject({ access: 'bot' });
    expect(read({ ok: true, authed_user: 'U1' }, 200, 'slack')).toEqual({ kind: 'unreadable', status: 200 });
  });
});

describe('a refusal is a refusal, whatever its status and whatever tokens it has', () => {
  test.each<[string, object | string, number, object]>([
    [
      'the standard',
      { error: 'invalid_grant', error_description: 'gone' },
      400,
      { code: 'invalid_grant', description: 'gone', words: ['invalid_grant', 'gone'] },
    ],
    ['status 200', { error: 'bad_refresh_token' }, 200, { code: 'bad_refresh_token' }],
    ['with tokens', { ...good, error: 'invalid_grant' }, 200, { code: 'invalid_grant' }],
    ['not ok', { ok: false, error: 'invalid_refresh_token' }, 200, { code: 'invalid_refresh_token' }],
    ['not ok with tokens', { ...good, ok: false }, 200, { code: 'unknown_error' }],
    [
      'only a message',
      { status: 400, message: 'Invalid refresh token' },
      400,
      { code: 'Invalid refresh token', words: ['400', 'Invalid refresh token'] },
    ],
    [
      'an error that is not text',
      { error: { type: 'OAuthException', message: 'gone' } },
      400,
      { code: 'OAuthException', description: 'gone' },
    ],
    ['nothing at all', {}, 400, { code: 'unknown_error', words: [] }],
    [
      'nested',
      { error: { code: 'invalid_grant', message: 'Session ended' } },
      401,
      { code: 'invalid_grant', description: 'Session ended' },
    ],
    ['a list', { errors: [{ status: '401', code: 'invalid_grant' }] }, 401, { code: 'invalid_grant' }],
    ['a list of words', { errors: ['invalid_grant'] }, 400, { code: 'invalid_grant' }],
    [
      'two levels deep',
      { fault: { details: [{ reason: 'invalid_grant', detail: 'gone' }] } },
      400,
      { code: 'invalid_grant', description: 'gone' },
    ],
    [
      'a number beside a word',
      { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } },
      400,
      { code: 'RESOURCE_EXHAUSTED' },
    ],
    ['a complaint about the parameter', { refresh_token: ['Token is invalid or expired'] }, 400, {}],
    ['a word for it', { refresh_token: 'invalid' }, 400, { words: ['refresh token: invalid'] }],
    [
      'WeChat, with 200',
      { errcode: 42_002, errmsg: 'refresh_token expired' },
      200,
      { code: 'refresh_token expired' },
    ],
    [
      'Lark, with 200',
      { code: 20_026, msg: 'refresh token invalid' },
      200,
      { description: 'refresh token invalid' },
    ],
    ['no success, with 200', { success: false, message: 'invalid_grant' }, 200, { code: 'invalid_grant' }],
    [
      'an error without end',
      `{"error":${'['.repeat(50_000)}${']'.repeat(50_000)},"access_token":"a"}`,
      200,
      {},
    ],
    ['an interval', { error: 'slow_down', interval: '10' }, 400, { code: 'slow_down', interval: 10 }],
  ])('%s', (_, body, status, error) => {
    expect(read(body, status)).toMatchObject({ kind: 'error', status, error });
  });
});

describe('a refusal that is not JSON', () => {
  test.each<[string, string, Record<string, string>, string]>([
    ['in a header', '', { 'www-authenticate': 'Bearer realm="x", error="invalid_grant"' }, 'invalid_grant'],
    ['in a text', 'Error: invalid_grant, no such session', {}, 'invalid_grant'],
    ['in a page', '<h1>400</h1><p class="main_text">unauthorized_client</p>', {}, 'unauthorized_client'],
    ['in XML', '<error><code>INVALID_GRANT</code></error>', {}, 'INVALID_GRANT'],
  ])('%s', (_, body, headers, code) => {
    const answer = answerOf(body, 401, headers);
    expect(readTokenAnswer(answer, clientOf('example'), 0)).toMatchObject({ kind: 'error', error: { code } });
    expect(readTokenAnswer({ ...answer, status: 200 }, clientOf('example'), 0)).toMatchObject({
      kind: 'unreadable',
    });
  });
});

test.each(['<form class="login_required">', '<a href="/login?reason=interaction_required">'])(
  'the names in a page do not count as a refusal: %s',
  (form) => {
    expect(read(`<!DOCTYPE html><html>${form}</html>`, 403)).toEqual({ kind: 'unreadable', status: 403 });
  },
);

describe('what holds nothing is unreadable', () => {
  test.each(['', '<h1>Busy</h1>', '"text"', '[]', 'null', '{"access_token":', '7'])('%s', (body) => {
    expect(read(body)).toEqual({ kind: 'unreadable', status: 200 });
    expect(read(body, 503)).toEqual({ kind: 'unreadable', status: 503 });
  });

  test.each<[string, object]>([
    ['an object without tokens and without an error', { token_type: 'bearer' }],
    ['what was sent', { grant_type: 'refresh_token', refresh_token: '[FILTERED]', client_id: 'c' }],
    ['what was sent, one level deeper', { data: { grant_type: 'refresh_token', refresh_token: 'r' } }],
    ['the token that was sent, one level deeper', { request: { refresh_token: 'r' }, status: 'queued' }],
    ['a sentence in place of a token', { refresh_token: 'is not issued' }],
    ['success, in a form that is not known', { code: 0, msg: 'success', tok: 'a' }],
  ])('%s', (_, body) => {
    expect(read(body)).toEqual({ kind: 'unreadable', status: 200 });
  });
});
