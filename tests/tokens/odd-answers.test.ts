import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from '../../shared/contract/index.js';
import { type FakeAnswer, type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { type ImportedAccount, importAccount } from '../support/provider/imports.js';
import { type Backend, startLibrary } from '../support/start/backends.js';

let fake: FakeProvider;
let backend: Backend;
let api: Api;

beforeAll(async () => {
  fake = await startFakeProvider();
  backend = await startLibrary({ config: '[security]\nreveal = ["auth://*/*/refresh_token"]' });
  api = backend.api;
  await api.setProvider({ id: 'odd', token_endpoint: `${fake.url}/token`, client_id: 'client' });
});
afterAll(async () => {
  await backend.stop();
  await fake.stop();
});

let accounts = 0;
const imported = (): Promise<ImportedAccount> => importAccount(api, fake, 'odd', `a${accounts++}`);

/** The refresh token that is stored. */
async function stored({ name }: ImportedAccount): Promise<string | null> {
  const { service, account } = name;
  return (await api.resolve({ reference: `auth://${service}/${account}/refresh_token` })).value;
}

const good = {
  access_token: 'second',
  token_type: 'Bearer',
  expires_in: 3600,
  scope: 'read',
  refresh_token: 'next',
};

describe('what the answer leaves out keeps its old value', () => {
  test('the refresh token', async () => {
    const account = await imported();
    account.answer({ ...good, refresh_token: undefined });
    expect((await api.refreshToken(account.name)).access_token).toBe('second');
    expect(await stored(account)).toBe(account.refreshToken);
    await api.refreshToken(account.name);
    expect(account.requests().map(({ form }) => form['refresh_token'])).toEqual([
      account.refreshToken,
      account.refreshToken,
    ]);
  });

  test('the scope', async () => {
    const account = await imported();
    account.answer({ ...good, scope: undefined });
    expect((await api.refreshToken(account.name)).scopes).toEqual(['read', 'write']);
    account.answer({ ...good, scope: 'read' });
    expect((await api.refreshToken(account.name)).scopes).toEqual(['read']);
  });

  test('but not the lifetime, which belongs to the token', async () => {
    const account = await imported();
    account.answer({ ...good, expires_in: undefined });
    const { access_token, expires_at } = await api.refreshToken(account.name);
    expect([access_token, expires_at]).toEqual(['second', null]);
    expect(await api.getToken(account.name)).toMatchObject({ access_token: 'second', expires_at: null });
  });
});

describe('an answer that is odd still counts, and its new refresh token goes on', () => {
  const jwt = [{ alg: 'none' }, { iss: 'https://other.example.org', exp: 1 }, '']
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');

  test.each<[string, Record<string, unknown>, Omit<FakeAnswer, 'body'>, Record<string, unknown>]>([
    ['no token type', { token_type: undefined }, {}, { token_type: 'bearer' }],
    ['a bot’s token type', { token_type: 'bot' }, {}, { token_type: 'bot' }],
    ['a lifetime of null', { expires_in: null }, {}, { expires_at: null }],
    ['a lifetime as text', { expires_in: '3600' }, {}, { expires_at: expect.any(String) }],
    ['a lifetime as nonsense', { expires_in: 'soon' }, {}, { expires_at: null }],
    ['a negative lifetime', { expires_in: -1 }, {}, { expires_at: null }],
    ['a lifetime with a fraction', { expires_in: 3599.9876543 }, {}, { expires_at: expect.any(String) }],
    ['a lifetime beyond every calendar', { expires_in: 1e300 }, {}, { expires_at: expect.any(String) }],
    ['a lifetime of the refresh token with a fraction', { refresh_token_expires_in: 0.7654321 }, {}, {}],
    ['a lifetime of the refresh token beyond every calendar', { refresh_expires_in: 1e300 }, {}, {}],
    ['a scope as a list', { scope: ['read', 'write'] }, {}, { scopes: ['read', 'write'] }],
    ['a scope with commas', { scope: 'read,write' }, {}, { scopes: ['read,write'] }],
    ['status 201', {}, { status: 201 }, {}],
    ['status 400', {}, { status: 400 }, {}],
    ['another content type', {}, { headers: { 'content-type': 'text/html' } }, {}],
    ['an ID token of another issuer', { id_token: jwt }, {}, {}],
    ['an ID token of nonsense', { id_token: 7 }, {}, {}],
    ['more than was asked for', { extra: { deep: ['x'.repeat(100_000)] } }, {}, {}],
  ])('%s', async (_, changes, more, expected) => {
    const account = await imported();
    const next = `next-${account.name.account}`;
    account.answer({ ...good, refresh_token: next, ...changes }, more);
    expect(await api.refreshToken(account.name)).toMatchObject({ access_token: 'second', ...expected });
    expect(await api.getToken(account.name)).toMatchObject({ access_token: 'second', ...expected });
    expect(await stored(account)).toBe(next);
    expect(await api.tokenInfo(account.name)).toMatchObject({ last_error: null, is_expired: false });
    account.answer({ ...good, access_token: 'third', refresh_token: `${next}-2` });
    expect((await api.refreshToken(account.name)).access_token).toBe('third');
    expect(account.requests().map(({ form }) => form['refresh_token'])).toEqual([account.refreshToken, next]);
  });

  test('no access token at all is a fault that is told, after the new refresh token is stored', async () => {
    const account = await imported();
    account.answer({ refresh_token: 'only-me', token_type: 'Bearer' });
    await api.refreshToken(account.name).catch((thrown: unknown) => {
      expect(thrown).toMatchObject({ kind: 'refresh_failed' });
    });
    expect(await stored(account)).toBe('only-me');
    // The old token still lives.
    expect((await api.getToken(account.name)).access_token).toBe('first');
    account.answer({ ...good, access_token: 'third', refresh_token: 'after-it' });
    expect((await api.refreshToken(account.name)).access_token).toBe('third');
    expect(account.requests().at(-1)?.form['refresh_token']).toBe('only-me');
  });
});

describe('an account without a refresh token', () => {
  test('works while its token lives', async () => {
    fake.route('POST /token', () => ({ body: { access_token: 'for ever' } }));
    const machine = { service: 'odd', account: 'machine' };
    const credential = { client_id: 'own', client_secret: 'secret' };
    await api.addAccount({ ...machine, credential });
    expect(await api.getToken(machine)).toEqual({
      access_token: 'for ever',
      token_type: 'bearer',
      expires_at: null,
      scopes: [],
    });
  });
});
