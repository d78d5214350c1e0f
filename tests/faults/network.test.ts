import { connect as connectSocket, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Core } from '../../daemon/core/core.js';
import { judgements } from '../../daemon/core/oauth/failures/judgements.js';
import { addAccount, SERVICE, work } from '../support/accounts.js';
import { gate } from '../support/gate.js';
import { changeProvider } from '../support/kept-provider.js';
import { answerWith, cutAfter, cutBefore, holdRequest } from '../support/provider/faults.js';
import { startProxiedProvider } from '../support/provider/proxied-provider.js';
import { openTestCore, signInTo } from '../support/start/core.js';
import { createSandbox } from '../support/start/sandbox.js';
import { type Scene, startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { type Hearing, hear } from '../support/wire/hearing.js';
import { fullBacklog } from './bad-addresses.js';
import { type ExpectedJudgement, FIRST_BACKOFF, type NetworkCase, networkCases } from './network-cases.js';

// Each way for a refresh to fail: how it ends in the journal, what becomes of the account, and what callers get.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const refreshes = { grantType: 'refresh_token' };
/** A token that still lives, and is old enough to be refreshed at once. */
const ALMOST_EXPIRED = { issuedAgoMs: 55 * MINUTE, endsInMs: 2 * MINUTE, nextAttemptInMs: null };
/** An expired token whose next refresh is not allowed yet, however long a test takes to ask for it. */
const EXPIRED_WITHIN_BACKOFF = { endsInMs: -SECOND, nextAttemptInMs: MINUTE };
const covered = new Set<string>();

describe('a failed refresh', () => {
  let scene: Scene;
  let home: string;
  let hearing: Hearing;

  beforeAll(async () => {
    scene = await startScene();
    home = scene.sandbox.home;
    hearing = await hear(scene.api);
  });
  afterAll(() => scene.stop());

  test.each(networkCases.filter(({ possible }) => possible).map((one, index) => ({ ...one, index })))(
    '$name',
    async ({ index, ...one }) => {
      const { api, proxy } = scene;
      const account = `case-${index}`;
      const name = await signIn(account);
      const { expires_at: _, ...token } = await api.getToken(name);
      const mend = await bringAbout(one, account);
      const { grant } = stored.anAccount(home, account);
      stored.retime(home, ALMOST_EXPIRED, account);
      const requestsBefore = proxy.requests.length;

      // While the token lives, callers get it: the refresh fails behind it.
      expect(await api.getToken(name)).toMatchObject(token);
      expect(stored.outcomes(home, account)).toEqual(one.journal);
      await expectNextAttempt(account, one.backoff);
      expect((await api.getAccount(name)).state).toBe(one.state);

      // Once it has expired they get the failure, without another request.
      stored.retime(home, EXPIRED_WITHIN_BACKOFF, account);
      await expect(api.getToken(name)).rejects.toMatchObject({ kind: one.kind });
      expect(proxy.requests.length - requestsBefore).toBe(one.fault ? one.journal.length : 0);

      expect(stored.anAccount(home, account).grant).toEqual(grant);
      expect(eventsOf(account)).toEqual(['account_added', ...one.events]);
      await mend();
      // A dead grant is replaced, because asking again at once is not allowed. Every other one still works.
      if (one.state === 'needs_auth') await addAccount(api, { account, replace: true });
      await expectGoodGrant(account);
      expectJudgement(one);
    },
  );

  test('an end that leaves it open whether the token was spent is followed by another try at once', async () => {
    const { api, proxy, provider } = scene;
    const name = await signIn('unknown-end');
    proxy.plan(cutBefore, refreshes);
    stored.expire(home, 'unknown-end');
    const { access_token } = await api.getToken(name);
    expect(await provider.introspect(access_token)).toMatchObject({ active: true });
    expect(stored.outcomes(home, 'unknown-end')).toEqual(['unknown', 'stored']);
  });

  test('the one loss that no client can prevent is told in plain words', async () => {
    const { api, proxy } = scene;
    const name = await signIn('lost');
    proxy.plan(cutAfter, refreshes);
    await expect(api.refreshToken(name)).rejects.toMatchObject({
      kind: 'auth_required',
      message: expect.stringContaining('An earlier answer from the provider did not arrive whole'),
    });
  });

  test('back-off doubles with each failure, and ends with the first success', async () => {
    const { api, proxy } = scene;
    const name = await signIn('backing-off');
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      proxy.plan(answerWith(503), refreshes);
      await expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'refresh_failed' });
      await expectNextAttempt('backing-off', [(seconds * SECOND) / 2, seconds * SECOND]);
    }
    await api.refreshToken(name);
    expect(stored.anAccount(home, 'backing-off')).toMatchObject({
      failures: 0,
      nextAttemptAt: null,
      lastError: null,
    });
  });

  test('no connection is used twice', async () => {
    const { api, proxy, exchanges } = scene;
    const name = await signIn('relayed');
    const relay = await stopAfter(startRelay(proxy.url));
    await changeProvider(home, name, { tokenEndpoint: `${relay.url}/token` });
    // Node's http server offers to keep each of them.
    for (let i = 0; i < 3; i++) await api.refreshToken(name);
    expect({ connections: relay.connections, exchanges: scene.exchanges - exchanges }).toEqual({
      connections: 3,
      exchanges: 3,
    });
  });

  async function signIn(account: string): Promise<{ service: string; account: string }> {
    await addAccount(scene.api, { account });
    return { service: SERVICE, account };
  }

  /** Lets the refreshes of an account meet what a case is about. The answer ends that. */
  async function bringAbout(
    { fault, address, deadGrantErrors = [], journal }: NetworkCase,
    account: string,
  ): Promise<() => Promise<void>> {
    const bad = address ? await stopAfter(address()) : undefined;
    const changes = { deadGrantErrors, ...(bad && { tokenEndpoint: bad.url }) };
    const name = { service: SERVICE, account };
    const before = await changeProvider(home, name, changes);
    const planned = fault && scene.proxy.plan(fault, { ...refreshes, times: journal.length });
    onTestFinished(() => planned?.cancel());
    return async () => {
      planned?.cancel();
      await changeProvider(home, name, before);
    };
  }

  function eventsOf(account: string): string[] {
    return hearing.events.filter((event) => event.account === account).map(({ type }) => type);
  }

  /** The next attempt is this long after the end of the last one; `token_info` says the same. */
  async function expectNextAttempt(account: string, within: readonly [number, number]): Promise<void> {
    expectWithin(backoffOf(home, account), within);
    const { nextAttemptAt } = stored.anAccount(home, account);
    const { next_attempt_at } = await scene.api.tokenInfo({ service: SERVICE, account });
    expect(Date.parse(next_attempt_at ?? '')).toBe(nextAttemptAt);
  }

  /** The stored refresh token works, and no spent one was ever sent. */
  async function expectGoodGrant(account: string): Promise<void> {
    const { api, provider } = scene;
    const { access_token } = await api.refreshToken({ service: SERVICE, account });
    expect(await provider.introspect(access_token)).toMatchObject({ active: true });
    expect(provider.counts.reuse).toBe(0);
    expect((await api.getAccount({ service: SERVICE, account })).state).toBe('ok');
  }
});

