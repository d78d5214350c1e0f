import { existsSync, lstatSync, utimesSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SCHEMA_VERSION } from '../../daemon/core/store/migrate.js';
import { canMount, mountSmallDisk } from '../faults/small-disk.js';
import { putOldHome } from '../fixtures/old-home.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

// The copy that is made of a database before its schema is changed.

const NOWHERE = 'http://127.0.0.1:1';
const DAY_MS = 86_400_000;

async function oldSandbox(): Promise<Sandbox> {
  const sandbox = await stopAfter(createSandbox());
  await putOldHome(sandbox.home, NOWHERE);
  return sandbox;
}

function copyIn(home: string): string {
  return path.join(home, 'data', `sigilforge.db.before-${SCHEMA_VERSION}`);
}

async function restartedDaemon(sandbox: Sandbox, last: { pid: number; exited: Promise<unknown> }) {
  process.kill(last.pid, 'SIGTERM');
  await last.exited;
  return sandbox.startDaemon();
}

test('it is private and whole, and the daemon removes it once it is a day old', async () => {
  const sandbox = await oldSandbox();
  const accounts = stored.grants(sandbox.home).length;
  let daemon = await sandbox.startDaemon();
  const copy = copyIn(sandbox.home);
  expect(lstatSync(copy).mode & 0o777).toBe(0o600);
  expect(stored.copyOf(copy)).toEqual({ integrity: 'ok', version: 1, accounts });

  // Started many times in one day, as on a laptop.
  daemon = await restartedDaemon(sandbox, daemon);
  expect(existsSync(copy)).toBe(true);
  const past = new Date(Date.now() - DAY_MS);
  utimesSync(copy, past, past);
  daemon = await restartedDaemon(sandbox, daemon);
  await expect.poll(() => existsSync(copy)).toBe(false);
});

test('a rotation of the key removes it: in the copy, the old key opens everything', async () => {
  const sandbox = await oldSandbox();
  await sandbox.startDaemon();
  await expect.poll(() => stored.vaultFormat(sandbox.home), { timeout: 20_000 }).toBe(2);
  // What binds the values of an older version goes on in the background, and removes nothing.
  expect(existsSync(copyIn(sandbox.home))).toBe(true);
  expect(await sandbox.run(['vault', 'rotate'])).toMatchObject({ code: 0 });
  expect(existsSync(copyIn(sandbox.home))).toBe(false);
});

test('a new database needs none, and one of this version neither', async () => {
  const sandbox = await stopAfter(createSandbox());
  const daemon = await sandbox.startDaemon();
  await restartedDaemon(sandbox, daemon);
  expect(existsSync(copyIn(sandbox.home))).toBe(false);
});

test.skipIf(!canMount())('where it does not fit, the database is not changed', async () => {
  const sandbox = await stopAfter(createSandbox());
  const disk = await mountSmallDisk(sandbox);
  const old = await oldSandbox();
  for (const name of ['config', 'state'])
    await cp(path.join(old.home, name), path.join(sandbox.home, name), { recursive: true });
  for (const name of ['sigilforge.db', 'vault.key'])
    await cp(path.join(old.home, 'data', name), path.join(disk.data, name));
  disk.fill({ leaving: 128 * 1024 });
  const start = () => sandbox.spawn([...disk.enter, ...program('sigilforged')], { input: '' }).exited;
  const refused = await start();
  expect(refused.code).toBe(10);
  expect(refused.stderr).toContain('cannot make a copy of it first, so it changed nothing.');
  expect(refused.stderr).toContain('no space is left on the disk');
  await cp(path.join(disk.data, 'sigilforge.db'), path.join(old.home, 'kept.db'));
  expect(stored.copyOf(path.join(old.home, 'kept.db'))).toMatchObject({ integrity: 'ok', version: 1 });
  disk.empty();
  const running = sandbox.spawn([...disk.enter, ...program('sigilforged')], { input: '' });
  await running.seen(/"ready":true/, 'stdout');
  expect(existsSync(path.join(disk.data, `sigilforge.db.before-${SCHEMA_VERSION}`))).toBe(true);
});
