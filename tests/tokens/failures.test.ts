import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import { addAccount, begin, callback, completed, knowProvider, SERVICE } from '../support/accounts.js';
import { type FakeAnswer, type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { cutBefore, type Fault } from '../support/provider/faults.js';
import { importAccount } from '../support/provider/imports.js';
import { startOpenIdProvider } from '../support/provider/openid-provider.js';
import { startProxiedProvider } from '../support/provider/proxied-provider.js';
import { type Backend, startLibrary } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import { passTime } from '../support/time.js';
import { recordEvents } from '../support/wire/events.js';

const HOUR_S = 3600;
const good = { access_token: 'second', token_type: 'Bearer', expires_in: HOUR_S };

let fake: FakeProvider;
let backend: Backend;
let api: SigilforgeClient;

beforeAll(async () => {
  fake = await startFakeProvider();
  backend = await startLibrary();
  api = backend.api;
  const token_endpoint = `${fake.url}/token`;
  await api.setProvider({ id: 'plain', token_endpoint, client_id: 'client' });
  for (const id of ['slack', 'github-app', 'twitch', 'bitbucket', 'microsoft', 'hubspot']) {
    await api.setProvider({ id, token_endpoint, client_id: 'client', client_secret: 'client secret' });
  }
});
afterAll(async () => {
  await backend.stop();
  await fake.stop();
});

let accounts = 0;
const imported = (service = 'plain') => importAccount(api, fake, service, `a${accounts++}`);

describe('a bad moment leaves everything as it is', () => {
  test.each<[string, FakeAnswer]>([
    ['500', { status: 500, body: '' }],
    [
      '502 with HTML',
      { status: 502, body: '<h1>Bad gateway</h1>', headers: { 'content-type': 'text/html' } },
    ],
    ['503 with an error of the standard', { status: 503, body: { error: 'invalid_grant' } }],
    ['429', { status: 429, body: { error: 'too_many' }, headers: { 'retry-after': '60' } }],
    ['429 for a thousand years', { status: 429, body: '', headers: { 'retry-after': `${'9'.repeat(30)}` } }],
    ['a captive portal', { body: '<h1>Welcome to the hotel</h1>', headers: { 'content-type': 'text/html' } }],
    ['half of a JSON text', { body: '{"access_token":"sec' }],
    ['a JSON text of nothing', { body: {} }],
    ['temporarily_unavailable', { status: 400, body: { error: 'temporarily_unavailable' } }],
    ['invalid_client', { status: 401, body: { error: 'invalid_client' } }],
  ])('%s', async (_, { body, ...more }) => {
    const account = await imported();
    const events = await recordEvents(api, account.name);
    account.answer(body, more);
    await expect(api.refreshToken(account.name)).rejects.toMatchObject({
      kind: 'refresh_failed',
      exitCode: 5,
    });
    expect(await api.tokenInfo(account.name)).toMatchObject({
      has_refresh_token: true,
      is_expired: false,
      last_error: { kind: 'refresh_failed', message: expect.stringMatching(/^\S.*\.$/) },
    });
    expect((await api.getAccount(account.name)).state).toBe('ok');
    // It is old, and lives: so it is handed out, whatever becomes of its refresh.
    passTime(HOUR_S - 200);
    expect((await api.getToken(account.name)).access_token).toBe('first');
    account.answer(good);
    expect((await api.refreshToken(account.name)).access_token).toBe('second');
    expect(account.requests().at(-1)?.form['refresh_token']).toBe(account.refreshToken);
    expect(await api.tokenInfo(account.name)).toMatchObject({ last_error: null, next_attempt_at: null });
    expect(events).toEqual(['token_refreshed']);
  });

  test.each<[string, Fault]>([
    ['a connection that is cut', cutBefore],
    [
      'an answer that breaks off',
      async ({ sendHalf }) => sendHalf({ status: 200, headers: {}, body: '{"a":"b"}' }),
    ],
  ])('%s', async (_, fault) => {
    const { provider, proxy, stop } = await startProxiedProvider();
    const own = await stopAfter(startLibrary());
    await stopAfter({ stop });
    await knowProvider(own.api, provider);
    await addAccount(own.api, { account: 'cut' });
    const name = { service: SERVICE, account: 'cut' };
    const { access_token: first } = await own.api.getToken(name);
    // Twice, because an answer that may have been lost is asked for again at once.
    const planned = proxy.plan(fault, { grantType: 'refresh_token', times: 2 });
    await expect(own.api.refreshToken(name)).rejects.toMatchObject({ kind: 'network' });
    expect((await own.api.getToken(name)).access_token).toBe(first);
    expect((await own.api.getAccount(name)).state).toBe('ok');
    planned.cancel();
    const { access_token: second } = await own.api.refreshToken(name);
    expect(await provider.introspect(second)).toMatchObject({ active: true });
    expect(provider.counts.reuse).toBe(0);
  });

  test('an expired token is not handed out, and the error is the one of the refresh', async () => {
    const account = await imported();
    account.answer('', { status: 503 });
    passTime(HOUR_S);
    await expect(api.getToken(account.name)).rejects.toMatchObject({ kind: 'refresh_failed' });
    account.answer(good);
    await api.refreshToken(account.name);
    expect((await api.getToken(account.name)).access_token).toBe('second');
  });

  test('a provider that asks to be left alone is left alone, but by a person', async () => {
    const account = await imported();
    account.answer('', { status: 429, headers: { 'retry-after': '120' } });
    passTime(HOUR_S);
    for (const _ of [1, 2, 3]) {
      await expect(api.getToken(account.name)).rejects.toMatchObject({ kind: 'refresh_failed' });
    }
    expect(account.requests()).toHaveLength(1);
    const { next_attempt_at } = await api.tokenInfo(account.name);
    const seconds = (Date.parse(next_attempt_at ?? '') - Date.now()) / 1000;
    expect(Math.ceil(seconds)).toBe(120);
    account.answer(good);
    passTime(121);
    expect((await api.getToken(account.name)).access_token).toBe('second');
    account.answer('', { status: 429, headers: { 'retry-after': '120' } });
    await expect(api.refreshToken(account.name)).rejects.toMatchObject({ kind: 'refresh_failed' });
    account.answer({ ...good, access_token: 'third' });
    expect((await api.refreshToken(account.name)).access_token).toBe('third');
  });
});

describe('a grant that is dead', () => {
  test.each<[string, string, FakeAnswer]>([
    ['in the words of the standard', 'plain', { status: 400, body: { error: 'invalid_grant' } }],
    ['in an empty 400', 'plain', { status: 400, body: '' }],
    ['in Slack’s words', 'slack', { body: { ok: false, error: 'invalid_refresh_token' } }],
    ['in GitHub’s words', 'github-app', { body: { error: 'bad_refresh_token' } }],
    ['in Twitch’s words', 'twitch', { status: 400, body: { status: 400, message: 'Invalid refresh token' } }],
    [
      'in Bitbucket’s words',
      'bitbucket',
      { status: 400, body: { error: 'x', error_description: 'Invalid refresh_token' } },
    ],
    ['in Microsoft’s words', 'microsoft', { status: 400, body: { error: 'interaction_required' } }],
    ['in HubSpot’s words', 'hubspot', { status: 400, body: { message: 'missing or invalid refresh token' } }],
  ])('%s', async (_, service, { body, ...more }) => {
    const account = await imported(service);
    const events = await recordEvents(api, account.name);
    account.answer(body, more);
    await expect(api.refreshToken(account.name)).rejects.toMatchObject({
      kind: 'auth_required',
      exitCode: 4,
      hint: expect.stringContaining(`add-account ${service} ${account.name.account} --replace`),
    });
    expect((await api.getAccount(account.name)).state).toBe('needs_auth');
    // What still lives is handed out.
    passTime(HOUR_S - 200);
    expect((await api.getToken(account.name)).access_token).toBe('first');
    passTime(200);
    const callers = Array.from({ length: 20 }, () =>
      api.getToken(account.name).catch((thrown: unknown) => thrown),
    );
    for (const fault of await Promise.all(callers)) expect(fault).toMatchObject({ kind: 'auth_required' });
    await expect(api.getToken({ ...account.name, rejected_token: 'first' })).rejects.toMatchObject({
      kind: 'auth_required',
    });
    // Nobody asked the provider again, and one notification went out.
    expect(account.requests()).toHaveLength(1);
    expect(events).toEqual(['needs_auth']);
    expect(await api.tokenInfo(account.name)).toMatchObject({
      has_refresh_token: true,
      last_error: { kind: 'auth_required' },
    });
  });

  test('is tried again by a person, once in ten seconds, and may come back', async () => {
    const account = await imported();
    const events = await recordEvents(api, account.name);
    account.answer({ error: 'invalid_grant' }, { status: 400 });
    await expect(api.refreshToken(account.name)).rejects.toMatchObject({ kind: 'auth_required' });
    await expect(api.refreshToken(account.name)).rejects.toMatchObject({ kind: 'auth_required' });
    expect(account.requests()).toHaveLength(1);
    passTime(11);
    await expect(api.refreshToken(account.name)).rejects.toMatchObject({ kind: 'auth_required' });
    expect(account.requests()).toHaveLength(2);
    expect(events).toEqual(['needs_auth']);
    passTime(11);
    account.answer(good);
    expect((await api.refreshToken(account.name)).access_token).toBe('second');
    expect(events).toEqual(['needs_auth', 'token_refreshed', 'recovered']);
    expect((await api.getAccount(account.name)).state).toBe('ok');
    expect(await api.tokenInfo(account.name)).toMatchObject({ last_error: null });
  });

  test('that cannot be reached stays dead', async () => {
    const account = await imported();
    const events = await recordEvents(api, account.name);
    account.answer({ error: 'invalid_grant' }, { status: 400 });
    await expect(api.refreshToken(account.name)).rejects.toMatchObject({ kind: 'auth_required' });
    passTime(11);
    account.answer('', { status: 503 });
    await expect(api.refreshToken(account.name)).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect((await api.getAccount(account.name)).state).toBe('needs_auth');
    expect(events).toEqual(['needs_auth']);
  });

  test('lives again by a new sign-in', async () => {
    const provider = await stopAfter(startOpenIdProvider());
    await knowProvider(api, provider);
    await addAccount(api, { account: 'revoked' });
    const name = { service: SERVICE, account: 'revoked' };
    await provider.endGrants();
    await expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'auth_required' });
    expect((await addAccount(api, { ...name, replace: true })).state).toBe('ok');
    const { access_token } = await api.getToken(name);
    expect(await provider.introspect(access_token)).toMatchObject({ active: true });
  });

  test('an expired token without a refresh token needs a person, and no network', async () => {
    fake.route('POST /token', () => ({ body: good }));
    await api.setProvider({ id: 'plain', authorization_endpoint: `${fake.url}/authorize` });
    const name = { service: 'plain', account: 'no-refresh-token' };
    const begun = await begin(api, name);
    await fetch(callback(begun, { code: 'the code' }));
    await completed(api, begun.flowId);
    const before = fake.received.length;
    passTime(HOUR_S);
    await expect(api.getToken(name)).rejects.toMatchObject({ kind: 'auth_required' });
    await expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'auth_required' });
    expect(fake.received.length).toBe(before);
    // `ok` means: lives or can be refreshed.
    expect((await api.getAccount(name)).state).toBe('needs_auth');
  });
});

