import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Api, ParamsOf, ResultOf } from '../../shared/contract/index.js';
import { completed, isPending, knowProvider, SERVICE } from '../support/accounts.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import type { FaultProxy } from '../support/provider/fault-proxy.js';
import { answerWith, changeJson, cutBefore, type Fault, slowDown } from '../support/provider/faults.js';
import { DEVICE_GRANT } from '../support/provider/openid-clients.js';
import type { OpenIdProvider } from '../support/provider/openid-provider.js';
import { approveDevice } from '../support/provider/person.js';
import { startProxiedProvider } from '../support/provider/proxied-provider.js';
import { type Backend, startLibrary } from '../support/start/backends.js';

/** How long the library has waited between polls, in milliseconds; in truth a moment only. Longer waits are callers'. */
const waits = vi.hoisted((): number[] => []);
vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof import('node:timers/promises')>();
  const wait: typeof real.setTimeout = (ms = 0, value, options) => {
    if (ms < 1000 || ms >= 60_000) return real.setTimeout(ms, value, options);
    waits.push(ms);
    return real.setTimeout(20, value, options);
  };
  return { ...real, setTimeout: wait };
});

beforeEach(() => {
  waits.length = 0;
});

let provider: OpenIdProvider;
let proxy: FaultProxy;
let stop: () => Promise<void>;
let fake: FakeProvider;
let backend: Backend;
let api: Api;

beforeAll(async () => {
  ({ provider, proxy, stop } = await startProxiedProvider());
  fake = await startFakeProvider();
  backend = await startLibrary();
  api = backend.api;
  await knowProvider(api, provider);
});
afterAll(async () => {
  await backend.stop();
  await fake.stop();
  await stop();
});

/** A sign-in that was begun, whose id is there. */
type Started = ResultOf<'add_account'> & { readonly flow_id: string };

async function start(account: string, params: Partial<ParamsOf<'add_account'>> = {}): Promise<Started> {
  const started = await api.addAccount({ service: SERVICE, account, flow: 'device_code', ...params });
  return { ...started, flow_id: started.flow_id ?? '' };
}

/** The answer of the polls that come until the person has done what they do. */
function polls(fault: Fault, times = 1) {
  return proxy.plan(fault, { grantType: DEVICE_GRANT, times });
}

