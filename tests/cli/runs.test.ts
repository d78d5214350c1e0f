import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeCapability } from '../support/capabilities.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';

let backend: DaemonBackend;

beforeAll(async () => {
  backend = await startDaemon();
});
afterAll(() => backend.stop());

const RESULT = `echo '{"type":"result","response":"the response"}'\n`;

/** Registers a script for sh of this name. */
async function add(name: string, code: string, more: object = {}): Promise<void> {
  const run = { runner: 'command', command: ['./main'] };
  const manifest = { name, version: '1.0.0', run, ...more };
  const files = { 'manifest.json': JSON.stringify(manifest), main: `#!/bin/sh\n${code}` };
  const folder = path.join(backend.sandbox.home, 'made', name);
  await backend.api.registerCapability({ path: await writeCapability(folder, files) });
}

const cli = (args: readonly string[], input?: string) =>
  backend.sandbox.run(args, input === undefined ? {} : { input });

async function lastOf(capability: string) {
  const { runs } = await backend.api.listRuns({ capability });
  const [run] = runs;
  if (run === undefined) throw new Error(`${capability} has no run.`);
  return run;
}

test('capability run prints the response on standard output, and nothing else', async () => {
  await add('plain', `echo printed\n${RESULT}`);
  expect(await cli(['capability', 'run', 'plain'])).toMatchObject({
    ...{ code: 0, stdout: 'the response\n', stderr: '' },
  });
  const json = JSON.parse((await cli(['capability', 'run', 'plain', '--json'])).stdout);
  expect(json).toMatchObject({ response: 'the response', run: { capability: 'plain', status: 'completed' } });
});

test('arguments come from the command line, a file or standard input', async () => {
  await add('args', `read -r line\necho "$line" | sed 's/.*"args":\\([^}]*}\\).*/\\1/'\n${RESULT}`);
  const seen = async () => {
    const { messages } = await backend.api.listMessages({ run_id: (await lastOf('args')).id });
    return messages.filter(({ role }) => role === 'output').map(({ content }) => content);
  };
  const run = (args: readonly string[], input?: string) => cli(['capability', 'run', 'args', ...args], input);
  expect(await run(['--args', '{"from":"argument"}'])).toMatchObject({ code: 0 });
  expect(await seen()).toEqual(['{"from":"argument"}']);
  expect(await run(['--args-file', '-'], '{"from":"input"}')).toMatchObject({ code: 0 });
  expect(await seen()).toEqual(['{"from":"input"}']);
  const wrong = await run(['--args', 'not-json-7f3a']);
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).not.toContain('not-json-7f3a');
  expect(await run(['--args', '1', '--args-file', '-'])).toMatchObject({ code: 2, stdout: '' });
  expect(await run(['--args-file', '/nowhere/at/all'])).toMatchObject({ stdout: '' });
});

test('--follow prints what it says on standard error as it comes', async () => {
  const go = path.join(backend.sandbox.home, 'go-follow');
  const message = '{"type":"message","role":"assistant","content":"a message"}';
  await add('talks', `echo first\nuntil [ -e "${go}" ]; do sleep 0.02; done\necho '${message}'\n${RESULT}`);
  const running = backend.sandbox.start(['capability', 'run', 'talks', '--follow']);
  await running.seen(/^first$/m);
  expect(running.stdout).toBe('');
  expect(await backend.sandbox.spawn(['touch', go], { input: '' }).exited).toMatchObject({ code: 0 });
  const { code, stdout, stderr } = await running.exited;
  expect({ code, stdout, stderr }).toEqual({
    ...{ code: 0, stdout: 'the response\n', stderr: 'first\nassistant: a message\n' },
  });
});

test('a run that fails ends with 1, one over its time with 8', async () => {
  await add('fails', 'exit 3\n');
  const failed = await cli(['capability', 'run', 'fails']);
  expect(failed).toMatchObject({ code: 1, stdout: '' });
  expect(failed.stderr).toContain(`sigilforge runs show ${(await lastOf('fails')).id}`);
  await add('slow', 'exec sleep 600\n', { timeout_s: 1 });
  expect(await cli(['capability', 'run', 'slow'])).toMatchObject({ code: 8, stdout: '' });
});

test('one that may not start ends with the reason, and leaves no run', async () => {
  await add('secretive', RESULT, { required_secrets: [{ name: 'KEY' }] });
  expect(await cli(['capability', 'run', 'secretive'])).toMatchObject({ code: 3, stdout: '' });
  await add('asking', RESULT, { grants: ['secret://team/key'] });
  const denied = await cli(['capability', 'run', 'asking']);
  expect(denied).toMatchObject({ code: 7, stdout: '' });
  expect(denied.stderr).toContain('secret://team/key');
  expect(await cli(['capability', 'run', 'absent'])).toMatchObject({ code: 3, stdout: '' });
  for (const capability of ['secretive', 'asking'])
    expect((await backend.api.listRuns({ capability })).runs).toEqual([]);
});

