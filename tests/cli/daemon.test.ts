import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isRunning } from '../support/start/processes.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await createSandbox();
});

afterEach(() => sandbox.stop());

/** The result of a `daemon` command, and the process it speaks of ended with the sandbox. */
async function daemon(name: string): Promise<Record<string, unknown>> {
  const { stdout } = await sandbox.run(['daemon', name, '--json']);
  const result = JSON.parse(stdout) as Record<string, unknown>;
  if (typeof result['pid'] === 'number') sandbox.track(result['pid']);
  return result;
}

test('the daemon is started, found, restarted and stopped', async () => {
  const started = await daemon('start');
  expect(started).toMatchObject({ socket: sandbox.socket, already_running: false });
  expect(await daemon('start')).toEqual({ ...started, already_running: true });
  expect(await daemon('status')).toMatchObject({ running: true, pid: started['pid'] });

  const restarted = await daemon('restart');
  expect(restarted['pid']).not.toBe(started['pid']);
  expect(await isRunning(Number(started['pid']))).toBe(false);
  const text = await sandbox.run(['daemon', 'start']);
  expect(text).toMatchObject({
    code: 0,
    stdout: `pid\t${restarted['pid']}\nsocket\t${sandbox.socket}\n`,
    stderr: 'sigilforge: The daemon is already running.\n',
  });

  expect(await daemon('stop')).toEqual({ stopped: true });
  expect(await isRunning(Number(restarted['pid']))).toBe(false);
  expect(await daemon('stop')).toEqual({ stopped: false });
  expect((await sandbox.run(['daemon', 'status'])).code).toBe(3);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  'daemon run passes %s on and ends as the daemon does',
  async (signal) => {
    const running = sandbox.start(['daemon', 'run']);
    const [line = ''] = await running.seen(/.*\n/, 'stdout');
    const { pid } = JSON.parse(line) as { pid: number };
    sandbox.track(pid);
    expect(pid).not.toBe(running.pid);
    expect((await sandbox.run(['daemon', 'status'])).code).toBe(0);
    running.child.kill(signal);
    expect(await running.exited).toMatchObject({ code: 0, signal: null });
    expect(await isRunning(pid)).toBe(false);
  },
);

test('daemon run ends by the signal that ended the daemon', async () => {
  const running = sandbox.start(['daemon', 'run']);
  const [line = ''] = await running.seen(/.*\n/, 'stdout');
  process.kill((JSON.parse(line) as { pid: number }).pid, 'SIGKILL');
  expect(await running.exited).toMatchObject({ code: null, signal: 'SIGKILL' });
});

test('where no daemon runs the library answers, which one line says once a day and never quietly', async () => {
  for (const option of ['--quiet', '--json', '--direct']) {
    expect((await sandbox.run(['provider', 'list', option])).stderr).not.toContain('No daemon');
  }
  const NOTICE =
    'sigilforge: No daemon is running, so the library in this process is used. Start it with: sigilforge daemon start, or at each login with: sigilforge daemon install\n';
  const first = await sandbox.run(['status']);
  expect(first.stderr).toContain(NOTICE);
  expect(first.stdout).toContain('daemon\tnot running\n');
  const said = path.join(sandbox.home, 'state', 'said-no-daemon');
  expect((await stat(said)).mode & 0o777).toBe(0o600);
  expect(await sandbox.run(['provider', 'list'])).toMatchObject({ code: 0, stderr: '' });
  const yesterday = Date.now() / 1000 - 86_401;
  await utimes(said, yesterday, yesterday);
  expect((await sandbox.run(['provider', 'list'])).stderr).toBe(NOTICE);
  expect(await sandbox.run(['provider', 'list'])).toMatchObject({ code: 0, stderr: '' });
  for (const option of ['--quiet', '--direct']) {
    expect(await sandbox.run(['provider', 'list', option])).toMatchObject({ code: 0, stderr: '' });
  }
  // What cannot be remembered is said, and is no error.
  await rm(said);
  await mkdir(said);
  for (let call = 0; call < 2; call += 1) {
    expect(await sandbox.run(['provider', 'list'])).toMatchObject({ code: 0, stderr: NOTICE });
  }
  expect(await sandbox.run(['status', '--no-fallback'])).toMatchObject({ code: 9, stdout: '' });
});
