import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Logger, silentLogger } from '../../daemon/core/platform/log.js';
import { Whereabouts } from '../../daemon/whereabouts.js';
import { createSandbox, type RunningDaemon, type Sandbox } from '../support/start/sandbox.js';
import { serveStub } from '../support/start/served.js';
import { stopAfter } from '../support/start/stop-after.js';
import { isBeingWritten } from '../support/stored.js';
import { WireClient } from '../support/wire/wire-client.js';

/** A daemon that listens in a runtime folder, as a login makes it. */
interface Session {
  readonly sandbox: Sandbox;
  /** Where the runtime folder is. */
  readonly above: string;
  readonly runtime: string;
  readonly socket: string;
  readonly elsewhere: string;
  readonly env: NodeJS.ProcessEnv;
  readonly daemon: RunningDaemon;
}

async function session(): Promise<Session> {
  const above = await mkdtemp(path.join(tmpdir(), 'sfr-'));
  // The last that is done: until it is stopped, the daemon may make its socket there again.
  onTestFinished(() => rm(above, { recursive: true, force: true }));
  const sandbox = await stopAfter(createSandbox());
  const runtime = path.join(above, 'user');
  mkdirSync(runtime, { mode: 0o700 });
  const env = { SIGILFORGE_HOME: '', XDG_RUNTIME_DIR: runtime };
  const elsewhere = path.join(sandbox.home, '.local', 'state', 'sigilforge', 'run', 'sigilforge.sock');
  const daemon = await sandbox.startDaemon(env);
  return { sandbox, above, runtime, env, daemon, elsewhere, socket: path.join(runtime, 'sigilforge.sock') };
}

async function status({ sandbox, env }: Session): Promise<Record<string, unknown>> {
  return JSON.parse((await sandbox.run(['daemon', 'status', '--json'], { env })).stdout);
}

/** Resolves once clients reach the daemon at `socket`. */
async function answersAt(one: Session, socket: string): Promise<void> {
  const { pid } = one.daemon;
  await expect
    .poll(() => status(one), { timeout: 20_000 })
    .toMatchObject({ running: true, pid, socket, version: expect.any(String), uptime_s: expect.any(Number) });
}

/** Puts a file in the place of the runtime folder: it cannot be made again, not even by root. */
async function takeAway({ runtime }: Session): Promise<void> {
  await rm(runtime, { recursive: true });
  writeFileSync(runtime, '');
}

describe('a daemon whose socket is gone listens again', () => {
  test('at the same place, where only the socket was removed, and those who are connected stay', async () => {
    const one = await session();
    const client = await WireClient.connect(one.socket);
    onTestFinished(() => client.stop());
    await rm(one.socket);
    await answersAt(one, one.socket);
    expect(await client.call('status')).toMatchObject({ result: { pid: one.daemon.pid } });
    expect(await one.sandbox.run(['daemon', 'stop'], { env: one.env })).toMatchObject({ code: 0 });
    expect(existsSync(one.socket)).toBe(false);
  });

  test('at the same place, where its folder can be made again', async () => {
    const one = await session();
    await rm(one.runtime, { recursive: true });
    await answersAt(one, one.socket);
  });

  test('in the state folder where it cannot, and at the usual place with the next login', async () => {
    const one = await session();
    await takeAway(one);
    const cron: Session = { ...one, env: { SIGILFORGE_HOME: '' } };
    await answersAt(cron, one.elsewhere);
    await rm(one.runtime);
    mkdirSync(one.runtime, { mode: 0o700 });
    await answersAt(one, one.socket);
    await expect.poll(() => existsSync(one.elsewhere)).toBe(false);
    await answersAt(cron, one.socket);
    const again = await one.sandbox.run(['daemon', 'start', '--json'], { env: cron.env });
    expect(JSON.parse(again.stdout)).toMatchObject({ pid: one.daemon.pid, already_running: true });
    const restarted = await one.sandbox.run(['daemon', 'restart', '--json'], { env: one.env });
    one.sandbox.track(Number(JSON.parse(restarted.stdout).pid));
    expect(JSON.parse(restarted.stdout)).toMatchObject({ socket: one.socket, already_running: false });
    expect(await one.daemon.exited).toMatchObject({ code: 0 });
  });

  test.each([
    ['a file', (socket: string) => writeFileSync(socket, 'precious', { mode: 0o600 })],
    ['a link', (socket: string) => symlinkSync('/nowhere', socket)],
    ['a folder', (socket: string) => mkdirSync(socket, { mode: 0o700 })],
  ])('elsewhere, where %s has its name, which stays', async (_, put) => {
    const one = await session();
    await rm(one.socket);
    put(one.socket);
    const cron: Session = { ...one, env: { SIGILFORGE_HOME: '' } };
    await answersAt(cron, one.elsewhere);
    expect(await one.sandbox.run(['daemon', 'stop'], cron)).toMatchObject({ code: 0 });
    if (_ === 'a file') expect(readFileSync(one.socket, 'utf8')).toBe('precious');
  });

  test('never in a folder that others may open, or that a link has taken the place of', async () => {
    const one = await session();
    await rm(one.runtime, { recursive: true });
    const trap = path.join(one.above, 'trap');
    mkdirSync(trap, { mode: 0o700 });
    symlinkSync(trap, one.runtime);
    const cron: Session = { ...one, env: { SIGILFORGE_HOME: '' } };
    await answersAt(cron, one.elsewhere);
    await rm(one.runtime);
    mkdirSync(one.runtime);
    chmodSync(one.runtime, 0o755);
    await answersAt(cron, one.elsewhere);
    expect(existsSync(path.join(trap, 'sigilforge.sock'))).toBe(false);
    expect(existsSync(one.socket)).toBe(false);
  });
});

