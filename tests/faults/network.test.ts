import { connect as connectSocket, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { judgements } from '../../daemon/core/oauth/failure.js';
import { addAccount, work } from '../support/accounts.js';
import { answerWith, cutAfter, cutBefore, holdRequest } from '../support/provider/faults.js';
import { startProxiedProvider } from '../support/provider/proxied-provider.js';
import { createSandbox } from '../support/start/sandbox.js';
import { type Scene, startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type Hearing, hear } from '../support/wire/hearing.js';
import { fullBacklog } from './bad-addresses.js';
import { openLibrary, signInTo } from './library.js';
import { FIRST_BACKOFF, type NetworkCase, networkCases } from './network-cases.js';
import { changeAccounts, changeClient, lastAttempt, readAccount, readAttempts } from './rows.js';
import { gate } from './stage.js';

// Each way for a refresh to fail: how it ends in the journal, what becomes of the account, and what callers get.

const refreshes = { grantType: 'refresh_token' };
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const covered = new Set<string>();

describe('a failed refresh', () => {
  let scene: Scene;
  let home: string;
  let hearing: Hearing;

  beforeAll(async () => {
    scene = await startScene();
    home = scene.sandbox.home;
    await addAccount(scene.api);
    hearing = await hear(scene.api);
  });
  afterAll(() => scene.stop());

  test.each(networkCases.filter(({ possible }) => possible !== false))('$name', async (one) => {
    const { api, proxy } = scene;
    const tries = one.end === 'unknown' ? 2 : 1;
    const lived = await api.getToken(work);
    const requestsBefore = proxy.requests.length;
    const heardBefore = hearing.events.length;
    const before = readAccount(home);
    const lastBefore = lastAttempt(home)?.id;
    const mend = await bringAbout(one, tries);
    onTestFinished(mend);
    almostOver();

    // The living token, whatever the refresh said; and the failure only where that is over.
    const { expires_at: _, ...same } = lived;
    expect(await api.getToken(work)).toMatchObject(same);
    const attempts = readAttempts(home, lastBefore);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(Array(tries).fill(one.end));
    expect(proxy.requests.length - requestsBefore).toBe(one.fault ? tries : 0);
    expectNext(
      one.backoff ?? FIRST_BACKOFF,
      (await api.tokenInfo(work)).next_attempt_at,
      attempts.at(-1)?.ended_at,
    );
    const { state } = await api.getAccount(work);
    expect(state).toBe(one.verdict === 'dead' ? 'needs_auth' : 'ok');
    over();
    await expect(api.getToken(work)).rejects.toMatchObject({ kind: one.kind });
    expect(proxy.requests.length - requestsBefore).toBe(one.fault ? tries : 0);

    // Nothing that was stored is gone.
    const { access_token, refresh_token, refresh_fingerprint } = before;
    expect(readAccount(home)).toMatchObject({ access_token, refresh_token, refresh_fingerprint });
    const heard = hearing.events.slice(heardBefore).map(({ type }) => type);
    expect(heard).toEqual(one.verdict === 'dead' ? ['needs_auth'] : []);
    await mend();
    await makeWell(one);
    expectJudgement(one);
  });

  test('an end that nobody knows is followed by another try at once', async () => {
    const { api, proxy, provider } = scene;
    const before = lastAttempt(home)?.id;
    proxy.plan(cutBefore, refreshes);
    over();
    const { access_token } = await api.getToken(work);
    expect(await provider.introspect(access_token)).toMatchObject({ active: true });
    const outcomes = readAttempts(home, before);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['unknown', 'stored']);
  });

  test('the one loss that no client can prevent is told in plain words', async () => {
    const { api, proxy } = scene;
    proxy.plan(cutAfter, refreshes);
    await expect(api.refreshToken(work)).rejects.toMatchObject({
      kind: 'auth_required',
      message: expect.stringContaining('An earlier answer from the provider never arrived'),
    });
    await addAccount(api, { replace: true });
  });

  test('back-off doubles with each failure, and ends with the first success', async () => {
    const { api, proxy } = scene;
    for (const atMost of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      proxy.plan(answerWith(503), refreshes);
      await expect(api.refreshToken(work)).rejects.toMatchObject({ kind: 'refresh_failed' });
      const [at, ended] = [readAccount(home).next_attempt_at, lastAttempt(home)?.ended_at];
      expect((at ?? 0) - (ended ?? 0)).toBeGreaterThanOrEqual((atMost * SECOND) / 2);
      expect((at ?? 0) - (ended ?? 0)).toBeLessThanOrEqual(atMost * SECOND);
    }
    await api.refreshToken(work);
    expect(readAccount(home)).toMatchObject({ failures: 0, next_attempt_at: null, last_error: null });
  });

  test('no connection is used twice', async () => {
    const { api, proxy, exchanges } = scene;
    let connections = 0;
    const relay = createServer((socket) => {
      connections += 1;
      const onward = connectSocket(Number(new URL(proxy.url).port), '127.0.0.1');
      socket.pipe(onward).pipe(socket);
      for (const end of [socket, onward]) end.on('error', () => socket.destroy() && onward.destroy());
    });
    const url = await new Promise<string>((resolve) => {
      relay.listen(0, '127.0.0.1', () => resolve(JSON.stringify(relay.address())));
    });
    const { port } = JSON.parse(url) as { port: number };
    const own = tokenEndpoint();
    changeClient(home, { token_endpoint: `http://127.0.0.1:${port}/token` });
    // Node's http server offers to keep each of them.
    for (let i = 0; i < 3; i++) await api.refreshToken(work);
    expect({ connections, exchanges: scene.exchanges - exchanges }).toEqual({ connections: 3, exchanges: 3 });
    changeClient(home, { token_endpoint: own });
    await new Promise((closed) => relay.close(closed));
  });

  async function bringAbout({ fault, address, deadGrantErrors }: NetworkCase, tries: number) {
    const own = tokenEndpoint();
    const bad = await address?.();
    changeClient(home, {
      token_endpoint: bad?.url ?? own,
      dead_grant_errors: deadGrantErrors ?? [],
    });
    const planned = fault && scene.proxy.plan(fault, { ...refreshes, times: tries });
    let mended: Promise<void> | undefined;
    return (): Promise<void> => {
      planned?.cancel();
      if (!mended) changeClient(home, { token_endpoint: own, dead_grant_errors: [] });
      mended ??= bad?.stop() ?? Promise.resolve();
      return mended;
    };
  }

  function tokenEndpoint(): string {
    const client = JSON.parse(readAccount(home).client ?? '{}') as { token_endpoint: string };
    return client.token_endpoint;
  }

  /** A token that still lives, and is old enough to be refreshed. */
  function almostOver(): void {
    const now = Date.now();
    const [issued_at, expires_at] = [now - 55 * MINUTE, now + 2 * MINUTE];
    changeAccounts(home, { issued_at, expires_at, next_attempt_at: null });
  }

  /** Over, and the next attempt still to come, however long this test takes to ask. */
  function over(): void {
    const { next_attempt_at } = readAccount(home);
    const later = next_attempt_at === null ? null : Date.now() + MINUTE;
    changeAccounts(home, { expires_at: Date.now() - SECOND, next_attempt_at: later });
  }

  /** The stored refresh token still works; a dead grant is replaced, since asking again at once is not allowed. */
  async function makeWell({ verdict }: NetworkCase): Promise<void> {
    const { api, provider } = scene;
    if (verdict === 'dead') await addAccount(api, { replace: true });
    const { access_token } = await api.refreshToken(work);
    expect(await provider.introspect(access_token)).toMatchObject({ active: true });
    expect(provider.counts.reuse).toBe(0);
    expect((await api.getAccount(work)).state).toBe('ok');
  }
});

