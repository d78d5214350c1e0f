import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { DayTranscript } from '../../../daemon/core/bots/day-transcript.js';
import { removeOldDays } from '../../../daemon/core/bots/old-days.js';
import { type LogEvent, silentLogger } from '../../../daemon/core/platform/log.js';
import { createSandbox } from '../../support/start/sandbox.js';
import { stopAfter } from '../../support/start/stop-after.js';
import { createClock } from '../../support/time.js';

const DAY_MS = 86_400_000;

async function scene() {
  const { home } = await stopAfter(createSandbox());
  const clock = createClock();
  const warnings: LogEvent[] = [];
  const log = { ...silentLogger, warn: (event: LogEvent) => void warnings.push(event) };
  const folder = path.join(home, 'bots', 'watcher');
  const transcript = new DayTranscript({ clock, log }, folder);
  return { folder, clock, warnings, transcript, all: path.dirname(folder) };
}

function contentsOf(file: string): unknown[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line).content);
}

test('each day in UTC has a file of its own', async () => {
  const { clock, transcript } = await scene();
  const first = transcript.file;
  transcript.add({ content: 'today' });
  clock.pass(DAY_MS);
  transcript.add({ content: 'tomorrow' });
  await transcript.flush();
  expect(path.basename(transcript.file)).toBe(`${new Date(clock.wall()).toISOString().slice(0, 10)}.jsonl`);
  expect([contentsOf(first), contentsOf(transcript.file)]).toEqual([['today'], ['tomorrow']]);
});

test('a line that was cut off does not run together with the next one', async () => {
  const { transcript } = await scene();
  transcript.add({ content: 'whole' });
  await transcript.flush();
  appendFileSync(transcript.file, '{"content":"cut o');
  transcript.add({ content: 'next' });
  await transcript.flush();
  const lines = readFileSync(transcript.file, 'utf8').split('\n');
  expect(lines.slice(1, 3)).toEqual(['{"content":"cut o', expect.stringContaining('"next"')]);
});

test('what the disk does not take waits, within bounds, and how much was dropped is said', async () => {
  const { folder, transcript, warnings } = await scene();
  mkdirSync(path.dirname(folder), { mode: 0o700 });
  writeFileSync(folder, 'no folder');
  const content = 'x'.repeat(1024 * 1024);
  for (let count = 0; count < 20; count += 1) transcript.add({ content });
  await transcript.flush();
  await transcript.flush();
  expect(warnings).toEqual(['run.transcript_not_written']);
  rmSync(folder);
  await transcript.flush();
  const written = contentsOf(transcript.file);
  const dropped = 20 - (written.length - 1);
  expect(written.length).toBeLessThan(12);
  expect(written.at(-1)).toBe(`${dropped} lines were dropped, because the disk took nothing.`);
});

test('days that are over for long are removed, and no other file', async () => {
  const { folder, all } = await scene();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const before = Date.parse('2026-02-10T12:00:00Z');
  const names = ['2026-02-08.jsonl', '2026-02-09.jsonl', '2026-02-10.jsonl', '2026-99-99.jsonl', 'notes.txt'];
  for (const name of names) writeFileSync(path.join(folder, name), '{}\n');
  mkdirSync(path.join(all, 'gone'));
  writeFileSync(path.join(all, 'gone', '2026-01-01.jsonl'), '{}\n');
  removeOldDays(all, before);
  expect(names.filter((name) => existsSync(path.join(folder, name)))).toEqual(names.slice(2));
  expect(existsSync(path.join(all, 'gone'))).toBe(false);
  removeOldDays(path.join(all, 'never', 'there'), before);
});
