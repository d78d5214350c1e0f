import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addAccount, work } from '../support/accounts.js';
import { answerWith, changeAnswer, changeJson, type Fault } from '../support/provider/faults.js';
import { type Scene, startScene } from '../support/start/scene.js';

// Answers that bring a new refresh token and something odd besides. The provider ends a grant whose old refresh token
// comes again, so the next refreshes only work where the new one was kept.

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  await addAccount(scene.api);
});
afterAll(() => scene.stop());

const AN_HOUR = 3600;
const hours = (count: number): string => new Date(Date.now() + count * AN_HOUR * 1000).toISOString();

/** What is odd, and what the caller gets: a token of type Bearer that ends, with the scopes of the sign-in, except for this. */
const odd: [string, Fault, { token_type?: string; expires_at?: null; scopes?: string[] }][] = [
  ['no token_type', changeJson((json) => ({ ...json, token_type: undefined })), { token_type: 'bearer' }],
  ['token_type null', changeJson((json) => ({ ...json, token_type: null })), { token_type: 'bearer' }],
  ['token_type "bot"', changeJson((json) => ({ ...json, token_type: 'bot' })), { token_type: 'bot' }],
  ['no expires_in', changeJson((json) => ({ ...json, expires_in: undefined })), { expires_at: null }],
  ['expires_in null', changeJson((json) => ({ ...json, expires_in: null })), { expires_at: null }],
  ['expires_in "3600"', changeJson((json) => ({ ...json, expires_in: '3600' })), {}],
  ['expires_in "soon"', changeJson((json) => ({ ...json, expires_in: 'soon' })), { expires_at: null }],
  ['expires_in negative', changeJson((json) => ({ ...json, expires_in: -1 })), { expires_at: null }],
  ['expires_in beyond any calendar', changeAnswer(withLifetime('1e400')), {}],
  ['expires_in in a list', changeJson((json) => ({ ...json, expires_in: [3600] })), {}],
  ['scope as a list', changeJson((json) => ({ ...json, scope: ['a', 'b'] })), { scopes: ['a', 'b'] }],
  ['scope with commas', changeJson((json) => ({ ...json, scope: 'a,b' })), { scopes: ['a,b'] }],
  ['scope null', changeJson((json) => ({ ...json, scope: null })), {}],
  ['scope a number', changeJson((json) => ({ ...json, scope: 7 })), {}],
  ['error ""', changeJson((json) => ({ ...json, error: '' })), {}],
  ['errors, an empty list', changeJson((json) => ({ ...json, errors: [] })), {}],
  ['a mark before it', changeAnswer((answer) => ({ ...answer, body: `\uFEFF${answer.body}` })), {}],
  [
    'UTF-16',
    changeAnswer((answer) => ({ ...answer, body: Buffer.from(`\uFEFF${answer.body}`, 'utf16le') })),
    {},
  ],
  ['gzip without its header', changeAnswer((answer) => ({ ...answer, body: gzipSync(answer.body) })), {}],
  [
    'brotli',
    changeAnswer((answer) => ({
      ...answer,
      headers: { ...answer.headers, 'content-encoding': 'br' },
      body: brotliCompressSync(answer.body),
    })),
    {},
  ],
  ['a form', changeAnswer((answer) => ({ ...answer, body: formOf(answer.body) })), {}],
  [
    'a warning before it',
    changeAnswer((answer) => ({ ...answer, body: `Notice: x in y\n${answer.body}` })),
    {},
  ],
  ['one level deeper', changeJson((json) => ({ code: 0, data: json })), {}],
  ['an error for none', changeJson((json) => ({ ...json, error: { code: 'ok', log_id: '7' } })), {}],
  ['in the text of a gateway', changeJson((json) => ({ body: JSON.stringify(json) })), {}],
  [
    'base64',
    changeAnswer((answer) => ({ ...answer, body: Buffer.from(answer.body).toString('base64') })),
    {},
  ],
  ['only expires_at', changeJson(({ expires_in: _, ...json }) => ({ ...json, expires_at: hours(1) })), {}],
  ['expires_in "3,600"', changeJson((json) => ({ ...json, expires_in: '3,600' })), {}],
  ['error null', changeJson((json) => ({ ...json, error: null })), {}],
  ['status 201', changeAnswer((answer) => ({ ...answer, status: 201 })), {}],
  ['status 205', changeAnswer((answer) => ({ ...answer, status: 205 })), {}],
  ['status 500', changeAnswer((answer) => ({ ...answer, status: 500 })), {}],
  ['status 400', changeAnswer((answer) => ({ ...answer, status: 400 })), {}],
  ['content type text/html', changeAnswer(withType('text/html')), {}],
  ['no content type', changeAnswer((answer) => ({ ...answer, headers: {} })), {}],
  ['id_token of another issuer', changeJson((json) => ({ ...json, id_token: idToken(hours(1)) })), {}],
  ['id_token out of time', changeJson((json) => ({ ...json, id_token: idToken(hours(-9)) })), {}],
  ['id_token that is none', changeJson((json) => ({ ...json, id_token: 42 })), {}],
  [
    'a megabyte of extra fields',
    changeJson((json) => ({ padding: 'x'.repeat(500_000), ...json, more: 'x'.repeat(500_000) })),
    {},
  ],
];

