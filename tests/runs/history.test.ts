import { expect, test } from 'vitest';
import { aPeer } from '../support/start/peers.js';
import * as stored from '../support/stored.js';
import { openRecords, type Records } from './records.js';

const ABSENT = '019a7b2e-2d54-7a33-8b5a-7c1c1f4c1a10';
const KiB = 1024;

/** The row of a capability's run, as the runner makes it, of a capability that was removed since. */
async function beginOwn({ home }: Records): Promise<string> {
  const [id = ''] = stored.insertRuns(home, [{ capability: 'weather', status: 'running', at: Date.now() }]);
  return id;
}

test('a run elsewhere has its task, its messages in their order, its response and its end', async () => {
  const { history, clock, begin, said } = await openRecords();
  const id = await begin('Tidy the inbox.');
  expect(history.get(id)).toMatchObject({
    response: null,
    run: { capability: null, task: 'Tidy the inbox.', status: 'running', completed_at: null, error: null },
  });
  for (const content of ['one', 'two', 'three'])
    await history.append({ run_id: id, role: 'assistant', content });
  clock.pass(1_500);
  await history.finish({ run_id: id, status: 'completed', response: 'Done.' });
  const { run, response } = history.get(id);
  expect({ run, response }).toMatchObject({
    response: 'Done.',
    run: { status: 'completed', duration_ms: 1_500, exit_code: null, error: null },
  });
  expect(Date.parse(run.completed_at ?? '') - Date.parse(run.created_at)).toBe(1_500);
  expect(said(id)).toEqual(['one', 'two', 'three', 'Done.']);
});

test('a clock that people set does not change how long a run took', async () => {
  const { history, clock, begin } = await openRecords();
  const id = await begin();
  clock.pass(2_000);
  clock.setBy(-86_400_000);
  const run = await history.finish({ run_id: id, status: 'failed', error: 'It broke.' });
  expect(run).toMatchObject({ status: 'failed', error: 'It broke.', duration_ms: 2_000 });
});

test('what is over takes no more messages, and ends only once', async () => {
  const { history, events, begin, said } = await openRecords();
  const id = await begin();
  await history.finish({ run_id: id, status: 'completed', response: 'first' });
  const message = { run_id: id, role: 'user', content: 'late' } as const;
  await expect(history.append(message)).rejects.toMatchObject({ kind: 'invalid_params' });
  const again = { run_id: id, status: 'failed', response: 'second' } as const;
  await expect(history.finish(again)).rejects.toMatchObject({ kind: 'invalid_params' });
  await history.end(id, { status: 'interrupted', response: 'third' });
  expect(history.get(id)).toMatchObject({ run: { status: 'completed' }, response: 'first' });
  expect(said(id)).toEqual(['first']);
  expect(events.map(({ type }) => type)).toEqual(['run_created', 'run_ended']);
});

test('a response is shown only of a run that is completed', async () => {
  const { history, begin, said } = await openRecords();
  const id = await begin();
  await history.finish({ run_id: id, status: 'failed', response: 'half', error: 'No.' });
  expect(history.get(id).response).toBeNull();
  expect(said(id)).toEqual(['half']);
});

test('a run that is not there is not found, by any method', async () => {
  const { history } = await openRecords();
  const absent = { kind: 'not_found' };
  expect(() => history.get(ABSENT)).toThrow(expect.objectContaining(absent));
  expect(() => history.messages({ run_id: ABSENT })).toThrow(expect.objectContaining(absent));
  const message = { run_id: ABSENT, role: 'user', content: '' } as const;
  await expect(history.append(message)).rejects.toMatchObject(absent);
  await expect(history.finish({ run_id: ABSENT, status: 'completed' })).rejects.toMatchObject(absent);
  await history.end(ABSENT, { status: 'failed' });
});

test('only the daemon ends a run of a capability, and only such a run can be left behind', async () => {
  const records = await openRecords();
  const { history, begin } = records;
  await begin();
  const id = await beginOwn(records);
  await expect(history.finish({ run_id: id, status: 'completed' })).rejects.toMatchObject({ kind: 'denied' });
  expect(history.leftBehind()).toEqual([{ id, process: null }]);
  await history.end(id, { status: 'interrupted', error: 'The daemon ended.' });
  expect(history.leftBehind()).toEqual([]);
  expect(history.get(id).run).toMatchObject({ status: 'interrupted', error: 'The daemon ended.' });
});

test('work elsewhere can be cancelled, and stays cancelled', async () => {
  const { core, history, begin } = await openRecords();
  const id = await begin();
  expect(await core.runs.cancel(id)).toBe(true);
  expect(await core.runs.cancel(id)).toBe(false);
  expect(history.get(id).run.status).toBe('cancelled');
  const waited = await core.runs.wait({ run_id: id, timeout_s: 60 }, aPeer());
  expect(waited.run.status).toBe('cancelled');
});

test('lines are stored a moment later in one go, each with an id behind the one before', async () => {
  const { history, events, begin } = await openRecords();
  const id = await begin();
  const lines = Array.from({ length: 500 }, (_, number) => `line ${number}`);
  for (const line of lines) history.note(id, 'output', line);
  const messages = () => history.messages({ run_id: id }).messages;
  expect(messages()).toEqual([]);
  await expect.poll(() => messages().length).toBeGreaterThan(0);
  const ids = messages().map((message) => message.id);
  expect(messages().map(({ content }) => content)).toEqual(lines);
  expect(ids).toEqual([...ids].sort());
  expect(events.filter(({ type }) => type === 'message_added')).toHaveLength(1);
});

