import {
  closeSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { launchDaemon } from '../../client/daemon/launch.js';
import { stopDaemon } from '../../client/daemon/stop.js';
import { connect } from '../../client/index.js';
import { daemonEnvironment } from '../../shared/daemon-environment.js';
import { openLogFile } from '../../shared/log-file.js';
import { PROTOCOL_VERSION } from '../../shared/version.js';
import { aPeer } from '../support/start/peers.js';
import { endProcess, isRunning } from '../support/start/processes.js';
import { makeFolder, serveStub } from '../support/start/served.js';
import { stopAfter } from '../support/start/stop-after.js';
import { stubHandlers } from '../support/start/stub-handlers.js';

let home: string;
const pids = new Set<number>();

beforeEach(async () => {
  home = await makeFolder();
  vi.stubEnv('SIGILFORGE_HOME', home);
  vi.stubEnv('SIGILFORGE_SOCKET', undefined);
  // No keychain of whoever runs the tests.
  for (const name of ['DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR', 'DISPLAY', 'WAYLAND_DISPLAY']) {
    vi.stubEnv(name, undefined);
  }
  writeConfig('[vault]\nkey = "key_file"\n');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([...pids].map(endProcess));
  pids.clear();
  await rm(home, { recursive: true, force: true });
});

function writeConfig(text: string): void {
  mkdirSync(path.join(home, 'config'), { recursive: true, mode: 0o700 });
  writeFileSync(path.join(home, 'config', 'config.toml'), text, { mode: 0o600 });
}

async function start() {
  const daemon = await launchDaemon();
  pids.add(daemon.pid);
  return daemon;
}

/** Whether a process is gone, or only waits for its parent (this process) to take notice. */
function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** A daemon in name only. */
function program(text: string): string {
  const file = path.join(home, 'program.cjs');
  writeFileSync(file, text);
  return file;
}

const logFile = () => path.join(home, 'state', 'sigilforged.log');

describe('a daemon', () => {
  test('is started, found by clients, started only once, and ended', async () => {
    const daemon = await start();
    expect(daemon).toMatchObject({
      alreadyRunning: false,
      socket: path.join(home, 'run', 'sigilforge.sock'),
    });
    const client = await connect({ fallback: 'none' });
    expect(await client.status()).toMatchObject({ pid: daemon.pid, protocol: PROTOCOL_VERSION });
    expect(await launchDaemon()).toMatchObject({ pid: daemon.pid, alreadyRunning: true });
    expect(await stopDaemon()).toBe(true);
    expect(hasEnded(daemon.pid)).toBe(true);
    expect(existsSync(daemon.socket ?? '')).toBe(false);
    expect(await stopDaemon()).toBe(false);
    await client.close();
  });

  test.runIf(process.platform === 'linux')('gets no credential by its environment', async () => {
    vi.stubEnv('GITHUB_TOKEN', 'leak-1');
    vi.stubEnv('SIGILFORGE_GITHUB_CLIENT_ID', 'leak-2');
    const { pid } = await start();
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    expect(environment).toContain(`SIGILFORGE_HOME=${home}`);
    expect(environment).not.toContain('leak');
    await stopDaemon();
  });

  test('that cannot start says why', async () => {
    writeConfig('[vault]\nkey = 5\n');
    await expect(launchDaemon()).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining('line 2'),
    });
  });
});

describe('a daemon that does not say that it is ready', () => {
  test('but ends, is unavailable, and its log is named', async () => {
    const ends = program('console.error("last words"); process.exit(3)');
    await expect(launchDaemon({ program: ends })).rejects.toMatchObject({
      kind: 'daemon_unavailable',
      hint: expect.stringContaining(logFile()),
    });
    expect(readFileSync(logFile(), 'utf8')).toBe('last words\n');
  });

  test.each(['console.log("hello")', 'console.log(JSON.stringify({ready: true}))'])(
    'but says something else is not taken for one: %s',
    async (text) => {
      await expect(launchDaemon({ program: program(text) })).rejects.toMatchObject({
        kind: 'daemon_unavailable',
      });
    },
  );

  test('in time is ended', async () => {
    const pidFile = path.join(home, 'pid');
    const hangs = program(`
      require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));
      setInterval(() => {}, 1000);
    `);
    await expect(launchDaemon({ program: hangs, timeout: 2_000 })).rejects.toMatchObject({ kind: 'timeout' });
    await vi.waitFor(async () => expect(await isRunning(Number(readFileSync(pidFile)))).toBe(false));
  });
});

describe('a daemon that runs already', () => {
  const taken = () =>
    program(`
      const error = { code: -32007, message: 'taken', data: { kind: 'already_exists' } };
      console.log(JSON.stringify({ ready: false, error }));
    `);

  test('is told where it speaks another protocol', async () => {
    const status = await stubHandlers().status({}, aPeer());
    const handlers = { status: () => ({ ...status, protocol: PROTOCOL_VERSION + 1 }) };
    await stopAfter(serveStub({ socket: path.join(home, 'run', 'sigilforge.sock'), handlers }));
    await expect(launchDaemon({ program: taken() })).rejects.toMatchObject({
      kind: 'incompatible',
      message: expect.stringContaining('this program is older'),
    });
  });

  test('and cannot be reached is not taken for success', async () => {
    await expect(launchDaemon({ program: taken() })).rejects.toMatchObject({ kind: 'already_exists' });
  });
});

describe('the environment of a daemon', () => {
  test('is what it needs and nothing else', () => {
    expect(
      daemonEnvironment({
        HOME: '/home/me',
        PATH: '/bin',
        LC_ALL: 'C',
        XDG_RUNTIME_DIR: '/run/user/1',
        https_proxy: 'http://127.0.0.1:1',
        ALL_PROXY: 'http://127.0.0.1:2',
        SSL_CERT_FILE: 'corp.pem',
        NODE_EXTRA_CA_CERTS: 'more.pem',
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        SIGILFORGE_HOME: '/sf',
        SIGILFORGE_SOCKET: 'here.sock',
        SIGILFORGE_GITHUB_CLIENT_ID: 'x',
        SIGILFORGE_SECRET_A: 'x',
        AWS_SECRET_ACCESS_KEY: 'x',
        NODE_OPTIONS: '--inspect',
        LANG: undefined,
      }),
    ).toEqual({
      HOME: '/home/me',
      PATH: '/bin',
      LC_ALL: 'C',
      XDG_RUNTIME_DIR: '/run/user/1',
      https_proxy: 'http://127.0.0.1:1',
      ALL_PROXY: 'http://127.0.0.1:2',
      SSL_CERT_FILE: path.resolve('corp.pem'),
      NODE_EXTRA_CA_CERTS: path.resolve('more.pem'),
      SIGILFORGE_HOME: '/sf',
      SIGILFORGE_SOCKET: path.resolve('here.sock'),
    });
  });
});

describe('the log of a daemon', () => {
  test('is 0600 in a folder 0700, appended to, and put aside beyond 5 MiB', () => {
    const write = (text: string) => {
      const log = openLogFile(logFile());
      writeSync(log, text);
      closeSync(log);
    };
    write('one\n');
    write('two\n');
    expect(readFileSync(logFile(), 'utf8')).toBe('one\ntwo\n');
    expect(statSync(logFile()).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(logFile())).mode & 0o777).toBe(0o700);
    truncateSync(logFile(), 5 * 1024 * 1024 + 1);
    write('three\n');
    expect(readFileSync(logFile(), 'utf8')).toBe('three\n');
    expect(statSync(`${logFile()}.1`).size).toBe(5 * 1024 * 1024 + 1);
  });
});
