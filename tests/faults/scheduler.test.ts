import { expect, onTestFinished, test, vi } from 'vitest';
import type { Core } from '../../daemon/core/core.js';
import { createMemoryKeychain } from '../../daemon/core/keychain/memory.js';
import { AccountStore } from '../../daemon/core/store/accounts.js';
import { Sqlite } from '../../daemon/core/store/sqlite.js';
import { parseConfig } from '../../shared/config.js';
import { resolvePaths } from '../../shared/paths.js';
import { addAccount, SERVICE, work } from '../support/accounts.js';
import { gate } from '../support/gate.js';
import { copyAccount } from '../support/many-accounts.js';
import { answerWith, cutBefore, holdAnswer } from '../support/provider/faults.js';
import { startProxiedProvider } from '../support/provider/proxied-provider.js';
import { openTestCore, signInTo } from '../support/start/core.js';
import { createSandbox } from '../support/start/sandbox.js';
import { startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { rawRequest } from '../support/wire/requests.js';

// Timers and clocks are the test's own, for the library and for the provider alike; everything else is real.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const refreshes = { grantType: 'refresh_token' };

test('refreshes ahead of time, without a caller', async () => {
  const { core, pass, exchanges } = await startWorld();
  const { access_token } = await get(core);
  await pass(53 * MINUTE);
  expect(exchanges()).toBe(0);
  await pass(3 * MINUTE);
  expect(exchanges()).toBe(1);
  expect((await get(core)).access_token).not.toBe(access_token);
  await pass(50 * MINUTE);
  expect(exchanges()).toBe(1);
  await pass(5 * MINUTE);
  expect(exchanges()).toBe(2);
});

test('leaves alone what has not been used for idle_days', async () => {
  const { core, home, pass, sleep, exchanges } = await startWorld(['used', 'unused']);
  stored.retime(home, { usedAgoMs: 7 * DAY }, 'unused');
  await pass(HOUR);
  expect(exchanges()).toBe(1);
  await core.tokens.get({ ...work, account: 'unused', refresh_if_needed: true });
  expect(exchanges()).toBe(2);
  sleep(8 * DAY);
  await pass(2 * MINUTE);
  expect(exchanges()).toBe(2);
});

test('asks for four at a time, and for all of them in the end', async () => {
  const { proxy, wake, idle, sleep, exchanges } = await startWorld(['a', 'b', 'c', 'd', 'e', 'f']);
  const answers = gate();
  proxy.plan(holdAnswer(answers.opened), { ...refreshes, times: 4 });
  sleep(8 * HOUR);
  await wake(MINUTE);
  await until(() => exchanges() === 4);
  // A fifth one would have been sent before this.
  await rawRequest(`${proxy.url}/.well-known/openid-configuration`);
  expect(exchanges()).toBe(4);
  answers.open();
  await idle();
  expect(exchanges()).toBe(6);
});

test('is quiet while the network is away and the token lives', async () => {
  const { core, proxy, pass, events, exchanges } = await startWorld();
  const token = await get(core);
  const away = proxy.plan(cutBefore, { ...refreshes, times: 1_000_000 });
  await pass(59 * MINUTE);
  const tries = proxy.requests.filter(({ grantType }) => grantType === 'refresh_token').length;
  expect(tries).toBeGreaterThan(4);
  expect(tries).toBeLessThan(60);
  expect(await get(core)).toEqual(token);
  expect(core.accounts.get(SERVICE, work.account).state).toBe('ok');
  expect(events).toEqual([]);
  away.cancel();
  await pass(MINUTE);
  expect(events).toEqual(['token_refreshed']);
  expect(exchanges()).toBe(1);
});

test.each([
  ['eight hours of sleep', 8 * HOUR],
  ['a clock that was set a day back', -DAY],
])('after %s it refreshes within a minute, and once', async (_, jump) => {
  const { pass, sleep, exchanges } = await startWorld();
  await pass(MINUTE);
  sleep(jump);
  await pass(MINUTE + SECOND);
  expect(exchanges()).toBe(1);
  await pass(50 * MINUTE);
  expect(exchanges()).toBe(1);
});

test('waits for as long as the provider asks for', async () => {
  const { proxy, pass, exchanges } = await startWorld();
  const busy = proxy.plan(answerWith(503, '', { 'retry-after': '900' }), refreshes);
  await pass(57 * MINUTE);
  await busy.reached;
  await pass(11 * MINUTE);
  const sent = () => proxy.requests.filter(({ grantType }) => grantType === 'refresh_token').length;
  expect({ sent: sent(), exchanges: exchanges() }).toEqual({ sent: 1, exchanges: 0 });
  await pass(5 * MINUTE);
  expect({ sent: sent(), exchanges: exchanges() }).toEqual({ sent: 2, exchanges: 1 });
});

test('does nothing while the vault is locked, and does not ask the keychain', async () => {
  const keychain = createMemoryKeychain();
  const config = parseConfig('[vault]\nkey = "keychain"', 'config.toml');
  const { core, home, pass, sleep, exchanges } = await startWorld(['work'], { keychain, config });
  await core.close();
  const asked = vi.spyOn(keychain, 'get');
  keychain.fail('vault_locked');
  const locked = await openTestCore(home, { keychain, config });
  await stopAfter({ stop: () => locked.close() });
  await expect(locked.tend()).rejects.toMatchObject({ kind: 'vault_locked' });
  asked.mockClear();
  sleep(8 * HOUR);
  await pass(5 * MINUTE);
  expect(exchanges()).toBe(0);
  expect(asked).not.toHaveBeenCalled();
  keychain.fail(undefined);
  await locked.vault.unlocked();
  await pass(MINUTE);
  expect(exchanges()).toBe(1);
});

test('jitter: from the margin up to a fifth of it earlier, and not all at once', async () => {
  const { core, home } = await startWorld();
  await copyAccount(core, home, work, 99);
  const { expiresAt, issuedAt } = core.accounts.stored(SERVICE, work.account);
  const store = await openAccounts(home);
  const dueAt = (now: number, aheadMs: number): number =>
    store.due({ now, aheadMs, usedSince: 0, longestBackoffMs: HOUR }).length;
  const end = expiresAt ?? 0;
  const tenth = (end - (issuedAt ?? 0)) / 10;
  for (const [aheadMs, margin] of [
    [5 * MINUTE, 5 * MINUTE],
    [HOUR, tenth],
  ] as const) {
    expect(dueAt(end - margin * 1.2 - 1, aheadMs)).toBe(0);
    expect(dueAt(end - margin * 1.15, aheadMs)).toBeGreaterThan(10);
    expect(dueAt(end - margin * 1.05, aheadMs)).toBeLessThan(90);
    expect(dueAt(end - margin, aheadMs)).toBe(100);
  }
});

test('with 10,000 accounts the daemon starts, answers, and refreshes only what is due', async () => {
  const scene = await stopAfter(startScene({ config: '[vault]\nkey = "key_file"\n' }));
  const { api, sandbox } = scene;
  const copied = { service: SERVICE, account: 'copied' };
  for (const account of ['copied', 'due-1', 'due-2', 'due-3', 'later']) await addAccount(api, { account });
  await api.shutdown();
  await scene.daemon.exited;
  const core = await openTestCore(sandbox.home);
  await copyAccount(core, sandbox.home, copied, 10_000);
  await core.close();
  const { home } = sandbox;
  const issuedAgoMs = 100 * SECOND;
  // Due already: a tenth of its lifetime is more than what is left of it.
  stored.retime(home, { issuedAgoMs, endsInMs: 5 * SECOND }, 'due-*');
  // Due in some seconds, so that the scheduler has looked around once more by then.
  stored.retime(home, { issuedAgoMs, endsInMs: 20 * SECOND }, 'later');
  // Expired, and not used for a week.
  stored.retime(home, { issuedAgoMs, endsInMs: -SECOND, usedAgoMs: 8 * DAY }, 'copy-1*');

  await scene.start();
  expect((await api.status()).account_count).toBe(10_005);
  const token = await api.getToken({ service: SERVICE, account: 'copy-9999' });
  expect(token.access_token).toBe('access token 9999');
  const fourStored = Array(4).fill('stored');
  await vi.waitFor(() => expect(stored.outcomes(home)).toEqual(fourStored), {
    timeout: 40_000,
    interval: 50,
  });
  expect((await api.tokenInfo({ service: SERVICE, account: 'later' })).last_refreshed_at).not.toBeNull();
  expect({ exchanges: scene.exchanges, reuse: scene.provider.counts.reuse }).toEqual({
    exchanges: 4,
    reuse: 0,
  });
}, 60_000);

/** The library with accounts whose tokens live for an hour, its scheduler at work. */
async function startWorld(accounts: readonly string[] = [work.account], options = {}) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { provider, proxy } = await stopAfter(startProxiedProvider());
  const { home } = await stopAfter(createSandbox());
  const core = await openTestCore(home, options);
  await stopAfter({ stop: () => core.close() });
  for (const account of accounts) await signInTo(core, provider, account);
  const events: string[] = [];
  core.events.listen(({ type }) => events.push(type));
  const time = watch();
  await core.tend();
  return {
    core,
    home,
    proxy,
    events,
    ...time,
    exchanges: (): number => provider.counts.token['refresh_token'] ?? 0,
    /** The wall clock goes on, or back, and no timer does. */
    sleep: (ms: number): void => void vi.setSystemTime(Date.now() + ms),
  };
}

