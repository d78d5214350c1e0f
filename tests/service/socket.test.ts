import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Running } from '../support/start/running.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

// A socket that is bound before the daemon runs, and handed over with the first client.

const isInstalled = spawnSync('systemd-socket-activate', ['--version']).status === 0;
if (!isInstalled) process.stderr.write('systemd-socket-activate is not installed: its tests are skipped.\n');

/** Listens in place of a daemon, which runs from the first connection on. */
async function waiting(sandbox: Sandbox, options: readonly string[]): Promise<Running> {
  const folder = path.dirname(sandbox.socket);
  mkdirSync(folder, { mode: 0o700 });
  const passed = ['SIGILFORGE_HOME', 'PATH'].flatMap((name) => ['-E', name]);
  const command = ['systemd-socket-activate', ...passed, ...options, '--', ...program('sigilforged')];
  const running = sandbox.spawn(command);
  await running.seen(/^Listening on /m);
  // It binds with a mask of its own.
  for (const name of readdirSync(folder)) chmodSync(path.join(folder, name), 0o600);
  return running;
}

async function status(sandbox: Sandbox): Promise<unknown> {
  const { stdout, stderr } = await sandbox.run(['status', '--no-fallback', '--json']);
  return stdout === '' ? stderr : JSON.parse(stdout);
}

/** Connects without a question. */
function knock(address: string): void {
  const socket = net.connect(address).on('error', () => {});
  onTestFinished(() => void socket.destroy());
}

/** Why a daemon that a connection has started does not begin. */
async function refusal(running: Running): Promise<unknown> {
  await running.exited;
  const line = running.stdout.split('\n').find((text) => text.startsWith('{"ready"')) ?? '{}';
  return JSON.parse(line);
}

describe.skipIf(!isInstalled)('a socket that is handed over', () => {
  test('starts the daemon with the first request, which it answers', async () => {
    const sandbox = await stopAfter(createSandbox());
    const { pid } = await waiting(sandbox, ['-l', sandbox.socket]);
    expect(await status(sandbox)).toMatchObject({ pid, socket: sandbox.socket, started_by: 'systemd' });
    for (const command of [['status'], ['daemon', 'status']]) {
      const { stdout } = await sandbox.run([...command, '--no-fallback']);
      expect(stdout).toContain('started_by\tsystemd\n');
    }
  });

  test('stays where it is when the daemon ends', async () => {
    const sandbox = await stopAfter(createSandbox());
    const daemon = await waiting(sandbox, ['-l', sandbox.socket]);
    const { ino } = lstatSync(sandbox.socket);
    expect(await status(sandbox)).toMatchObject({ pid: daemon.pid });
    daemon.child.kill('SIGTERM');
    expect(await daemon.exited).toMatchObject({ code: 0, signal: null });
    expect(lstatSync(sandbox.socket)).toMatchObject({ ino });
  });

  test('may be at another place than the usual one, and clients find it', async () => {
    const sandbox = await stopAfter(createSandbox());
    const socket = path.join(path.dirname(sandbox.socket), 'other.sock');
    const { pid } = await waiting(sandbox, ['-l', socket]);
    knock(socket);
    await expect.poll(() => status(sandbox), { timeout: 20_000 }).toMatchObject({ pid, socket });
  });

  test('that has lost its path is given up: the daemon listens there again', async () => {
    const sandbox = await stopAfter(createSandbox());
    const daemon = await waiting(sandbox, ['-l', sandbox.socket]);
    expect(await status(sandbox)).toMatchObject({ pid: daemon.pid });
    rmSync(sandbox.socket);
    await expect.poll(() => status(sandbox), { timeout: 20_000 }).toMatchObject({ pid: daemon.pid });
    daemon.child.kill('SIGTERM');
    expect(await daemon.exited).toMatchObject({ code: 0 });
    // This one is its own.
    expect(lstatSync(sandbox.socket, { throwIfNoEntry: false })).toBeUndefined();
  });

  test.each<[string, (socket: string) => string[]]>([
    ['a second one', (socket) => ['-l', socket, '-l', `${socket}.other`]],
    ['a connection in its place', (socket) => ['--accept', '-l', socket]],
    ['one without a path', (socket) => ['-l', `@${socket}`]],
  ])('is refused with %s', async (name, options) => {
    const sandbox = await stopAfter(createSandbox());
    const running = await waiting(sandbox, options(sandbox.socket));
    // Node cannot connect to a name that is not a path.
    if (name !== 'one without a path') knock(sandbox.socket);
    else sandbox.spawn(['socat', '-u', '/dev/null', `ABSTRACT-CONNECT:${sandbox.socket}`]);
    if (name === 'a connection in its place') {
      await running.seen(/"ready":false/, 'stdout');
      running.child.kill('SIGTERM');
    }
    expect(await refusal(running)).toMatchObject({
      ready: false,
      error: { data: { kind: 'config', hint: expect.stringContaining('in the socket unit') } },
    });
  });

  test('is refused if others may open it, with the line of the unit that closes it', async () => {
    const sandbox = await stopAfter(createSandbox());
    const running = await waiting(sandbox, ['-l', sandbox.socket]);
    chmodSync(sandbox.socket, 0o666);
    knock(sandbox.socket);
    expect(await refusal(running)).toMatchObject({
      error: { data: { kind: 'unsafe_path', hint: expect.stringContaining('SocketMode=0600') } },
    });
    expect(await running.exited).toMatchObject({ code: 7 });
  });
});

/** Binds and listens, removes the path again, and becomes the daemon. */
const LOST = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
os.unlink(sys.argv[1])
s.fileno() == 3 or os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')
os.execv(sys.argv[2], sys.argv[2:])
`;

test.runIf(process.platform === 'linux')(
  'a socket that no path leads to any more is not waited at',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    mkdirSync(path.dirname(sandbox.socket), { mode: 0o700 });
    const command = ['python3', '-c', LOST, sandbox.socket, ...program('sigilforged')];
    const daemon = sandbox.spawn(command, { input: '' });
    await daemon.seen(/^.*\n/, 'stdout');
    expect(await status(sandbox)).toMatchObject({ pid: daemon.pid, socket: sandbox.socket });
    expect(daemon.stderr).toContain('"socket.gone"');
  },
);
