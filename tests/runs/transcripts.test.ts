import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openRecords, transcriptNames, transcriptOf, transcriptsIn } from './records.js';
import { runScene } from './scene.js';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

test('a transcript has the configuration, then each message, then the end', async () => {
  const { home, history, begin } = await openRecords();
  const id = await begin('Tidy up.');
  await history.append({ run_id: id, role: 'user', content: 'two\nlines' });
  history.note(id, 'output', 'printed');
  await history.finish({ run_id: id, status: 'completed', response: 'Done.' });
  expect(transcriptOf(home, id)).toEqual([
    { at: TIME, run_id: id, task: 'Tidy up.' },
    { at: TIME, role: 'user', content: 'two\nlines' },
    { at: TIME, role: 'output', content: 'printed' },
    { at: TIME, role: 'response', content: 'Done.' },
    { at: TIME, status: 'completed', error: null, exit_code: null, duration_ms: expect.any(Number) },
  ]);
});

test('only this user can read transcripts and their folder', async () => {
  const { home, history, begin } = await openRecords();
  const id = await begin();
  await history.finish({ run_id: id, status: 'completed' });
  const modeOf = (file: string) => statSync(file).mode & 0o777;
  expect(modeOf(transcriptsIn(home))).toBe(0o700);
  expect(transcriptNames(home)).toEqual([`${id}.jsonl`]);
  expect(modeOf(path.join(transcriptsIn(home), `${id}.jsonl`))).toBe(0o600);
});

test('of a run of a capability it begins with what runs, without secrets', async () => {
  const scene = await runScene();
  const secret = 'a secret of the weather service';
  await scene.python('weather', 'def run(args, context):\n  return args["city"]\n', {
    required_secrets: [{ name: 'API_KEY' }],
  });
  await scene.core.capabilities.ownSecrets.set({
    ...{ name: 'weather', key: 'API_KEY', value: secret },
    encoding: 'utf8',
  });
  const { run } = await scene.run('weather', { city: `Bern, ${secret}` });
  const [first, ...others] = transcriptOf(scene.sandbox.home, run.id);
  expect(first).toMatchObject({ run_id: run.id, capability: 'weather' });
  expect(others.at(-1)).toMatchObject({ status: 'completed', exit_code: 0 });
  expect(JSON.stringify([first, others])).not.toContain(secret);
  expect(JSON.stringify(others)).toContain('Bern, [redacted]');
});

test('a folder that takes no files ends no run, and the log says it once', async () => {
  const { home, history, warnings, begin, said } = await openRecords();
  mkdirSync(path.dirname(transcriptsIn(home)), { recursive: true, mode: 0o700 });
  writeFileSync(transcriptsIn(home), 'in the way');
  const id = await begin();
  for (const content of ['one', 'two']) await history.append({ run_id: id, role: 'user', content });
  await history.finish({ run_id: id, status: 'completed', response: 'Done.' });
  expect(said(id)).toEqual(['one', 'two', 'Done.']);
  expect(warnings).toEqual(['run.transcript_not_written']);
  rmSync(transcriptsIn(home));
  const next = await begin();
  await history.finish({ run_id: next, status: 'completed' });
  expect(transcriptNames(home)).toEqual([`${next}.jsonl`]);
});
