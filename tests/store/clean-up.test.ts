import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Sqlite } from '../../daemon/core/store/sqlite.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

test('cleaning up after a commit never tells the caller that it failed', async () => {
  const { home } = await stopAfter(createSandbox());
  const db = await Sqlite.open(join(home, 'some.db'));
  await db.write(() => db.prepare('CREATE TABLE t (x)').run());
  db.close();
  // A closed database fails at everything, as one on a broken disk does.
  expect(() => db.prepare('SELECT 1')).toThrow();
  expect(() => db.truncateLog()).not.toThrow();
});
