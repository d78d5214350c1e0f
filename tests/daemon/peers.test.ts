import { chmodSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type Logger, silentLogger } from '../../daemon/core/platform/log.js';
import { Strangers } from '../../daemon/server/strangers.js';
import { isOtherUser } from '../../daemon/server/who.js';
import { copyWithout } from '../support/start/copied.js';
import { createSandbox, isRoot, OTHER_USER, type RunningDaemon } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { WireClient } from '../support/wire/wire-client.js';

/** A program that sends what would end the daemon, and prints what comes back. */
const SENDER = `
  const client = require('node:net').connect(process.argv[1]);
  client.on('connect', () => client.write('{"jsonrpc":"2.0","id":1,"method":"shutdown"}\\n'));
  client.on('error', (error) => console.log(error.code));
  client.pipe(process.stdout);
`;

/** The lines of a daemon's log about other users; it has ended. */
async function linesAbout({ exited }: RunningDaemon): Promise<Record<string, unknown>[]> {
  const { stderr } = await exited;
  const lines = stderr.split('\n').filter((line) => line.includes('connection.other_user'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe.runIf(isRoot)(
  'a connection of another user is closed without an answer, and nothing of it is read:',
  () => {
    test("root's, at the daemon of a user", async () => {
      const sandbox = await stopAfter(createSandbox({ user: OTHER_USER }));
      const daemon = await sandbox.startDaemon();
      for (let count = 0; count < 100; count++) {
        const client = await stopAfter(WireClient.connect(sandbox.socket));
        client.send('{"jsonrpc":"2.0","id":1,"method":"shutdown"}\n');
        expect(await client.line()).toBeUndefined();
      }
      const status = await sandbox.run(['status', '--json', '--no-fallback']);
      expect(JSON.parse(status.stdout)).toMatchObject({ connections: 1, peers_checked: true });
      expect(status.stderr).not.toContain('which user connects');
      expect(await sandbox.run(['daemon', 'stop'])).toMatchObject({ code: 0 });
      // More of them within a minute make no other line.
      expect(await linesAbout(daemon)).toMatchObject([{ count: 1, uid: 0, pid: process.pid }]);
    });

    test("a user's, at the daemon of root with a socket that was opened to all", async () => {
      const sandbox = await stopAfter(createSandbox());
      const daemon = await sandbox.startDaemon();
      for (const folder of [sandbox.home, path.dirname(sandbox.socket)]) chmodSync(folder, 0o755);
      chmodSync(sandbox.socket, 0o666);
      const other = await stopAfter(createSandbox({ user: OTHER_USER }));
      const sender = other.spawn([process.execPath, '-e', SENDER, sandbox.socket], { input: '' });
      const { pid } = sender;
      // Bytes that are not read make a reset of the end.
      expect((await sender.exited).stdout).toMatch(/^(ECONNRESET|EPIPE)?\n?$/);
      const client = await stopAfter(WireClient.connect(sandbox.socket));
      expect(await client.call('shutdown')).toHaveProperty('result.stopping', true);
      expect(await linesAbout(daemon)).toMatchObject([{ count: 1, uid: OTHER_USER, pid }]);
    });
  },
);

test('without koffi the daemon serves, and status says that only the mode of the folder keeps others out', async () => {
  const { program } = await stopAfter(copyWithout('koffi'));
  const sandbox = await stopAfter(createSandbox());
  const daemon = sandbox.spawn(program('sigilforged'), { input: '' });
  await daemon.seen(/"ready":true/, 'stdout');
  for (const command of ['status', 'daemon status']) {
    const told = await sandbox.run([...command.split(' '), '--no-fallback']);
    expect(told).toMatchObject({ code: 0, stderr: expect.stringContaining('only the mode of its socket') });
    const { stdout } = await sandbox.run([...command.split(' '), '--no-fallback', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ peers_checked: false });
  }
  const direct = await sandbox.run(['status', '--direct', '--json']);
  expect(JSON.parse(direct.stdout)).toMatchObject({ peers_checked: null });
});

test('other users are counted, and told once a minute', () => {
  vi.useFakeTimers();
  try {
    const counts: unknown[] = [];
    const log: Logger = { ...silentLogger, warn: (_, fields) => void counts.push(fields?.['count']) };
    const strangers = new Strangers(log);
    const note = (times: number): void => {
      for (let count = 0; count < times; count++)
        strangers.note({ uid: 1, pid: 2, started: null, door: null });
    };
    note(1000);
    expect(counts).toEqual([1]);
    vi.advanceTimersByTime(60_000);
    expect(counts).toEqual([1, 999]);
    vi.advanceTimersByTime(600_000);
    note(2);
    expect(counts).toEqual([1, 999, 1]);
  } finally {
    vi.useRealTimers();
  }
});

test('a connection is one of another user if the system could tell and does not', () => {
  const who = { uid: null, pid: null, started: null, door: null };
  expect(isOtherUser(who)).toBe(true);
  expect(isOtherUser({ ...who, uid: process.geteuid?.() ?? null })).toBe(process.geteuid === undefined);
});