test.each([[], ['--follow']])('Ctrl-C cancels the run, and ends with 8: %s', async (...options) => {
  const name = `endless${options.length}`;
  await add(name, 'echo ready\nexec sleep 600\n');
  const running = backend.sandbox.start(['capability', 'run', name, ...options]);
  const messages = async () => {
    const { runs } = await backend.api.listRuns({ capability: name });
    const run_id = runs[0]?.id;
    return run_id === undefined ? [] : (await backend.api.listMessages({ run_id })).messages;
  };
  await expect.poll(async () => (await messages()).length, { timeout: 20_000 }).toBe(1);
  running.child.kill('SIGINT');
  expect(await running.exited).toMatchObject({ code: 8, stdout: '' });
  expect((await lastOf(name)).status).toBe('cancelled');
});

test('runs list shows the newest first, of one capability, by status, and at most so many', async () => {
  await add('listed', `read -r line\ncase "$line" in *fail*) exit 1;; esac\n${RESULT}`);
  for (const args of ['{"n":1}', '{"n":"fail"}', '{"n":3}'])
    await cli(['capability', 'run', 'listed', '--args', args]);
  const list = async (...options: string[]) => {
    const { code, stdout } = await cli(['runs', 'list', '--capability', 'listed', ...options]);
    expect(code).toBe(0);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t')[2]);
  };
  expect(await list()).toEqual(['completed', 'failed', 'completed']);
  expect(await list('--status', 'failed')).toEqual(['failed']);
  expect(await list('--limit', '1')).toEqual(['completed']);
  const { runs } = JSON.parse((await cli(['runs', 'list', '--limit', '2', '--json'])).stdout);
  expect(runs).toMatchObject([{ task: '{"n":3}' }, { task: '{"n":"fail"}' }]);
  expect(await cli(['runs', 'list', '--capability', 'none'])).toMatchObject({ code: 0, stdout: '' });
  for (const wrong of [
    ['--status', 'done'],
    ['--limit', '0'],
    ['--limit', 'x'],
  ])
    expect(await cli(['runs', 'list', ...wrong])).toMatchObject({ code: 2, stdout: '' });
});

test('runs show prints how a run ended and what it said', async () => {
  await add('shown', `echo one\necho two\n${RESULT}`);
  await cli(['capability', 'run', 'shown']);
  const { id } = await lastOf('shown');
  const { code, stdout } = await cli(['runs', 'show', id]);
  expect(code).toBe(0);
  for (const line of [
    /^status\tcompleted$/m,
    /\toutput\tone$/m,
    /\toutput\ttwo$/m,
    /\tresponse\tthe response$/m,
  ])
    expect(stdout).toMatch(line);
  const json = JSON.parse((await cli(['runs', 'show', id, '--json'])).stdout);
  expect(json).toMatchObject({ run: { id }, response: 'the response' });
  expect(json.messages).toHaveLength(3);
  expect(await cli(['runs', 'show', '019a7b2e-2d54-7a33-8b5a-7c1c1f4c1a10'])).toMatchObject({ code: 3 });
});

test('runs follow joins a run that is under way, and Ctrl-C leaves it running', async () => {
  const go = path.join(backend.sandbox.home, 'go-joined');
  await add('joined', `echo before\nuntil [ -e "${go}" ]; do sleep 0.02; done\necho after\n${RESULT}`);
  const { run } = await backend.api.runCapability({ name: 'joined' });
  const [leaving, staying] = [1, 2].map(() => backend.sandbox.start(['runs', 'follow', run.id]));
  await leaving?.seen(/^before$/m);
  await staying?.seen(/^before$/m);
  leaving?.child.kill('SIGINT');
  expect((await leaving?.exited)?.code).toBe(8);
  expect(await backend.api.getRun({ run_id: run.id })).toMatchObject({ run: { status: 'running' } });
  await backend.sandbox.spawn(['touch', go], { input: '' }).exited;
  const end = { code: 0, stdout: 'the response\n', stderr: 'before\nafter\n' };
  expect(await staying?.exited).toMatchObject(end);
  // One that is over is told from its beginning.
  expect(await cli(['runs', 'follow', run.id])).toMatchObject(end);
});

test('runs cancel ends a run with its processes', async () => {
  const pidFile = path.join(backend.sandbox.home, 'pid');
  await add('cancelled', `echo $$ > "${pidFile}.new"\nmv "${pidFile}.new" "${pidFile}"\nexec sleep 600\n`);
  const { run } = await backend.api.runCapability({ name: 'cancelled' });
  await expect.poll(() => existsSync(pidFile), { timeout: 20_000 }).toBe(true);
  expect(await cli(['runs', 'cancel', run.id])).toMatchObject({ code: 0, stdout: '' });
  expect(await backend.api.getRun({ run_id: run.id })).toMatchObject({ run: { status: 'cancelled' } });
  const again = JSON.parse((await cli(['runs', 'cancel', run.id, '--json'])).stdout);
  expect(again).toEqual({ cancelled: false });
});
