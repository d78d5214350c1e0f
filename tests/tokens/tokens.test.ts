import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from '../../shared/contract/index.js';
import { addAccount, begin, completed, knowProvider, SERVICE } from '../support/accounts.js';
import type { FaultProxy } from '../support/provider/fault-proxy.js';
import { answerWith, changeJson, cutBefore } from '../support/provider/faults.js';
import type { OpenIdProvider } from '../support/provider/openid-provider.js';
import { signIn } from '../support/provider/person.js';
import { startProxiedProvider } from '../support/provider/proxied-provider.js';
import { type Backend, startDaemon, startLibrary } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import { passTime } from '../support/time.js';

const HOUR_S = 3600;

let provider: OpenIdProvider;
let proxy: FaultProxy;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ provider, proxy, stop } = await startProxiedProvider({ accessTokenLife: HOUR_S }));
});
afterAll(() => stop());

describe('in one process', () => {
  let backend: Backend;
  let api: Api;

  beforeAll(async () => {
    backend = await startLibrary();
    api = backend.api;
    await knowProvider(api, provider);
  });
  afterAll(() => backend.stop());

  /** An account of its own for a test, and how many requests came to the provider since. */
  const signedIn = async (account: string) => {
    await addAccount(api, { account });
    const name = { service: SERVICE, account };
    const { access_token } = await api.getToken(name);
    const before = proxy.requests.length;
    return { name, first: access_token, requests: () => proxy.requests.length - before };
  };

  test('a token that lives is handed out without any request', async () => {
    const { name, first, requests } = await signedIn('hot');
    for (const wish of [
      {},
      { min_valid_s: 0 },
      { refresh_if_needed: false },
      { rejected_token: 'another' },
    ]) {
      expect((await api.getToken({ ...name, ...wish })).access_token).toBe(first);
    }
    passTime(HOUR_S - 400);
    expect((await api.getToken(name)).access_token).toBe(first);
    expect(requests()).toBe(0);
  });

  test('a token with less than five minutes to live is refreshed', async () => {
    const { name, first, requests } = await signedIn('ahead');
    passTime(HOUR_S - 299);
    const second = await api.getToken(name);
    expect(second.access_token).not.toBe(first);
    expect(await provider.introspect(second.access_token)).toMatchObject({ active: true });
    expect(requests()).toBe(1);
  });

  test('a caller that wants longer gets it, up to half of the lifetime', async () => {
    const { name, first, requests } = await signedIn('longer');
    for (const min_valid_s of [HOUR_S / 2, HOUR_S, 10 * HOUR_S]) {
      expect((await api.getToken({ ...name, min_valid_s })).access_token).toBe(first);
    }
    passTime(1000);
    expect((await api.getToken({ ...name, min_valid_s: 1700 })).access_token).toBe(first);
    passTime(1000);
    expect((await api.getToken(name)).access_token).toBe(first);
    const { access_token: second } = await api.getToken({ ...name, min_valid_s: 1700 });
    expect(second).not.toBe(first);
    expect((await api.getToken({ ...name, min_valid_s: 10 * HOUR_S })).access_token).toBe(second);
    expect(requests()).toBe(1);
  });

  test('a token that lives shortly is not refreshed all the time', async () => {
    proxy.plan(
      changeJson((json) => ({ ...json, expires_in: 60 })),
      { grantType: 'authorization_code' },
    );
    const { name, first, requests } = await signedIn('short');
    passTime(53);
    expect((await api.getToken(name)).access_token).toBe(first);
    passTime(2);
    expect((await api.getToken(name)).access_token).not.toBe(first);
    expect(requests()).toBe(1);
  });

  test('an expired token is not refreshed for a caller that does not want that, and never handed out', async () => {
    const { name, requests } = await signedIn('expired');
    passTime(HOUR_S);
    const { is_expired } = await api.tokenInfo(name);
    expect(is_expired).toBe(true);
    const { accounts } = await api.accountsStatus();
    expect(accounts).toContainEqual(
      expect.objectContaining({ ...name, token_valid: false, expires_soon: true }),
    );
    await expect(api.getToken({ ...name, refresh_if_needed: false })).rejects.toMatchObject({
      kind: 'auth_required',
    });
    expect(requests()).toBe(0);
  });

  test('a token that was refused costs one exchange, however many say so, and one in ten seconds', async () => {
    const { name, first, requests } = await signedIn('refused');
    const rejected = { ...name, rejected_token: first };
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.getToken(rejected)));
    const second = answers[0]?.access_token ?? '';
    expect(second).not.toBe(first);
    expect(new Set(answers.map(({ access_token }) => access_token))).toEqual(new Set([second]));
    // Those who still have the old one get the new one.
    expect((await api.getToken(rejected)).access_token).toBe(second);
    expect(requests()).toBe(1);
    const again = { ...name, rejected_token: second };
    await expect(api.getToken(again)).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect(requests()).toBe(1);
    // It is good for everybody else.
    expect((await api.getToken(name)).access_token).toBe(second);
    passTime(11);
    expect((await api.getToken(again)).access_token).not.toBe(second);
    expect(requests()).toBe(2);
  });

  test('a token that was refused is not handed out again because its refresh failed', async () => {
    const { name, first } = await signedIn('refused-and-cut');
    const plan = proxy.plan(answerWith(503), { grantType: 'refresh_token' });
    await expect(api.getToken({ ...name, rejected_token: first })).rejects.toMatchObject({
      kind: 'refresh_failed',
    });
    await plan.reached;
    expect((await api.getToken(name)).access_token).toBe(first);
  });

  test('three refreshes in a row, each with the refresh token of the one before', async () => {
    const { name, first, requests } = await signedIn('three');
    const seen = new Set([first]);
    for (const _ of [1, 2, 3]) {
      const { access_token } = await api.refreshToken(name);
      expect(await provider.introspect(access_token)).toMatchObject({ active: true, sub: 'ada' });
      seen.add(access_token);
    }
    expect(seen.size).toBe(4);
    expect(requests()).toBe(3);
    expect(provider.counts.reuse).toBe(0);
    expect((await api.getAccount(name)).state).toBe('ok');
  });

  test('those who want a refresh at the same time share one', async () => {
    const { name, requests } = await signedIn('together');
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.refreshToken(name)));
    expect(new Set(answers.map(({ access_token }) => access_token)).size).toBe(1);
    expect(requests()).toBe(1);
  });

  test('client credentials bring a new token by themselves', async () => {
    const { clientId, clientSecret } = provider.clients.machine;
    const name = { service: SERVICE, account: 'machine' };
    const credential = { client_id: clientId, client_secret: clientSecret };
    await api.addAccount({ ...name, scopes: ['read'], credential });
    const first = await api.getToken(name);
    passTime(HOUR_S);
    const second = await api.getToken(name);
    expect(second.access_token).not.toBe(first.access_token);
    expect(await provider.introspect(second.access_token)).toMatchObject({ active: true, scope: 'read' });
    expect(await api.tokenInfo(name)).toMatchObject({ has_refresh_token: false, is_expired: false });
  });

  test('a refresh token that a person has already is imported, after it has been tried', async () => {
    const name = { service: SERVICE, account: 'imported' };
    await addAccount(api, name);
    await api.removeAccount({ ...name, revoke: false });
    const refused = { ...name, credential: { refresh_token: 'of nobody' } };
    await expect(api.addAccount(refused)).rejects.toMatchObject({ name: 'SigilforgeError' });
    await expect(api.getAccount(name)).rejects.toMatchObject({ kind: 'not_found' });

    const donor = await stopAfter(
      startLibrary({ config: '[security]\nreveal = ["auth://*/*/refresh_token"]' }),
    );
    await knowProvider(donor.api, provider);
    await addAccount(donor.api, { account: 'donor' });
    const { value } = await donor.api.resolve({ reference: 'auth://example/donor/refresh_token' });
    const { account } = await api.addAccount({ ...name, credential: { refresh_token: value ?? '' } });
    expect(account).toMatchObject({ ...name, state: 'ok' });
    const { access_token } = await api.refreshToken(name);
    expect(await provider.introspect(access_token)).toMatchObject({ active: true });
  });

  test.each([
    ['revokes its grant', undefined, true],
    ['leaves its grant alone where that is wanted', false, false],
  ])('removing an account %s', async (_, revoke, revoked) => {
    const { name, first } = await signedIn(`removed-${revoked}`);
    const answer = await api.removeAccount({ ...name, ...(revoke === undefined ? {} : { revoke }) });
    expect(answer).toEqual({ removed: true, revoked, notices: [] });
    expect(await provider.introspect(first)).toMatchObject({ active: !revoked });
    await expect(api.getToken(name)).rejects.toMatchObject({ kind: 'not_found' });
    await expect(api.removeAccount(name)).rejects.toMatchObject({ kind: 'not_found' });
  });

  test.each([
    ['a refusal', answerWith(503)],
    ['no connection', cutBefore],
  ])('an account whose revocation ends with %s is removed all the same', async (_, fault) => {
    const { name } = await signedIn('unrevoked');
    proxy.plan(fault, { path: '/token/revocation' });
    expect(await api.removeAccount(name)).toEqual({ removed: true, revoked: false, notices: [] });
    await expect(api.getAccount(name)).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('an account that was removed and added again is another one', async () => {
    const { name, first } = await signedIn('again');
    const { id } = await api.getAccount(name);
    await api.removeAccount(name);
    const { first: second } = await signedIn('again');
    expect(second).not.toBe(first);
    expect((await api.getAccount(name)).id).not.toBe(id);
  });
});

