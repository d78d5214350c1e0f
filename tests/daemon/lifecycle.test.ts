import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { builtFile } from '../../shared/built-file.js';
import { startFakeTokenEndpoint } from '../support/provider/fake-token-endpoint.js';
import { isRunning } from '../support/start/processes.js';
import type { Running } from '../support/start/running.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const name = { service: 'example', account: 'one' };
const credential = { api_key: 'a key' };

async function clientOf(socket: string): Promise<SigilforgeClient> {
  const client = await connect({ socket });
  onTestFinished(() => client.close());
  return client;
}

/** `sigilforged` in the foreground, ready. */
async function foreground(sandbox: Sandbox, env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const daemon = sandbox.spawn([process.execPath, builtFile('sigilforged.cjs')], { input: '', env });
  await daemon.seen(/^.*\n/, 'stdout');
  return daemon;
}

/** `sigilforge daemon start`: the process that it leaves behind is ended with the sandbox. */
async function start(sandbox: Sandbox, env: NodeJS.ProcessEnv = {}) {
  const { code, stdout, stderr } = await sandbox.run(['daemon', 'start', '--json'], { env });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const started = JSON.parse(stdout) as { pid: number; socket: string; already_running: boolean };
  sandbox.track(started.pid);
  return started;
}

describe('sigilforge daemon', () => {
  test.runIf(process.platform === 'linux')('holds no lock of who starts it, at any descriptor', async () => {
    const sandbox = await stopAfter(createSandbox());
    const lock = join(sandbox.home, 'caller.lock');
    const script = `(flock 9; flock 20; flock 200; ${program('sigilforge').join(' ')} daemon start --json) \
      9>"$0.9" 20>"$0.20" 200>"$0.200"; for n in 9 20 200; do flock -n "$0.$n" echo free >&2 || echo held >&2; done`;
    const { stdout, stderr } = await sandbox.spawn(['bash', '-c', script, lock], { input: '' }).exited;
    sandbox.track((JSON.parse(stdout) as { pid: number }).pid);
    expect(stderr.match(/^(free|held)$/gm)).toEqual(['free', 'free', 'free']);
  });

  test('starts, tells its state, serves, and is gone when it was stopped', async () => {
    const sandbox = await stopAfter(createSandbox());
    const { pid, socket, already_running } = await start(sandbox);
    expect({ socket, already_running }).toEqual({ socket: sandbox.socket, already_running: false });
    const status = await sandbox.run(['daemon', 'status', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ running: true, pid, socket });
    const added = await sandbox.run(['add-account', 'example', 'one', '--api-key'], { input: 'a key' });
    expect(added).toMatchObject({ code: 0 });
    expect(await sandbox.run(['get-token', 'example', 'one', '--no-fallback'])).toMatchObject({
      stdout: 'a key\n',
    });
    expect(await sandbox.run(['daemon', 'stop'])).toMatchObject({ code: 0 });
    expect(await isRunning(pid)).toBe(false);
    expect(existsSync(socket)).toBe(false);
    expect(await sandbox.run(['daemon', 'status'])).toMatchObject({ code: 3 });
    expect(await sandbox.run(['daemon', 'stop'])).toMatchObject({ code: 0 });
  });

  test('started twice is the same daemon, and a success', async () => {
    const sandbox = await stopAfter(createSandbox());
    const first = await start(sandbox);
    expect(await start(sandbox)).toEqual({ ...first, already_running: true });
  });

  test('started by many at once is one daemon, and a success for all', async () => {
    const sandbox = await stopAfter(createSandbox());
    const started = await Promise.all(Array.from({ length: 5 }, () => start(sandbox)));
    expect(new Set(started.map(({ pid }) => pid)).size).toBe(1);
    expect(started.filter(({ already_running }) => !already_running)).toHaveLength(1);
  });

  test('restarted is another process with the same accounts', async () => {
    const sandbox = await stopAfter(createSandbox());
    const { pid } = await start(sandbox);
    await sandbox.run(['add-account', 'example', 'one', '--api-key'], { input: 'a key' });
    const { code, stdout } = await sandbox.run(['daemon', 'restart', '--json']);
    expect(code).toBe(0);
    const restarted = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { pid: number };
    sandbox.track(restarted.pid);
    expect(restarted.pid).not.toBe(pid);
    expect(await isRunning(pid)).toBe(false);
    expect(await sandbox.run(['get-token', 'example', 'one', '--no-fallback'])).toMatchObject({
      stdout: 'a key\n',
    });
  });

  test('gives the daemon nothing of its environment but what it needs', async () => {
    const sandbox = await stopAfter(createSandbox());
    const secrets = {
      GITHUB_TOKEN: 'canary',
      AWS_SECRET_ACCESS_KEY: 'canary',
      SIGILFORGE_EXAMPLE_CLIENT_SECRET: 'canary',
      NODE_OPTIONS: '--no-warnings',
    };
    const { pid } = await start(sandbox, secrets);
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    expect(environment).toContain(`SIGILFORGE_HOME=${sandbox.home}`);
    expect(environment).not.toMatch(/canary|NODE_OPTIONS/);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('canary');
  });

  test('says why where the daemon cannot start, and leaves none behind', async () => {
    const sandbox = await stopAfter(createSandbox());
    const socket = join(sandbox.home, 'x'.repeat(120));
    const { code, stderr } = await sandbox.run(['daemon', 'start'], { env: { SIGILFORGE_SOCKET: socket } });
    expect(code).toBe(7);
    expect(stderr).toContain('this platform holds');
    expect(readdirSync(sandbox.home)).not.toContain('x'.repeat(120));
    await start(sandbox);
  });
});

