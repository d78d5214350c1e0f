import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Sqlite } from '../../daemon/core/store/sqlite.js';
import { openDatabase } from '../support/sqlite-driver.js';

test('a busy database is waited for as long as its opener says, and no longer', async () => {
  const file = path.join(await folder(), 'busy.db');
  const db = await Sqlite.open(file, { waitMs: 100 });
  const other = openDatabase(file, {});
  other.exec('BEGIN IMMEDIATE');
  const began = performance.now();
  await expect(db.write(() => undefined)).rejects.toMatchObject({ kind: 'store_unavailable' });
  expect(performance.now() - began).toBeGreaterThan(90);
  expect(performance.now() - began).toBeLessThan(2_500);
  other.exec('ROLLBACK');
  expect(await db.write(() => 'written')).toBe('written');
  other.close();
  db.close();
});

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'sf-wait-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}
