import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startDaemon } from '../support/start/backends.js';
import { isRunning } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';
import { addBot, botOf, folderOf, heard, linesOf, printed, runsOf, STAYS, shown, until } from './scene.js';

const CANARY = 'canary-of-a-bot-5e81d0c7';

async function scene(config = '') {
  const { api, sandbox } = await stopAfter(startDaemon({ config }));
  return { api, home: sandbox.home, sandbox };
}

test('a bot is created, started, up, stopped and started again', async () => {
  const { api, home } = await scene();
  await addBot({ api, home }, 'watcher', STAYS);
  const today = `${folderOf(home, 'watcher')}/${new Date().toISOString().slice(0, 10)}.jsonl`;
  const created = { service: 'created', since: null, run_id: null, restarts: 0, error: null };
  expect(await botOf(api, 'watcher')).toMatchObject({ ...created, next_start_at: null, transcript: today });
  const started = shown((await api.startCapability({ name: 'watcher' })).capability);
  expect(started).toMatchObject({ service: 'running', since: expect.any(String), restarts: 0, error: null });
  expect((await api.listCapabilities()).capabilities[0]).toMatchObject({ service: 'running' });
  const [run] = await runsOf(api, 'watcher');
  expect(run).toMatchObject({ id: started.run_id, status: 'running', task: '{}', capability: 'watcher' });
  await heard(home, 'watcher', 'up');
  expect(shown((await api.startCapability({ name: 'watcher' })).capability)).toEqual(started);
  const stopped = shown((await api.stopCapability({ name: 'watcher' })).capability);
  expect(stopped).toMatchObject({ service: 'stopped', run_id: null, error: null, next_start_at: null });
  expect((await runsOf(api, 'watcher'))[0]).toMatchObject({ status: 'cancelled', error: 'It was stopped.' });
  await api.startCapability({ name: 'watcher' });
  await heard(home, 'watcher', 'up', 2);
  expect(await runsOf(api, 'watcher')).toHaveLength(2);
});

test('its transcript has when it starts and ends, and what it says; the messages of runs have none of it', async () => {
  const { api, home } = await scene();
  const code = `echo plain; echo '{"type":"message","content":"hello"}'; echo wrong >&2; exec sleep 600\n`;
  await addBot({ api, home }, 'talker', code);
  await api.startCapability({ name: 'talker' });
  await heard(home, 'talker', 'wrong');
  const { run_id: id, transcript } = await botOf(api, 'talker');
  await api.stopCapability({ name: 'talker' });
  const lines = linesOf(home, 'talker');
  expect(lines[0]).toMatchObject({ at: expect.any(String), run_id: id, capability: 'talker', grants: [] });
  expect(lines.slice(1, -1)).toEqual(
    expect.arrayContaining([
      { at: expect.any(String), role: 'output', content: 'plain' },
      { at: expect.any(String), role: 'assistant', content: 'hello' },
      { at: expect.any(String), role: 'output', content: 'wrong' },
    ]),
  );
  const end = { run_id: id, status: 'cancelled', error: 'It was stopped.', exit_code: null };
  expect(lines.at(-1)).toEqual({ at: expect.any(String), ...end });
  expect((await api.listMessages({ run_id: id ?? '' })).messages).toEqual([]);
  expect(statSync(transcript).mode & 0o777).toBe(0o600);
  expect(statSync(folderOf(home, 'talker')).mode & 0o777).toBe(0o700);
});

