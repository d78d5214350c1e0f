import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { builtFile } from '../../shared/built-file.js';
import { putOldHome } from '../fixtures/old-home.js';
import { startOldProvider } from '../fixtures/old-provider.js';
import { addAccount, SERVICE, work } from '../support/accounts.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { type Scene, startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

// A backup of a vault in use, and the way back.

const LIMIT = 120_000;

/** A program with the library, which opens the vault, writes at its first line, and closes at the end of its input. */
const HOLDER = `
  const { createLocalApi } = require(process.argv[1]);
  createLocalApi().then(async (api) => {
    await api.listAccounts({});
    console.log('open');
    for await (const line of process.stdin)
      await api.setSecret({ key: 'a', value: 'b' }).then(() => console.log('written'), ({ kind }) => console.log(kind));
    await api.close();
  });`;

function backupOf(sandbox: Sandbox): string {
  return path.join(sandbox.home, 'a.backup');
}

async function makeBackup(sandbox: Sandbox, ...options: string[]) {
  const made = await sandbox.run(['backup', backupOf(sandbox), '--json', ...options]);
  expect(made).toMatchObject({ code: 0 });
  return JSON.parse(made.stdout);
}

async function restore(sandbox: Sandbox, ...options: string[]) {
  const done = await sandbox.run(['restore', backupOf(sandbox), '--json', ...options]);
  expect(done).toMatchObject({ code: 0 });
  return JSON.parse(done.stdout);
}

async function stopDaemon({ daemon }: Scene): Promise<void> {
  daemon.child.kill('SIGTERM');
  await daemon.exited;
}

test(
  'made while 50 callers refresh ten accounts, it opens and has each of them',
  async () => {
    const scene = await stopAfter(startScene());
    const { sandbox, api } = scene;
    const accounts = Array.from({ length: 10 }, (_, index) => ({ service: SERVICE, account: `a${index}` }));
    for (const account of accounts) await addAccount(api, account);
    const clients = await Promise.all(Array.from({ length: 5 }, () => scene.connect()));
    let over = false;
    const callers = Array.from({ length: 50 }, async (_, index) => {
      const account = accounts[index % accounts.length] ?? work;
      while (!over) await clients[index % clients.length]?.refreshToken(account);
    });
    const before = scene.exchanges;
    await expect.poll(() => scene.exchanges).toBeGreaterThan(before + 10);
    for (const options of [[], ['--force'], ['--force']]) {
      expect(await makeBackup(sandbox, ...options)).toMatchObject({ accounts: 10 });
      expect(stored.copyOf(backupOf(sandbox))).toMatchObject({ integrity: 'ok', accounts: 10 });
    }
    const during = scene.exchanges;
    await expect.poll(() => scene.exchanges).toBeGreaterThan(during + 10);
    over = true;
    await Promise.all(callers);
    expect(scene.provider.counts.reuse).toBe(0);
    await makeBackup(sandbox, '--force');
    await stopDaemon(scene);

    expect(await restore(sandbox)).toMatchObject({ accounts: 10, parked: 10 });
    expect(new Set(stored.accounts(sandbox.home).map(({ state }) => state))).toEqual(new Set(['parked']));
    await scene.start();
    const exchanges = scene.exchanges;
    for (const account of accounts) {
      expect(await api.getToken(account)).toMatchObject({ token_type: 'Bearer' });
      expect(scene.exchanges).toBe(exchanges + accounts.indexOf(account));
      await api.refreshToken(account);
      expect(await api.getAccount(account)).toMatchObject({ state: 'ok' });
    }
    expect(scene.provider.counts.reuse).toBe(0);
  },
  LIMIT,
);

