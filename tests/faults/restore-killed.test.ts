import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeBackup } from '../../daemon/core/backups/backup.js';
import { systemClock } from '../../daemon/core/platform/clock.js';
import { resolvePaths } from '../../shared/paths.js';
import { putOldHome } from '../fixtures/old-home.js';
import * as stored from '../support/stored.js';
import { type BuiltProgram, buildProgram } from './build-program.js';
import { buildKilledWrites, canPreload, type KilledWrites, points } from './preloaded.js';

// A restore that is killed in front of each write, sync, link, rename and removal of a file: what the next start finds is the
// vault that was there or the restored one, whole, and never an empty one.

const LIMIT = 600_000;

let program: BuiltProgram;
let killed: KilledWrites;
let folder: string;
let backup: string;
/** A home with some vault, and the one that the backup was made of, which has an account less. */
let there: string;
let other: string;

beforeAll(async () => {
  if (!canPreload) return;
  [program, killed] = [await buildProgram('store-program'), await buildKilledWrites()];
  folder = await mkdtemp(path.join(tmpdir(), 'sf-restored-'));
  [there, other] = [path.join(folder, 'there'), path.join(folder, 'other')];
  for (const home of [there, other]) {
    await putOldHome(home, 'http://127.0.0.1:1');
    expect(await run(home, [])).toMatchObject({ code: 0, stderr: '' });
  }
  stored.removeAccount(other, 'rescued');
  backup = path.join(folder, 'a.backup');
  await makeBackup(resolvePaths({ SIGILFORGE_HOME: other }), backup, { exclusive: true, clock: systemClock });
});
afterAll(async () => {
  if (!canPreload) return;
  await Promise.all([program.stop(), killed.stop(), rm(folder, { recursive: true })]);
});

function run(home: string, args: readonly string[], killAt?: number) {
  const env = { ...process.env, SIGILFORGE_HOME: home };
  return killed.run([...program.command, ...args], {
    env,
    folder: home,
    ...(killAt === undefined ? {} : { killAt }),
  });
}

async function copyOfThere(name: string): Promise<string> {
  const home = path.join(folder, name);
  await cp(there, home, { recursive: true });
  return home;
}

/** What accounts have, but for their state. */
function identities(home: string): string {
  return JSON.stringify(stored.grants(home).map((row) => ({ ...(row as object), state: undefined })));
}

/** Which of the two vaults a home has; the restored one only with all of its grants parked. */
function whichVault(home: string): string {
  expect(stored.integrity(home)).toBe('ok');
  if (identities(home) === identities(there)) return 'the old one';
  expect(identities(home)).toBe(identities(other));
  const states = new Set(stored.accounts(home).map(({ state }) => state));
  return states.has('parked') ? 'the restored one' : 'not parked';
}

test.skipIf(!canPreload)(
  'over a vault: the old one or the restored one is there',
  async () => {
    const whole = await copyOfThere('whole');
    const { changes, ...end } = await run(whole, [backup]);
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(whichVault(whole)).toBe('the restored one');

    const found: string[] = [];
    for (const point of points(changes)) {
      const home = await copyOfThere(`at-${point}`);
      expect(await run(home, [backup], point)).toMatchObject({ signal: 'SIGKILL' });
      expect({ point, ...(await run(home, [])) }).toMatchObject({ point, code: 0, stderr: '' });
      found.push(whichVault(home));
      // An answer of the vault that was replaced, which no start may take for one of the restored vault.
      const aside = readdirSync(path.join(home, 'state', 'rescue')).filter((name) =>
        /replaced-.*Z$/.test(name),
      );
      if (found.at(-1) === 'the restored one') expect(aside.length).toBeGreaterThan(0);
      expect(existsSync(path.join(home, 'data', 'sigilforge.db.restoring'))).toBe(false);
      // Once more, to its end: nothing that was left is in its way.
      expect(await run(home, [backup])).toMatchObject({ code: 0, stderr: '' });
      expect(whichVault(home)).toBe('the restored one');
      const replaced = readdirSync(path.join(home, 'data')).filter((name) => /replaced-.*Z$/.test(name));
      expect(replaced.length).toBeGreaterThan(0);
      await rm(home, { recursive: true });
    }
    expect(found[0]).toBe('the old one');
    expect(found.lastIndexOf('the old one')).toBeLessThan(found.indexOf('the restored one'));
  },
  LIMIT,
);

test.skipIf(!canPreload)(
  'over a damaged one: nothing is there but the restored one',
  async () => {
    const damagedHome = async (name: string) => {
      const home = await copyOfThere(name);
      await truncate(stored.databaseFile(home), 9_000);
      return home;
    };
    const { changes, ...end } = await run(await damagedHome('damaged'), [backup]);
    expect(end).toMatchObject({ code: 0, stderr: '' });
    for (const point of points(changes)) {
      const home = await damagedHome(`damaged-${point}`);
      expect(await run(home, [backup], point)).toMatchObject({ signal: 'SIGKILL' });
      const next = await run(home, []);
      if (next.code === 0) expect(whichVault(home)).toBe('the restored one');
      else expect(next.stderr).toMatch(/was damaged, and is now .*damaged-.*Z\. No other one was made/);
      expect(await run(home, [backup])).toMatchObject({ code: 0, stderr: '' });
      expect(whichVault(home)).toBe('the restored one');
      await rm(home, { recursive: true });
    }
  },
  LIMIT,
);

test.skipIf(!canPreload)(
  'where there was none: no empty one is made in its place',
  async () => {
    const noHome = async (name: string) => {
      const home = path.join(folder, name);
      await mkdir(home, { mode: 0o700 });
      return home;
    };
    const { changes } = await run(await noHome('none'), [backup]);
    for (const point of points(changes)) {
      const home = await noHome(`none-${point}`);
      expect(await run(home, [backup], point)).toMatchObject({ signal: 'SIGKILL' });
      const begun = existsSync(path.join(home, 'data', 'sigilforge.db.restoring'));
      const next = await run(home, []);
      if (begun) expect(next.stderr).toContain('A restore was cut off before it was done.');
      expect(await run(home, [backup])).toMatchObject(begun ? { code: 0, stderr: '' } : {});
      if (begun) expect(whichVault(home)).toBe('the restored one');
      await rm(home, { recursive: true });
    }
  },
  LIMIT,
);
