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