test.each(odd)('%s: the new refresh token is kept', async (_, fault, expected) => {
  const { provider, api, proxy } = scene;
  const before = scene.exchanges;
  proxy.plan(fault, { grantType: 'refresh_token' });
  const token = await api.refreshToken(work);
  expect(token).toMatchObject({ token_type: 'Bearer', scopes: ['openid', 'profile'], ...expected });
  expect(token.expires_at === null).toBe(expected.expires_at === null);
  expect(await provider.introspect(token.access_token)).toMatchObject({ active: true });
  await expectNextRefresh(before + 2);
});

test.each([
  ['missing', undefined],
  ['null', null],
  ['empty', ''],
  ['a number', 7],
])('access_token %s: the new refresh token is kept, and the fault is told', async (_, access_token) => {
  const { api, proxy } = scene;
  const before = scene.exchanges;
  const old = await api.getToken(work);
  proxy.plan(
    changeJson((json) => ({ ...json, access_token })),
    { grantType: 'refresh_token' },
  );
  await expect(api.refreshToken(work)).rejects.toMatchObject({
    kind: 'refresh_failed',
    message: expect.stringContaining('without an access token'),
  });
  expect(await api.getToken(work)).toEqual(old);
  await expectNextRefresh(before + 2);
});

test('no refresh_token and no scope: both stay as they are', async () => {
  const { api, proxy } = scene;
  const before = scene.exchanges;
  const answer = { access_token: 'an access token alone', token_type: 'Bearer', expires_in: AN_HOUR };
  // The provider, which always gives a new one, is not asked.
  proxy.plan(answerWith(200, answer), { grantType: 'refresh_token' });
  expect(await api.refreshToken(work)).toMatchObject({
    access_token: answer.access_token,
    scopes: ['openid', 'profile'],
  });
  await expectNextRefresh(before + 1);
});

test.each([
  [
    'a word for none beside new tokens',
    200,
    { access_token: 'a', refresh_token: 'null', expires_in: AN_HOUR },
  ],
  ['a complaint about the one that was sent', 400, { refresh_token: ['throttled'] }],
  ['what was sent', 200, { grant_type: 'refresh_token', refresh_token: '[FILTERED]' }],
])('%s does not take the place of the refresh token', async (_, status, body) => {
  const { api, proxy } = scene;
  const before = scene.exchanges;
  proxy.plan(answerWith(status, body), { grantType: 'refresh_token' });
  await api.refreshToken(work).catch(() => {});
  await expectNextRefresh(before + 1);
});

/** The newest refresh token is the stored one: it works, and none was ever sent twice. */
async function expectNextRefresh(exchanges: number): Promise<void> {
  const { access_token } = await scene.api.refreshToken(work);
  expect(await scene.provider.introspect(access_token)).toMatchObject({ active: true });
  expect(scene.provider.counts.reuse).toBe(0);
  expect(scene.exchanges).toBe(exchanges);
}

function formOf(json: string): string {
  return new URLSearchParams(JSON.parse(json) as Record<string, string>).toString();
}

/** An unsigned token for another client, which ends at a given time. */
function idToken(until: string): string {
  const claims = {
    iss: 'https://other.example.org',
    sub: 'nobody',
    aud: 'nobody',
    exp: Date.parse(until) / 1000,
  };
  return [{ alg: 'none' }, claims, '']
    .map((part) => Buffer.from(part === '' ? '' : JSON.stringify(part)).toString('base64url'))
    .join('.');
}

/** A number that JSON can hold and a double cannot. */
function withLifetime(number: string) {
  return <A extends { body: string }>(answer: A): A => ({
    ...answer,
    body: answer.body.replace(/"expires_in":\d+/, `"expires_in":${number}`),
  });
}

function withType(type: string) {
  return <A extends { headers: object }>(answer: A): A => ({
    ...answer,
    headers: { ...answer.headers, 'content-type': type },
  });
}
