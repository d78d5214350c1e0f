import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connect } from '../../client/index.js';
import { MIGRATION_POINTS, type TracePoint } from '../../daemon/core/platform/trace.js';
import { SCHEMA_VERSION } from '../../daemon/core/store/migrate.js';
import { expectEverythingWorks, putOldHome } from '../fixtures/old-home.js';
import { type OldProvider, startOldProvider } from '../fixtures/old-provider.js';
import type { Running } from '../support/start/running.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import * as stored from '../support/stored.js';
import { type BuiltProgram, buildProgram } from './build-program.js';

// A home of an older version, whose first daemon of today ends itself by SIGKILL while it migrates and binds what it finds.

const LIMIT = 60_000;

let crashing: BuiltProgram;
let provider: OldProvider;
let sandbox: Sandbox;
const reached = new Set<string>();

beforeAll(async () => {
  crashing = await buildProgram('crashing-daemon');
});
afterAll(() => crashing.stop());

beforeEach(async () => {
  provider = await startOldProvider();
  sandbox = await createSandbox();
  await putOldHome(sandbox.home, provider.url);
  // A refresh by itself, cut off by the crash, would send a token twice, which is not what this is about.
  await writeFile(join(sandbox.home, 'config.toml'), '[refresh]\nidle_days = 0\n', { mode: 0o600 });
  return async () => {
    await sandbox.stop();
    await provider.stop();
  };
});

test.each<TracePoint>([
  'migrate.committing',
  'migrate.committed',
  'rotate.resealing',
  'rotate.resealed',
  'rotate.retiring',
  'rotate.retired',
])(
  'after a crash at %s the next start ends it, and every account works',
  async (at) => {
    await crashAt(at);
    await expectFinished();
  },
  LIMIT,
);

test(
  'killed again and again, after each transaction, it still ends',
  async () => {
    while (stored.migrations(sandbox.home).length < SCHEMA_VERSION) await crashAt('migrate.committed');
    let kills = 0;
    for (; !isBound(); kills += 1) await crashAtIfReached('rotate.resealed');
    // Each has bound one account more.
    expect(kills).toBeGreaterThan(10);
    await expectFinished();
  },
  LIMIT,
);

test('every point was reached', () => {
  for (const point of MIGRATION_POINTS) expect(reached).toContain(point);
});

/** Has a daemon crash at the point. */
async function crashAt(point: TracePoint): Promise<void> {
  const running = startCrashing(point);
  await running.seen(new RegExp(`reached ${point}\n`), 'stdout');
  await expectKilled(running);
  reached.add(point);
}

/** The same, unless everything is bound before that; then it is killed as well. */
async function crashAtIfReached(point: TracePoint): Promise<void> {
  const running = startCrashing(point);
  const bound = expect.poll(isBound, { timeout: 20_000 }).toBe(true);
  await Promise.race([running.exited, bound]);
  running.child.kill('SIGKILL');
  await expectKilled(running);
}

function startCrashing(point: TracePoint): Running {
  return sandbox.spawn(crashing.command, { env: { SIGILFORGE_CRASH_AT: point }, input: '' });
}

async function expectKilled({ exited }: Running): Promise<void> {
  expect(await exited).toMatchObject({ signal: 'SIGKILL' });
  expect(stored.integrity(sandbox.home)).toBe('ok');
}

function isBound(): boolean {
  return stored.vaultFormat(sandbox.home) === 2;
}

async function expectFinished(): Promise<void> {
  const { socket } = await sandbox.startDaemon();
  await expect.poll(isBound, { timeout: 20_000 }).toBe(true);
  expect(new Set(stored.formats(sandbox.home))).toEqual(new Set([2]));
  const api = await connect({ socket });
  try {
    await expectEverythingWorks(api, provider);
    await expectEverythingWorks(api, provider);
  } finally {
    await api.close();
  }
}
