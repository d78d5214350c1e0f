import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Core } from '../../daemon/core/core.js';
import { addAccount, work } from '../support/accounts.js';
import { answerWith, changeJson } from '../support/provider/faults.js';
import { startProxiedProvider } from '../support/provider/proxied-provider.js';
import { openTestCore, signInTo } from '../support/start/core.js';
import { createSandbox } from '../support/start/sandbox.js';
import { startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import { createClock, type TestClock } from '../support/time.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const refreshes = { grantType: 'refresh_token' };

// An hour's token is good until five minutes before its end; each test sets the clocks as it likes.
describe('the library, by a clock of its own', () => {
  test.each([
    { clock: 'none of them', set: () => {} },
    { clock: 'a minute back', set: (clock: TestClock) => clock.setBy(-MINUTE) },
    { clock: 'a day back', set: (clock: TestClock) => clock.setBy(-DAY) },
  ])('set $clock: refreshed neither early nor late', async ({ set }) => {
    const { core, clock, exchanges } = await startLibrary();
    const first = await get(core);
    set(clock);
    clock.pass(54 * MINUTE);
    expect(await get(core)).toEqual(first);
    expect(exchanges()).toBe(0);
    clock.pass(2 * MINUTE);
    expect((await get(core)).access_token).not.toBe(first.access_token);
    expect(exchanges()).toBe(1);
    await expectOneHour(core, clock, exchanges);
  });

  test('set a day forward: every token is over, and one exchange makes it good', async () => {
    const { core, clock, exchanges } = await startLibrary();
    const first = await get(core);
    clock.setBy(DAY);
    expect((await get(core)).access_token).not.toBe(first.access_token);
    expect(exchanges()).toBe(1);
    await expectOneHour(core, clock, exchanges);
  });

  test('set forward and back again: one exchange at most', async () => {
    const { core, clock, exchanges } = await startLibrary();
    clock.setBy(DAY);
    await get(core);
    clock.setBy(-DAY);
    await expectOneHour(core, clock, exchanges);
  });

  test('the monotonic clock stands still while the machine sleeps: the wall clock counts', async () => {
    const { core, clock, exchanges } = await startLibrary();
    await get(core);
    clock.setBy(HOUR);
    await get(core);
    expect(exchanges()).toBe(1);
  });

  test('a start after the clock was set back a day trusts no token for longer than its lifetime', async () => {
    const { core, clock, exchanges, reopen } = await startLibrary();
    await get(core);
    clock.setBy(-DAY);
    const again = await reopen();
    await get(again);
    expect(exchanges()).toBe(0);
    clock.pass(56 * MINUTE);
    await get(again);
    expect(exchanges()).toBe(1);
  });

  test('a next attempt further ahead than the longest back-off was written by another clock', async () => {
    const { core, clock, proxy, exchanges } = await startLibrary();
    clock.pass(HOUR);
    proxy.plan(answerWith(429, '', { 'retry-after': '3600' }), refreshes);
    await expect(get(core)).rejects.toMatchObject({ kind: 'refresh_failed' });
    await expect(get(core)).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect(exchanges()).toBe(0);
    clock.setBy(-2 * MINUTE);
    await get(core);
    expect(exchanges()).toBe(1);
  });

  test('a next attempt is waited for as long as the back-off lasts, and no longer', async () => {
    const { core, clock, proxy, exchanges } = await startLibrary();
    clock.pass(HOUR);
    proxy.plan(answerWith(503, '', { 'retry-after': '600' }), refreshes);
    await expect(get(core)).rejects.toMatchObject({ kind: 'refresh_failed' });
    clock.pass(9 * MINUTE);
    await expect(get(core)).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect(exchanges()).toBe(0);
    clock.pass(MINUTE);
    await get(core);
    expect(exchanges()).toBe(1);
  });
});

test('a daemon that was stopped for longer than a token lives answers with another one', async () => {
  const { api, proxy, provider, daemon } = await stopAfter(startScene());
  proxy.plan(
    changeJson((json) => ({ ...json, expires_in: 2 })),
    { grantType: 'authorization_code' },
  );
  await addAccount(api);
  const { access_token, expires_at } = await api.getToken(work);
  daemon.child.kill('SIGSTOP');
  const callers = [api.getToken(work), api.getToken(work), api.getToken(work)];
  await delay(Date.parse(expires_at ?? '') - Date.now() + SECOND);
  daemon.child.kill('SIGCONT');
  const tokens = await Promise.all(callers);
  for (const token of tokens) {
    expect(token.access_token).not.toBe(access_token);
    expect(await provider.introspect(token.access_token)).toMatchObject({ active: true });
  }
  expect(provider.counts).toMatchObject({ token: { refresh_token: 1 }, reuse: 0 });
});

const FAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
].find((file) => existsSync(file));

// Only where libfaketime is installed.
test.skipIf(FAKETIME === undefined)(
  'the real daemon under a clock that is set a day forward and back',
  async () => {
    const { api, provider, sandbox } = await stopAfter(
      startScene({
        // The daemon forgets these variables once they have had their effect; the file is found by its home.
        env: {
          LD_PRELOAD: FAKETIME,
          FAKETIME_NO_CACHE: '1',
          // Nobody can set that one.
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        },
      }),
    );
    const setClock = (offset: string): Promise<void> =>
      writeFile(join(sandbox.home, '.faketimerc'), `${offset}\n`);
    await addAccount(api);
    const first = await api.getToken(work);
    const exchanges = (): number => provider.counts.token['refresh_token'] ?? 0;

    await setClock('-1d');
    expect(await api.getToken(work)).toEqual(first);
    expect(exchanges()).toBe(0);
    expect(Date.parse((await api.status()).started_at)).toBeGreaterThan(Date.now() - HOUR);

    await setClock('+1d');
    const second = await api.getToken(work);
    expect(second.access_token).not.toBe(first.access_token);
    expect(Date.parse(second.expires_at ?? '')).toBeGreaterThan(Date.now() + DAY);
    expect(await api.getToken(work)).toEqual(second);
    expect(exchanges()).toBe(1);

    await setClock('+0');
    expect(await api.getToken(work)).toEqual(second);
    expect(await provider.introspect(second.access_token)).toMatchObject({ active: true });
    expect(provider.counts).toMatchObject({ token: { refresh_token: 1 }, reuse: 0 });
  },
);

/** The library with one account, whose token lives for an hour of the test's own clock. */
async function startLibrary() {
  const { provider, proxy } = await stopAfter(startProxiedProvider());
  const { home } = await stopAfter(createSandbox());
  const clock = createClock();
  const open = async (): Promise<Core> => {
    const core = await openTestCore(home, { clock });
    await stopAfter({ stop: () => core.close() });
    return core;
  };
  const core = await open();
  await signInTo(core, provider);
  const exchanges = (): number => provider.counts.token['refresh_token'] ?? 0;
  return { core, clock, proxy, exchanges, reopen: open };
}

async function get(core: Core) {
  return core.tokens.get({ ...work, refresh_if_needed: true });
}

/** The newest token is good for five minutes less than an hour, by whatever the clocks say now. */
async function expectOneHour(core: Core, clock: TestClock, exchanges: () => number): Promise<void> {
  const before = exchanges();
  const token = await get(core);
  clock.pass(54 * MINUTE);
  expect(await get(core)).toEqual(token);
  expect(exchanges()).toBe(before);
  clock.pass(2 * MINUTE);
  await get(core);
  expect(exchanges()).toBe(before + 1);
}
