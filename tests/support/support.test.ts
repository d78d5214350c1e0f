import { existsSync } from 'node:fs';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumInstalled, signInWithBrowser, withBrowser } from './provider/browser.js';
import { startFakeProvider } from './provider/fake-provider.js';
import type { FaultProxy } from './provider/fault-proxy.js';
import {
  answerWith,
  changeJson,
  cutAfter,
  cutBefore,
  halfAnswer,
  holdAnswer,
  holdRequest,
  slowDown,
} from './provider/faults.js';
import { pkcePair, postForm, type TokenAnswer } from './provider/hand-client.js';
import { DEVICE_GRANT, type OpenIdClient } from './provider/openid-clients.js';
import { type OpenIdProvider, startOpenIdProvider } from './provider/openid-provider.js';
import { recordRequests } from './provider/openid-requests.js';
import { approveDevice, authorize, signIn } from './provider/person.js';
import { startProxiedProvider } from './provider/proxied-provider.js';
import { isRunning } from './start/processes.js';
import { createSandbox } from './start/sandbox.js';
import { stopAfter } from './start/stop-after.js';
import { listenOnLoopback } from './wire/loopback.js';

const CALLBACK = 'http://127.0.0.1:9/callback';

/** A whole code flow by hand, up to the tokens. */
async function codeFlow(provider: OpenIdProvider, client: OpenIdClient): Promise<TokenAnswer> {
  const { verifier, challenge } = pkcePair();
  const { clientId } = client;
  const url = provider.signInUrl({ clientId, redirectUri: CALLBACK, codeChallenge: challenge });
  const code = (await authorize(url)).searchParams.get('code') ?? '';
  const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK };
  return postForm(`${provider.issuer}/token`, client, fields);
}

function refresh(provider: OpenIdProvider, client: OpenIdClient, token = ''): Promise<TokenAnswer> {
  const fields = { grant_type: 'refresh_token', refresh_token: token };
  return postForm(`${provider.issuer}/token`, client, fields);
}

describe('the OpenID provider and the person', () => {
  let provider: OpenIdProvider;
  beforeAll(async () => {
    provider = await startOpenIdProvider({ accessTokenLife: 120 });
  });
  afterAll(() => provider.stop());

  test.each(['native', 'basic', 'post'] as const)('signs in, refreshes and introspects: %s', async (name) => {
    const client = provider.clients[name];
    const first = await codeFlow(provider, client);
    expect(first).toMatchObject({ status: 200, expires_in: 120 });
    const second = await refresh(provider, client, first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await provider.introspect(second.access_token)).toMatchObject({ active: true, sub: 'ada' });
  });

  test('the callback carries state and issuer', async () => {
    const { challenge } = pkcePair();
    const url = provider.signInUrl({ redirectUri: CALLBACK, codeChallenge: challenge, state: 'here' });
    const callback = await authorize(url, { login: 'grace' });
    expect(callback.searchParams.get('state')).toBe('here');
    expect(callback.searchParams.get('iss')).toBe(provider.issuer);
  });

  test('the person may say no', async () => {
    const { challenge } = pkcePair();
    const url = provider.signInUrl({ redirectUri: CALLBACK, codeChallenge: challenge });
    expect((await authorize(url, { deny: true })).searchParams.get('error')).toBe('access_denied');
  });

  test('a sign-in without PKCE is refused', async () => {
    const callback = await authorize(provider.signInUrl({ redirectUri: CALLBACK }));
    expect(callback.searchParams.get('error')).toBe('invalid_request');
  });

  test('the person is led back to the program', async () => {
    const program = await stopAfter(startFakeProvider({ 'GET /callback': () => ({ body: 'Signed in.' }) }));
    const { challenge } = pkcePair();
    const url = provider.signInUrl({ redirectUri: `${program.url}/callback`, codeChallenge: challenge });
    expect(await signIn(url)).toMatchObject({ status: 200, text: 'Signed in.' });
    expect(program.sentTo('GET /callback')).toHaveLength(1);
  });

  test('both metadata documents name the issuer', async () => {
    for (const name of ['openid-configuration', 'oauth-authorization-server']) {
      const metadata = await (await fetch(`${provider.issuer}/.well-known/${name}`)).json();
      expect(metadata).toMatchObject({
        issuer: provider.issuer,
        authorization_response_iss_parameter_supported: true,
        device_authorization_endpoint: `${provider.issuer}/device/auth`,
        revocation_endpoint: `${provider.issuer}/token/revocation`,
      });
    }
  });

  test('client credentials', async () => {
    const fields = { grant_type: 'client_credentials', scope: 'read' };
    const answer = await postForm(`${provider.issuer}/token`, provider.clients.machine, fields);
    expect(await provider.introspect(answer.access_token)).toMatchObject({ active: true, scope: 'read' });
  });

  test('a revoked refresh token takes its access token along', async () => {
    const client = provider.clients.native;
    const { access_token, refresh_token = '' } = await codeFlow(provider, client);
    await postForm(`${provider.issuer}/token/revocation`, client, { token: refresh_token });
    expect(await provider.introspect(access_token)).toEqual({ active: false });
  });

  test.each([false, true])('device grant, the person refuses: %s', async (deny) => {
    const client = provider.clients.native;
    const started = await postForm(`${provider.issuer}/device/auth`, client, { scope: 'openid' });
    const poll = { grant_type: DEVICE_GRANT, device_code: started.device_code ?? '' };
    expect((await postForm(`${provider.issuer}/token`, client, poll)).error).toBe('authorization_pending');
    await approveDevice(started.verification_uri_complete ?? '', { deny });
    const answer = await postForm(`${provider.issuer}/token`, client, poll);
    expect(answer).toMatchObject(deny ? { error: 'access_denied' } : { status: 200, token_type: 'Bearer' });
  });
});

