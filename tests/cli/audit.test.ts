import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

const CANARY = 'canary-value-7f3a';

describe('the record', () => {
  let backend: DaemonBackend;

  beforeAll(async () => {
    backend = await startDaemon();
    const { api } = backend;
    for (const key of ['team/a', 'team/b', 'other/a']) {
      await api.setSecret({ key, value: CANARY });
      await api.getSecret({ key });
    }
    await api.getToken({ service: 'github', account: 'work' }).catch(() => undefined);
    await api.listAudit();
  });
  afterAll(() => backend.stop());

  const run = (...args: string[]) => backend.sandbox.run(['audit', ...args]);

  test.each([['by the daemon'], ['directly', '--direct']])(
    'is printed %s, a row a line',
    async (_, ...args) => {
      const { code, stdout, stderr } = await run(...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const rows = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'));
      const mine = [expect.any(String), String(process.pid), ''];
      const at = expect.stringMatching(/^\d{4}-.*Z$/);
      expect(rows).toEqual([
        [at, ...mine, 'get_secret', 'secret://team/a', 'released', '1'],
        [at, ...mine, 'get_secret', 'secret://team/b', 'released', '1'],
        [at, ...mine, 'get_secret', 'secret://other/a', 'released', '1'],
        [at, ...mine, 'get_token', 'auth://github/work/token', 'not_found', '1'],
      ]);
      expect(stdout).not.toContain(CANARY);
    },
  );

  test('is a table for a person', async () => {
    const { stdout } = await backend.sandbox.run(['audit'], { tty: true });
    expect(stdout).toMatch(/AT +PROGRAM +PID +DOOR +METHOD +REFERENCE +OUTCOME +COUNT/);
  });

  test('is the answer of the method with --json', async () => {
    const { stdout } = await run('--json', '--reference', 'secret://team/*');
    expect(JSON.parse(stdout)).toMatchObject({
      records: [{ reference: 'secret://team/a' }, { reference: 'secret://team/b' }],
      cursor: null,
    });
  });

  test.each([
    [['--reference', 'auth://*/*/token'], 1],
    [['--program', 'node'], 4],
    [['--program', 'no-such-program'], 0],
    [['--since', '1h'], 4],
    [['--since', '2020-01-31T12:00:00Z'], 4],
    [['--since', '2999-01-31'], 0],
  ])('has the rows that are asked for: %j', async (args, count) => {
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(count + 1);
    expect(stderr.includes('Nothing was handed out or refused in that time.')).toBe(count === 0);
  });

  test.each(['yesterday', '12', '-1h', '2026-13-31T12:00:00Z', '1w'])(
    '--since %s is a mistake',
    async (time) => {
      const { code, stdout, stderr } = await run(`--since=${time}`);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('--since is not a time.');
      expect(stderr).toContain('30m, 12h or 7d');
    },
  );

  test.each([
    ['--since', '1h', 'verify'],
    ['verify', '--since', '1h'],
    ['verify', '--follow'],
  ])('verify takes no option that chooses rows: %j', async (...args) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('audit verify checks every row.');
  });

  test('verify lists no option that it refuses', async () => {
    const { stdout } = await run('verify', '--help');
    expect(stdout).toContain('--json');
    for (const option of ['--since', '--reference', '--program', '--follow']) {
      expect(stdout).not.toContain(option);
    }
  });

  test('the help says what is shown without options', async () => {
    expect((await run('--help')).stdout).toContain('(default: "24h")');
  });
});

test.each([['of the daemon'], ['directly', '--direct']])(
  '--follow prints rows %s as they come, each once',
  async (_, ...args) => {
    const { api, sandbox } = await stopAfter(startDaemon());
    await api.setSecret({ key: 'a', value: CANARY });
    await api.setSecret({ key: 'b', value: CANARY });
    await api.getSecret({ key: 'a' });
    await api.listAudit();
    const running = sandbox.start(['audit', '--follow', ...args]);
    await running.seen(/secret:\/\/a\treleased/, 'stdout');
    await api.getSecret({ key: 'b' });
    await running.seen(/secret:\/\/b\treleased/, 'stdout');
    await api.resolve({ reference: 'secret://a' });
    await running.seen(/resolve\tsecret:\/\/a/, 'stdout');
    running.child.kill('SIGINT');
    const { code, signal, stdout } = await running.exited;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
  },
);

test('verify says that all is as it was written, and names the first row that is not', async () => {
  const { api, sandbox } = await stopAfter(startDaemon());
  for (const key of ['a', 'b', 'c']) {
    await api.setSecret({ key, value: CANARY });
    await api.getSecret({ key });
  }
  await api.listAudit();
  for (const args of [[], ['--direct']]) {
    const { code, stdout, stderr } = await sandbox.run(['audit', 'verify', ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^intact\ttrue\nrecords\t3\nsince\t\d{4}-.*Z\nfault\t\n$/);
  }
  const [, second] = stored.auditRows(sandbox.home);
  stored.alterAudit(sandbox.home, 2, 'reference');
  for (const args of [[], ['--direct']]) {
    const { code, stderr, stdout } = await sandbox.run(['audit', 'verify', '--json', ...args]);
    expect(code).toBe(7);
    expect(JSON.parse(stdout)).toMatchObject({
      intact: false,
      fault: { seq: 2, id: second?.id, reason: 'changed' },
    });
    expect(JSON.parse(stderr)).toMatchObject({
      error: {
        kind: 'integrity',
        message: expect.stringContaining(`row 2 (${second?.id}) was changed or moved`),
      },
    });
  }
});

test('verify needs the vault open', async () => {
  const { api, sandbox } = await stopAfter(startDaemon());
  await api.setSecret({ key: 'a', value: CANARY });
  await api.getSecret({ key: 'a' });
  await api.lock();
  expect(await sandbox.run(['audit', 'verify'])).toMatchObject({ code: 6 });
  expect((await sandbox.run(['audit'])).stdout).toContain('secret://a');
});
