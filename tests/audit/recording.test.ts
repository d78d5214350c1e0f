import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Core, CoreOptions } from '../../daemon/core/core.js';
import { silentLogger } from '../../daemon/core/platform/log.js';
import { backends, startDaemon } from '../support/start/backends.js';
import { openTestCore } from '../support/start/core.js';
import { aPeer } from '../support/start/peers.js';
import { createSandbox, program } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { hasPython } from '../support/start/terminal.js';
import * as stored from '../support/stored.js';
import { createClock } from '../support/time.js';
import { WireClient } from '../support/wire/wire-client.js';

const CANARY = 'Xq7zLeakXq7zLeak';
const MINUTE = 61_000;

const rowsOf = (home: string) =>
  stored.auditRows(home).map(({ method, reference, outcome, count }) => [method, reference, outcome, count]);
const sumOf = (home: string) => stored.auditRows(home).reduce((sum, { count }) => sum + count, 0);

/** The library on an open vault, with a clock that the test sets, and somebody who calls. */
async function openRecording(options: Partial<CoreOptions> = {}) {
  const { home } = await stopAfter(createSandbox());
  const clock = createClock();
  let core: Core | undefined = await openTestCore(home, { clock, ...options });
  const close = async (): Promise<void> => {
    await core?.close();
    core = undefined;
  };
  onTestFinished(close);
  await core.vault.unlocked();
  return { home, clock, core, who: aPeer().who, close };
}

test('what happens for the first time has a row at once, and what goes on is counted', async () => {
  const { home, clock, core, who } = await openRecording();
  const release = () => void core.audit.released(who, 'get_token', 'auth://example/work/token');
  release();
  await expect.poll(() => rowsOf(home)).toEqual([['get_token', 'auth://example/work/token', 'released', 1]]);
  for (let n = 0; n < 5; n++) release();
  await core.audit.settle();
  expect(sumOf(home)).toBe(1);
  clock.pass(MINUTE);
  await expect.poll(() => rowsOf(home), { timeout: 5_000 }).toHaveLength(2);
  expect(rowsOf(home)[1]).toEqual(['get_token', 'auth://example/work/token', 'released', 5]);
  expect(await core.trail.verify()).toMatchObject({ intact: true, records: 2 });
});

test('each process, door, method, reference and outcome has rows of its own', async () => {
  const { home, core, who } = await openRecording();
  const byDoor = { ...who, door: 'a door' };
  const named = { ...aPeer().who, door: 'a name' };
  for (let n = 0; n < 2; n++) {
    void core.audit.released(who, 'get_secret', 'secret://a');
    void core.audit.released(aPeer().who, 'get_secret', 'secret://a');
    void core.audit.released(who, 'resolve', 'secret://a');
    void core.audit.released(who, 'get_secret', 'secret://b');
    core.audit.refused(who, 'get_secret', 'secret://a', 'denied');
    void core.audit.released(byDoor, 'get_secret', 'secret://a');
    void core.audit.released(named, 'get_secret', 'secret://a');
  }
  await core.audit.settle();
  expect(rowsOf(home)).toHaveLength(6);
  expect(stored.auditRows(home).map(({ door }) => door)).toEqual([
    ...Array(4).fill(null),
    'a door',
    'a name',
  ]);
});

test('a connection that is narrowed later is recorded by its name from then on', async () => {
  const { home, core, who } = await openRecording();
  void core.audit.released(who, 'get_secret', 'secret://a');
  who.door = 'job';
  void core.audit.released(who, 'get_secret', 'secret://a');
  await core.audit.settle();
  expect(stored.auditRows(home).map(({ door }) => door)).toEqual([null, 'job']);
});

test('a caller that names more things than any program needs gets one row for all further ones, with their number', async () => {
  const { home, clock, core, who, close } = await openRecording();
  const other = { ...aPeer().who, door: 'another' };
  const ALL = 20_000;
  for (let n = 0; n < ALL; n++) core.audit.refused(who, 'get_secret', `secret://guess/${n}`, 'denied');
  void core.audit.released(other, 'get_secret', 'secret://a');
  await core.audit.settle();
  expect(stored.auditRows(home).length).toBeLessThan(300);
  expect(rowsOf(home)).toContainEqual(['get_secret', 'secret://a', 'released', 1]);
  clock.pass(MINUTE);
  let later = 0;
  const nextIsNamed = async () => {
    core.audit.refused(who, 'get_secret', `secret://later/${later++}`, 'denied');
    await core.audit.settle();
    return rowsOf(home).some(([, reference]) => String(reference).startsWith('secret://later/'));
  };
  await expect.poll(nextIsNamed, { timeout: 5_000 }).toBe(true);
  await close();
  expect(sumOf(home)).toBe(ALL + 1 + later);
  expect(stored.auditRows(home).length).toBeLessThan(400);
});