describe('the ready line', () => {
  test('is all of standard output, and the socket answers once it is there', async () => {
    const sandbox = await stopAfter(createSandbox());
    const daemon = await foreground(sandbox);
    const line = JSON.parse(daemon.stdout) as Record<string, unknown>;
    expect(line).toEqual({
      ready: true,
      pid: daemon.pid,
      socket: sandbox.socket,
      notices: expect.any(Array),
    });
    const client = await clientOf(sandbox.socket);
    await client.addAccount({ ...name, credential });
    await client.shutdown();
    const { stdout } = await daemon.exited;
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  });

  test('says no where there is a daemon already', async () => {
    const sandbox = await stopAfter(createSandbox());
    await foreground(sandbox);
    const second = await foreground(sandbox);
    expect(JSON.parse(second.stdout)).toMatchObject({
      ready: false,
      error: { data: { kind: 'already_exists' } },
    });
    const { code, stderr } = await second.exited;
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('is already running') });
    expect(lstatSync(sandbox.socket).isSocket()).toBe(true);
  });
});

describe('the end', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s is clean', async (signal) => {
    const sandbox = await stopAfter(createSandbox());
    const daemon = await foreground(sandbox);
    await clientOf(sandbox.socket);
    daemon.child.kill(signal);
    expect(await daemon.exited).toMatchObject({ code: 0, signal: null });
    expect(existsSync(sandbox.socket)).toBe(false);
    expect(await readdir(join(sandbox.home, 'data'))).not.toContain('sigilforge.db-wal');
  });

  test('by several signals at once is the same', async () => {
    const sandbox = await stopAfter(createSandbox());
    const daemon = await foreground(sandbox);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) daemon.child.kill(signal);
    expect(await daemon.exited).toMatchObject({ code: 0, signal: null });
  });

  test('by shutdown answers first', async () => {
    const sandbox = await stopAfter(createSandbox());
    const daemon = await foreground(sandbox);
    expect(await (await clientOf(sandbox.socket)).shutdown()).toEqual({ stopping: true });
    expect(await daemon.exited).toMatchObject({ code: 0, signal: null });
  });

  test('by SIGKILL leaves a socket, which the next start replaces, and loses nothing', async () => {
    const sandbox = await stopAfter(createSandbox());
    const daemon = await foreground(sandbox);
    await (await clientOf(sandbox.socket)).addAccount({ ...name, credential });
    daemon.child.kill('SIGKILL');
    await daemon.exited;
    const stale = lstatSync(sandbox.socket);
    expect(stale.isSocket()).toBe(true);
    expect(await sandbox.run(['daemon', 'status'])).toMatchObject({ code: 3 });
    expect(await sandbox.run(['--direct', 'get-token', 'example', 'one'])).toMatchObject({
      stdout: 'a key\n',
    });
    const next = await foreground(sandbox);
    expect(await (await clientOf(sandbox.socket)).status()).toMatchObject({
      pid: next.pid,
      account_count: 1,
    });
  });

  test('waits for what is under way, and that is answered', async () => {
    const sandbox = await stopAfter(createSandbox());
    const provider = await stopAfter(startFakeTokenEndpoint());
    const daemon = await foreground(sandbox);
    const client = await clientOf(sandbox.socket);
    await provider.configure(client);
    const held = provider.held();
    const adding = client.addAccount({
      service: 'fake',
      account: 'one',
      flow: 'import',
      credential: { refresh_token: 'a refresh token' },
    });
    const answer = await held;
    const idle = net.connect(sandbox.socket).resume();
    await once(idle, 'connect');
    const idleEnded = once(idle, 'close');
    daemon.child.kill('SIGTERM');
    await idleEnded;
    expect(await connect({ socket: sandbox.socket }).catch((thrown) => thrown)).toMatchObject({
      kind: 'daemon_unavailable',
    });
    answer({ body: { access_token: 'an access token', token_type: 'bearer', expires_in: 3600 } });
    expect(await adding).toMatchObject({ account: { service: 'fake', account: 'one', state: 'ok' } });
    expect(await daemon.exited).toMatchObject({ code: 0, signal: null });
    expect(await sandbox.run(['--direct', 'get-token', 'fake', 'one'])).toMatchObject({
      stdout: 'an access token\n',
    });
  });
});

