import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type Logger, silentLogger } from '../../../daemon/core/platform/log.js';
import { ServiceReports } from '../../../daemon/service/reports.js';

const address = '/run/notify';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** What a manager hears of a daemon whose state the test changes. */
function heard({ watchdogMs, takes = true }: { watchdogMs?: number; takes?: boolean } = {}) {
  const told: string[] = [];
  const logged: string[] = [];
  const state = { line: '0 accounts, vault unlocked' };
  const log: Logger = { ...silentLogger, warn: (event) => void logged.push(event) };
  const send = (to: string, text: string): boolean => {
    expect(to).toBe(address);
    told.push(text);
    return takes;
  };
  const reports = new ServiceReports({ notifySocket: address, watchdogMs }, () => state.line, log, send);
  onTestFinished(() => reports.end());
  return { reports, told, logged, state };
}

test('it is told that the daemon is ready and how it is, each change of that, and the end', () => {
  const { reports, told, state } = heard();
  expect(told).toEqual([]);
  reports.begin();
  expect(told.splice(0)).toEqual(['READY=1\nSTATUS=0 accounts, vault unlocked\n']);
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
  state.line = '1 account, vault locked';
  vi.advanceTimersByTime(60_000);
  expect(told.splice(0)).toEqual(['STATUS=1 account, vault locked\n']);
  reports.end();
  expect(told.splice(0)).toEqual(['STOPPING=1\nSTATUS=Finishing what is under way.\n']);
  state.line = '2 accounts, vault locked';
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
});

test('the watchdog is fed twice in its time, from when the daemon is ready until it ends', () => {
  const { reports, told } = heard({ watchdogMs: 20_000 });
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
  reports.begin();
  told.splice(0);
  vi.advanceTimersByTime(60_000);
  expect(told.splice(0)).toEqual(Array(6).fill('WATCHDOG=1\n'));
  reports.end();
  told.splice(0);
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
});

test('a manager that does not listen is a line in the log', () => {
  const { reports, logged, state } = heard({ watchdogMs: 20_000, takes: false });
  reports.begin();
  state.line = '1 account, vault locked';
  vi.advanceTimersByTime(60_000);
  reports.end();
  expect(logged).toEqual(['service.not_told']);
});

test('without a manager nothing is said, and nothing looked at', () => {
  const describe = vi.fn(() => '');
  const send = vi.fn(() => true);
  const reports = new ServiceReports(
    { notifySocket: undefined, watchdogMs: 1_000 },
    describe,
    silentLogger,
    send,
  );
  reports.begin();
  vi.advanceTimersByTime(60_000);
  reports.end();
  expect(describe).not.toHaveBeenCalled();
  expect(send).not.toHaveBeenCalled();
});

/** A daemon where no datagram can be sent from, with this on its path as `systemd-notify`. */
async function withTool(script: string | undefined) {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const tool = path.join(folder, 'systemd-notify');
  if (script !== undefined) {
    writeFileSync(tool, script);
    chmodSync(tool, 0o700);
  }
  vi.stubEnv('PATH', folder);
  const logged: unknown[] = [];
  const log: Logger = { ...silentLogger, warn: (event, fields) => void logged.push({ event, ...fields }) };
  const reports = new ServiceReports(
    { notifySocket: address, watchdogMs: 20_000 },
    () => '0 accounts, vault unlocked',
    log,
    null,
  );
  reports.begin();
  onTestFinished(() => reports.end());
  return { said: `${tool}.said`, logged };
}

test('without koffi, systemd-notify says that it is ready, and that no watchdog is to wait for it', async () => {
  const { said } = await withTool(
    '#!/bin/sh\nprintf "%s|" "$NOTIFY_SOCKET" "$@" > "$0.draft"; /bin/mv "$0.draft" "$0.said"\n',
  );
  await expect
    .poll(() => readFileSync(said, 'utf8'))
    .toBe(`${address}|--ready|--status=0 accounts, vault unlocked|WATCHDOG_USEC=0|`);
});

test.each([
  ['is not there', undefined, 'ENOENT'],
  ['fails', '#!/bin/sh\nexit 3\n', 'systemd-notify'],
])('without koffi, and if systemd-notify %s, there is a line in the log', async (_, script, reason) => {
  const { logged } = await withTool(script);
  await expect.poll(() => logged).toEqual([{ event: 'service.not_told', reason }]);
});
