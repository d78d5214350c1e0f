import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ParamsOf } from '../../shared/contract/index.js';
import { addAccount, signInExpired, work } from '../support/accounts.js';
import { gate } from '../support/gate.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { changeAnswer, holdAnswer } from '../support/provider/faults.js';
import { makeRsaKey, serviceAccountFile } from '../support/provider/signing-keys.js';
import { type Backend, backends, startDaemon } from '../support/start/backends.js';
import { crash } from '../support/start/processes.js';
import { type Scene, startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

// A program that can write to the database, and has no key, changes where the secrets of an account are sent.

const { pem } = makeRsaKey();
const SERVICE = 'fake';

let good: FakeProvider;
let evil: FakeProvider;

beforeEach(async () => {
  [good, evil] = await Promise.all([startProvider(), startProvider()]);
  return async () => {
    await good.stop();
    await evil.stop();
  };
});

async function startProvider(): Promise<FakeProvider> {
  const provider = await startFakeProvider();
  const tokens = () => ({
    body: {
      ...{ access_token: 'an access token', token_type: 'Bearer' },
      refresh_token: `rt-${provider.received.length}`,
    },
  });
  provider.route('POST /token', tokens);
  provider.route('POST /revoke', () => ({ status: 200 }));
  provider.route('POST /api/v3/app/installations/34/access_tokens', () => ({
    status: 201,
    body: { token: 'ghs_1', expires_at: new Date(Date.now() + 3_600_000).toISOString(), permissions: {} },
  }));
  return provider;
}

const kinds: Readonly<Record<string, () => ParamsOf<'add_account'>>> = {
  'a refresh token': () => ({
    ...{ service: SERVICE, account: 'one' },
    credential: { refresh_token: 'the-refresh-token' },
  }),
  "the client's own credentials": () => ({
    ...{ service: SERVICE, account: 'one' },
    credential: { client_id: 'machine', client_secret: 'the-machine-secret' },
  }),
  'a key that signs assertions': () => ({
    ...{ service: 'google', account: 'one' },
    credential: { private_key: serviceAccountFile(pem, `${good.url}/token`) },
  }),
  'the key of a GitHub App': () => ({
    ...{ service: 'github', account: 'one', issuer: good.url },
    credential: { app_id: '12', installation_id: '34', private_key: pem },
  }),
};

async function addOne({ api }: Backend, kind: string) {
  await api.setProvider({
    id: SERVICE,
    token_endpoint: `${good.url}/token`,
    revocation_endpoint: `${good.url}/revoke`,
    client_id: 'a client',
    client_secret: 'the-client-secret',
    client_auth: 'client_secret_post',
  });
  const params = kinds[kind]?.();
  if (!params) throw new Error('There is no such kind.');
  await api.addAccount(params);
  return { service: params.service, account: params.account };
}

const toEvil = (json: string) => json.replaceAll(good.url, evil.url);

const alterations: [kind: string, column: 'client' | 'minting' | 'flow', change: (json: string) => string][] =
  [
    ['a refresh token', 'client', toEvil],
    ['a refresh token', 'client', (json) => json.replace(/"token_endpoint":"[^"]*/, `$&/`)],
    [
      'a refresh token',
      'client',
      (json) => json.replace('"client_auth":"client_secret_post"', '"client_auth":"none"'),
    ],
    ['a refresh token', 'flow', () => 'client_credentials'],
    ["the client's own credentials", 'client', toEvil],
    ['a key that signs assertions', 'client', toEvil],
    ['a key that signs assertions', 'minting', (json) => json.replace('"scopes":[', '"scopes":["admin",')],
    [
      'a key that signs assertions',
      'minting',
      (json) => json.replace('"subject":null', '"subject":"boss@example.org"'),
    ],
    ['the key of a GitHub App', 'minting', toEvil],
  ];