test('it is private, stands by itself, and takes the place of a file only with --force', async () => {
  const sandbox = await stopAfter(createSandbox());
  await sandbox.run(['add-account', 'example', 'one', '--api-key'], { input: 'a key' });
  const daemon = await sandbox.startDaemon();
  await makeBackup(sandbox);
  const file = backupOf(sandbox);
  expect(lstatSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file).toString('latin1', 0, 15)).toBe('SQLite format 3');
  // Journal mode: without a log, so that it can be read where nothing can be written.
  expect([...readFileSync(file).subarray(18, 20)]).toEqual([1, 1]);
  expect(readdirSync(sandbox.home).filter((name) => name.includes('a.backup'))).toEqual(['a.backup']);
  expect(await sandbox.run(['backup', file])).toMatchObject({ code: 1, stdout: '' });
  writeFileSync(file, 'something else');
  expect((await sandbox.run(['backup', file])).stderr).toContain('already exists and was left as it is.');
  expect(readFileSync(file, 'utf8')).toBe('something else');
  expect(await makeBackup(sandbox, '--force')).toMatchObject({ accounts: 1 });
  daemon.child.kill('SIGTERM');
  await daemon.exited;
});

test('a locked vault is backed up as well, and says what opens it', async () => {
  const sandbox = await stopAfter(createSandbox());
  await sandbox.startDaemon();
  await sandbox.run(['add-account', 'example', 'one', '--api-key'], { input: 'a key' });
  const file = backupOf(sandbox);
  const before = await sandbox.run(['backup', file]);
  expect(before.stderr).toContain('It opens with: the key file vault.key of the data folder.');
  expect(before.stderr).toContain('sigilforge vault recovery-key');
  await sandbox.run(['vault', 'recovery-key']);
  await sandbox.run(['vault', 'set-password'], { input: 'a password' });
  expect(await sandbox.run(['vault', 'lock'])).toMatchObject({ code: 0 });
  const locked = await sandbox.run(['backup', file, '--force']);
  expect(locked).toMatchObject({ code: 0 });
  expect(locked.stderr).toContain('It opens with: the recovery key, the password, the key file');
  expect(locked.stderr).not.toContain('warning');
});

test(
  'on another machine it opens with the recovery key',
  async () => {
    const [here, there] = [await stopAfter(createSandbox()), await stopAfter(createSandbox())];
    await here.run(['add-account', 'example', 'one', '--api-key'], { input: 'a key' });
    await here.run(['secret', 'set', 'some/secret'], { input: 'its value' });
    const recovery = (await here.run(['vault', 'recovery-key'])).stdout.trim();
    await makeBackup(here);
    const done = await there.run(['restore', backupOf(here)]);
    expect(done).toMatchObject({ code: 0 });
    expect(done.stderr).toContain('sigilforge vault unlock');
    await there.startDaemon();
    expect(await there.run(['get-token', 'example', 'one'])).toMatchObject({ code: 6 });
    expect(await there.run(['vault', 'unlock'], { input: recovery })).toMatchObject({ code: 0 });
    expect(await there.run(['get-token', 'example', 'one'])).toMatchObject({ stdout: 'a key\n' });
    expect(await there.run(['secret', 'get', 'some/secret'])).toMatchObject({ stdout: 'its value\n' });
  },
  LIMIT,
);

test('without a vault there is nothing to back up, and none is made', async () => {
  const sandbox = await stopAfter(createSandbox());
  expect(await sandbox.run(['backup', backupOf(sandbox)])).toMatchObject({ code: 3 });
  expect(existsSync(stored.databaseFile(sandbox.home))).toBe(false);
  expect(existsSync(backupOf(sandbox))).toBe(false);
});

