import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import type { Api } from '../../shared/contract/index.js';
import { ACCOUNT, addAccount, SERVICE, signInExpired, work } from '../support/accounts.js';
import { gate } from '../support/gate.js';
import { answerWith, holdAnswer } from '../support/provider/faults.js';
import type { Running } from '../support/start/running.js';
import { type Scene, startScene } from '../support/start/scene.js';
import * as stored from '../support/stored.js';

// A grant that its provider has ended, and many programs without a terminal that do not know.

const LIMIT = 60_000;
const CONNECTIONS = 8;
const CALLERS = 192;
const AUTH_REQUIRED = 4;
const LONG_AGO_MS = 11_000;

const DEAD = {
  kind: 'auth_required',
  message: 'example/work must be signed in again: example refused: invalid_grant, grant request is invalid.',
  hint: 'Run: sigilforge add-account example work --replace',
};

let scene: Scene;

beforeEach(async () => {
  scene = await startScene();
  return () => scene.stop();
});

test(
  '200 callers cost one exchange, one notification and no browser, and each is told what to do',
  async () => {
    const browser = await recordingBrowser();
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => scene.connect()));
    const events = await Promise.all(clients.map(listen));
    await signInExpired(scene);
    await scene.provider.endGrants();
    const answer = gate();
    const held = scene.proxy.plan(holdAnswer(answer.opened), { grantType: 'refresh_token' });

    const asking = everybodyAsks(clients);
    await held.reached;
    const programs = ['--direct', '--no-fallback'].flatMap((way) =>
      Array.from({ length: 4 }, () => start(['get-token', SERVICE, ACCOUNT, way], browser.env)),
    );
    answer.open();
    for (const error of await asking) expect(error).toMatchObject(DEAD);
    for (const program of programs) await expectDead(program);

    // Whoever asks later is told the same, with no request at all.
    const asked = scene.proxy.requests.length;
    for (const error of await everybodyAsks(clients)) expect(error).toMatchObject(DEAD);
    expect(scene.proxy.requests).toHaveLength(asked);
    expect(scene.exchanges).toBe(1);
    await Promise.all(clients.map((client) => client.status()));
    expect(events).toEqual(clients.map(() => ['account_added', 'needs_auth']));
    expect(existsSync(browser.record)).toBe(false);
  },
  LIMIT,
);

test(
  'a new sign-in takes the alarm back',
  async () => {
    const events = await listen(scene.api);
    await signInExpired(scene);
    await scene.provider.endGrants();
    await expect(scene.api.getToken(work)).rejects.toMatchObject(DEAD);
    expect(await scene.api.getAccount(work)).toMatchObject({ state: 'needs_auth' });
    await addAccount(scene.api, { replace: true });
    expect(await scene.api.getAccount(work)).toMatchObject({ state: 'ok' });
    await expectGoodToken(await scene.api.getToken(work));
    expect(events).toEqual(['account_added', 'needs_auth', 'account_added', 'recovered']);
  },
  LIMIT,
);

test(
  'refresh_token tries once in ten seconds for all callers, and takes the alarm back if it works',
  async () => {
    const { api, proxy, sandbox } = scene;
    const events = await listen(api);
    await signInExpired(scene);
    proxy.plan(answerWith(400, { error: 'invalid_grant' }), { grantType: 'refresh_token', times: 2 });
    await expect(api.getToken(work)).rejects.toMatchObject({ kind: 'auth_required' });

    stored.ageExchanges(sandbox.home, 0);
    await everybodyRefreshesInVain();
    expect(refreshRequests()).toBe(1);

    stored.ageExchanges(sandbox.home, LONG_AGO_MS);
    await everybodyRefreshesInVain();
    expect(refreshRequests()).toBe(2);
    expect(events).toEqual(['account_added', 'needs_auth']);

    stored.ageExchanges(sandbox.home, LONG_AGO_MS);
    await expectGoodToken(await api.refreshToken(work));
    expect(await api.getAccount(work)).toMatchObject({ state: 'ok' });
    expect(refreshRequests()).toBe(3);
    expect(events).toEqual(['account_added', 'needs_auth', 'token_refreshed', 'recovered']);
  },
  LIMIT,
);