test('what a run said stands before its response and before what is appended afterwards', async () => {
  const { history, begin, said } = await openRecords();
  const id = await begin();
  history.note(id, 'output', 'printed');
  await history.append({ run_id: id, role: 'tool', content: 'appended' });
  history.note(id, 'output', 'printed again');
  await history.finish({ run_id: id, status: 'completed', response: 'response' });
  expect(said(id)).toEqual(['printed', 'appended', 'printed again', 'response']);
});

test('what the disk does not take at first is stored later; what is too much is counted and dropped', async () => {
  const { home, history, warnings, begin } = await openRecords({ storeWaitMs: 1 });
  const id = await begin();
  const release = stored.blockWrites(home);
  const line = 'x'.repeat(64 * KiB);
  for (let number = 0; number < 200; number++) history.note(id, 'output', `${number} ${line}`);
  await history.flush();
  expect(warnings).toContain('run.not_written');
  release();
  await history.finish({ run_id: id, status: 'completed', response: 'response' });
  const seen: string[] = [];
  for (let after = ''; ; ) {
    const { messages } = history.messages({ run_id: id, ...(after === '' ? {} : { after }) });
    if (messages.length === 0) break;
    seen.push(...messages.map(({ content }) => content));
    after = messages.at(-1)?.id ?? '';
  }
  const kept = seen.filter((content) => content.endsWith(line));
  expect(kept.map((content) => Number.parseInt(content, 10))).toEqual([...kept.keys()]);
  expect(kept.length * 64).toBeLessThan(9 * KiB);
  expect(seen.slice(kept.length)).toEqual([
    `${200 - kept.length} lines were dropped, because the disk took nothing.`,
    'response',
  ]);
});

const FILLED = 3_000;

/** Runs of three capabilities in turns, every fifth of them failed. Returns their ids, the newest first. */
function fill(home: string): { id: string; capability: string; status: string }[] {
  const now = Date.now();
  const runs = Array.from({ length: FILLED }, (_, number) => ({
    capability: ['a', 'b', 'c'][number % 3] ?? '',
    status: number % 5 === 0 ? 'failed' : 'completed',
    at: now - (FILLED - number) * 1_000,
  }));
  const ids = stored.insertRuns(home, runs);
  return runs
    .map(({ capability, status }, index) => ({ id: ids[index] ?? '', capability, status }))
    .reverse();
}

test.each([
  {},
  { capability: 'b' },
  { status: 'failed' },
  { capability: 'c', status: 'failed' },
  { capability: 'none' },
  { status: 'running' },
] as const)('runs are listed by page, the newest first, each once: %o', async (filter) => {
  const { home, history } = await openRecords();
  const { capability, status } = { capability: undefined, status: undefined, ...filter };
  const expected = fill(home)
    .filter((run) => capability === undefined || run.capability === capability)
    .filter((run) => status === undefined || run.status === status)
    .map(({ id }) => id);
  const seen: string[] = [];
  let pages = 0;
  for (let cursor: string | null | undefined; cursor !== null; pages++) {
    const page = history.list({ ...filter, ...(cursor && { cursor }) });
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(64 * KiB);
    seen.push(...page.runs.map(({ id }) => id));
    cursor = page.cursor ?? null;
  }
  expect(seen).toEqual(expected);
  if (expected.length > 1_000) expect(pages).toBeGreaterThan(1);
});

test('a cursor of another list, or none at all, is refused', async () => {
  const { home, history, begin } = await openRecords();
  const id = await begin();
  fill(home);
  const { cursor } = history.list({});
  for (const wrong of [cursor ?? '', 'nonsense'])
    expect(() => history.messages({ run_id: id, cursor: wrong })).toThrow(
      expect.objectContaining({ kind: 'invalid_params' }),
    );
});

test('a list ends after as many as were asked for, on whichever page that is', async () => {
  const { home, history } = await openRecords();
  const expected = fill(home).map(({ id }) => id);
  for (const limit of [1, 8, 9, 1_000]) {
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = history.list({ limit, ...(cursor && { cursor }) });
      seen.push(...page.runs.map(({ id }) => id));
      cursor = page.cursor ?? null;
    }
    expect(seen).toEqual(expected.slice(0, limit));
  }
});

test.each(['-5', '0.5', 'many', ''])('a cursor that was made up reads no more: %s', async (left) => {
  const { home, history } = await openRecords();
  fill(home);
  const cursor = Buffer.from(JSON.stringify(['runs', 'g', left])).toString('base64url');
  expect(history.list({ cursor })).toEqual({ runs: [], cursor: null });
});

test('messages are listed by page, and those after one that is known', async () => {
  const { history, begin } = await openRecords();
  const [id, other] = [await begin(), await begin()];
  const contents = Array.from({ length: 300 }, (_, number) => `${number} ${'é'.repeat(KiB)}`);
  for (const content of contents) history.note(id, 'output', content);
  history.note(other, 'output', 'of another run');
  await history.flush();
  const seen = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = history.messages({ run_id: id, ...(cursor && { cursor }) });
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(64 * KiB);
    seen.push(...page.messages);
    cursor = page.cursor ?? null;
  }
  expect(seen.map(({ content }) => content)).toEqual(contents);
  const after = seen[297]?.id ?? '';
  const rest = history.messages({ run_id: id, after });
  expect(rest.messages.map(({ content }) => content)).toEqual(contents.slice(298));
  expect(history.messages({ run_id: id, after: seen.at(-1)?.id ?? '' })).toEqual({
    messages: [],
    cursor: null,
  });
});