describe.each(backends)('by $name', ({ start }) => {
  test.each(alterations)(
    '%s: after a change of its %s nothing is sent anywhere (%#)',
    async (kind, column, change) => {
      const backend = await stopAfter(start());
      const name = await addOne(backend, kind);
      const before = stored.textOf(backend.sandbox.home, name.account, column);
      const sentBefore = good.received.length;
      stored.tamper(backend.sandbox.home, name.account, column, change);
      expect(stored.textOf(backend.sandbox.home, name.account, column)).not.toBe(before);
      const damaged = {
        kind: 'integrity',
        message: `The stored account ${name.service}/one is damaged.`,
        hint: expect.stringContaining(`sigilforge add-account ${name.service} one`),
      };
      await expect(backend.api.refreshToken(name)).rejects.toMatchObject(damaged);
      await expect(backend.api.getToken(name)).rejects.toMatchObject(damaged);
      expect(evil.received).toEqual([]);
      expect(good.received.length).toBe(sentBefore);

      // Nothing was lost: as it was, it works.
      stored.tamper(backend.sandbox.home, name.account, column, () => before);
      expect(await backend.api.refreshToken(name)).toMatchObject({ access_token: expect.any(String) });
    },
  );

  test('a removed account is not revoked at another address', async () => {
    const backend = await stopAfter(start());
    const name = await addOne(backend, 'a refresh token');
    stored.tamper(backend.sandbox.home, name.account, 'client', (json) =>
      json.replace(`${good.url}/revoke`, `${evil.url}/revoke`),
    );
    expect(await backend.api.removeAccount(name)).toEqual({ removed: true, revoked: false, notices: [] });
    expect(evil.received).toEqual([]);
  });

  test('a damaged account hides no other, and is replaced by a new sign-in', async () => {
    const backend = await stopAfter(start());
    const name = await addOne(backend, "the client's own credentials");
    const other = { service: SERVICE, account: 'other' };
    await backend.api.addAccount({ ...other, credential: { refresh_token: 'another' } });
    stored.tamper(backend.sandbox.home, name.account, 'client', toEvil);
    expect(await backend.api.refreshToken(other)).toMatchObject({ access_token: 'an access token' });
    await backend.api.addAccount({
      ...name,
      replace: true,
      credential: { client_id: 'machine', client_secret: 'the-machine-secret' },
    });
    expect(await backend.api.refreshToken(name)).toMatchObject({ access_token: 'an access token' });
    expect(evil.received).toEqual([]);
  });
});

test('a rotation keeps what is bound, names a damaged account, and gives everything else the new key', async () => {
  const { api, sandbox } = await stopAfter(startDaemon());
  const backend = { api, sandbox } as Backend;
  const name = await addOne(backend, 'a refresh token');
  const other = { service: SERVICE, account: 'other' };
  await api.addAccount({ ...other, credential: { client_id: 'machine', client_secret: 'x' } });
  const before = stored.textOf(sandbox.home, name.account, 'client');
  stored.tamper(sandbox.home, name.account, 'client', toEvil);

  await expect(api.vaultRotate()).rejects.toMatchObject({
    kind: 'integrity',
    message:
      'Everything has the new key except the account fake/one, which is damaged, so the older key is kept.',
  });
  expect(stored.dataKeyIds(sandbox.home)).toHaveLength(2);
  expect(await api.refreshToken(other)).toMatchObject({ access_token: 'an access token' });
  await expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'integrity' });

  stored.tamper(sandbox.home, name.account, 'client', () => before);
  expect(await api.refreshToken(name)).toMatchObject({ access_token: 'an access token' });
  await api.vaultRotate();
  expect(stored.dataKeyIds(sandbox.home)).toHaveLength(1);
  expect(await api.refreshToken(name)).toMatchObject({ access_token: 'an access token' });
  expect(evil.received).toEqual([]);
});

