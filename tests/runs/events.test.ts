import path from 'node:path';
import { expect, test } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import type { RunEvent } from '../../shared/contract/index.js';
import { writeCapability } from '../support/capabilities.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';

const CONTENT = 'what-a-run-says-7f3a';

/** What one client hears of runs, the newest last. */
async function hearRuns(api: SigilforgeClient): Promise<readonly RunEvent[]> {
  const heard: RunEvent[] = [];
  api.onEvent((event) => {
    if (event.topic === 'runs') heard.push(event);
  });
  await api.subscribe({ topics: ['runs'] });
  return heard;
}

async function addShell({ api, sandbox }: DaemonBackend, name: string, code: string): Promise<void> {
  const manifest = { name, version: '1.0.0', run: { runner: 'command', command: ['./main'] } };
  const files = { 'manifest.json': JSON.stringify(manifest), main: `#!/bin/sh\n${code}` };
  await api.registerCapability({ path: await writeCapability(path.join(sandbox.home, name), files) });
}

const typesOf = (events: readonly RunEvent[]) => events.map(({ type, status }) => [type, status]);

test('work elsewhere is told about when it begins, says something and ends, and never what it says', async () => {
  const { api, connect } = await stopAfter(startDaemon());
  const heard = await hearRuns(await connect());
  const { run } = await api.createRun({ task: CONTENT });
  await api.appendMessage({ run_id: run.id, role: 'user', content: CONTENT });
  await api.finishRun({ run_id: run.id, response: CONTENT });
  await expect
    .poll(() => typesOf(heard))
    .toEqual([
      ['run_created', 'running'],
      ['message_added', 'running'],
      ['run_ended', 'completed'],
    ]);
  for (const event of heard) expect(event).toMatchObject({ run_id: run.id, capability: null });
  expect(JSON.stringify(heard)).not.toContain(CONTENT);
});

test('a run of a capability is created, starts, says something, and ends', async () => {
  const backend = await stopAfter(startDaemon());
  await addShell(backend, 'says', `echo ${CONTENT}\necho '{"type":"result","response":"done"}'\n`);
  const heard = await hearRuns(await backend.connect());
  const { run } = await backend.api.runCapability({ name: 'says', args: { content: CONTENT }, wait: true });
  expect(run.status).toBe('completed');
  await expect.poll(() => heard.at(-1)?.type).toBe('run_ended');
  expect(typesOf(heard)).toEqual([
    ['run_created', 'pending'],
    ['run_started', 'running'],
    ['message_added', 'running'],
    ['run_ended', 'completed'],
  ]);
  for (const event of heard) expect(event).toMatchObject({ run_id: run.id, capability: 'says' });
  expect(JSON.stringify(heard)).not.toContain(CONTENT);
});

test('a client hears only the topics that it asked for, until it asks no more', async () => {
  const { api, connect } = await stopAfter(startDaemon());
  const client = await connect();
  const topics: string[] = [];
  client.onEvent(({ topic }) => topics.push(topic));
  const accounts = await client.subscribe({ topics: ['accounts'] });
  await api.createRun({ task: 'not heard' });
  const key = { service: 'plain', account: 'key' };
  await api.addAccount({ ...key, credential: { api_key: 'an api key' } });
  await expect.poll(() => topics).toEqual(['accounts']);
  await client.unsubscribe(accounts);
  const both = await client.subscribe({ topics: ['accounts', 'runs'] });
  await api.createRun({ task: 'heard' });
  await api.removeAccount(key);
  await expect.poll(() => topics).toEqual(['accounts', 'runs', 'accounts']);
  await client.unsubscribe(both);
  await api.createRun({ task: 'not heard' });
  // Whatever was sent before this answer has come by now.
  await client.status();
  expect(topics).toHaveLength(3);
});

test('a narrowed connection may not ask for runs, and hears no more of them once it is narrowed', async () => {
  const { api, connect } = await stopAfter(startDaemon());
  const narrowed = await connect();
  const heard = await hearRuns(narrowed);
  await api.createRun({ task: 'heard' });
  await expect.poll(() => heard.length).toBe(1);
  await narrowed.restrict({ grants: ['auth://*/*/token'], name: 'narrowed' });
  await api.createRun({ task: 'not heard' });
  await narrowed.status();
  expect(heard).toHaveLength(1);
  for (const topics of [['runs'], ['accounts', 'runs']] as const)
    await expect(
      narrowed.subscribe({ topics: [...topics] as [(typeof topics)[number]] }),
    ).rejects.toMatchObject({ kind: 'denied' });
});

test('sigilforge events prints them with --runs, and not without it', async () => {
  const { api, sandbox } = await stopAfter(startDaemon());
  const all = sandbox.start(['events', '--runs']);
  const accounts = sandbox.start(['events']);
  for (const running of [all, accounts]) await running.seen(/Listening for events/);
  const { run } = await api.createRun({ task: CONTENT });
  await api.addAccount({ service: 'plain', account: 'key', credential: { api_key: 'an api key' } });
  for (const running of [all, accounts]) await running.seen(/account_added/, 'stdout');
  expect(all.stdout).toMatch(new RegExp(`^\\S+Z\\trun_created\\t\\trunning\\t${run.id}$`, 'm'));
  expect(accounts.stdout).not.toContain('run_created');
  expect(all.stdout).not.toContain(CONTENT);
});