describe('a daemon that no socket leads to', () => {
  /** It is stopped, so that it cannot notice, but not in the middle of a change, which others would wait for. */
  async function lost(): Promise<Session> {
    const one = await session();
    const database = path.join(one.sandbox.home, '.local', 'share', 'sigilforge', 'sigilforge.db');
    const stops = (): boolean => {
      one.daemon.child.kill('SIGSTOP');
      if (!isBeingWritten(database)) return true;
      one.daemon.child.kill('SIGCONT');
      return false;
    };
    await expect.poll(stops).toBe(true);
    onTestFinished(() => void one.daemon.child.kill('SIGCONT'));
    await rm(one.socket);
    return one;
  }

  test('is named by every command, and no hint leads in a circle', async () => {
    const one = await lost();
    const { sandbox, env, daemon, socket } = one;
    const named = `running (process ${daemon.pid}), but its socket is gone: ${socket}`;
    const asked = await sandbox.run(['daemon', 'status'], { env });
    expect(asked).toMatchObject({ code: 4, stdout: expect.stringContaining(`daemon\t${named}\n`) });
    expect(await status(one)).toMatchObject({ running: true, reachable: false, pid: daemon.pid });
    const whole = await sandbox.run(['status'], { env });
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining(`daemon\t${named}\n`) });
    expect(whole.stderr).toContain(`The daemon is ${named}, so the library in this process is used.`);
    expect(await sandbox.run(['status', '--no-fallback'], { env })).toMatchObject({
      code: 9,
      stderr: expect.stringMatching(/is running, but its socket is gone: .*\n.*sigilforge daemon restart/),
    });
    expect(await sandbox.run(['daemon', 'start'], { env })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(`process ${daemon.pid}.*\n.*sigilforge daemon stop`),
    });
  });

  test('is stopped by a signal', async () => {
    const { sandbox, env, daemon } = await lost();
    const stopping = sandbox.run(['daemon', 'stop', '--json'], { env });
    // It gets the signal when it runs again.
    await expect.poll(() => pendingSignals(daemon.pid)).toMatch(/[4567cdef]...$/);
    daemon.child.kill('SIGCONT');
    expect(JSON.parse((await stopping).stdout)).toEqual({ stopped: true });
    expect(await daemon.exited).toMatchObject({ code: 0, signal: null });
  });
});

/** The last digits are of signals 1 to 16; SIGTERM is 15. */
function pendingSignals(pid: number): string {
  return /^ShdPnd:\s+(\S+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
}

describe('where the daemon is', () => {
  async function served() {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const home = await mkdtemp(path.join(tmpdir(), 'sfr-'));
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    const [data, run] = [path.join(home, 'data'), path.join(home, 'run')];
    mkdirSync(data, { mode: 0o700 });
    const usual = path.join(run, 's.sock');
    const { serving } = await stopAfter(serveStub({ socket: usual }));
    const presence = path.join(data, 'daemon.json');
    const begin = (log: Logger = silentLogger) => {
      const whereabouts = new Whereabouts(serving, { usual, elsewhere: usual, presence }, log);
      onTestFinished(() => whereabouts.stay());
      return whereabouts;
    };
    return { data, run, presence, begin };
  }

  test('is written once the disk takes it', async () => {
    const { presence, begin } = await served();
    // A folder in its place is as good as a full disk.
    mkdirSync(presence);
    const whereabouts = begin();
    await rm(presence, { recursive: true });
    vi.advanceTimersToNextTimer();
    await expect.poll(() => existsSync(presence)).toBe(true);
    whereabouts.leave();
    expect(existsSync(presence)).toBe(false);
  });

  test('is written again where the file was removed, or replaced by that of a daemon that is gone', async () => {
    const { presence, begin } = await served();
    begin();
    const written = readFileSync(presence, 'utf8');
    const others = [
      written.replace(`${process.pid}`, '1'),
      written.replace('"started":"', '"started":"9'),
      'nonsense',
    ];
    for (const other of others) {
      writeFileSync(presence, other);
      vi.advanceTimersToNextTimer();
      await expect.poll(() => readFileSync(presence, 'utf8')).toBe(written);
    }
    await rm(presence);
    vi.advanceTimersToNextTimer();
    await expect.poll(() => existsSync(presence)).toBe(true);
  });

  test('is logged once if it cannot be written', async () => {
    const { presence, begin } = await served();
    mkdirSync(presence);
    const logged: string[] = [];
    begin({ ...silentLogger, warn: (event) => void logged.push(event) });
    for (let step = 0; step < 3; step++) vi.advanceTimersToNextTimer();
    expect(logged).toEqual(['presence.not_written']);
    await rm(presence, { recursive: true });
    vi.advanceTimersToNextTimer();
    await expect.poll(() => existsSync(presence)).toBe(true);
    expect(logged).toHaveLength(1);
  });

  test('is seen to, but nothing is made again after its home was removed', async () => {
    const { data, run, begin } = await served();
    begin();
    await rm(run, { recursive: true });
    renameSync(data, `${data}.away`);
    vi.advanceTimersToNextTimer();
    expect(existsSync(run)).toBe(false);
    renameSync(`${data}.away`, data);
    vi.advanceTimersToNextTimer();
    await expect.poll(() => existsSync(path.join(run, 's.sock'))).toBe(true);
  });
});