/** The accounts of a home, read beside its library. */
async function openAccounts(home: string): Promise<AccountStore> {
  const db = await Sqlite.open(resolvePaths({ SIGILFORGE_HOME: home }).database);
  onTestFinished(() => db.close());
  return new AccountStore(db);
}

/** Time for the scheduler of a library: `pass` goes on only when it has nothing under way. */
function watch() {
  let atWork = false;
  const { due, nextDue } = AccountStore.prototype;
  vi.spyOn(AccountStore.prototype, 'due').mockImplementation(function (this: AccountStore, query) {
    atWork = true;
    return due.call(this, query);
  });
  vi.spyOn(AccountStore.prototype, 'nextDue').mockImplementation(function (this: AccountStore, query) {
    atWork = false;
    return nextDue.call(this, query);
  });
  onTestFinished(() => void vi.restoreAllMocks());
  const idle = (): Promise<void> => until(() => !atWork);
  const wake = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));
  return {
    idle,
    wake,
    async pass(ms: number): Promise<void> {
      // Less at once than an exchange may take, which a timer of the same clock ends.
      for (let left = ms; left > 0; left -= 20 * SECOND) {
        await wake(Math.min(left, 20 * SECOND));
        await idle();
      }
    },
  };
}

function get(core: Core) {
  return core.tokens.get({ ...work, refresh_if_needed: true });
}

/** Lets the network go on, whose time is the real one, until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
