import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import { begin, callback, completed } from '../support/accounts.js';
import { type FakeAnswer, type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { openPage } from '../support/provider/person.js';
import { type Backend, startLibrary } from '../support/start/backends.js';
import * as stored from '../support/stored.js';

const names = { service: 'own', account: 'work' };
const reference = 'auth://own/work/id_token';

let fake: FakeProvider;
let backend: Backend;
let api: SigilforgeClient;

beforeEach(async () => {
  fake = await startFakeProvider();
  fake.route('GET /.well-known/openid-configuration', () => ({
    body: {
      issuer: fake.url,
      authorization_endpoint: `${fake.url}/authorize`,
      token_endpoint: `${fake.url}/token`,
    },
  }));
  backend = await startLibrary();
  api = backend.api;
  await api.setProvider({ id: 'own', issuer: fake.url, client_id: 'client', default_scopes: ['openid'] });
});
afterEach(async () => {
  await backend.stop();
  await fake.stop();
});

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Lives for so many seconds from now, of an hour in all. */
function idToken(seconds: number, claims: object = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const usual = { iss: fake.url, aud: 'client', sub: 'ada', iat: now + seconds - 3600, exp: now + seconds };
  return `${part({ alg: 'RS256' })}.${part({ ...usual, ...claims })}.c2ln`;
}

function answer(number: number, id_token: string | undefined): FakeAnswer {
  const tokens = { access_token: `at-${number}`, refresh_token: `rt-${number}`, expires_in: 3600 };
  return { body: { ...tokens, ...(id_token === undefined ? {} : { id_token }) } };
}

/** Signs in; `claimed` gets the nonce, and gives the ID token of the answer. */
async function signIn(claimed: (nonce: object) => string | undefined, scopes = ['openid']): Promise<void> {
  const begun = await begin(api, { ...names, scopes });
  const nonce = new URL(begun.address).searchParams.get('nonce');
  const token = claimed(nonce === null ? {} : { nonce });
  fake.route('POST /token', () => answer(0, token));
  const ended = completed(api, begun.flowId);
  await openPage(callback(begun, { code: 'the code' }));
  await ended;
}

function refreshesBring(next: (number: number) => string | undefined): void {
  let count = 0;
  fake.route('POST /token', () => {
    count += 1;
    return answer(count, next(count));
  });
}

function refreshes(): number {
  return fake.sentTo('POST /token').filter(({ form }) => form['grant_type'] === 'refresh_token').length;
}

async function value(): Promise<string | null> {
  return (await api.resolve({ reference })).value;
}

test('the ID token of a sign-in is handed out by its reference with its end, without a request', async () => {
  let token = '';
  await signIn((nonce) => {
    token = idToken(1800, nonce);
    return token;
  });
  const { value, metadata } = await api.resolve({ reference });
  expect([value, metadata.kind]).toEqual([token, 'token']);
  const end = Date.parse(metadata.expires_at ?? '') - Date.now();
  expect(end).toBeGreaterThan(1_700_000);
  expect(end).toBeLessThanOrEqual(1_800_000);
  expect(refreshes()).toBe(0);
  const shown = JSON.stringify([await api.getAccount(names), await api.tokenInfo(names)]);
  expect(shown).not.toContain(token);
  expect(stored.accounts(backend.sandbox.home)[0]?.grant.idToken?.includes(token)).toBe(false);
});

test('one that is about to end is renewed by one refresh of the grant, and the answer is kept', async () => {
  await signIn((nonce) => idToken(30, nonce));
  const renewed = idToken(3600);
  refreshesBring(() => renewed);
  expect([await value(), await value(), refreshes()]).toEqual([renewed, renewed, 1]);
  expect((await api.getToken(names)).access_token).toBe('at-1');
});

test('a refresh that brings none keeps the old one while it lives, and is not repeated for it', async () => {
  let token = '';
  await signIn((nonce) => {
    token = idToken(30, nonce);
    return token;
  });
  refreshesBring(() => undefined);
  expect([await value(), await value(), refreshes()]).toEqual([token, token, 1]);
});

test('where the old one is over and a refresh brought none, the person is told to sign in again, after one request', async () => {
  await signIn((nonce) => idToken(-5, nonce));
  refreshesBring(() => undefined);
  const refused = {
    kind: 'auth_required',
    message: expect.stringContaining('the last refresh brought no other one'),
    hint: expect.stringContaining('sigilforge add-account own work --replace'),
  };
  await expect(value()).rejects.toMatchObject(refused);
  expect(refreshes()).toBe(1);
});

test('a refresh that fails hands out what still lives', async () => {
  let token = '';
  await signIn((nonce) => {
    token = idToken(60, nonce);
    return token;
  });
  fake.route('POST /token', () => ({ status: 503 }));
  expect(await value()).toBe(token);
  expect(refreshes()).toBe(1);
});

test.each<[string, object]>([
  ['another person', { sub: 'eve' }],
  ['another client', { aud: 'other' }],
  ['another issuer', { iss: 'https://other.example.org' }],
])('a refresh whose ID token is for %s is stored without it', async (_, claims) => {
  let token = '';
  await signIn((nonce) => {
    token = idToken(1800, nonce);
    return token;
  });
  refreshesBring(() => idToken(3600, claims));
  expect((await api.refreshToken(names)).access_token).toBe('at-1');
  expect(await value()).toBe(token);
});

test.each<[string, (nonce: object) => string]>([
  ['without the nonce that was sent', () => idToken(1800)],
  ['that is encrypted', () => 'eyJlbmMiOiJBMjU2R0NNIn0.a2V5.aXY.Y2lwaGVy.dGFn'],
])('an ID token %s is not kept', async (_, claimed) => {
  await signIn(claimed);
  await expect(value()).rejects.toMatchObject({
    kind: 'not_found',
    message: 'The provider of own/work has sent no ID token that can be kept.',
  });
  expect(refreshes()).toBe(0);
});

test('without the scope openid the error names it, and asks no provider', async () => {
  await signIn(() => undefined, ['profile']);
  await expect(value()).rejects.toMatchObject({
    kind: 'not_found',
    message: expect.stringContaining('without the scope openid'),
  });
  expect(refreshes()).toBe(0);
});

test('an end beyond every date counts as none', async () => {
  await signIn((nonce) => idToken(60, { ...nonce, exp: 1e300 }));
  const { metadata } = await api.resolve({ reference });
  expect([metadata.expires_at, refreshes()]).toEqual([null, 0]);
});

test('a new sign-in without one leaves none of the old one', async () => {
  await signIn((nonce) => idToken(1800, nonce));
  const begun = await begin(api, { ...names, replace: true });
  fake.route('POST /token', () => answer(7, undefined));
  const ended = completed(api, begun.flowId);
  await openPage(callback(begun, { code: 'the code' }));
  await ended;
  expect(stored.accounts(backend.sandbox.home)[0]?.grant.idToken).toBeNull();
  await expect(value()).rejects.toMatchObject({ kind: 'not_found' });
});

test('an API key comes without one', async () => {
  await api.addAccount({ service: 'own', account: 'key', flow: 'api_key', credential: { api_key: 'k' } });
  await expect(api.resolve({ reference: 'auth://own/key/id_token' })).rejects.toMatchObject({
    kind: 'not_found',
    message: 'own/key is an API key, which comes without an ID token.',
  });
});
