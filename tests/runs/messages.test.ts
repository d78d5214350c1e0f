import { describe, expect, test } from 'vitest';
import { Redaction } from '../../daemon/core/runs/redaction.js';
import { Secret } from '../../shared/secret.js';
import { backends } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import { openRecords, transcriptOf } from './records.js';

const MOST_TEXT = 256 * 1024;

describe.each(backends)('with $name', ({ start }) => {
  test('an agent that runs elsewhere keeps its record', async () => {
    const { api } = await stopAfter(start());
    const { run } = await api.createRun({ task: 'Answer the mail.' });
    expect(run).toMatchObject({ capability: null, status: 'running', task: 'Answer the mail.' });
    const run_id = run.id;
    const roles = ['system', 'user', 'assistant', 'tool'] as const;
    const ids: string[] = [];
    for (const role of roles) {
      const { message } = await api.appendMessage({ run_id, role, content: `by ${role}` });
      ids.push(message.id);
    }
    const { messages } = await api.listMessages({ run_id });
    expect(messages.map(({ id, role, content }) => [id, role, content])).toEqual(
      roles.map((role, index) => [ids[index], role, `by ${role}`]),
    );
    const later = await api.listMessages({ run_id, after: ids[2] });
    expect(later.messages.map(({ role }) => role)).toEqual(['tool']);
    const finished = await api.finishRun({ run_id, status: 'failed', error: 'No answer.' });
    expect(finished.run).toMatchObject({ status: 'failed', error: 'No answer.' });
    expect(await api.getRun({ run_id })).toEqual({ run: finished.run, response: null });
  });

  test('a text may be long, and no longer; a program gives itself no response', async () => {
    const { api } = await stopAfter(start());
    const { run } = await api.createRun({ task: 't'.repeat(MOST_TEXT) });
    const append = (content: string, role = 'user') =>
      api.appendMessage({ run_id: run.id, role: role as 'user', content });
    await append('é'.repeat(MOST_TEXT));
    const refused = { kind: 'invalid_params' };
    await expect(append('x'.repeat(MOST_TEXT + 1))).rejects.toMatchObject(refused);
    for (const role of ['response', 'output', 'robot'])
      await expect(append('x', role)).rejects.toMatchObject(refused);
    await expect(api.createRun({ task: 't'.repeat(MOST_TEXT + 1) })).rejects.toMatchObject(refused);
    const { messages } = await api.listMessages({ run_id: run.id });
    expect(messages.map(({ content }) => content.length)).toEqual([MOST_TEXT]);
  });
});

test('many who append at once lose nothing, and ids are in the order of the list', async () => {
  const { home, core, history, begin } = await openRecords();
  const id = await begin();
  const contents = Array.from({ length: 200 }, (_, number) => `message ${number}`);
  const appended = await Promise.all(
    contents.map((content) => history.append({ run_id: id, role: 'tool', content })),
  );
  const { messages } = history.messages({ run_id: id });
  expect(messages.map(({ content }) => content).sort()).toEqual([...contents].sort());
  expect(messages.map((message) => message.id)).toEqual(appended.map((message) => message.id).sort());
  // What was stored is in the transcript as well once all is closed.
  await core.close();
  expect(transcriptOf(home, id)).toHaveLength(1 + contents.length);
});

test('what is appended to a run with secrets is stored without them, and as it is to any other', async () => {
  const { home, history, begin, said } = await openRecords();
  const secret = 'canary-of-a-run-7f3a';
  const [id, other] = [await begin(), await begin()];
  const redaction = new Redaction();
  redaction.add(new Secret(secret));
  const release = history.redacting(id, redaction);
  for (const run_id of [id, other])
    await history.append({ run_id, role: 'user', content: `It is ${secret}.` });
  expect(said(id)).toEqual(['It is [redacted].']);
  expect(said(other)).toEqual([`It is ${secret}.`]);
  expect(JSON.stringify(transcriptOf(home, id))).not.toContain(secret);
  release();
  await history.append({ run_id: id, role: 'user', content: 'And it is over.' });
  expect(said(id)).toEqual(['It is [redacted].', 'And it is over.']);
});
