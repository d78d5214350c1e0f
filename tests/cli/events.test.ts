import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import type { Running } from '../support/start/running.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const KEY = 'canary-api-key-7f3a';
const key = { service: 'plain', account: 'key' };
const DAEMON_UNAVAILABLE = 9;
const LISTENING = /Listening for events/;

let backend: DaemonBackend;

beforeAll(async () => {
  backend = await startDaemon();
});
afterAll(() => backend.stop());
beforeEach(() => {
  onTestFinished(async () => void (await backend.api.removeAccount(key).catch(() => undefined)));
});

/** The command, once it listens. */
async function listen(...args: string[]): Promise<Running> {
  const running = backend.sandbox.start(['events', ...args]);
  await running.seen(LISTENING);
  return running;
}

async function comeAndGo(): Promise<void> {
  await backend.api.addAccount({ ...key, credential: { api_key: KEY } });
  await backend.api.removeAccount(key);
}

test('prints events as they come, and ends cleanly with Ctrl-C', async () => {
  const running = await listen();
  await backend.api.addAccount({ ...key, credential: { api_key: KEY } });
  await running.seen(/^\S+Z\taccount_added\tplain\tkey\n$/, 'stdout');
  await backend.api.removeAccount(key);
  await running.seen(/\n\S+Z\taccount_removed\tplain\tkey\n$/, 'stdout');
  running.child.kill('SIGINT');
  const { code, signal, stdout, stderr } = await running.exited;
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  expect(stdout.split('\n')).toHaveLength(3);
  expect(stderr).toBe('sigilforge: Listening for events. Press Ctrl-C to stop.\n');
});

test('--json prints one object a line, without a value in it', async () => {
  const running = await listen('--json');
  await comeAndGo();
  await running.seen(/account_removed.*\n/, 'stdout');
  running.child.kill('SIGTERM');
  const { code, stdout } = await running.exited;
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { topic: 'accounts', type: 'account_added', ...key },
    { topic: 'accounts', type: 'account_removed', ...key },
  ]);
  expect(stdout).not.toContain(KEY);
});

test('--quiet says nothing but the events', async () => {
  const running = backend.sandbox.start(['events', '--quiet']);
  // There is no other sign that it listens: as many come and go as it takes.
  const heard = running.seen(/account_removed/, 'stdout');
  let over = false;
  const coming = (async () => {
    while (!over) await comeAndGo();
  })();
  await heard;
  over = true;
  await coming;
  running.child.kill('SIGINT');
  expect(await running.exited).toMatchObject({ code: 0, stderr: '' });
});

test('ends in silence when its reader goes away', async () => {
  const running = await listen();
  running.child.stdout.destroy();
  await comeAndGo();
  expect(await running.exited).toMatchObject({ code: 0, stderr: expect.stringMatching(/^.*\n$/) });
});

test('says so when the daemon ends', async () => {
  const other = await stopAfter(startDaemon());
  const running = other.sandbox.start(['events']);
  await running.seen(LISTENING);
  await other.api.shutdown();
  const { code, stdout, stderr } = await running.exited;
  expect({ code, stdout }).toEqual({ code: DAEMON_UNAVAILABLE, stdout: '' });
  expect(stderr).toContain('The daemon has exited');
});

test('needs a daemon', async () => {
  const sandbox = await stopAfter(createSandbox());
  const without = await sandbox.run(['events']);
  expect({ code: without.code, stdout: without.stdout }).toEqual({ code: DAEMON_UNAVAILABLE, stdout: '' });
  expect(without.stderr).toContain('hint:');
  const direct = await backend.sandbox.run(['events', '--direct']);
  expect({ code: direct.code, stdout: direct.stdout }).toEqual({ code: DAEMON_UNAVAILABLE, stdout: '' });
});
