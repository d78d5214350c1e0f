import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunResult } from '../support/start/running.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

/** A user's environment without SIGILFORGE_HOME, as a login has it, and as cron, su and ssh do: without a runtime folder. */
interface User {
  readonly sandbox: Sandbox;
  readonly runtime: string;
  readonly login: NodeJS.ProcessEnv;
  readonly cron: NodeJS.ProcessEnv;
}

async function user(): Promise<User> {
  const sandbox = await stopAfter(createSandbox());
  const runtime = await mkdtemp(path.join(tmpdir(), 'sfr-'));
  onTestFinished(() => rm(runtime, { recursive: true, force: true }));
  const cron = { SIGILFORGE_HOME: '' };
  return { sandbox, runtime, cron, login: { ...cron, XDG_RUNTIME_DIR: runtime } };
}

const dataOf = ({ sandbox }: User) => path.join(sandbox.home, '.local', 'share', 'sigilforge');
const presenceOf = (one: User) => path.join(dataOf(one), 'daemon.json');

async function json({ sandbox }: User, args: readonly string[], env: NodeJS.ProcessEnv) {
  const result = await sandbox.run([...args, '--json'], { env });
  const answer = JSON.parse(result.stdout) as Record<string, unknown>;
  if (typeof answer['pid'] === 'number') sandbox.track(answer['pid']);
  return answer;
}

function config({ sandbox }: User, text: string): void {
  const folder = path.join(sandbox.home, '.config', 'sigilforge');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(folder, 'config.toml'), text, { mode: 0o600 });
}

/** What is the same for every way in which a daemon and a client may have been started. */
async function reaches(one: User, daemon: NodeJS.ProcessEnv, client: NodeJS.ProcessEnv): Promise<void> {
  const { sandbox } = one;
  const other = daemon['SIGILFORGE_SOCKET'] ? one.login : daemon;
  const started = await json(one, ['daemon', 'start'], daemon);
  expect(await json(one, ['daemon', 'status'], client)).toMatchObject({
    running: true,
    ...identity(started),
  });
  expect(await json(one, ['daemon', 'start'], client)).toEqual({ ...started, already_running: true });
  const quiet = (result: RunResult) => expect(result).toMatchObject({ code: 0, stderr: '' });
  const key = ['add-account', 'example', 'one', '--api-key', '--no-fallback'];
  expect(await sandbox.run(key, { env: client, input: 'a key\n' })).toMatchObject({ code: 0 });
  const token = await sandbox.run(['get-token', 'example', 'one'], { env: client });
  quiet(token);
  expect(token.stdout).toBe('a key\n');
  const exec = ['exec', '--env', 'KEY=auth://example/one/token', '--no-mask', '--', 'printenv', 'KEY'];
  const ran = await sandbox.run(exec, { env: client });
  quiet(ran);
  expect(ran.stdout).toBe('a key\n');
  expect(await json(one, ['status'], client)).toMatchObject(identity(started));
  expect(await viaOf(one, client)).toBe('daemon');

  const restarted = await json(one, ['daemon', 'restart'], client);
  expect(restarted['pid']).not.toBe(started['pid']);
  expect(await json(one, ['daemon', 'status'], other)).toMatchObject({
    running: true,
    ...identity(restarted),
  });
  expect(await json(one, ['daemon', 'stop'], other)).toEqual({ stopped: true });
  expect(existsSync(presenceOf(one))).toBe(false);
  expect(await json(one, ['daemon', 'stop'], client)).toEqual({ stopped: false });
}

function identity({ pid, socket }: Record<string, unknown>) {
  return { pid, socket };
}

/** The way in which the client library finds an answer. */
async function viaOf({ sandbox }: User, env: NodeJS.ProcessEnv): Promise<string> {
  const client = path.join(path.dirname(program('sigilforge')[1] ?? ''), 'client.cjs');
  const text = `require(${JSON.stringify(client)}).connect().then(async (c) => { console.log(c.via); await c.close(); })`;
  const { stdout } = await sandbox.spawn([process.execPath, '-e', text], { env, input: '' }).exited;
  return stdout.trim();
}

describe('a running daemon is found', () => {
  test('without XDG_RUNTIME_DIR, which it was started with', async () => {
    const one = await user();
    await reaches(one, one.login, one.cron);
  });

  test('with XDG_RUNTIME_DIR, which it was started without', async () => {
    const one = await user();
    await reaches(one, one.cron, one.login);
  });

  test('in another session of the user, with another XDG_RUNTIME_DIR', async () => {
    const one = await user();
    const other = await user();
    await reaches(one, one.login, { ...one.cron, XDG_RUNTIME_DIR: other.runtime });
  });

  test('whose socket was named in its own SIGILFORGE_SOCKET and nowhere else', async () => {
    const one = await user();
    await reaches(one, { ...one.login, SIGILFORGE_SOCKET: path.join(one.runtime, 'mine.sock') }, one.cron);
  });

  test('after its socket has left config.toml, and after one was written there', async () => {
    const one = await user();
    config(one, `[daemon]\nsocket = "${one.runtime}/configured.sock"\n`);
    const started = await json(one, ['daemon', 'start'], one.login);
    expect(started).toMatchObject({ socket: `${one.runtime}/configured.sock` });
    for (const text of ['', `[daemon]\nsocket = "${one.runtime}/another.sock"\n`]) {
      config(one, text);
      expect(await json(one, ['daemon', 'status'], one.cron)).toMatchObject({ pid: started['pid'] });
    }
  });
});