describe('a refresh that takes too long', () => {
  // The daemon's own limits are 15 and 60 seconds.
  const limits = { connectMs: 800, totalMs: 1_200 };

  test.each([
    {
      name: 'no connection',
      when: 'no connection within its time',
      end: 'not_sent',
      verdict: 'transient',
      kind: 'timeout',
      blackHole: true,
    },
    {
      name: 'no answer',
      when: 'no answer within its time',
      end: 'unknown',
      verdict: 'transient',
      kind: 'timeout',
      blackHole: false,
    },
  ] as const)('$name', async ({ blackHole, ...one }) => {
    const { provider, proxy } = await stopAfter(startProxiedProvider());
    const sandbox = await stopAfter(createSandbox());
    const patient = await openLibrary(sandbox.home);
    await signInTo(patient, provider);
    await patient.close();
    const core = await openLibrary(sandbox.home, { limits });
    await stopAfter({ stop: () => core.close() });
    const before = readAccount(sandbox.home);
    const forEver = gate();
    if (blackHole) {
      const { url } = await stopAfter(fullBacklog(sandbox));
      changeClient(sandbox.home, { token_endpoint: url });
    } else {
      proxy.plan(holdRequest(forEver.opened), { ...refreshes, times: 2 });
    }
    await expect(core.tokens.refresh(work.service, work.account)).rejects.toMatchObject({ kind: one.kind });
    const attempts = readAttempts(sandbox.home);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(Array(blackHole ? 1 : 2).fill(one.end));
    const { state, next_attempt_at, access_token, refresh_token } = readAccount(sandbox.home);
    expect({ state, access_token, refresh_token }).toEqual({
      state: 'ok',
      access_token: before.access_token,
      refresh_token: before.refresh_token,
    });
    expectNext(FIRST_BACKOFF, new Date(next_attempt_at ?? 0).toISOString(), attempts.at(-1)?.ended_at);
    const request = { ...work, refresh_if_needed: true };
    expect(await core.tokens.get(request)).toMatchObject({ token_type: 'Bearer' });
    expectJudgement(one);
  });
});

test('every row of the table had its case', () => {
  expect([...covered].sort()).toEqual(judgements.map(({ when }) => when).sort());
});

function expectNext(
  [atLeast, atMost]: readonly [number, number],
  nextAttemptAt: string | null,
  endedAt: number | null | undefined,
): void {
  const afterMs = Date.parse(nextAttemptAt ?? '') - (endedAt ?? 0);
  expect(afterMs).toBeGreaterThanOrEqual(atLeast);
  expect(afterMs).toBeLessThanOrEqual(atMost);
}

function expectJudgement({ when, end, verdict, kind }: Omit<NetworkCase, 'name'>): void {
  expect(judgements.find((row) => row.when === when)).toMatchObject({ end, verdict, kind });
  covered.add(when);
}
