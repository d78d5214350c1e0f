import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FaultProxy } from './fault-proxy.js';
import {
  answerWith,
  changeJson,
  cutAfter,
  cutBefore,
  halfAnswer,
  holdAnswer,
  holdRequest,
  slowDown,
} from './faults.js';
import { postForm, signInByHand } from './hand-client.js';
import { DEVICE_GRANT } from './openid-clients.js';
import type { OpenIdProvider } from './openid-provider.js';
import { startProxiedProvider } from './proxied-provider.js';

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
  expect((await signInByHand(provider, provider.clients.basic)).status).toBe(200);
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