describe('what the daemon writes about itself', () => {
  test('is closed to others, whole, and gone when it has ended', async () => {
    const one = await user();
    const { pid, socket } = await json(one, ['daemon', 'start'], one.login);
    expect(lstatSync(presenceOf(one)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(presenceOf(one), 'utf8'))).toMatchObject({ pid, socket });
    process.kill(Number(pid), 'SIGTERM');
    await expect.poll(() => existsSync(presenceOf(one))).toBe(false);
  });

  test('does no harm after the daemon was killed, whatever has come to be where it listened', async () => {
    const one = await user();
    const { pid, socket } = await json(one, ['daemon', 'start'], one.login);
    process.kill(Number(pid), 'SIGKILL');
    await expect.poll(async () => (await json(one, ['daemon', 'status'], one.cron))['running']).toBe(false);
    expect(await json(one, ['daemon', 'stop'], one.cron)).toEqual({ stopped: false });
    await rm(String(socket));
    writeFileSync(String(socket), '', { mode: 0o666 });
    chmodSync(String(socket), 0o666);
    expect(await json(one, ['daemon', 'status'], one.cron)).toEqual({ running: false });
    const next = await json(one, ['daemon', 'start'], one.cron);
    expect(JSON.parse(readFileSync(presenceOf(one), 'utf8'))).toMatchObject(identity(next));
  });

  test.each([
    ['no JSON', 'nonsense'],
    ['a relative path', '{"socket":"run/s.sock","pid":1234,"started":null,"version":"1"}'],
    ['an unknown process', '{"socket":"/nowhere/s.sock","pid":-1,"started":null,"version":"1"}'],
    ['far too much', JSON.stringify({ socket: '/nowhere', pid: 5, started: null, version: 'x'.repeat(1e6) })],
  ])('is passed over where it is %s', async (_, text) => {
    const one = await user();
    mkdirSync(dataOf(one), { recursive: true, mode: 0o700 });
    writeFileSync(presenceOf(one), text, { mode: 0o600 });
    expect(await json(one, ['daemon', 'status'], one.cron)).toEqual({ running: false });
    expect(await json(one, ['daemon', 'stop'], one.cron)).toEqual({ stopped: false });
  });

  test('is refused where others could have written it', async () => {
    const one = await user();
    mkdirSync(dataOf(one), { recursive: true, mode: 0o700 });
    writeFileSync(presenceOf(one), '{}', { mode: 0o666 });
    chmodSync(presenceOf(one), 0o666);
    const refused = { code: 7, stderr: expect.stringContaining(`chmod 600 '${presenceOf(one)}'`) };
    expect(await one.sandbox.run(['daemon', 'status'], { env: one.cron })).toMatchObject(refused);
    await rm(presenceOf(one));
    symlinkSync('/dev/zero', presenceOf(one));
    expect(await one.sandbox.run(['daemon', 'status'], { env: one.cron })).toMatchObject({ code: 7 });
  });

  test('of another home leads nowhere', async () => {
    const [one, other] = [await user(), await user()];
    await json(one, ['daemon', 'start'], one.login);
    expect(await json(other, ['daemon', 'status'], other.cron)).toEqual({ running: false });
    expect(await json(other, ['daemon', 'stop'], other.login)).toEqual({ stopped: false });
  });

  test('names no process that only has the same id: stop ends nothing', async () => {
    const one = await user();
    const bystander = one.sandbox.spawn(['sleep', '60']);
    mkdirSync(dataOf(one), { recursive: true, mode: 0o700 });
    const started = readFileSync(`/proc/${bystander.pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[19];
    const socket = path.join(one.runtime, 'sigilforge.sock');
    writeFileSync(presenceOf(one), JSON.stringify({ socket, pid: bystander.pid, started, version: '1' }), {
      mode: 0o600,
    });
    expect(await json(one, ['daemon', 'stop'], one.cron)).toEqual({ stopped: false });
    expect(bystander.child.exitCode ?? bystander.child.signalCode).toBe(null);
  });
});

describe('a socket that the environment names', () => {
  test('is the only one that is tried, and what is said leads out', async () => {
    const one = await user();
    const { pid, socket } = await json(one, ['daemon', 'start'], one.login);
    const pinned = { ...one.cron, SIGILFORGE_SOCKET: path.join(one.runtime, 'other.sock') };
    const { sandbox } = one;
    const told = expect.stringMatching(
      new RegExp(
        `No daemon listens on .*other\\.sock\\.\n.*process ${pid}.*${socket}.*Unset SIGILFORGE_SOCKET`,
      ),
    );
    expect(await sandbox.run(['daemon', 'stop'], { env: pinned })).toMatchObject({ code: 9, stderr: told });
    expect(await sandbox.run(['list-accounts'], { env: pinned })).toMatchObject({ code: 9, stderr: told });
    expect(await json(one, ['daemon', 'status'], pinned)).toEqual({ running: false });
    expect(await sandbox.run(['daemon', 'start'], { env: pinned })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        new RegExp(`process ${pid}\\), and listens on ${socket}\\.\n.*SIGILFORGE_SOCKET`),
      ),
    });
    expect(await json(one, ['daemon', 'status'], one.cron)).toMatchObject({ running: true, pid });
  });
});