test('it has its secrets, its variables and its door; what goes out to it is redacted and recorded', async () => {
  const { api, home } = await scene();
  const code = `
import json, os, signal, socket, sys, time
request = json.loads(sys.stdin.readline())
assert request["args"] == {}
print("own", request["context"]["secrets"]["KEY"], flush=True)
print("variable", os.environ["VARIABLE"], flush=True)
door = socket.socket(socket.AF_UNIX)
door.connect(os.environ["SIGILFORGE_SOCKET"])
file = door.makefile("rw")
def call(method, params):
    print(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}), file=file, flush=True)
    return json.loads(file.readline())
print("door", call("get_secret", {"key": "through/door"})["result"]["value"], flush=True)
call("append_message", {"run_id": request["context"]["run_id"], "role": "assistant", "content": "through the door"})
while True:
    time.sleep(0.05)
    answer = call("get_secret", {"key": "through/door"})
    if "error" in answer: break
print(answer["error"]["data"]["kind"], flush=True)
signal.pause()
`;
  const grants = ['secret://through/door', 'secret://variable'];
  await addBot({ api, home }, 'asker', '', {
    ...{ required_secrets: [{ name: 'KEY' }], grants, env: { VARIABLE: 'secret://variable' } },
    run: { runner: 'command', command: ['python3', '-u', '-c', code] },
  });
  for (const key of ['through/door', 'variable']) await api.setSecret({ key, value: `${CANARY}-${key}` });
  await expect(api.startCapability({ name: 'asker' })).rejects.toMatchObject({ kind: 'denied' });
  for (const grant of grants) await api.grantCapability({ name: 'asker', grant });
  await api.setCapabilitySecret({ name: 'asker', key: 'KEY', value: `${CANARY}-own` });
  const { run_id: id } = shown((await api.startCapability({ name: 'asker' })).capability);
  await heard(home, 'asker', 'door [redacted]');
  expect(printed(home, 'asker')).toEqual(['own [redacted]', 'variable [redacted]', 'door [redacted]']);
  expect(readFileSync((await botOf(api, 'asker')).transcript, 'utf8')).not.toContain(CANARY);
  await expect
    .poll(async () => (await api.listMessages({ run_id: id ?? '' })).messages.map(({ content }) => content))
    .toEqual(['through the door']);
  const { records } = await api.listAudit();
  const released = records.filter(({ method }) => method === 'start_capability');
  expect(released.map(({ reference }) => reference).sort()).toEqual([
    'capability://asker/KEY',
    'secret://variable',
  ]);
  await api.revokeCapability({ name: 'asker', grant: 'secret://through/door' });
  await heard(home, 'asker', 'denied');
  expect(await botOf(api, 'asker')).toMatchObject({ service: 'running', run_id: id });
});

test('one that ignores SIGTERM and hides its children is stopped whole', async () => {
  const { api, home } = await scene();
  const code = `trap '' TERM
( setsid sh -c 'trap "" TERM HUP; echo "pid $$"; while :; do sleep 0.05; done' & )
echo "pid $$"
while :; do sleep 0.05; done
`;
  await addBot({ api, home }, 'deaf', code);
  await api.startCapability({ name: 'deaf' });
  const pids = () => printed(home, 'deaf').flatMap((line) => /^pid (\d+)$/.exec(line)?.[1] ?? []);
  await expect.poll(() => pids().length, { timeout: 20_000 }).toBe(2);
  const all = pids().map(Number);
  await api.stopCapability({ name: 'deaf' });
  for (const pid of all) expect(await isRunning(pid)).toBe(false);
  expect(await botOf(api, 'deaf')).toMatchObject({ service: 'stopped' });
});

test.each([
  ['status 3', 'exit 3', 'Its program ended with status 3.', 'failed'],
  ['status 0', 'exit 0', 'Its program ended by itself, with status 0.', 'completed'],
  [
    'a result',
    `echo '{"type":"result","response":"bye","storage":{"a":1}}'`,
    'Its program ended by itself, with status 0.',
    'completed',
  ],
])('one that ends with %s is started again', async (_, end, error, status) => {
  const { api, home } = await scene();
  const code = `echo up; [ -e "$HOME/stay" ] && exec sleep 600; : > "$HOME/stay"; ${end}\n`;
  await addBot({ api, home }, 'ends', code);
  await api.startCapability({ name: 'ends' });
  const failing = await until(api, 'ends', { service: 'failing', error, run_id: null, restarts: 0 });
  expect(Date.parse(failing.next_start_at ?? '') - Date.parse(failing.since ?? '')).toBeLessThan(1_100);
  const again = await until(api, 'ends', { service: 'running', restarts: 1, error, next_start_at: null });
  expect((await runsOf(api, 'ends')).map((run) => run.status)).toEqual(['running', status]);
  expect(again.run_id).toBe((await runsOf(api, 'ends'))[0]?.id);
  await heard(home, 'ends', 'up', 2);
});

test('what is not a bot cannot be started, and a bot is not run', async () => {
  const { api, home } = await scene();
  await addBot({ api, home }, 'watcher', STAYS);
  await addBot({ api, home }, 'weather', STAYS, { service: false });
  await expect(api.runCapability({ name: 'watcher' })).rejects.toMatchObject({
    kind: 'invalid_params',
    hint: 'Start it with: sigilforge capability start watcher',
  });
  for (const method of ['startCapability', 'stopCapability', 'restartCapability'] as const) {
    await expect(api[method]({ name: 'weather' })).rejects.toMatchObject({
      kind: 'invalid_params',
      hint: 'Run it with: sigilforge capability run weather',
    });
  }
  const { run_id: id } = shown((await api.startCapability({ name: 'watcher' })).capability);
  await expect(api.cancelRun({ run_id: id ?? '' })).rejects.toMatchObject({
    hint: 'Stop it with: sigilforge capability stop watcher',
  });
});
