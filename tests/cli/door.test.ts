import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunResult } from '../support/start/running.js';
import { createSandbox, type RunningDaemon, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { WireClient } from '../support/wire/wire-client.js';

let sandbox: Sandbox;
let daemon: RunningDaemon;
/** It opens no door, so nothing comes between its answers. */
let client: WireClient;

beforeAll(async () => {
  sandbox = await createSandbox();
  daemon = await sandbox.startDaemon();
  client = await WireClient.connect(daemon.socket);
});
afterAll(async () => {
  await client.stop();
  await sandbox.stop();
});

const door = (...args: string[]): Promise<RunResult> => sandbox.run(['door', ...args]);

async function open(name: string, ...grants: string[]): Promise<{ door: string; socket: string }> {
  const opener = await stopAfter(WireClient.connect(daemon.socket));
  const { result } = await opener.call('open_door', { grants, name });
  return result as { door: string; socket: string };
}

test('door list says which are open, and what is granted', async () => {
  expect(await door('list')).toMatchObject({ code: 0, stdout: '', stderr: 'sigilforge: No door is open.\n' });
  const { door: id } = await open('build', 'auth://github/*/token', 'secret://team/key');
  const opened = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const [line, ...others] = (await door('list')).stdout.split('\n').filter((one) => one !== '');
  expect(line?.split('\t')).toEqual([
    id,
    'build',
    opened,
    '',
    '0',
    'auth://github/*/token secret://team/key',
  ]);
  expect(others).toEqual([]);
  const json = JSON.parse((await door('list', '--json')).stdout);
  expect(json).toMatchObject({ doors: [{ door: id, name: 'build', connections: 0 }], cursor: null });
  expect((await sandbox.run(['door', 'list'], { tty: true })).stdout).toMatch(/^.*DOOR +NAME +OPENED/);
  await door('close', id);
});

test('door close takes a name or an id, and ends what came through', async () => {
  const byName = await open('by name');
  const client = await WireClient.connect(byName.socket);
  const said = 'sigilforge: Closed the door by name.\n';
  expect(await door('close', 'by name')).toMatchObject({ code: 0, stdout: '', stderr: said });
  expect(await client.answer()).toHaveProperty('method', 'door_closed');
  expect(await client.line()).toBeUndefined();
  await client.stop();
  await expect(WireClient.connect(byName.socket)).rejects.toMatchObject({ code: 'ENOENT' });
  const byId = await open('by name');
  expect(JSON.parse((await door('close', byId.door, '--json')).stdout)).toEqual({ closed: true });
});

test('door close asks for the id if a name is not enough', async () => {
  const ids = [(await open('twice')).door, (await open('twice')).door].sort();
  const end = await door('close', 'twice');
  expect(end).toMatchObject({ code: 2, stdout: '' });
  expect(end.stderr).toContain(`Several doors are called twice: ${ids.join(', ')}.`);
  for (const id of ids) expect(await door('close', id)).toMatchObject({ code: 0 });
  expect(await door('close', 'twice')).toMatchObject({ code: 3, stdout: '' });
});

test('an id comes before a name', async () => {
  const first = await open('first');
  const second = await open(first.door);
  await door('close', first.door);
  const { result } = await client.call('list_doors');
  expect(result).toMatchObject({ doors: [{ door: second.door }] });
  await door('close', first.door);
});

test('a program behind a door has the same commands, for what is granted', async () => {
  await client.call('set_secret', { key: 'team/key', value: 'granted' });
  await client.call('set_secret', { key: 'team/other', value: 'not granted' });
  const { socket } = await open('program', 'secret://team/key');
  const run = (...args: string[]) => sandbox.run(args, { env: { SIGILFORGE_SOCKET: socket } });
  expect(await run('secret', 'get', 'team/key')).toMatchObject({ code: 0, stdout: 'granted\n' });
  expect(await run('resolve', 'secret://team/key')).toMatchObject({ code: 0, stdout: 'granted\n' });
  expect(await run('secret', 'get', 'team/other')).toMatchObject({ code: 7, stdout: '' });
  expect(await run('door', 'list')).toMatchObject({ code: 7, stdout: '' });
  expect(await run('status')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^account_count\t$/m) });
  await client.call('lock');
  expect(await run('status')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^vault\.state\tlocked$/m),
  });
  await client.call('unlock');
});

test('without a daemon there are no doors', async () => {
  const none = await createSandbox();
  try {
    expect(await none.run(['door', 'list', '--quiet'])).toMatchObject({ code: 0, stdout: '' });
    expect(await none.run(['door', 'close', 'build', '--quiet'])).toMatchObject({ code: 3 });
  } finally {
    await none.stop();
  }
});
