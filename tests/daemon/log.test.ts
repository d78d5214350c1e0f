import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../client/index.js';
import { logFault, reported } from '../../daemon/core/platform/faults.js';
import { JsonLog } from '../../daemon/core/platform/json-log.js';
import type { Logger } from '../../daemon/core/platform/log.js';
import { silentLogger } from '../../daemon/core/platform/log.js';
import { trace, VAULT_POINTS } from '../../daemon/core/platform/trace.js';
import { createLocalApi } from '../../daemon/library/api.js';
import { builtFile } from '../../shared/built-file.js';
import { SigilforgeError } from '../../shared/errors.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

type Line = Record<string, unknown>;

async function linesOf(file: string): Promise<Line[]> {
  const text = await readFile(file, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

function logFile({ home }: Sandbox): string {
  return path.join(home, 'state', 'sigilforged.log');
}

/** The library in this process, on the places of a sandbox. */
async function openLibrary(sandbox: Sandbox, config = '') {
  await mkdir(path.join(sandbox.home, 'config'), { recursive: true, mode: 0o700 });
  await writeFile(path.join(sandbox.home, 'config', 'config.toml'), config, { mode: 0o600 });
  vi.stubEnv('SIGILFORGE_HOME', sandbox.home);
  vi.stubEnv('SIGILFORGE_SOCKET', undefined);
  const api = await createLocalApi().finally(() => vi.unstubAllEnvs());
  onTestFinished(() => api.close());
  return api;
}

describe('the library in a program', () => {
  test('writes to the log of the daemon, at the level of config.toml, and at trace every named point', async () => {
    const sandbox = await stopAfter(createSandbox());
    const api = await openLibrary(sandbox, '[daemon]\nlog_level = "trace"\n');
    await api.setSecret({ key: 'a/b', value: 'canary value' });
    await api.vaultRotate();
    const lines = await linesOf(logFile(sandbox));
    const points = lines.filter(({ event }) => event === 'trace').map(({ point }) => point);
    const made: unknown[] = ['migrate.committing', 'migrate.committed'];
    // Those of a table are passed for each one with values.
    expect([...new Set(points.filter((point) => !made.includes(point)))]).toEqual(
      VAULT_POINTS.filter((point) => point.startsWith('rotate.')),
    );
    expect(points.slice(0, 2)).toEqual(made);
    for (const line of lines) {
      expect(line).toMatchObject({ pid: process.pid, level: expect.any(Number), time: expect.any(String) });
    }
    expect((await stat(logFile(sandbox))).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(lines)).not.toContain('canary');
    await api.setLogLevel({ level: 'info' });
    await api.vaultRotate();
    const after = await linesOf(logFile(sandbox));
    expect(after.filter(({ event }) => event === 'trace')).toHaveLength(points.length);
  });

  test('works without a log if a pipe has its name', async () => {
    const sandbox = await stopAfter(createSandbox());
    await mkdir(path.join(sandbox.home, 'state'), { mode: 0o700 });
    execFileSync('mkfifo', ['-m', '600', logFile(sandbox)]);
    const api = await openLibrary(sandbox, '[daemon]\nlog_level = "trace"\n');
    await api.setSecret({ key: 'a/b', value: 'value' });
    await api.vaultRotate();
  });

  test('works without a log if the folder of the log cannot be used', async () => {
    const sandbox = await stopAfter(createSandbox());
    await mkdir(path.join(sandbox.home, 'state'), { mode: 0o755 });
    const api = await openLibrary(sandbox, '[daemon]\nlog_level = "trace"\n');
    await api.setSecret({ key: 'a/b', value: 'value' });
    await api.vaultRotate();
    expect(existsSync(logFile(sandbox))).toBe(false);
  });
});

test('two writers append to one log, and follow it when it is rotated', async () => {
  const sandbox = await stopAfter(createSandbox());
  const file = logFile(sandbox);
  const [one, two] = [JsonLog.toFile(file, 'info'), JsonLog.toFile(file, 'info')];
  one.info('daemon.ready', { from: 1 });
  await writeFile(file, 'x'.repeat(5 * 1024 * 1024 + 1), { mode: 0o600 });
  two.info('daemon.ready', { from: 2 });
  one.info('daemon.ready', { from: 1 });
  expect((await linesOf(file)).map(({ from }) => from)).toEqual([2, 1]);
});

test('no method of a log throws, nor does what it listens to', () => {
  const log = JsonLog.toFile('/dev/null/not/a/folder', 'trace');
  onTestFinished(() => log.close());
  for (const method of ['trace', 'debug', 'info', 'warn', 'error'] as const) {
    expect(() => log[method]('trace', { account: 'a/b' })).not.toThrow();
  }
  expect(() => trace('rotate.wrapping')).not.toThrow();
});

// Skipped where there is no such device.
describe.skipIf(!existsSync('/dev/full'))('a daemon', () => {
  // A pipe that this shell keeps open, reads nothing from, and has filled.
  const FULL = 'mkfifo -m 600 p && exec 4<>p && dd if=/dev/zero of=p bs=4096 oflag=nonblock 2>/dev/null;';

  test.each([
    ['on a full disk', '2>/dev/full'],
    ['that nobody reads', '2>&1 >&3 | :'],
    ['that is closed', '2>&-'],
    ['whose reader has stopped', '2>p', FULL],
  ])('with a log %s starts, serves and stops', async (_, redirection, before = '') => {
    const sandbox = await stopAfter(createSandbox());
    await mkdir(path.join(sandbox.home, 'config'), { mode: 0o700 });
    await writeFile(path.join(sandbox.home, 'config', 'config.toml'), '[daemon]\nlog_level = "trace"\n');
    const command = `cd "$SIGILFORGE_HOME"; ${before} exec 3>&1; "$0" "$1" ${redirection}`;
    const daemon = sandbox.spawn(['/bin/sh', '-c', command, process.execPath, builtFile('sigilforged.cjs')], {
      input: '',
    });
    await daemon.seen(/^\{"ready":true.*\n/, 'stdout');
    const client = await connect({ socket: sandbox.socket });
    onTestFinished(() => client.close());
    await client.setSecret({ key: 'a/b', value: 'value' });
    await client.vaultRotate();
    expect(await client.getSecret({ key: 'a/b' })).toMatchObject({ value: 'value' });
    await client.shutdown();
    expect(await daemon.exited).toMatchObject({ code: 0 });
  });
});

describe('a bug', () => {
  function recorder(place?: string): { log: Logger & { place?: string }; records: unknown[][] } {
    const records: unknown[][] = [];
    const record = (...entry: unknown[]) => void records.push(entry);
    return { records, log: { ...silentLogger, error: record, ...(place !== undefined && { place }) } };
  }

  test('is logged with the stack frames of the error and its causes, and without their messages', () => {
    const { log, records } = recorder('/state/the.log');
    const cause = new RangeError('canary of the cause');
    const error = reported(new TypeError('canary', { cause }), 'call.failed', log);
    expect(error).toMatchObject({
      kind: 'internal_error',
      hint: 'This is a bug in Sigilforge. Check the log (/state/the.log) and report it.',
    });
    expect(records).toEqual([
      [
        'call.failed',
        {
          error: 'TypeError',
          stack: expect.stringContaining('log.test'),
          causes: expect.stringMatching(/^RangeError\n {4}at .*log\.test/),
        },
      ],
    ]);
    expect(JSON.stringify([records, error])).not.toContain('canary');
  });

  test('whose causes lead back to it is logged once', () => {
    const { log, records } = recorder();
    const error = new Error('first');
    error.cause = new Error('second', { cause: error });
    logFault(error, 'call.failed', log);
    expect(records).toHaveLength(1);
  });

  test('is told from every other error, which is not logged and keeps its hint', () => {
    const { log, records } = recorder('/state/the.log');
    const error = new SigilforgeError('not_found', 'There is no such account.');
    expect(reported(error, 'call.failed', log)).toBe(error);
    const own = new SigilforgeError('internal_error', 'No pipe.', { hint: 'Another way.' });
    expect(reported(own, 'call.failed', log).hint).toBe('Another way.');
    expect(records).toHaveLength(1);
  });
});
