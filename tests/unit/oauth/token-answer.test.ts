import { describe, expect, test } from 'vitest';
import { readTokenAnswer } from '../../../daemon/core/oauth/token-answer.js';
import { answerOf, clientOf } from '../../support/provider/oauth-clients.js';

const CENTURY_S = 36_525 * 86_400;
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

/** What is read of an answer, in plain values. */
function read(body: string | object, status = 200, provider = 'example') {
  const answer = readTokenAnswer(answerOf(body, status), clientOf(provider));
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
    ['a lifetime as a list', { expires_in: [3600] }, { expires: null }],
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
    ['ok', { ok: true }, {}],
  ])('%s', (_, changes, expected) => {
    expect(read({ ...good, ...changes })).toEqual({ ...plain, ...expected });
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
  test.each<[string, object, number, object]>([
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
      { code: 'Invalid refresh token', words: ['Invalid refresh token'] },
    ],
    [
      'an error that is not text',
      { error: { type: 'OAuthException' } },
      400,
      { code: 'unknown_error', words: [] },
    ],
    ['nothing at all', {}, 400, { code: 'unknown_error', words: [] }],
    ['an interval', { error: 'slow_down', interval: '10' }, 400, { code: 'slow_down', interval: 10 }],
  ])('%s', (_, body, status, error) => {
    expect(read(body, status)).toMatchObject({ kind: 'error', status, error });
  });
});

describe('what holds nothing is unreadable', () => {
  test.each(['', '<h1>Busy</h1>', '"text"', '[]', 'null', '{"access_token":', '7'])('%s', (body) => {
    expect(read(body)).toEqual({ kind: 'unreadable', status: 200 });
    expect(read(body, 503)).toEqual({ kind: 'unreadable', status: 503 });
  });

  test('an object without tokens and without an error', () => {
    expect(read({ token_type: 'bearer' })).toEqual({ kind: 'unreadable', status: 200 });
  });
});