test('SIGUSR1 does not open the inspector', async () => {
  const sandbox = await stopAfter(createSandbox());
  const daemon = await foreground(sandbox);
  const client = await clientOf(sandbox.socket);
  daemon.child.kill('SIGUSR1');
  for (let call = 0; call < 20; call++) await client.status();
  await client.shutdown();
  const { code, stderr } = await daemon.exited;
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/debugger|inspector/i) });
});

// Skipped where the kernel has no such file.
test.skipIf(!existsSync('/proc/self/coredump_filter'))(
  'nothing of its memory goes into a core file',
  async () => {
    const daemon = await foreground(await stopAfter(createSandbox()));
    expect(readFileSync(`/proc/${daemon.pid}/coredump_filter`, 'utf8')).toBe('00000000\n');
  },
);

describe('the log', () => {
  test('is one JSON object a line, in a file of 0600', async () => {
    const sandbox = await stopAfter(createSandbox());
    const { pid } = await start(sandbox);
    await sandbox.run(['daemon', 'stop']);
    const file = join(sandbox.home, 'state', 'sigilforged.log');
    expect(lstatSync(file).mode & 0o777).toBe(0o600);
    const lines = (await readFile(file, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const line of lines) {
      expect(line).toMatchObject({
        pid,
        level: expect.any(Number),
        time: expect.any(String),
        event: expect.any(String),
      });
    }
  });

  test('has its level from config.toml, and another one at run time', async () => {
    const levels = async (changes: readonly ('error' | 'info')[]) => {
      const sandbox = await stopAfter(createSandbox());
      const daemon = await foreground(sandbox);
      const client = await clientOf(sandbox.socket);
      for (const level of changes) expect(await client.setLogLevel({ level })).toEqual({ level });
      await client.shutdown();
      return (await daemon.exited).stderr;
    };
    expect(await levels([])).toContain('"event":"daemon.stopping"');
    expect(await levels(['error'])).not.toContain('"event":"daemon.stopping"');
    expect(await levels(['error', 'info'])).toContain('"event":"daemon.stopping"');
  });
});

// Skipped where there is no /proc to look into.
test.skipIf(!existsSync('/proc/self/environ'))(
  'no credential is anywhere that it does not belong',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    const provider = await stopAfter(startFakeTokenEndpoint());
    const { pid, socket } = await start(sandbox);
    const client = await clientOf(socket);
    await client.setLogLevel({ level: 'trace' });
    const seen: string[] = [];
    const lookAtProcesses = () => {
      for (const process of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
        for (const part of ['cmdline', 'environ']) {
          try {
            seen.push(readFileSync(`/proc/${process}/${part}`, 'utf8'));
          } catch {
            // It has ended, or belongs to somebody else.
          }
        }
      }
    };
    const failed = async (call: Promise<unknown>) => {
      const error = await call.then(
        () => undefined,
        (thrown: Error & { hint: string }) => thrown,
      );
      seen.push(`${error?.message} ${error?.hint}`);
      return error;
    };

    const canary = `canary-${sandbox.home.slice(-6)}-`;
    const secretOf = (kind: string) => `${canary}${kind}`;
    await provider.configure(client, secretOf('client-secret'));
    const answers = [
      {
        body: {
          access_token: secretOf('access'),
          refresh_token: secretOf('rotated'),
          token_type: 'bearer',
          expires_in: 1,
        },
      },
      { status: 400, body: { error: 'invalid_request', error_description: `not ${secretOf('rotated')}` } },
      { status: 500, body: `<html>${secretOf('rotated')}` },
    ];
    provider.route('POST /token', () => answers.shift() ?? { status: 503 });
    const one = { service: 'fake', account: 'one' };
    await client.addAccount({ ...one, flow: 'import', credential: { refresh_token: secretOf('refresh') } });
    await client.addAccount({ ...name, credential: { api_key: secretOf('api-key') } });
    expect(await client.getToken(name)).toMatchObject({ access_token: secretOf('api-key') });
    const cli = sandbox.run(['get-token', 'example', 'one']);
    lookAtProcesses();
    expect(await cli).toMatchObject({ stdout: `${secretOf('api-key')}\n` });
    expect(provider.sentTo('POST /token')[0]?.form).toMatchObject({
      refresh_token: secretOf('refresh'),
      client_secret: secretOf('client-secret'),
    });
    for (let refresh = 0; refresh < 2; refresh++)
      expect(await failed(client.refreshToken(one))).toBeDefined();
    for (const type of ['refresh_token', 'client_secret']) {
      expect(await failed(client.resolve({ reference: `auth://fake/one/${type}` }))).toMatchObject({
        kind: 'denied',
      });
    }
    seen.push(
      JSON.stringify([
        await client.tokenInfo(one),
        await client.getProvider({ id: 'fake' }),
        await client.status(),
      ]),
    );
    lookAtProcesses();
    const folders = ['data', 'state'].map((folder) => join(sandbox.home, folder));
    const lookAtFiles = async () => {
      for (const folder of folders) {
        for (const entry of await readdir(folder, { recursive: true })) {
          const file = join(folder, entry);
          if (lstatSync(file).isFile()) seen.push(await readFile(file, 'latin1'));
        }
      }
    };
    await lookAtFiles();
    await sandbox.run(['daemon', 'stop']);
    expect(await isRunning(pid)).toBe(false);
    await lookAtFiles();
    expect(seen.join('\n')).toContain('"event":"daemon.stopped"');
    expect(seen.filter((text) => text.includes(canary))).toEqual([]);
  },
);