describe('a refresh that takes too long', () => {
  test('to connect is not sent', async () => {
    const { core, sandbox } = await signedInWithLimits({ connectMs: 500, totalMs: MINUTE });
    const { url } = await stopAfter(fullBacklog(sandbox));
    await changeProvider(sandbox.home, work, { tokenEndpoint: url });
    await expectTimeout(core, sandbox.home, ['not_sent']);
    expectJudgement({
      when: 'no connection within the time limit',
      end: 'not_sent',
      verdict: 'transient',
      kind: 'timeout',
    });
  });

  test('to be answered is tried twice, and its end is unknown', async () => {
    const { core, sandbox, proxy } = await signedInWithLimits({ connectMs: MINUTE, totalMs: 500 });
    proxy.plan(holdRequest(gate().opened), { ...refreshes, times: 2 });
    await expectTimeout(core, sandbox.home, ['unknown', 'unknown']);
    expectJudgement({
      when: 'no answer within the time limit',
      end: 'unknown',
      verdict: 'transient',
      kind: 'timeout',
    });
  });

  /** The library with an account, and other limits than the 15 and 60 seconds that are usual. */
  async function signedInWithLimits(limits: { connectMs: number; totalMs: number }) {
    const { provider, proxy } = await stopAfter(startProxiedProvider());
    const sandbox = await stopAfter(createSandbox());
    const patient = await openTestCore(sandbox.home);
    await signInTo(patient, provider);
    await patient.close();
    const core = await openTestCore(sandbox.home, { limits });
    await stopAfter({ stop: () => core.close() });
    return { core, sandbox, proxy };
  }

  /** A refresh times out; the account keeps its grant, and its living token is still given. */
  async function expectTimeout(core: Core, home: string, journal: readonly string[]): Promise<void> {
    const { grant } = stored.anAccount(home);
    await expect(core.tokens.refresh(work.service, work.account)).rejects.toMatchObject({ kind: 'timeout' });
    expect(stored.outcomes(home)).toEqual(journal);
    expect(stored.anAccount(home)).toMatchObject({ state: 'ok', grant });
    expectWithin(backoffOf(home, work.account), FIRST_BACKOFF);
    expect(await core.tokens.get({ ...work, refresh_if_needed: true })).toMatchObject({
      token_type: 'Bearer',
    });
  }
});

test('every row of the table had its case', () => {
  expect([...covered].sort()).toEqual(judgements.map(({ when }) => when).sort());
});

/** Milliseconds from the end of an account's last attempt to its next one. */
function backoffOf(home: string, account: string): number {
  const endedAt = stored.attempts(home, account).at(-1)?.endedAt ?? Number.NaN;
  return (stored.anAccount(home, account).nextAttemptAt ?? Number.NaN) - endedAt;
}

function expectWithin(value: number, [atLeast, atMost]: readonly [number, number]): void {
  expect(value).toBeGreaterThanOrEqual(atLeast);
  expect(value).toBeLessThanOrEqual(atMost);
}

function expectJudgement({ when, end, verdict, kind }: ExpectedJudgement): void {
  expect(judgements.find((row) => row.when === when)).toMatchObject({ end, verdict, kind });
  covered.add(when);
}

/** Passes every connection on to another address, and counts them. */
async function startRelay(target: string) {
  let connections = 0;
  const relay = createServer((socket) => {
    connections += 1;
    const onward = connectSocket(Number(new URL(target).port), '127.0.0.1');
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on('error', () => socket.destroy() && onward.destroy());
  });
  await new Promise<void>((listening) => relay.listen(0, '127.0.0.1', listening));
  const address = relay.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    get connections() {
      return connections;
    },
    stop: () => new Promise<void>((closed) => relay.close(() => closed())),
  };
}
