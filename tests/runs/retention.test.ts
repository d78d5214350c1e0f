import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { openRecords, transcriptNames, transcriptsIn } from './records.js';

const DAY_MS = 86_400_000;
/** `runs.keep_days` if config.toml does not say. */
const KEPT_DAYS = 30;

function daysAgo(days: number): number {
  return Date.now() - days * DAY_MS;
}

test('what is older than keep_days is removed: runs, their messages and their transcripts', async () => {
  const { home, history, begin } = await openRecords();
  const fresh = await begin();
  await history.finish({ run_id: fresh, status: 'completed', response: 'fresh' });
  const old = stored.insertRuns(
    home,
    Array.from({ length: 205 }, () => ({ capability: 'a', status: 'completed', at: daysAgo(KEPT_DAYS + 1) })),
  );
  const [almost = ''] = stored.insertRuns(home, [
    { capability: 'a', status: 'failed', at: daysAgo(KEPT_DAYS - 1) },
  ]);
  for (const id of [...old, almost]) writeFileSync(path.join(transcriptsIn(home), `${id}.jsonl`), '{}\n');
  await history.trim();
  expect(history.list({}).runs.map(({ id }) => id)).toEqual([fresh, almost]);
  expect(stored.countMessages(home)).toBe(2);
  expect(transcriptNames(home)).toEqual([almost, fresh].map((id) => `${id}.jsonl`).sort());
});

test('a transcript without a run is removed when it is old, and no file of another name', async () => {
  const { home, history, begin } = await openRecords();
  await history.finish({ run_id: await begin(), status: 'completed' });
  const [newest = ''] = transcriptNames(home);
  const old = `${uuidv7({ msecs: daysAgo(KEPT_DAYS + 1) })}.jsonl`;
  const recent = `${uuidv7({ msecs: daysAgo(1) })}.jsonl`;
  for (const name of [old, recent, 'notes.jsonl', 'notes.txt'])
    writeFileSync(path.join(transcriptsIn(home), name), '{}\n');
  await history.trim();
  expect(transcriptNames(home)).toEqual([recent, newest, 'notes.jsonl', 'notes.txt'].sort());
});

test('a run of a capability that is under way stays, however long ago it began', async () => {
  const { home, history, begin } = await openRecords();
  await history.finish({ run_id: await begin(), status: 'completed' });
  const at = daysAgo(KEPT_DAYS + 100);
  const [running = '', pending = ''] = stored.insertRuns(
    home,
    ['running', 'pending', 'completed'].map((status) => ({ capability: 'a', status, at })),
  );
  const file = path.join(transcriptsIn(home), `${running}.jsonl`);
  writeFileSync(file, '{}\n');
  await history.trim();
  expect(history.leftBehind().map(({ id }) => id)).toEqual([running, pending].sort());
  expect(existsSync(file)).toBe(true);
});

test('nothing of what was removed stays in the files of the database', async () => {
  const { home, clock, history, begin } = await openRecords();
  const canary = 'Xq7zLeakXq7zLeak';
  const id = await begin(`task ${canary}`);
  history.note(id, 'output', canary.repeat(500));
  await history.finish({ run_id: id, status: 'failed', error: canary, response: canary });
  const files = () =>
    ['', '-wal'].map((ending) => readFileSync(`${stored.databaseFile(home)}${ending}`, 'latin1')).join('');
  expect(files()).toContain(canary);
  clock.pass((KEPT_DAYS + 1) * DAY_MS);
  await history.trim();
  expect(history.list({}).runs).toEqual([]);
  expect(files()).not.toContain(canary);
});

test('a daemon removes it when it starts, by its own keep_days', async () => {
  const backend = await stopAfter(startDaemon({ config: '[runs]\nkeep_days = 2' }));
  const { home } = backend.sandbox;
  await backend.api.shutdown();
  await backend.daemon.exited;
  const [, kept = ''] = stored.insertRuns(
    home,
    [3, 1].map((days) => ({ capability: 'a', status: 'completed', at: daysAgo(days) })),
  );
  await backend.sandbox.startDaemon();
  const listed = async () => (await backend.api.listRuns()).runs.map(({ id }) => id);
  await expect.poll(listed, { timeout: 10_000 }).toEqual([kept]);
});