test('refusals of any number of processes fill no disk, and those beyond a limit are counted by their door', async () => {
  const { home, core, close } = await openRecording();
  const [PROCESSES, EACH] = [100, 50];
  const long = `vals:ref+file:///${'x'.repeat(2_000)}`;
  for (let pid = 1; pid <= PROCESSES; pid++) {
    const forked = { ...aPeer().who, pid, door: 'a door' };
    for (let n = 0; n < EACH; n++) core.audit.refused(forked, 'resolve', `${long}${n}`, 'denied');
    for (let n = 0; n < EACH; n++) core.audit.refused(forked, 'get_secret', `secret://guess/${n}`, 'denied');
    void core.audit.released(forked, 'get_secret', 'secret://a');
  }
  await close();
  const rows = stored.auditRows(home);
  expect(sumOf(home)).toBe(PROCESSES * (2 * EACH + 1));
  expect(rows.filter(({ outcome }) => outcome === 'released')).toHaveLength(PROCESSES);
  const refused = rows.filter(({ outcome }) => outcome === 'denied');
  expect(refused.length).toBeLessThan(300);
  expect(Math.max(...refused.map(({ reference }) => reference?.length ?? 0))).toBeLessThan(600);
  expect(refused).toContainEqual(expect.objectContaining({ pid: null, door: 'a door', reference: null }));
});

test('while the disk takes nothing only so much is kept in memory, and what was dropped has a row with its number', async () => {
  const warned = vi.fn();
  const notice = vi.fn();
  const log = { ...silentLogger, warn: warned };
  const { home, core, who, close } = await openRecording({ storeWaitMs: 20, log, notice });
  void core.audit.released(who, 'get_secret', 'secret://first');
  await core.audit.settle();
  const free = stored.blockWrites(home);
  const [CALLERS, EACH] = [60, 250];
  for (let caller = 0; caller < CALLERS; caller++) {
    const own = { ...aPeer().who, door: `caller ${caller}` };
    for (let n = 0; n < EACH; n++) void core.audit.released(own, 'get_secret', `secret://s/${n}`);
  }
  await core.audit.settle();
  expect(warned.mock.calls).toEqual([['audit.not_written', { kind: 'store_unavailable' }]]);
  expect(notice).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining('cannot be recorded for the moment'),
  );
  free();
  await expect.poll(() => stored.auditRows(home).length, { timeout: 10_000 }).toBeGreaterThan(10_000);
  await close();
  expect(stored.auditRows(home).length).toBeLessThan(10_100);
  expect(rowsOf(home)).toContainEqual(['audit', null, 'dropped', CALLERS * EACH - 10_000]);
  expect(sumOf(home)).toBe(1 + CALLERS * EACH);
});

test('what was counted is written when the library closes', async () => {
  const { home, core, who, close } = await openRecording();
  for (let n = 0; n < 100; n++) void core.audit.released(who, 'get_secret', 'secret://a');
  await close();
  expect(sumOf(home)).toBe(100);
});

test('a daemon that is stopped writes what it has counted', async () => {
  const { api, sandbox, daemon } = await stopAfter(startDaemon());
  await api.setSecret({ key: 'a', value: 'x' });
  for (let n = 0; n < 50; n++) await api.getSecret({ key: 'a' });
  daemon.child.kill('SIGTERM');
  await daemon.exited;
  expect(sumOf(sandbox.home)).toBe(50);
});

describe.each(backends)('by $name', ({ start }) => {
  test('every release and every refusal is recorded, and nothing else', async () => {
    const { api, sandbox } = await stopAfter(start());
    await api.addAccount({ service: 'plain', account: 'key', credential: { api_key: CANARY } });
    await api.setSecret({ key: 'team/a', value: CANARY });
    await api.setSecret({ key: 'team/b', value: CANARY });
    const token = { service: 'plain', account: 'key' };
    await api.getToken(token);
    await api.getSecret({ key: 'team/a' });
    await api.getSecrets({ prefix: 'team/' });
    await api.resolve({ reference: 'auth://PLAIN/key/access_token' });
    await api.resolve({ reference: 'secret://team/a', explain: true });
    await api.vaultRecoveryKey();
    await api.listSecrets();
    await api.tokenInfo(token);
    const refused = [
      api.getToken({ service: 'plain', account: 'nobody' }),
      api.getSecret({ key: CANARY }),
      api.resolve({ reference: `secret://${CANARY}` }),
      api.resolve({ reference: CANARY }),
      api.resolve({ reference: `ref+echo://${CANARY}` }),
      api.resolve({ reference: `ref+vault://user:${CANARY}@host/path?token=${CANARY}#/name` }),
      api.resolve({ reference: 'auth://plain/key/client_secret' }),
      api.refreshToken(token),
    ];
    for (const call of refused) await expect(call).rejects.toThrow();
    const { records } = await api.listAudit();
    const seen = records.map(({ method, reference, outcome }) => [method, reference, outcome]);
    expect(seen.toSorted()).toEqual(
      [
        ['get_token', 'auth://plain/key/token', 'released'],
        ['get_secret', 'secret://team/a', 'released'],
        ['get_secrets', 'secret://team/a', 'released'],
        ['get_secrets', 'secret://team/b', 'released'],
        ['resolve', 'auth://plain/key/token', 'released'],
        ['vault_recovery_key', null, 'released'],
        ['get_token', 'auth://plain/nobody/token', 'not_found'],
        ['get_secret', null, 'not_found'],
        ['resolve', null, 'not_found'],
        ['resolve', null, 'invalid_reference'],
        ['resolve', 'vals:ref+echo://', expect.any(String)],
        ['resolve', 'vals:ref+vault://host/path#/name', expect.any(String)],
        ['resolve', 'auth://plain/key/client_secret', 'denied'],
        ['refresh_token', 'auth://plain/key/token', expect.any(String)],
      ].toSorted(),
    );
    for (const { pid, uid, executable } of records) {
      expect({ pid, uid, executable }).toEqual({
        pid: process.pid,
        uid: process.getuid?.(),
        executable: process.execPath,
      });
    }
    expect(stored.auditText(sandbox.home)).not.toContain(CANARY);
  });
});