test.each([
  [
    'nested in an object',
    401,
    { error: { code: 'invalid_grant', message: 'Session ended' } },
    'Session ended',
  ],
  ['in a list', 400, { errors: [{ code: 'invalid_grant', detail: 'Token is revoked' }] }, 'Token is revoked'],
  ['login_required', 400, { error: 'login_required' }, 'login_required'],
  ['within a sentence', 403, { message: 'invalid_grant: no such session' }, 'no such session'],
])('a dead grant, spelled otherwise: %s', async (_, status, body, words) => {
  await signInExpired(scene);
  scene.proxy.plan(answerWith(status, body), { grantType: 'refresh_token' });
  await expect(scene.api.getToken(work)).rejects.toMatchObject({
    kind: 'auth_required',
    message: expect.stringContaining(words),
  });
  expect(await scene.api.getAccount(work)).toMatchObject({ state: 'needs_auth' });
});

test.each<[string, object]>([
  ['invalid_request', { error: 'invalid_request', error_description: 'refresh token malformed' }],
  ['invalid_token', { error: 'invalid_token' }],
  ['a token that was revoked', { message: 'Token has been revoked' }],
])('%s is a dead grant only where refreshes used to work', async (_, body) => {
  const { api, proxy } = scene;
  const refused = answerWith(400, body);
  await addAccount(api, { replace: true });
  proxy.plan(refused, { grantType: 'refresh_token', times: 2 });
  await expect(api.refreshToken(work)).rejects.toMatchObject({ kind: 'refresh_failed' });
  expect(await api.getAccount(work)).toMatchObject({ state: 'ok' });
  proxy.plan((exchange) => exchange.forward().then(exchange.send), { grantType: 'refresh_token' });
  await expect(api.refreshToken(work)).rejects.toMatchObject({ kind: 'refresh_failed' });
  await api.refreshToken(work);
  proxy.plan(refused, { grantType: 'refresh_token' });
  await expect(api.refreshToken(work)).rejects.toMatchObject({ kind: 'auth_required' });
  expect(await api.getAccount(work)).toMatchObject({ state: 'needs_auth' });
});

/** The errors of many callers at once, over several connections. */
function everybodyAsks(clients: readonly Api[]): Promise<unknown[]> {
  const calls = Array.from({ length: CALLERS }, (_, i) => clients[i % clients.length]?.getToken(work));
  return Promise.all(
    calls.map((call) =>
      call?.then(
        () => 'a token',
        (thrown: unknown) => thrown,
      ),
    ),
  );
}

async function everybodyRefreshesInVain(): Promise<void> {
  const program = start(['refresh-token', SERVICE, ACCOUNT, '--direct']);
  const calls = Array.from({ length: 20 }, () => scene.api.refreshToken(work));
  for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected');
  await expectDead(program, 'invalid_grant.');
}

function refreshRequests(): number {
  return scene.proxy.requests.filter(({ grantType }) => grantType === 'refresh_token').length;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  return scene.sandbox.start(args, { input: '', env });
}

async function expectDead(program: Running, reason = DEAD.message): Promise<void> {
  const { code, stdout, stderr } = await program.exited;
  expect({ code, stdout }).toEqual({ code: AUTH_REQUIRED, stdout: '' });
  expect(stderr).toContain(reason);
  expect(stderr).toContain(`hint: ${DEAD.hint}`);
}

async function expectGoodToken({ access_token }: { access_token: string }): Promise<void> {
  expect(await scene.provider.introspect(access_token)).toMatchObject({ active: true });
}

/** The types of the events that a client gets from now on. */
async function listen(client: SigilforgeClient): Promise<string[]> {
  const types: string[] = [];
  client.onEvent(({ type }) => types.push(type));
  await client.subscribe({ topics: ['accounts'] });
  return types;
}

/** A browser that notes that it was started. */
async function recordingBrowser(): Promise<{ env: NodeJS.ProcessEnv; record: string }> {
  const { home } = scene.sandbox;
  const [program, record] = [path.join(home, 'browser'), path.join(home, 'opened')];
  await writeFile(program, `#!/bin/sh\necho "$1" >>'${record}'\n`, { mode: 0o755 });
  return { env: { BROWSER: program }, record };
}