describe('which client refreshes', () => {
  const basic = (secret: string) => `Basic ${btoa(`client:${secret}`)}`;

  test('the secret is the one that is set now', async () => {
    const token_endpoint = `${fake.url}/token`;
    await api.setProvider({ id: 'secret', token_endpoint, client_id: 'client', client_secret: 'old' });
    const account = await imported('secret');
    account.answer(good);
    await api.refreshToken(account.name);
    await api.setProvider({ id: 'secret', client_secret: 'new' });
    await api.refreshToken(account.name);
    expect(account.requests().map(({ headers }) => headers.authorization)).toEqual([
      basic('old'),
      basic('new'),
    ]);
  });

  test('a secret goes with its client', async () => {
    const token_endpoint = `${fake.url}/token`;
    await api.setProvider({ id: 'moved', token_endpoint, client_id: 'client', client_secret: 'a secret' });
    const { provider } = await api.setProvider({ id: 'moved', client_id: 'public' });
    expect(provider).toMatchObject({ client_id: 'public', has_client_secret: false });
    const account = await imported('moved');
    account.answer(good);
    await api.refreshToken(account.name);
    const [request] = account.requests();
    expect(request?.headers.authorization).toBeUndefined();
    expect(request?.form).toMatchObject({ client_id: 'public' });
    await api.setProvider({ id: 'moved', client_secret: 'its secret', default_scopes: ['read'] });
    await api.setProvider({ id: 'moved', client_id: 'public' });
    expect((await api.getProvider({ id: 'moved' })).provider.has_client_secret).toBe(true);
  });

  test.each([
    [
      'changed',
      (id: string) => api.setProvider({ id, client_id: 'other', token_endpoint: `${fake.url}/other` }),
    ],
    ['removed', (id: string) => api.removeProvider({ id })],
  ])('an account goes on as it signed in when its provider is %s', async (what, change) => {
    const id = `kept-${what}`;
    await api.setProvider({
      id,
      token_endpoint: `${fake.url}/token`,
      client_id: 'client',
      token_params: { p: '1' },
    });
    const account = await imported(id);
    await change(id);
    account.answer(good);
    expect((await api.refreshToken(account.name)).access_token).toBe('second');
    expect(account.requests().map(({ body }) => body)).toEqual([
      `p=1&refresh_token=${account.refreshToken}&grant_type=refresh_token&client_id=client`,
    ]);
    expect(fake.sentTo('POST /other')).toEqual([]);
    expect(await api.getAccount(account.name)).toMatchObject({ provider: id, state: 'ok' });
  });

  test('a secret is not quoted back out of a refusal', async () => {
    const token_endpoint = `${fake.url}/token`;
    const client_auth = 'client_secret_post';
    await api.setProvider({
      id: 'quoting',
      token_endpoint,
      client_id: 'client',
      client_secret: 'cs-canary',
      client_auth,
    });
    const account = await imported('quoting');
    account.answer(
      { error: 'invalid_client', error_description: `no cs-canary, no ${account.refreshToken}` },
      { status: 401 },
    );
    const fault = await api.refreshToken(account.name).catch((thrown: unknown) => thrown);
    const shown = [
      String(fault),
      JSON.stringify(fault),
      JSON.stringify(await api.tokenInfo(account.name)),
    ].join();
    expect(shown).toContain('[redacted]');
    expect(shown).not.toMatch(/cs-canary|rt-quoting/);
  });
});