test('what a narrowed connection is denied is recorded by its name, whether it exists or not', async () => {
  const { api, sandbox, daemon } = await stopAfter(startDaemon());
  await api.setSecret({ key: 'a', value: 'x' });
  const client = await stopAfter(WireClient.connect(daemon.socket));
  await client.call('restrict', { grants: ['secret://a'], name: 'build' });
  await client.call('get_secret', { key: 'a' });
  await client.call('get_secret', ['b']);
  await client.call('get_token', { service: 'GitHub', account: 'work' });
  await client.call('resolve', { reference: 'auth://github/work/access_token' });
  await client.call('resolve', { reference: CANARY });
  await client.call('list_accounts');
  await client.call(CANARY);
  await client.call('list_audit');
  await api.listAudit();
  expect(rowsOf(sandbox.home)).toEqual([
    ['get_secret', 'secret://a', 'released', 1],
    ['get_secret', 'secret://b', 'denied', 1],
    ['get_token', 'auth://github/work/token', 'denied', 1],
    ['resolve', 'auth://github/work/token', 'denied', 1],
    ['resolve', null, 'denied', 1],
    ['list_accounts', null, 'denied', 1],
    ['unknown', null, 'denied', 1],
    ['list_audit', null, 'denied', 1],
  ]);
  expect(new Set(stored.auditRows(sandbox.home).map(({ door }) => door))).toEqual(new Set(['build']));
});

describe('the script of an interpreter', () => {
  test('is recorded, and the program is found by its name', async () => {
    const { api, sandbox } = await stopAfter(startDaemon());
    await api.setSecret({ key: 'a', value: 'x' });
    expect(await sandbox.run(['resolve', 'secret://a'])).toMatchObject({ code: 0 });
    const [, script = ''] = program('sigilforge');
    for (const wanted of ['sigilforge.cjs', script]) {
      const { records } = await api.listAudit({ program: wanted });
      expect(records).toMatchObject([{ executable: process.execPath, script, reference: 'secret://a' }]);
    }
    expect((await api.listAudit({ program: 'node' })).records).toHaveLength(1);
    expect((await api.listAudit({ program: 'forge.cjs' })).records).toEqual([]);
  });

  test.skipIf(!hasPython)('and none of its other arguments', async () => {
    const { api, sandbox, daemon } = await stopAfter(startDaemon());
    await api.setSecret({ key: 'a', value: 'x' });
    const code = `import json, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[2])
s.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "get_secret", "params": ["a"]}).encode() + b"\\n")
s.recv(100000)`;
    await sandbox.spawn(['python3', '-c', code, CANARY, daemon.socket], { input: '' }).exited;
    const { records } = await api.listAudit();
    expect(records).toMatchObject([{ script: null, reference: 'secret://a' }]);
    expect(records[0]?.executable).toContain('python3');
    expect(stored.auditText(sandbox.home)).not.toContain(CANARY);
  });
});

test('a list has the rows that were asked for', async () => {
  const { clock, core, who } = await openRecording();
  void core.audit.released(who, 'get_token', 'auth://github/work/token');
  void core.audit.released(who, 'get_token', 'auth://gitlab/work/token');
  await core.audit.settle();
  clock.pass(1000);
  const since = new Date(clock.wall()).toISOString();
  void core.audit.released(who, 'get_token', 'auth://github/home/token');
  core.audit.refused(who, 'resolve', null, 'invalid_reference');
  const of = async (query: object) =>
    (await core.trail.list(query)).records.map(({ reference }) => reference);
  expect(await of({})).toHaveLength(4);
  expect(await of({ reference: 'auth://github/*/token' })).toEqual([
    'auth://github/work/token',
    'auth://github/home/token',
  ]);
  expect(await of({ reference: 'auth://*' })).toEqual([]);
  expect(await of({ since })).toEqual(['auth://github/home/token', null]);
  expect(await of({ since, reference: 'auth://gitlab/*/token' })).toEqual([]);
});