describe('with a real provider', () => {
  test.each(['native', 'basic', 'post'] as const)('a %s client is approved', async (name) => {
    await knowProvider(api, provider, provider.clients[name]);
    const started = await start(name);
    expect(started).toMatchObject({
      flow: 'device_code',
      authorization_url: null,
      user_code: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
      message: expect.stringContaining(started.user_code ?? '?'),
      verification_uri: `${provider.issuer}/device`,
      verification_uri_complete: `${provider.issuer}/device?user_code=${started.user_code}`,
      interval_s: 5,
      scopes: ['openid', 'profile'],
      account: null,
    });
    await approveDevice(started.verification_uri_complete ?? '');
    expect(await completed(api, started.flow_id)).toMatchObject({ account: name, state: 'ok' });
    const token = await api.getToken({ service: SERVICE, account: name });
    expect(await provider.introspect(token.access_token)).toMatchObject({ active: true, sub: 'ada' });
    const { access_token } = await api.refreshToken({ service: SERVICE, account: name });
    expect(access_token).not.toBe(token.access_token);
    expect(new Set(waits)).toEqual(new Set([5000]));
    await api.removeProvider({ id: SERVICE });
    await knowProvider(api, provider);
  });

  test('a person may say no', async () => {
    const { flow_id, verification_uri_complete } = await start('no');
    await approveDevice(verification_uri_complete ?? '', { deny: true });
    await expect(completed(api, flow_id)).rejects.toMatchObject({ kind: 'denied', exitCode: 7 });
    await expect(api.getAccount({ service: SERVICE, account: 'no' })).rejects.toMatchObject({
      kind: 'not_found',
    });
  });

  test('a refusal with a reason says it', async () => {
    polls(answerWith(403, { error: 'access_denied', error_description: 'You are not in the group.' }));
    const { flow_id } = await start('refused');
    await expect(completed(api, flow_id)).rejects.toMatchObject({
      kind: 'denied',
      message: 'The sign-in was refused on the other device: You are not in the group.',
      hint: expect.stringContaining('administrator'),
    });
  });

  test('slows down for good when it is told to, by five seconds or by what it is told', async () => {
    const pending = answerWith(400, { error: 'authorization_pending' });
    for (const answer of [
      pending,
      slowDown,
      pending,
      answerWith(400, { error: 'slow_down', interval: 42 }),
    ]) {
      polls(answer);
    }
    const last = polls(answerWith(400, { error: 'access_denied' }));
    const { flow_id } = await start('slow');
    await last.reached;
    await expect(completed(api, flow_id)).rejects.toMatchObject({ kind: 'denied' });
    expect(waits).toEqual([5000, 5000, 10_000, 10_000, 42_000]);
  });

  test('goes on, more slowly, while the provider cannot be reached or has a bad moment', async () => {
    const pending = answerWith(400, { error: 'authorization_pending' });
    for (const answer of [cutBefore, answerWith(503, '<h1>Busy</h1>'), pending, slowDown, cutBefore]) {
      polls(answer);
    }
    polls(pending);
    const { flow_id, verification_uri_complete } = await start('patient');
    await approveDevice(verification_uri_complete ?? '');
    expect(await completed(api, flow_id)).toMatchObject({ account: 'patient' });
    expect(waits.slice(0, 7)).toEqual([5000, 10_000, 20_000, 5000, 10_000, 20_000, 10_000]);
  });

  test('waits as long as a provider asks for that is overrun', async () => {
    polls(answerWith(429, { error: 'slow' }, { 'retry-after': '30' }));
    const last = polls(answerWith(400, { error: 'access_denied' }));
    const { flow_id } = await start('overrun');
    await last.reached;
    await expect(completed(api, flow_id)).rejects.toMatchObject({ kind: 'denied' });
    expect(waits).toEqual([5000, 30_000]);
  });

  test.each([
    ['a tiny interval', { interval: 1e-9 }, 1000],
    ['no time at all', { interval: 0 }, 5000],
    ['a word', { interval: 'abc' }, 5000],
    ['numbers as text', { interval: '2', expires_in: '3' }, 2000],
    ['an interval beyond the lifetime', { interval: 1e9, expires_in: 30 }, 30_000],
  ])('waits between two polls at least a second and at most the lifetime: %s', async (_, times, wait) => {
    proxy.plan(
      changeJson((json) => ({ ...json, ...times })),
      { path: '/device/auth' },
    );
    const last = polls(answerWith(400, { error: 'access_denied' }));
    const { flow_id, interval_s } = await start('odd-times');
    await last.reached;
    await expect(completed(api, flow_id)).rejects.toMatchObject({ kind: 'denied' });
    expect(interval_s).toBe(wait / 1000);
    // A moment of a lifetime passes before its rest is counted.
    expect(Math.ceil((waits[0] ?? 0) / 1000) * 1000).toBe(wait);
  });

  test.each([
    ['the provider says so', answerWith(400, { error: 'expired_token' })],
    ['GitHub says so', answerWith(400, { error: 'token_expired' })],
  ])('a code that was not used in time: %s', async (_, fault) => {
    polls(fault);
    const { flow_id } = await start('late');
    await expect(completed(api, flow_id)).rejects.toMatchObject({ kind: 'timeout', exitCode: 8 });
  });

  test('a code is not asked for beyond its life', async () => {
    proxy.plan(
      changeJson((json) => ({ ...json, expires_in: 0.001 })),
      { path: '/device/auth' },
    );
    const { flow_id } = await start('expired');
    await expect(completed(api, flow_id)).rejects.toMatchObject({ kind: 'timeout' });
    expect(waits).toEqual([]);
  });

  test.each([
    ['a lifetime beyond every calendar', { expires_in: 1e300 }],
    ['an interval beyond every timer', { interval: 1e300 }],
    ['an interval beyond every timer and calendar', { interval: 1e15, expires_in: 1e15 }],
  ])('%s does no harm', async (_, nonsense) => {
    proxy.plan(
      changeJson((json) => ({ ...json, ...nonsense })),
      { path: '/device/auth' },
    );
    const { flow_id, expires_at } = await start('nonsense');
    expect(Date.parse(expires_at ?? '')).toBeGreaterThan(Date.now());
    for (const wait of waits) expect(wait).toBeLessThan(2 ** 31);
    await api.cancelFlow({ flow_id });
    await expect(completed(api, flow_id)).rejects.toMatchObject({ kind: 'cancelled' });
  });

  test('can be given up, and does not end with an address', async () => {
    const { flow_id } = await start('given-up');
    await expect(
      api.completeFlow({ flow_id, redirect_url: 'http://127.0.0.1/callback?code=c' }),
    ).rejects.toMatchObject({ kind: 'invalid_params' });
    expect(await isPending(api, flow_id)).toBe(true);
    expect(await api.cancelFlow({ flow_id })).toEqual({ cancelled: true });
    await expect(completed(api, flow_id)).rejects.toMatchObject({ kind: 'cancelled' });
    const requests = proxy.requests.length;
    await start('another').then(({ flow_id: other }) => api.cancelFlow({ flow_id: other }));
    const polled = proxy.requests.slice(requests).filter(({ grantType }) => grantType === DEVICE_GRANT);
    expect(polled.length).toBeLessThanOrEqual(1);
  });

  test.each([
    [
      'a client that the provider does not know',
      answerWith(401, { error: 'invalid_client' }),
      'refresh_failed',
    ],
    ['HTML', answerWith(200, '<h1>Busy</h1>'), 'refresh_failed'],
    ['no device code', changeJson((json) => ({ ...json, device_code: undefined })), 'refresh_failed'],
    ['no connection', cutBefore, 'network'],
  ])('does not begin with %s', async (_, fault, kind) => {
    proxy.plan(fault, { path: '/device/auth' });
    await expect(start('never')).rejects.toMatchObject({ kind });
    const { flow_id } = await start('never');
    await api.cancelFlow({ flow_id });
  });

  test('a client that is refused while it polls is told so', async () => {
    polls(answerWith(401, { error: 'invalid_client' }));
    const { flow_id } = await start('refused');
    await expect(completed(api, flow_id)).rejects.toMatchObject({ kind: 'refresh_failed' });
  });
});

