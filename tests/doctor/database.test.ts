import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { doctor, found } from '../support/start/doctor.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import * as stored from '../support/stored.js';

/** Each state is a run of the whole program. */
const SLOW = { timeout: 90_000 };

const ID = '0190f5fe-7c00-7a00-8000-000000000001';

let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await createSandbox();
  return () => sandbox.stop();
});

async function withVault(): Promise<void> {
  expect(await sandbox.run(['secret', 'set', 'a', '--direct'], { input: 'a value\n' })).toMatchObject({
    code: 0,
  });
}

const inOrder = () => ({
  state: 'ok',
  sentence: expect.stringMatching(/sigilforge\.db is in order: \d+ KiB, schema version \d+\.$/),
  cure: null,
});

describe('doctor on the database', SLOW, () => {
  test('that is not there yet makes none, and no vault', async () => {
    expect(await found(sandbox, 'database')).toEqual([
      {
        state: 'ok',
        sentence: `There is no database yet: the first use makes ${stored.databaseFile(sandbox.home)}.`,
        cure: null,
      },
    ]);
    expect(readdirSync(sandbox.home)).not.toContain('data');
  });

  test('that is in order, with a daemon and without one', async () => {
    await withVault();
    expect(await found(sandbox, 'database')).toEqual([inOrder()]);
    await sandbox.startDaemon();
    expect(await found(sandbox, 'database')).toEqual([inOrder()]);
  });

  test('of which pages are damaged', async () => {
    await withVault();
    stored.damageIndex(sandbox.home);
    const { code, findings } = await doctor(sandbox);
    expect(findings).toContainEqual({
      name: 'database',
      state: 'fault',
      sentence: expect.stringMatching(/sigilforge\.db is damaged: .*\.$/),
      cure: expect.stringContaining('sigilforge restore FILE'),
      fixed: [],
    });
    expect(code).toBe(2);
  });

  test('that is not a database: said once, and the rest goes on', async () => {
    await withVault();
    const file = stored.databaseFile(sandbox.home);
    for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    truncateSync(file, 0);
    writeFileSync(file, Buffer.alloc(8192, 'x'));
    const { code, findings } = await doctor(sandbox);
    expect(findings.filter(({ sentence }) => sentence.includes('is damaged, or is not a database'))).toEqual([
      expect.objectContaining({ name: 'database', state: 'fault' }),
    ]);
    expect(findings.map(({ name }) => name)).toContain('browser');
    expect(code).toBe(2);
  });

  test('of a newer version', async () => {
    await withVault();
    stored.migrateBeyond(sandbox.home, 999);
    expect(await found(sandbox, 'database')).toEqual([
      {
        state: 'fault',
        sentence: expect.stringContaining('has schema version 999'),
        cure: 'Install the newer version of Sigilforge again.',
      },
    ]);
  });

  test('whose log a reader keeps long', async () => {
    await withVault();
    const release = stored.growLog(sandbox.home, 20 * 1024 * 1024);
    try {
      expect(await found(sandbox, 'database')).toEqual([
        inOrder(),
        {
          state: 'warning',
          sentence: expect.stringMatching(/^The write-ahead log has 2\d\.\d MiB: a program that reads/),
          cure: expect.stringContaining('sigilforge daemon restart'),
        },
      ]);
    } finally {
      release();
    }
    expect(await found(sandbox, 'database')).toEqual([
      { ...inOrder(), sentence: expect.stringContaining('is in order') },
    ]);
  });

  test('beside which others were put', async () => {
    await withVault();
    const file = stored.databaseFile(sandbox.home);
    const at = '2026-11-28T12-00-00.000Z';
    for (const name of [`damaged-${at}`, `replaced-${at}`, 'before-7'])
      writeFileSync(`${file}.${name}`, '', { mode: 0o600 });
    const remove = (name: string) => `Remove it once nothing of it is needed any more: rm ${file}.${name}`;
    expect(await found(sandbox, 'database')).toEqual([
      inOrder(),
      {
        state: 'ok',
        sentence: `A copy from before an upgrade is kept for a day: ${file}.before-7.`,
        cure: null,
      },
      {
        state: 'warning',
        sentence: `A database that was damaged is kept: ${file}.damaged-${at}.`,
        cure: remove(`damaged-${at}`),
      },
      {
        state: 'warning',
        sentence: `The database that a restored one took the place of is kept, with its secrets: ${file}.replaced-${at}.`,
        cure: remove(`replaced-${at}`),
      },
    ]);
  });

  test('that a start of the daemon has set aside, and that nothing has taken the place of', async () => {
    await withVault();
    stored.damageIndex(sandbox.home);
    expect(await sandbox.run(['daemon', 'start'])).toMatchObject({ code: 10 });
    const left = readdirSync(join(sandbox.home, 'data')).filter((name) => name.startsWith('sigilforge.db'));
    expect(await found(sandbox, 'database')).toEqual([
      {
        state: 'fault',
        sentence: expect.stringMatching(/was damaged, and is now .*sigilforge\.db\.damaged-/),
        cure: expect.stringMatching(/sigilforge restore FILE.*sigilforge restore --empty/),
      },
    ]);
    const now = readdirSync(join(sandbox.home, 'data')).filter((name) => name.startsWith('sigilforge.db'));
    expect(now).toEqual(left);
    expect(left).not.toContain('sigilforge.db');
  });

  test('of which a page is damaged under a running daemon', async () => {
    await withVault();
    await sandbox.startDaemon();
    stored.damageIndex(sandbox.home);
    expect(await found(sandbox, 'database')).toEqual([
      {
        state: 'fault',
        sentence: expect.stringContaining('is damaged: '),
        cure: expect.stringMatching(
          /^Stop the daemon first: sigilforge daemon stop\. .*sigilforge restore FILE/,
        ),
      },
    ]);
  });

  test('which could not take grants that wait to be stored', async () => {
    await withVault();
    const rescue = join(sandbox.home, 'state', 'rescue');
    mkdirSync(rescue, { mode: 0o700, recursive: true });
    for (const name of [`${ID}.3`, `${ID}.4.refused`]) writeFileSync(join(rescue, name), '', { mode: 0o600 });
    expect(await found(sandbox, 'database')).toEqual([
      inOrder(),
      {
        state: 'warning',
        sentence: `1 refreshed grant could not be stored, and waits in ${rescue}.`,
        cure: expect.stringContaining('sigilforge daemon start'),
      },
      {
        state: 'warning',
        sentence: `1 refreshed grant in ${rescue} cannot be read any more.`,
        cure: expect.stringContaining('sigilforge list-accounts'),
      },
    ]);
  });
});
