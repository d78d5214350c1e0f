import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../client/index.js';
import { eventHandlers } from '../../daemon/handlers/events.js';
import type { AccountEvent } from '../../shared/contract/index.js';
import { addAccount, SERVICE, work } from '../support/accounts.js';
import { answerWith } from '../support/provider/faults.js';
import { openTestCore } from '../support/start/core.js';
import { aPeer } from '../support/start/peers.js';
import { createSandbox } from '../support/start/sandbox.js';
import { QUIET_CONFIG, type Scene, startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { type Hearing, hear } from '../support/wire/hearing.js';
import { WireClient } from '../support/wire/wire-client.js';

const A_MINUTE = 60_000;
const KEY = 'canary-api-key-7f3a';
const key = { service: 'plain', account: 'key' };

let scene: Scene;
let hearing: Hearing;

beforeAll(async () => {
  scene = await startScene({ config: QUIET_CONFIG });
  hearing = await hear(scene.api);
});
afterAll(() => scene.stop());

/** What was heard since the test began; whatever was sent before an answer has arrived with it. */
async function heardDuring(work: () => Promise<unknown>): Promise<AccountEvent[]> {
  const before = hearing.events.length;
  await work();
  await scene.api.status();
  return hearing.events.slice(before);
}

test('an account that comes and goes', async () => {
  const events = await heardDuring(async () => {
    await scene.api.addAccount({ ...key, credential: { api_key: KEY } });
    await scene.api.removeAccount(key);
  });
  const about = {
    topic: 'accounts',
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    account_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    ...key,
  };
  expect(events).toMatchObject([
    { ...about, type: 'account_added' },
    { ...about, type: 'account_removed' },
  ]);
  expect(events[0]?.account_id).toBe(events[1]?.account_id);
});

test('a refreshed token, for every caller', async () => {
  await addAccount(scene.api);
  const events = await heardDuring(() => scene.api.refreshToken(work));
  expect(events).toMatchObject([{ ...work, type: 'token_refreshed' }]);
});

test('a dead grant is one event, and so is its recovery', async () => {
  const { api, proxy, sandbox } = scene;
  // As if some time had passed since the last exchange; before that nobody may force another one.
  const passTime = () => stored.ageExchanges(sandbox.home, A_MINUTE);
  const { access_token } = await api.getToken(work);
  passTime();
  // The stored grant is whole all the same, so a later try works.
  proxy.plan(answerWith(400, { error: 'invalid_grant' }), { grantType: 'refresh_token' });
  const dead = await heardDuring(async () => {
    for (let i = 0; i < 3; i++) {
      const asked = api.getToken({ ...work, rejected_token: access_token });
      await expect(asked).rejects.toMatchObject({ kind: 'auth_required' });
    }
  });
  expect(dead).toMatchObject([{ ...work, type: 'needs_auth' }]);
  passTime();
  const well = await heardDuring(() => api.refreshToken(work));
  expect(well.map(({ type }) => type)).toEqual(['token_refreshed', 'recovered']);
  expect(await heardDuring(() => api.refreshToken(work))).toMatchObject([{ type: 'token_refreshed' }]);
});

test('every subscription has its own events, and none after its end', async () => {
  const other = await connect({ socket: scene.daemon.socket });
  await stopAfter({ stop: () => other.close() });
  const [first, second] = [await hear(other), await hear(other)];
  await scene.api.refreshToken(work);
  const both = await Promise.all([first.heard('token_refreshed'), second.heard('token_refreshed')]);
  expect(new Set(both.map(({ subscription }) => subscription)).size).toBe(2);
  await first.end();
  await scene.api.refreshToken(work);
  await other.status();
  expect(first.events).toHaveLength(1);
  expect(second.events).toHaveLength(2);
});

test('a subscription ends with its connection', async () => {
  const { api, daemon } = scene;
  const wire = await WireClient.connect(daemon.socket);
  const { subscription } = (await wire.call('subscribe', { topics: ['accounts'] })).result as {
    subscription: string;
  };
  // Nobody else can end it.
  expect(await api.unsubscribe({ subscription })).toEqual({ removed: false });
  await api.refreshToken(work);
  // Nothing but this: the row that it is about holds sealed tokens.
  expect(await wire.answer()).toEqual({
    jsonrpc: '2.0',
    method: 'event',
    params: {
      subscription,
      topic: 'accounts',
      type: 'token_refreshed',
      at: expect.any(String),
      account_id: expect.any(String),
      ...work,
    },
  });
  await wire.stop();
  await api.refreshToken(work);
  const again = await WireClient.connect(daemon.socket);
  expect((await again.call('unsubscribe', { subscription })).result).toEqual({ removed: false });
  await again.stop();
});

test('nothing is kept for a peer that has gone', async () => {
  const sandbox = await stopAfter(createSandbox());
  const core = await openTestCore(sandbox.home);
  await stopAfter({ stop: () => core.close() });
  const { subscribe } = eventHandlers(core);
  const gone = new AbortController();
  const told: string[] = [];
  const peer = aPeer(gone.signal, ({ type }) => void told.push(type));
  await subscribe({ topics: ['accounts'] }, peer);
  const account = { id: '0197a9b2-5d5c-7cc0-8000-000000000001', kind: 'oauth', ...work } as const;
  core.events.emit('account_added', account);
  gone.abort();
  core.events.emit('account_removed', account);
  expect(told).toEqual(['account_added']);
});

test('a peer that is gone already hears nothing, and its subscription keeps no place', async () => {
  const sandbox = await stopAfter(createSandbox());
  const core = await openTestCore(sandbox.home);
  await stopAfter({ stop: () => core.close() });
  const { subscribe, unsubscribe } = eventHandlers(core);
  const told: string[] = [];
  let kept = 0;
  const keep = () => {
    kept += 1;
    return () => {
      kept -= 1;
    };
  };
  const peer = { ...aPeer(AbortSignal.abort(), ({ type }) => void told.push(type)), keep };
  const { subscription } = await subscribe({ topics: ['accounts'] }, peer);
  core.events.emit('account_added', { id: '0197a9b2-5d5c-7cc0-8000-000000000001', kind: 'oauth', ...work });
  expect({ told, kept }).toEqual({ told: [], kept: 0 });
  expect(await unsubscribe({ subscription }, peer)).toEqual({ removed: true });
});

test('no event holds a value', async () => {
  const { api } = scene;
  const tokens = [await api.getToken(work), await api.refreshToken(work)];
  await api.addAccount({ ...key, credential: { api_key: KEY } });
  await api.removeAccount(key);
  await api.removeAccount(work);
  const said = JSON.stringify(hearing.events);
  expect(said).toContain(SERVICE);
  expect(said).toContain('account_removed');
  for (const { access_token } of tokens) expect(said).not.toContain(access_token);
  expect(said).not.toContain(KEY);
});