describe('under the name of an account', () => {
  const one = { service: 'fake', account: 'one' };
  const damaged = { kind: 'integrity', message: 'The stored account fake/one is damaged.' };

  test.each<[what: string, alter: (home: string) => void]>([
    ['swapped names', (home) => stored.swap(home, 'accounts', ['account'])],
    ['swapped names and ids', (home) => stored.swap(home, 'accounts', ['account', 'id'])],
    ['swapped ids', (home) => stored.swap(home, 'accounts', ['id'])],
    ['swapped tokens', (home) => stored.swap(home, 'accounts', ['access_token'])],
    ['swapped names and tokens', (home) => stored.swap(home, 'accounts', ['account', 'access_token'])],
    ['a name that was free', (home) => stored.takeName(home, 'accounts', 'one')],
  ])('%s: no token of another is handed out', async (_, alter) => {
    const { api, sandbox } = await twoKeys();
    alter(sandbox.home);
    await expect(api.getToken(one)).rejects.toMatchObject(damaged);
  });

  test.each([
    ['in the far future', 253_402_300_799_999],
    ['not known', null],
  ])('an end that is %s hands out no dead token', async (_, end) => {
    const backend = await stopAfter(startDaemon());
    const name = await addExpiring(backend);
    stored.expire(backend.sandbox.home);
    const before = await backend.api.getToken(name);
    stored.changeAccounts(backend.sandbox.home, name.account, { expires_at: end, issued_at: 0 });
    const { expires_at } = await backend.api.getToken(name);
    expect(Date.parse(expires_at ?? '')).toBeLessThan(Date.now() + 3_700_000);
    expect(before.access_token).not.toBe('');
    stored.changeAccounts(backend.sandbox.home, name.account, { expires_at: end, latest_end: end });
    await expect(backend.api.getToken(name)).rejects.toMatchObject(damaged);
  });

  test.each([
    ['token_type', 'DPoP'],
    ['subject', 'somebody else'],
    ['asked_scopes', '["admin"]'],
  ])('its %s cannot be another one', async (column, value) => {
    const backend = await stopAfter(startDaemon());
    const name = await addExpiring(backend);
    stored.changeAccounts(backend.sandbox.home, name.account, { [column]: value });
    await expect(backend.api.getToken(name)).rejects.toMatchObject(damaged);
  });
});

describe('under the name of a secret', () => {
  const OTHER = 'the value of the other';
  const damaged = { kind: 'integrity', message: 'The stored secret one is damaged.' };

  test.each<[what: string, alter: (home: string) => void]>([
    ['swapped names', (home) => stored.swap(home, 'secrets', ['key'])],
    ['swapped names and ids', (home) => stored.swap(home, 'secrets', ['key', 'id'])],
    ['swapped values', (home) => stored.swap(home, 'secrets', ['value'])],
    ['a name that was free', (home) => stored.takeName(home, 'secrets', 'one')],
  ])('%s: no value of another is handed out', async (_, alter) => {
    const { api, sandbox } = await stopAfter(startDaemon());
    await api.setSecret({ key: 'one', value: 'the value of one' });
    await api.setSecret({ key: 'other', value: OTHER });
    alter(sandbox.home);
    await expect(api.getSecret({ key: 'one' })).rejects.toMatchObject(damaged);
    const { secrets, damaged: named } = await api.getSecrets({});
    expect(named).toContain('one');
    for (const { key, value } of secrets) expect({ key, value }).toEqual({ key: 'other', value: OTHER });
    // What is stored anew works.
    await api.setSecret({ key: 'one', value: 'another value' });
    expect(await api.getSecret({ key: 'one' })).toMatchObject({ value: 'another value' });
  });
});

describe('the settings of a provider', () => {
  test.each<[what: string, settings: (good: string, evil: string) => string]>([
    [
      'another token endpoint',
      (before) => before.replace(/"token_endpoint":"[^"]*/, `"token_endpoint":"${evil.url}/token`),
    ],
    ['another issuer', (before) => before.replace('{', `{"issuer":"${evil.url}",`)],
    ['another client', (before) => before.replace('a client', 'another client')],
    ['no endpoints but an issuer', () => JSON.stringify({ issuer: evil.url, client_id: 'a client' })],
  ])('%s: nothing is sent there, whatever is set besides', async (_, change) => {
    const { api, sandbox } = await stopAfter(startDaemon());
    await api.setProvider({ id: SERVICE, token_endpoint: `${good.url}/token`, client_id: 'a client' });
    const before = stored.settingsOf(sandbox.home, SERVICE);
    stored.damageProvider(sandbox.home, SERVICE, change(before, evil.url));
    expect(stored.settingsOf(sandbox.home, SERVICE)).not.toBe(before);
    const damaged = {
      kind: 'integrity',
      message: 'The stored settings for the provider fake are damaged.',
      hint: expect.stringContaining('sigilforge provider remove fake'),
    };
    const add = () =>
      api.addAccount({
        service: SERVICE,
        account: 'one',
        credential: { refresh_token: 'the-refresh-token' },
      });
    await expect(add()).rejects.toMatchObject(damaged);
    await expect(api.setProvider({ id: SERVICE, default_scopes: ['mail'] })).rejects.toMatchObject(damaged);
    expect(evil.received).toEqual([]);
    expect(good.received).toEqual([]);

    await api.removeProvider({ id: SERVICE });
    await api.setProvider({ id: SERVICE, token_endpoint: `${good.url}/token`, client_id: 'a client' });
    await add();
  });
});

