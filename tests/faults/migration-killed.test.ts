import { readdirSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SCHEMA_VERSION } from '../../daemon/core/store/migrate.js';
import { putOldHome } from '../fixtures/old-home.js';
import * as stored from '../support/stored.js';
import { type BuiltProgram, buildProgram } from './build-program.js';
import { buildKilledWrites, canPreload, type KilledWrites, points } from './preloaded.js';

// A home of version 1 whose migration is killed in front of each write, sync, rename and removal of a file: the next start
// ends it, with everything that was there, and with a whole copy from before.

let program: BuiltProgram;
let killed: KilledWrites;
let folder: string;
let old: string;

beforeAll(async () => {
  if (!canPreload) return;
  [program, killed] = [await buildProgram('store-program'), await buildKilledWrites()];
  folder = await mkdtemp(path.join(tmpdir(), 'sf-migrated-'));
  old = path.join(folder, 'old');
  await putOldHome(old, 'http://127.0.0.1:1');
});
afterAll(async () => {
  if (!canPreload) return;
  await Promise.all([program.stop(), killed.stop(), rm(folder, { recursive: true })]);
});

/** Opens the store of a new copy of the old home, and ends that at one of its changes. */
async function migrate(name: string, killAt?: number) {
  const home = path.join(folder, name);
  await cp(old, home, { recursive: true });
  return { home, ...(await open(home, killAt)) };
}

function open(home: string, killAt?: number) {
  const env = { ...process.env, SIGILFORGE_HOME: home };
  const data = path.join(home, 'data');
  return killed.run(program.command, { env, folder: data, ...(killAt === undefined ? {} : { killAt }) });
}

function leftovers(home: string): string[] {
  return readdirSync(path.join(home, 'data')).filter(
    (name) => !/^(locks|vault\.key|sigilforge\.db)$/.test(name),
  );
}

test.skipIf(!canPreload)(
  'killed at any change of a file, the next start ends it and nothing is lost',
  async () => {
    const before = stored.grants(old);
    const whole = await migrate('whole');
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(whole.changes).toBeGreaterThan(20);
    expect(stored.grants(whole.home)).toEqual(before);
    const copy = `sigilforge.db.before-${SCHEMA_VERSION}`;
    expect(leftovers(whole.home)).toEqual([copy]);

    for (const point of points(whole.changes)) {
      const { home, signal } = await migrate(`at-${point}`, point);
      expect({ point, signal }).toEqual({ point, signal: 'SIGKILL' });
      expect({ point, ...(await open(home)) }).toMatchObject({ point, code: 0, stderr: '' });
      expect({ point, found: stored.integrity(home) }).toEqual({ point, found: 'ok' });
      expect({ point, grants: stored.grants(home) }).toEqual({ point, grants: before });
      expect(stored.migrations(home).at(-1)?.version).toBe(SCHEMA_VERSION);
      expect({ point, files: leftovers(home) }).toEqual({ point, files: [copy] });
      expectCopy(path.join(home, 'data', copy));
      await rm(home, { recursive: true });
    }
  },
  600_000,
);

/** The copy has version 1, and every account. */
function expectCopy(file: string): void {
  expect(stored.copyOf(file)).toEqual({ integrity: 'ok', version: 1, accounts: stored.grants(old).length });
}