test(
  'an answer that is not stored yet is taken along, and adopting it takes the account over from no one',
  async () => {
    const [here, there] = [await stopAfter(createSandbox()), await stopAfter(createSandbox())];
    const provider = await stopAfter(startOldProvider());
    await putOldHome(here.home, provider.url);
    expect(await makeBackup(here)).toMatchObject({ schema_version: 1, unstored_answers: 1 });
    await mkdir(path.join(there.home, 'data'), { mode: 0o700 });
    await cp(path.join(here.home, 'config'), path.join(there.home, 'config'), { recursive: true });
    await cp(path.join(here.home, 'data', 'vault.key'), path.join(there.home, 'data', 'vault.key'));
    expect(await there.run(['restore', backupOf(here)])).toMatchObject({ code: 0 });
    const generation = stored.generationOf(there.home, 'rescued');
    await there.startDaemon();
    const rescue = path.join(there.home, 'state', 'rescue');
    await expect.poll(() => readdirSync(rescue)).toEqual([]);
    expect(stored.anAccount(there.home, 'rescued')).toMatchObject({
      state: 'parked',
      generation: generation + 1,
    });
    expect(provider.received.filter(({ path: asked }) => asked === '/token')).toEqual([]);
    // What it had in the database was spent by the exchange whose answer was kept.
    expect(await there.run(['refresh-token', 'acme', 'rescued'])).toMatchObject({
      stdout: 'at-rescued-10\n',
    });
    expect(stored.anAccount(there.home, 'rescued')).toMatchObject({ state: 'ok' });
    expect(provider.reused).toEqual([]);
  },
  LIMIT,
);

test('answers that are kept beside the vault stay with the grants that they are for', async () => {
  const scene = await stopAfter(startScene());
  const { sandbox, api } = scene;
  await addAccount(api);
  const [{ id, generation } = { id: '', generation: 0 }] = stored.accounts(sandbox.home);
  const rescue = path.join(sandbox.home, 'state', 'rescue');
  await mkdir(rescue, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(rescue, `${id}.${generation}`), 'an answer', { mode: 0o600 });
  expect(await makeBackup(sandbox)).toMatchObject({ unstored_answers: 1 });
  await stopDaemon(scene);
  const other = '01a22252-ed87-778b-b38a-45c8260011ae.3';
  for (const name of [`${id}.${generation}`, other])
    writeFileSync(path.join(rescue, name), 'later', { mode: 0o600 });
  await restore(sandbox);
  // What belongs to a grant of the restored vault stays; what belongs to another is kept for the vault that was there.
  expect(readFileSync(path.join(rescue, `${id}.${generation}`), 'utf8')).toBe('later');
  expect(readdirSync(rescue).find((name) => name.startsWith(other))).toMatch(/\.3\.replaced-.*Z$/);
});

test('a restore over a running daemon is refused, and changes nothing', async () => {
  const sandbox = await stopAfter(createSandbox());
  const daemon = await sandbox.startDaemon();
  await sandbox.run(['add-account', 'example', 'one', '--api-key'], { input: 'a key' });
  await makeBackup(sandbox);
  for (const args of [[backupOf(sandbox)], [backupOf(sandbox), '--force'], ['--empty', '--force']]) {
    const refused = await sandbox.run(['restore', ...args]);
    expect(refused).toMatchObject({ code: 10, stdout: '' });
    expect(refused.stderr).toContain(`(process ${daemon.pid})`);
    expect(refused.stderr).toContain('sigilforge daemon stop');
  }
  expect(await sandbox.run(['get-token', 'example', 'one'])).toMatchObject({ stdout: 'a key\n' });
  expect(
    readdirSync(path.join(sandbox.home, 'data')).filter((name) => /replaced|restoring/.test(name)),
  ).toEqual([]);
});

test(
  'a newer vault, and another one, are replaced only with --force, and kept',
  async () => {
    const [sandbox, other] = [await stopAfter(createSandbox()), await stopAfter(createSandbox())];
    const add = (home: Sandbox, name: string) =>
      home.run(['--direct', 'add-account', 'example', name, '--api-key'], { input: `the key of ${name}` });
    await add(sandbox, 'one');
    await makeBackup(sandbox);
    // The same state once more is no loss.
    expect(await restore(sandbox)).toMatchObject({ accounts: 1 });
    await add(sandbox, 'two');
    await add(other, 'three');
    for (const home of [sandbox, other]) {
      const refused = await home.run(['restore', backupOf(sandbox)]);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr.match(/\d{4}-\d\d-\d\dT/g)?.length).toBeGreaterThanOrEqual(2);
      expect(refused.stderr).toContain('--force');
    }
    const { replaced } = await restore(sandbox, '--force');
    expect((await sandbox.run(['--direct', 'get-token', 'example', 'two'])).code).toBe(3);
    // And back again.
    expect(stored.copyOf(replaced)).toMatchObject({ integrity: 'ok', accounts: 2 });
    expect(await sandbox.run(['restore', replaced, '--force'])).toMatchObject({ code: 0 });
    expect(await sandbox.run(['--direct', 'get-token', 'example', 'two'])).toMatchObject({
      stdout: 'the key of two\n',
    });
  },
  LIMIT,
);

