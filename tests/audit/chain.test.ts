import { expect, onTestFinished, test, vi } from 'vitest';
import { silentLogger } from '../../daemon/core/platform/log.js';
import { exportVault } from '../../daemon/library/transfer.js';
import { openBeside, startDaemon } from '../support/start/backends.js';
import { openTestCore } from '../support/start/core.js';
import { aPeer } from '../support/start/peers.js';
import { createSandbox, program } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { createClock } from '../support/time.js';

const DAY = 86_400_000;

/** Ten programs with the library in-process, all at once. */
function askDirectly(sandbox: { spawn: Awaited<ReturnType<typeof createSandbox>>['spawn'] }, key: string) {
  const command = [...program('sigilforge'), '--direct', 'secret', 'get', key];
  return Promise.all(Array.from({ length: 10 }, () => sandbox.spawn(command, { input: '' }).exited));
}

test('a daemon and programs with the library write one chain at the same time', async () => {
  const { api, sandbox } = await stopAfter(startDaemon({ config: '[audit]\nstrict = true' }));
  await api.setSecret({ key: 'a', value: 'x' });
  const beside = await openBeside(sandbox);
  const [direct] = await Promise.all([
    askDirectly(sandbox, 'a'),
    ...Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? api : beside).getSecret({ key: 'a' })),
  ]);
  expect(direct.map(({ code }) => code)).toEqual(Array(10).fill(0));
  const rows = stored.auditRows(sandbox.home);
  expect(rows).toHaveLength(110);
  expect(new Set(rows.map(({ pid }) => pid)).size).toBe(11);
  expect(await api.verifyAudit()).toMatchObject({ intact: true, records: 110 });
  expect(await beside.verifyAudit()).toMatchObject({ intact: true, records: 110 });
});

test('two programs that begin the chain at the same moment begin one', async () => {
  const sandbox = await stopAfter(createSandbox());
  await sandbox.run(['--direct', 'secret', 'set', 'a'], { input: 'x' });
  stored.removeWholeAudit(sandbox.home);
  const ends = await askDirectly(sandbox, 'a');
  expect(ends.map(({ code }) => code)).toEqual(Array(10).fill(0));
  expect(stored.auditRows(sandbox.home)).toHaveLength(10);
  expect(await sandbox.run(['--direct', 'audit', 'verify', '--json'])).toMatchObject({ code: 0 });
});

test('the chain goes on while the vault is locked, and is verified once it is open', async () => {
  const { api, sandbox } = await stopAfter(startDaemon());
  await api.setSecret({ key: 'a', value: 'x' });
  await api.getSecret({ key: 'a' });
  await api.listAudit();
  await api.lock();
  await expect(api.getSecret({ key: 'a' })).rejects.toMatchObject({ kind: 'vault_locked' });
  expect((await api.listAudit()).records).toHaveLength(2);
  expect(stored.auditRows(sandbox.home)[1]).toMatchObject({
    reference: 'secret://a',
    outcome: 'vault_locked',
  });
  await expect(api.verifyAudit()).rejects.toMatchObject({ kind: 'vault_locked' });
  await api.unlock();
  expect(await api.verifyAudit()).toMatchObject({ intact: true, records: 2 });
});

test('what is refused before the vault was ever open is written once it is', async () => {
  const { home } = await stopAfter(createSandbox());
  const core = await openTestCore(home);
  onTestFinished(() => core.close());
  await core.vaultKeys.lock();
  core.audit.refused(aPeer().who, 'get_secret', 'secret://a', 'vault_locked');
  expect((await core.trail.list({})).records).toEqual([]);
  expect(stored.auditEnd(home)).toBeUndefined();
  await core.vaultKeys.unlock(undefined, aPeer());
  await expect.poll(() => stored.auditRows(home)).toHaveLength(1);
  expect(await core.trail.verify()).toMatchObject({ intact: true, records: 1 });
});

test('the first key is sealed again when the key of the vault changes, and the chain goes on', async () => {
  const { api, sandbox } = await stopAfter(startDaemon());
  await api.setSecret({ key: 'a', value: 'x' });
  await api.getSecret({ key: 'a' });
  await api.listAudit();
  const before = stored.auditAnchor(sandbox.home);
  await api.vaultRotate();
  const after = stored.auditAnchor(sandbox.home);
  expect(after).toMatchObject({ id: before?.id, seq: 1 });
  expect(after?.sealed.equals(before?.sealed ?? Buffer.alloc(0))).toBe(false);
  expect(stored.dataKeyIds(sandbox.home)).toHaveLength(1);
  await api.setSecret({ key: 'b', value: 'x' });
  await api.getSecret({ key: 'b' });
  expect(await api.verifyAudit()).toMatchObject({ intact: true, records: 2 });
});