describe('with a daemon', () => {
  test('fifty callers of one expired token, on several connections, cost one exchange', async () => {
    const { api, connect } = await stopAfter(startDaemon());
    await knowProvider(api, provider);
    proxy.plan(
      changeJson((json) => ({ ...json, expires_in: 0.5 })),
      { grantType: 'authorization_code' },
    );
    const { flowId, address } = await begin(api, { account: 'crowd' });
    await signIn(address);
    await completed(api, flowId);
    const clients = await Promise.all(Array.from({ length: 5 }, connect));
    const before = provider.counts.token['refresh_token'] ?? 0;
    const name = { service: SERVICE, account: 'crowd' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => clients.map((client) => client.getToken(name))).flat(),
    );
    expect(answers).toHaveLength(50);
    expect(new Set(answers.map(({ access_token }) => access_token)).size).toBe(1);
    expect((provider.counts.token['refresh_token'] ?? 0) - before).toBe(1);
    expect(provider.counts.reuse).toBe(0);
    const { access_token } = await api.getToken(name);
    expect(await provider.introspect(access_token)).toMatchObject({ active: true });
  });

  test('what another process does without it shows in its next answer', async () => {
    const { api, sandbox } = await stopAfter(startDaemon());
    await knowProvider(api, provider);
    const direct = async (args: string[], input = '') => {
      const { code, stdout, stderr } = await sandbox.run(['--direct', ...args], { input });
      expect([code, stderr]).toEqual([0, expect.any(String)]);
      return stdout.trim();
    };
    const key = { service: 'plain', account: 'key' };
    await expect(api.getToken(key)).rejects.toMatchObject({ kind: 'not_found' });
    await direct(['add-account', 'plain', 'key', '--api-key'], 'one key\n');
    expect((await api.getToken(key)).access_token).toBe('one key');
    await direct(['add-account', 'plain', 'key', '--api-key', '--replace'], 'another key\n');
    expect((await api.getToken(key)).access_token).toBe('another key');
    await direct(['remove-account', 'plain', 'key', '--force']);
    await expect(api.getToken(key)).rejects.toMatchObject({ kind: 'not_found' });

    await addAccount(api, { account: 'shared' });
    const name = { service: SERVICE, account: 'shared' };
    const { access_token: first } = await api.getToken(name);
    const second = await direct(['refresh-token', SERVICE, 'shared']);
    expect(second).not.toBe(first);
    expect((await api.getToken(name)).access_token).toBe(second);
    expect(await direct(['get-token', SERVICE, 'shared'])).toBe(second);
    expect(provider.counts.reuse).toBe(0);
    // The refresh token that the other process got is the one that the daemon goes on with.
    const { access_token: third } = await api.refreshToken(name);
    expect(await provider.introspect(third)).toMatchObject({ active: true });
    expect(provider.counts.reuse).toBe(0);
  });
});