describe('what the provider counts', () => {
  test('of many refreshes at once with one token, one is answered and the reuse ends the grant', async () => {
    const provider = await stopAfter(startOpenIdProvider());
    const client = provider.clients.native;
    const { refresh_token } = await codeFlow(provider, client);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => refresh(provider, client, refresh_token)),
    );
    const [good, ...others] = answers.filter(({ status }) => status === 200);
    expect(others).toEqual([]);
    expect(provider.counts).toEqual({ token: { authorization_code: 1, refresh_token: 5 }, reuse: 4 });
    expect((await refresh(provider, client, good?.refresh_token)).error).toBe('invalid_grant');
    expect(await provider.introspect(good?.access_token ?? '')).toEqual({ active: false });
  });

  test('works on refresh requests one at a time, and on others at once', async () => {
    const recorder = recordRequests();
    const server = await stopAfter(listenOnLoopback(recorder.listener));
    const atOnce = async (grant_type: string) => {
      const arrived = recorder.requests.length;
      let [working, most] = [0, 0];
      recorder.passTo(async (_, response) => {
        working += 1;
        most = Math.max(most, working);
        while (recorder.requests.length < arrived + 2) await turnOfTheLoop();
        working -= 1;
        response.end('{}');
      });
      const send = () =>
        fetch(`${server.url}/token`, { method: 'POST', body: new URLSearchParams({ grant_type }) });
      await Promise.all([send(), send()]);
      return most;
    };
    expect(await atOnce('refresh_token')).toBe(1);
    expect(await atOnce('client_credentials')).toBe(2);
  });

  test('an ended grant refuses refreshes without being a reuse', async () => {
    const provider = await stopAfter(startOpenIdProvider());
    const client = provider.clients.native;
    const { refresh_token } = await codeFlow(provider, client);
    await provider.endGrants();
    for (const _ of [1, 2]) {
      expect((await refresh(provider, client, refresh_token)).error).toBe('invalid_grant');
    }
    expect(provider.counts).toMatchObject({ token: { refresh_token: 2 }, reuse: 0 });
  });

  test('two providers know nothing of each other', async () => {
    const one = await stopAfter(startOpenIdProvider());
    const other = await stopAfter(startOpenIdProvider());
    const { access_token } = await codeFlow(one, one.clients.native);
    expect(await other.introspect(access_token)).toEqual({ active: false });
  });
});

describe('the fault proxy', () => {
  let provider: OpenIdProvider;
  let proxy: FaultProxy;
  let stop: () => Promise<void>;
  const machine = () =>
    postForm(`${proxy.url}/token`, provider.clients.machine, { grant_type: 'client_credentials' });
  const delivered = () => provider.counts.token['client_credentials'] ?? 0;

  beforeAll(async () => {
    ({ provider, proxy, stop } = await startProxiedProvider());
  });
  afterAll(() => stop());

  test('passes on, and the provider takes its address for its own', async () => {
    expect((await codeFlow(provider, provider.clients.basic)).status).toBe(200);
    const metadata = await (await fetch(`${proxy.url}/.well-known/openid-configuration`)).json();
    expect(metadata).toMatchObject({ issuer: proxy.url, token_endpoint: `${proxy.url}/token` });
  });

  test.each([
    ['before the request was delivered', cutBefore, 0],
    ['after the request was delivered', cutAfter, 1],
    ['within the answer', halfAnswer, 1],
  ])('cuts %s', async (_, fault, deliveries) => {
    const before = delivered();
    proxy.plan(fault);
    await expect(machine()).rejects.toThrow();
    expect(delivered() - before).toBe(deliveries);
    expect((await machine()).status).toBe(200);
  });

  test('answers anything instead, as often as it is told, to the requests it is told', async () => {
    const before = delivered();
    proxy.plan(answerWith(503, '<h1>Busy</h1>', { 'retry-after': '7', 'content-type': 'text/html' }), {
      path: '/token',
      times: 2,
    });
    expect((await fetch(`${proxy.url}/jwks`)).status).toBe(200);
    for (const _ of [1, 2]) {
      const answer = await fetch(`${proxy.url}/token`, { method: 'POST' });
      expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([
        503,
        '7',
        '<h1>Busy</h1>',
      ]);
    }
    expect(delivered()).toBe(before);
    expect((await machine()).status).toBe(200);
  });

  test('tells device clients to slow down', async () => {
    proxy.plan(slowDown, { grantType: DEVICE_GRANT });
    expect((await machine()).status).toBe(200);
    const poll = { grant_type: DEVICE_GRANT, device_code: 'any' };
    const answer = await postForm(`${proxy.url}/token`, provider.clients.native, poll);
    expect(answer).toEqual({ status: 400, error: 'slow_down' });
  });

  test('changes JSON', async () => {
    proxy.plan(changeJson((json) => ({ ...json, expires_in: undefined, scope: ['read'] })));
    const answer = await machine();
    expect(answer).toMatchObject({ status: 200, token_type: 'Bearer', scope: ['read'] });
    expect(answer).not.toHaveProperty('expires_in');
  });

  test.each([
    ['the request', holdRequest, 0],
    ['the answer', holdAnswer, 1],
  ])('holds %s until the test lets it go', async (_, hold, deliveries) => {
    const before = delivered();
    let release = () => {};
    const signal = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { reached } = proxy.plan(hold(signal));
    const answer = machine();
    await reached;
    // A second request goes through meanwhile, after which the first has been delivered if it ever is.
    expect((await machine()).status).toBe(200);
    expect(delivered() - before).toBe(1 + deliveries);
    release();
    expect((await answer).status).toBe(200);
  });

  test('a planned fault can be taken back', async () => {
    proxy.plan(cutBefore).cancel();
    expect((await machine()).status).toBe(200);
  });
});

