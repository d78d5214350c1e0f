import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildPreload, canPreload } from '../faults/preloaded.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

// A database that was damaged while nothing had it open: the daemon's start sets it aside, and from then on nothing puts an
// empty vault in its place until a person says so.

const KEY = ['add-account', 'example', 'one', '--api-key'];
const PAGE = 4096;
const LIMIT = 60_000;

/** Overwrites a part of a file. */
function overwrite(file: string, from: number, bytes: Buffer): void {
  const content = readFileSync(file);
  bytes.copy(content, from);
  writeFileSync(file, content);
}

const damages: Readonly<Record<string, (database: string) => void>> = {
  'its header is garbage': (database) => overwrite(database, 0, Buffer.alloc(100, 'garbage ')),
  'one of its pages is zeros': (database) => overwrite(database, 5 * PAGE, Buffer.alloc(PAGE)),
  'half of it is gone': (database) => truncateSync(database, statSync(database).size / 2),
  'its last page is gone': (database) => truncateSync(database, statSync(database).size - PAGE),
  'only a few bytes are left': (database) => truncateSync(database, 40),
  'nothing is left': (database) => truncateSync(database, 0),
};

async function home(): Promise<Sandbox> {
  const sandbox = await stopAfter(createSandbox());
  expect(await sandbox.run(['--direct', ...KEY], { input: 'a key' })).toMatchObject({ code: 0 });
  expect(await sandbox.run(['--direct', 'get-token', 'example', 'one'])).toMatchObject({ stdout: 'a key\n' });
  return sandbox;
}

function setAside(sandbox: Sandbox): string[] {
  return readdirSync(path.join(sandbox.home, 'data')).filter((name) => /damaged/.test(name));
}

describe.each(Object.entries(damages))('where %s', (_, damage) => {
  test(
    'the daemon sets it aside, and no start makes another one',
    async () => {
      const sandbox = await home();
      const database = stored.databaseFile(sandbox.home);
      damage(database);
      const bytes = readFileSync(database);

      const first = await sandbox.run(['daemon', 'start']);
      expect(first.code).toBe(10);
      const [name = '', ...more] = setAside(sandbox);
      expect(name).toMatch(/^sigilforge\.db\.damaged-\d{4}-\d\d-\d\dT[\d.-]+Z$/);
      expect(more).toEqual([]);
      const kept = path.join(sandbox.home, 'data', name);
      expect(readFileSync(kept).equals(bytes)).toBe(true);
      expect(statSync(kept).mode & 0o777).toBe(0o600);

      for (const args of [
        ['daemon', 'start'],
        ['--direct', 'list-accounts'],
        ['--direct', ...KEY],
      ]) {
        const { code, stdout, stderr } = await sandbox.run(args, { input: 'a key' });
        expect({ args, code, stdout }).toEqual({ args, code: 10, stdout: '' });
        expect(stderr).toContain(kept);
        expect(stderr).toContain('sigilforge restore FILE');
        expect(stderr).toContain('sigilforge restore --empty');
      }
      expect(readdirSync(path.join(sandbox.home, 'data'))).not.toContain('sigilforge.db');
      expect(setAside(sandbox)).toEqual([name]);
    },
    LIMIT,
  );
});

test('a log that is damaged costs nothing of what was in the database before', async () => {
  const sandbox = await home();
  const daemon = await sandbox.startDaemon();
  expect(await sandbox.run(['add-account', 'example', 'two', '--api-key'], { input: 'k' })).toMatchObject({
    code: 0,
  });
  daemon.child.kill('SIGKILL');
  await daemon.exited;
  overwrite(`${stored.databaseFile(sandbox.home)}-wal`, 32, Buffer.alloc(500, 0xff));
  await sandbox.startDaemon();
  expect(await sandbox.run(['get-token', 'example', 'one'])).toMatchObject({ code: 0, stdout: 'a key\n' });
  expect(setAside(sandbox)).toEqual([]);
});

test.skipIf(!canPreload)('a disk that cannot be read is not damage: nothing is set aside', async () => {
  const sandbox = await home();
  const { library } = await stopAfter(buildPreload('failing-reads'));
  const env = { LD_PRELOAD: library, FAILING_FOLDER: path.join(sandbox.home, 'data') };
  const { code, stderr } = await sandbox.spawn(program('sigilforged'), { env, input: '' }).exited;
  expect(code).toBe(10);
  expect(stderr).toContain('cannot be used: the disk reports an error.');
  expect(setAside(sandbox)).toEqual([]);
  await sandbox.startDaemon();
  expect(await sandbox.run(['get-token', 'example', 'one'])).toMatchObject({ stdout: 'a key\n' });
});

test('the library by itself reports the damage, and leaves the file where it is', async () => {
  const sandbox = await home();
  const database = stored.databaseFile(sandbox.home);
  overwrite(database, 0, Buffer.alloc(100, 'garbage '));
  const { code, stderr } = await sandbox.run(['--direct', 'list-accounts']);
  expect(code).toBe(10);
  expect(stderr).toContain("The vault's database is damaged, or is not a database.");
  expect(stderr).toContain('sigilforge restore FILE');
  expect(setAside(sandbox)).toEqual([]);
});

test('a database that a person removed is not damage: the next start makes a vault', async () => {
  const sandbox = await home();
  const database = stored.databaseFile(sandbox.home);
  for (const ending of ['', '-wal', '-shm']) rmSync(database + ending, { force: true });
  await sandbox.startDaemon();
  expect(await sandbox.run(['list-accounts', '--json'])).toMatchObject({ code: 0 });
});

test.each([
  ['a backup', ['restore', 'a.backup'], 'a key\n'],
  ['an empty vault', ['restore', '--empty'], ''],
])(
  'it ends with %s, and the damaged one stays',
  async (_, command, token) => {
    const sandbox = await home();
    expect(await sandbox.run(['backup', 'a.backup'])).toMatchObject({ code: 0 });
    truncateSync(stored.databaseFile(sandbox.home), 9_000);
    expect(await sandbox.run(['daemon', 'start'])).toMatchObject({ code: 10 });
    const [name] = setAside(sandbox);
    expect(await sandbox.run(command)).toMatchObject({ code: 0 });
    await sandbox.startDaemon();
    expect(await sandbox.run(['get-token', 'example', 'one'])).toMatchObject({ stdout: token });
    expect(setAside(sandbox)).toEqual([name]);
  },
  LIMIT,
);