/** Two accounts, each with a key. */
async function twoKeys() {
  const backend = await stopAfter(startDaemon());
  for (const account of ['one', 'other'])
    await backend.api.addAccount({
      service: SERVICE,
      account,
      credential: { api_key: `the key of ${account}` },
    });
  return backend;
}

/** An account whose tokens live for an hour. */
async function addExpiring({ api }: Pick<Backend, 'api'>) {
  good.route('POST /token', () => ({
    body: {
      ...{ access_token: `at-${good.received.length}`, token_type: 'Bearer', expires_in: 3600 },
      refresh_token: `rt-${good.received.length}`,
    },
  }));
  await api.setProvider({ id: SERVICE, token_endpoint: `${good.url}/token`, client_id: 'a client' });
  const name = { service: SERVICE, account: 'one' };
  await api.addAccount({ ...name, credential: { refresh_token: 'imported' } });
  return name;
}

describe('an answer that waits in a file', () => {
  test('is not stored beside another address, and stays for the account as it was', async () => {
    const scene = await stopAfter(startScene());
    await signInExpired(scene);
    const { home } = scene.sandbox;
    const unblock = await refreshWithBlockedStore(scene);
    await crash(scene.daemon);
    unblock();
    const before = stored.textOf(home, work.account, 'client');
    stored.tamper(
      home,
      work.account,
      'client',
      (json) => json.replace(/"token_endpoint":"[^"]*/, `"token_endpoint":"${evil.url}/token`),
      { unseen: true },
    );

    await scene.start();
    await expect(scene.api.getToken(work)).rejects.toMatchObject({ kind: 'integrity' });
    await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'integrity' });
    expect(evil.received).toEqual([]);

    stored.tamper(home, work.account, 'client', () => before, { unseen: true });
    const { access_token } = await scene.api.getToken(work);
    expect(await scene.provider.introspect(access_token)).toMatchObject({ active: true });
    expect(scene.exchanges).toBe(1);
    await scene.api.refreshToken(work);
    expect(scene.provider.counts.reuse).toBe(0);
  });

  test('and that no version could read is not read for another address', async () => {
    const scene = await stopAfter(startScene());
    await addAccount(scene.api);
    const { home } = scene.sandbox;
    scene.proxy.plan(
      changeAnswer((answer) => ({
        ...answer,
        body: Buffer.from(Buffer.from(answer.body).map((byte) => byte ^ 1)),
      })),
      { grantType: 'refresh_token' },
    );
    await expect(scene.api.refreshToken(work)).rejects.toMatchObject({ kind: 'refresh_failed' });
    stored.tamper(
      home,
      work.account,
      'client',
      (json) => json.replace('"quirks":[', '"quirks":["json_token_requests"'),
      { unseen: true },
    );
    await scene.api.retryUnreadAnswers();
    await vi.waitFor(() =>
      expect(scene.log).toMatch(/"kind":"integrity","event":"refresh.answer_not_adopted"/),
    );
  });
});

/** Has the daemon refresh while another program keeps the database, until the returned function is called. */
async function refreshWithBlockedStore(scene: Scene): Promise<() => void> {
  const answer = gate();
  const held = scene.proxy.plan(holdAnswer(answer.opened), { grantType: 'refresh_token' });
  const asking = expect(scene.api.getToken(work)).rejects.toMatchObject({ kind: 'store_unavailable' });
  await held.reached;
  const unblock = stored.blockWrites(scene.sandbox.home);
  answer.open();
  await asking;
  return unblock;
}