describe('with providers of their own ways', () => {
  const codes = { device_code: 'the-device-code', user_code: 'ABCD', expires_in: 900, interval: 5 };

  /** Makes a built-in provider known by the address of the scripted one. */
  const know = (id: string, client_secret?: string) =>
    api.setProvider({
      id,
      client_id: 'client',
      device_authorization_endpoint: `${fake.url}/device`,
      token_endpoint: `${fake.url}/token`,
      ...(client_secret === undefined ? {} : { client_secret }),
    });

  test('Google names the address verification_url', async () => {
    await know('google', 'a client secret');
    fake.route('POST /device', () => ({ body: { ...codes, verification_url: 'https://g.example/device' } }));
    fake.route('POST /token', () => ({ body: { access_token: 'google token' } }));
    const started = await start('me', { service: 'google', flow: 'device_code' });
    expect(started).toMatchObject({
      verification_uri: 'https://g.example/device',
      verification_uri_complete: null,
      user_code: 'ABCD',
    });
    await completed(api, started.flow_id);
    expect(fake.sentTo('POST /token').at(-1)?.form).toEqual({
      grant_type: DEVICE_GRANT,
      device_code: 'the-device-code',
      client_id: 'client',
      client_secret: 'a client secret',
    });
  });

  test('Twitch names the scopes and the errors in its own way', async () => {
    await know('twitch');
    fake.route('POST /device', () => ({
      body: { ...codes, verification_uri: 'https://t.example/activate' },
    }));
    let polled = 0;
    fake.route('POST /token', () =>
      polled++ < 2
        ? { status: 400, body: { status: 400, message: 'authorization_pending' } }
        : {
            body: {
              access_token: 'twitch token',
              refresh_token: 'r',
              expires_in: 60,
              scope: ['user:read:email'],
            },
          },
    );
    const scopes = ['user:read:email', 'user:read:follows'];
    const started = await start('me', { service: 'twitch', scopes });
    expect(fake.sentTo('POST /device').at(-1)?.body).toBe(
      'scopes=user%3Aread%3Aemail+user%3Aread%3Afollows&client_id=client',
    );
    expect(await completed(api, started.flow_id)).toMatchObject({ scopes: ['user:read:email'] });
    expect(polled).toBe(3);
    expect(waits).toEqual([5000, 5000, 5000]);
  });

  test('Hugging Face leaves out the times', async () => {
    await know('huggingface');
    const { device_code, user_code } = codes;
    fake.route('POST /device', () => ({
      body: { device_code, user_code, verification_uri: 'https://h.example/device' },
    }));
    fake.route('POST /token', () => ({ status: 400, body: { error: 'authorization_declined' } }));
    const started = await start('me', { service: 'huggingface', flow: 'device_code' });
    expect(started.interval_s).toBe(5);
    const minutes = (Date.parse(started.expires_at ?? '') - Date.now()) / 60_000;
    expect(Math.ceil(minutes)).toBe(15);
    await expect(completed(api, started.flow_id)).rejects.toMatchObject({ kind: 'denied' });
  });

  test('a device code is not quoted back out of a refusal', async () => {
    await know('twitch');
    fake.route('POST /device', () => ({
      body: { ...codes, verification_uri: 'https://t.example/activate' },
    }));
    fake.route('POST /token', ({ form }) => ({
      status: 400,
      body: { message: `no ${form['device_code']}` },
    }));
    const { flow_id } = await start('other', { service: 'twitch' });
    const fault = await completed(api, flow_id).catch((thrown: unknown) => String(thrown));
    expect(fault).toContain('[redacted]');
    expect(fault).not.toContain('the-device-code');
  });
});
