import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Sqlite } from '../../daemon/core/store/sqlite.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

test.each<[string, (db: Sqlite) => unknown]>([
  // It fails at everything, as one on a broken disk does.
  ['is closed', (db) => db.close()],
  ['is within a transaction', (db) => db.prepare('BEGIN IMMEDIATE').run()],
])('cleaning up never tells the caller that its change failed: the database %s', async (_, disturb) => {
  const { home } = await stopAfter(createSandbox());
  const db = await Sqlite.open(join(home, 'some.db'));
  await db.write(() => db.prepare('CREATE TABLE t (x)').run());
  await db.write(() => db.prepare('INSERT INTO t VALUES (1), (2)').run());
  disturb(db);
  await expect(db.truncateLog()).resolves.toBe(false);
});