test('the fake provider records what it was sent', async () => {
  const fake = await stopAfter(
    startFakeProvider({
      'POST /token': ({ form }) => ({ body: { access_token: `for ${form['code']}` } }),
    }),
  );
  const form = await fetch(`${fake.url}/token?q=1`, {
    method: 'POST',
    body: new URLSearchParams({ code: 'c' }),
  });
  expect(await form.json()).toEqual({ access_token: 'for c' });
  await fetch(`${fake.url}/json`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
  });
  expect(fake.received.map(({ path, json }) => [path, json])).toEqual([
    ['/token', undefined],
    ['/json', { a: 1 }],
  ]);
  expect(fake.sentTo('POST /token')[0]?.query.get('q')).toBe('1');
});

describe('the sandbox', () => {
  const node = (code: string) => [process.execPath, '-e', code];

  test('gives nothing of the desktop away, and ends what was started in it', async () => {
    const sandbox = await stopAfter(createSandbox());
    const running = sandbox.spawn(
      node('console.log(JSON.stringify(process.env)); setInterval(() => {}, 1e3)'),
    );
    const { exited, pid } = running;
    await running.seen(/\n/, 'stdout');
    expect(await isRunning(pid)).toBe(true);
    await sandbox.stop();
    const { signal, stdout } = await exited;
    const variables = JSON.parse(stdout);
    expect(variables).toMatchObject({ HOME: sandbox.home, SIGILFORGE_HOME: sandbox.home });
    expect(Object.keys(variables).filter((name) => /^XDG_|^DBUS_|^NODE_|SOCKET/.test(name))).toEqual([]);
    expect(signal).toBe('SIGTERM');
    expect(await isRunning(pid)).toBe(false);
    expect(existsSync(sandbox.home)).toBe(false);
  });

  test('lets a test read and answer a program that runs', async () => {
    const sandbox = await stopAfter(createSandbox());
    const running = sandbox.spawn(
      node(
        "process.stderr.write('Name? '); process.stdin.once('data', (name) => { console.log('Hello ' + name); process.exit(3); })",
      ),
    );
    await running.seen(/Name\? $/);
    running.write('Ada');
    expect(await running.exited).toEqual({ code: 3, signal: null, stdout: 'Hello Ada\n', stderr: 'Name? ' });
    await expect(running.seen(/never/)).rejects.toThrow('It ended without showing');
  });

  test('has a terminal on demand', async () => {
    const sandbox = await stopAfter(createSandbox());
    const running = sandbox.spawn(
      node(
        "console.log(String([process.stdin.isTTY, process.stdout.columns])); process.stdin.once('data', (it) => process.exit(it.length))",
      ),
      { tty: true },
    );
    await running.seen(/^true,100/, 'stdout');
    running.write('1234\n');
    expect((await running.exited).code).toBe(5);
  });
});

test.skipIf(!chromiumInstalled())(
  'a real browser signs in (skipped where no Chromium is installed)',
  async () => {
    const provider = await stopAfter(startOpenIdProvider());
    const program = await stopAfter(startFakeProvider({ 'GET /callback': () => ({ body: 'Signed in.' }) }));
    const { challenge } = pkcePair();
    const text = await withBrowser(async (page) => {
      await signInWithBrowser(
        page,
        provider.signInUrl({ redirectUri: `${program.url}/callback`, codeChallenge: challenge }),
      );
      return page.textContent('body');
    });
    expect(text).toBe('Signed in.');
    expect(program.sentTo('GET /callback')[0]?.query.get('iss')).toBe(provider.issuer);
  },
);