test(
  'what is not a backup, is damaged or of a newer version is refused, and nothing is changed',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    await sandbox.run(['--direct', 'add-account', 'example', 'one', '--api-key'], { input: 'a key' });
    await makeBackup(sandbox);
    const file = backupOf(sandbox);
    const whole = readFileSync(file);
    const before = readFileSync(stored.databaseFile(sandbox.home));
    const tries: readonly (readonly [change: () => void, code: number, sentence: RegExp])[] = [
      [() => writeFileSync(file, 'no database'), 7, /is not a backup of Sigilforge/],
      [() => writeFileSync(file, ''), 7, /is not a backup of Sigilforge/],
      [
        () =>
          writeFileSync(file, Buffer.concat([whole.subarray(0, 8192), Buffer.alloc(whole.length - 8192)])),
        7,
        /is damaged|is not a backup/,
      ],
      [() => stored.changeFile(file, 'CREATE TABLE more (a)'), 7, /is not a backup of Sigilforge/],
      [
        () =>
          stored.changeFile(file, 'CREATE TRIGGER t AFTER UPDATE ON accounts BEGIN DELETE FROM secrets; END'),
        7,
        /is not a backup/,
      ],
      [
        () => stored.changeFile(file, 'INSERT INTO schema_migrations VALUES (4711, 0)'),
        10,
        /A newer version of Sigilforge/,
      ],
    ];
    for (const [change, code, sentence] of tries) {
      writeFileSync(file, whole);
      change();
      const refused = await sandbox.run(['restore', file, '--force']);
      expect({ sentence, code: refused.code, stderr: refused.stderr }).toEqual({
        sentence,
        code,
        stderr: expect.stringMatching(sentence),
      });
    }
    expect(await sandbox.run(['restore', path.join(sandbox.home, 'missing')])).toMatchObject({ code: 3 });
    expect(await sandbox.run(['restore', sandbox.home])).toMatchObject({ code: 2 });
    expect(readFileSync(stored.databaseFile(sandbox.home)).equals(before)).toBe(true);
    expect(readdirSync(path.join(sandbox.home, 'data')).sort()).toEqual([
      'locks',
      'sigilforge.db',
      'vault.key',
    ]);
  },
  LIMIT,
);

test(
  'a program that holds the replaced vault open writes nothing more, and leaves the log of the restored one',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    await sandbox.run(['--direct', 'add-account', 'example', 'one', '--api-key'], { input: 'a key' });
    await makeBackup(sandbox);
    const holder = sandbox.spawn([process.execPath, '-e', HOLDER, builtFile('daemon.cjs')]);
    await holder.seen(/open/, 'stdout');
    await restore(sandbox);
    const daemon = await sandbox.startDaemon();
    holder.child.stdin.write('\n');
    await holder.seen(/store_unavailable/, 'stdout');
    await sandbox.run(['add-account', 'example', 'two', '--api-key'], { input: 'another' });
    holder.child.stdin.end();
    expect(await holder.exited).toMatchObject({ code: 0 });
    daemon.child.kill('SIGKILL');
    await daemon.exited;
    expect(await sandbox.run(['--direct', 'get-token', 'example', 'two'])).toMatchObject({
      stdout: 'another\n',
    });
  },
  LIMIT,
);