test('the key of a row is no longer in the log of the database once a minute has passed', async () => {
  const { home, clock, core, releases } = await openAged();
  await releases(1);
  const { key } = stored.auditEnd(home) ?? {};
  await releases(1);
  const { key: newer } = stored.auditEnd(home) ?? {};
  const { spawn } = await stopAfter(createSandbox());
  // In another process: reading it here would drop the locks of SQLite.
  const found = async (wanted: Buffer | undefined) => {
    const code = `const fs = require('fs'); const [, folder, hex] = process.argv;
      for (const name of fs.readdirSync(folder)) {
        if (name.startsWith('sigilforge.db') && fs.readFileSync(folder + '/' + name).includes(Buffer.from(hex, 'hex'))) console.log(name);
      }`;
    const args = [process.execPath, '-e', code, `${home}/data`, wanted?.toString('hex') ?? ''];
    return (await spawn(args, { input: '' }).exited).stdout;
  };
  expect(await found(key)).toContain('sigilforge.db-wal');
  clock.pass(61_000);
  await expect.poll(() => found(key), { timeout: 10_000 }).toBe('');
  expect(await found(newer)).toBe('sigilforge.db\n');
  expect(await core.trail.verify()).toMatchObject({ intact: true });
});

/** A library whose clock the test sets, and a function that has so many rows written. */
async function openAged() {
  const { home } = await stopAfter(createSandbox());
  const clock = createClock();
  const core = await openTestCore(home, { clock });
  onTestFinished(() => core.close().catch(() => undefined));
  await core.vault.unlocked();
  let named = 0;
  const releases = async (count: number): Promise<void> => {
    const who = { ...aPeer().who, door: `caller ${named++}` };
    for (let n = 0; n < count; n++) void core.audit.released(who, 'get_secret', `secret://s/${n}`);
    await core.audit.settle();
  };
  return { home, clock, core, releases };
}

test('rows of more than 90 days are removed when the vault opens, and the others still fit', async () => {
  const { home, clock, core, releases } = await openAged();
  await releases(200);
  clock.pass(DAY);
  for (let n = 0; n < 3; n++) await releases(200);
  const first = stored.auditAnchor(home);
  await core.close();
  const kept = stored.auditRows(home).slice(200);
  clock.pass(89.5 * DAY);
  const next = await openTestCore(home, { clock });
  onTestFinished(() => next.close());
  await next.tend();
  await expect.poll(() => stored.auditRows(home)).toHaveLength(600);
  expect(stored.auditRows(home)).toEqual(kept);
  expect(stored.auditAnchor(home)).toMatchObject({ seq: 201 });
  expect(stored.auditAnchor(home)?.sealed.equals(first?.sealed ?? Buffer.alloc(0))).toBe(false);
  const verified = await next.trail.verify();
  expect(verified).toMatchObject({ intact: true, records: 600, fault: null });
  stored.alterAudit(home, 700, 'reference');
  expect(await next.trail.verify()).toMatchObject({ fault: { seq: 700, reason: 'changed' } });
});

test('all rows may be too old, in several transactions, and the chain goes on behind them', async () => {
  const { home, clock, core, releases } = await openAged();
  for (let n = 0; n < 6; n++) await releases(200);
  clock.pass(91 * DAY);
  await core.tend();
  await core.vaultKeys.lock();
  await core.vaultKeys.unlock(undefined, aPeer());
  await expect.poll(() => stored.auditRows(home).length, { timeout: 10_000 }).toBe(0);
  expect(await core.trail.verify()).toMatchObject({ intact: true, records: 0 });
  await releases(2);
  expect(stored.auditRows(home).map(({ seq }) => seq)).toEqual([1201, 1202]);
  expect(await core.trail.verify()).toMatchObject({ intact: true, records: 2 });
});

test('old rows that were altered stay, for verify to find', async () => {
  const { home, clock, core, releases } = await openAged();
  await releases(5);
  stored.alterAudit(home, 2, 'outcome');
  clock.pass(91 * DAY);
  const logged = vi.fn();
  const next = await openTestCore(home, { clock, log: { ...silentLogger, warn: logged } });
  onTestFinished(() => next.close());
  await next.tend();
  await expect.poll(() => logged.mock.calls).toContainEqual(['audit.damaged']);
  await releases(1);
  expect(stored.auditRows(home)).toHaveLength(6);
  expect(await core.trail.verify()).toMatchObject({ fault: { seq: 2, reason: 'changed' } });
});

test('an export by the library is recorded', async () => {
  const { sandbox } = await stopAfter(startDaemon());
  vi.stubEnv('SIGILFORGE_HOME', sandbox.home);
  onTestFinished(() => void vi.unstubAllEnvs());
  await exportVault({ passphrase: 'correct horse battery staple' });
  expect(stored.auditRows(sandbox.home)).toMatchObject([
    { method: 'export_vault', reference: null, outcome: 'released', pid: process.pid },
  ]);
});
