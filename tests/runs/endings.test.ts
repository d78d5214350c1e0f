import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isRunning, mostResident } from '../support/start/processes.js';
import { runScene } from './scene.js';

// How runs end: by their time, by a person, by what they do wrong. Whatever it is, no process of theirs is left.

/** Prints its id, and runs on. */
const PRINT_PID = 'echo "pid $$"\n';
const FOREVER = 'exec sleep 600\n';
/** The processes that a run has named. */
function pidsIn(lines: readonly string[]): number[] {
  return lines.flatMap((line) => (line.startsWith('pid ') ? [Number(line.slice(4))] : []));
}

async function expectGone(pids: readonly number[], atLeast = 1): Promise<void> {
  expect(pids.length).toBeGreaterThanOrEqual(atLeast);
  for (const pid of pids) expect(await isRunning(pid)).toBe(false);
}

test('a run that takes longer than its manifest says is cancelled, with its processes', async () => {
  const scene = await runScene();
  await scene.shell('slow', PRINT_PID + FOREVER, { timeout_s: 1 });
  const { run, response } = await scene.run('slow');
  expect(run).toMatchObject({ status: 'cancelled', error: 'Its time limit of 1 s was over.' });
  expect(response).toBeNull();
  await expectGone(pidsIn(scene.said(run.id, 'output')));
});

test('one that is cancelled is asked to end first', async () => {
  const scene = await runScene();
  await scene.shell('polite', "trap 'echo ending; exit 0' TERM\necho ready\nwhile :; do sleep 0.05; done\n");
  const id = await scene.start('polite');
  await scene.heard(id, 'ready');
  expect(await scene.core.runs.cancel(id)).toBe(true);
  expect(scene.core.history.get(id)).toMatchObject({
    run: { status: 'cancelled', error: 'It was cancelled.' },
    response: null,
  });
  expect(scene.said(id, 'output')).toEqual(expect.arrayContaining(['ready', 'ending']));
  expect(await scene.core.runs.cancel(id)).toBe(false);
  await expect(scene.core.runs.cancel('019a7b2e-2d54-7a33-8b5a-7c1c1f4c1a10')).rejects.toMatchObject({
    kind: 'not_found',
  });
});

test('one that ignores SIGTERM is killed', async () => {
  const scene = await runScene();
  await scene.shell('deaf', `trap '' TERM\n${PRINT_PID}echo ready\nwhile :; do sleep 0.05; done\n`);
  const id = await scene.start('deaf');
  await scene.heard(id, 'ready');
  await scene.core.runs.cancel(id);
  expect(scene.core.history.get(id).run).toMatchObject({ status: 'cancelled', exit_code: null });
  await expectGone(pidsIn(scene.said(id, 'output')));
});

test.each([
  ['that has ended', 'echo \'{"type":"result","response":"done"}\'\n', 'completed'],
  ['that has failed', 'exit 3\n', 'failed'],
])('children of a run %s end with it, though they hide in sessions of their own', async (_, end, status) => {
  const scene = await runScene();
  const code = `
setsid sh -c 'echo "pid $$" > one; exec sleep 600' &
( ( setsid sh -c 'trap "" TERM HUP; echo "pid $$" > two; while :; do sleep 0.05; done' & ) & )
env -i PATH="$PATH" sh -c 'echo "pid $$" > three; exec sleep 600' &
for file in one two three; do until [ -s $file ]; do sleep 0.01; done; cat $file; done
${end}`;
  await scene.shell('hides', code);
  const { run } = await scene.run('hides');
  expect(run).toMatchObject({ status });
  await expectGone(pidsIn(scene.said(run.id, 'output')), 3);
});

test('Python that forks twice and lets its parents end leaves nothing', async () => {
  const scene = await runScene();
  const code = `
import os, time
def run(args):
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(writing, str(os.getpid()).encode())
            time.sleep(600)
        os._exit(0)
    os.wait()
    return "pid " + os.read(reading, 20).decode()
`;
  await scene.python('forks', code);
  const { response } = await scene.run('forks');
  await expectGone(pidsIn([response ?? '']));
});

test('a gigabyte without a newline ends the run, and fills no memory', async () => {
  const scene = await runScene();
  await scene.shell('loud', 'head -c 1073741824 /dev/zero\necho \'{"type":"result","response":""}\'\n');
  const before = mostResident(process.pid);
  const { run } = await scene.run('loud');
  expect(run).toMatchObject({ status: 'failed', error: 'It wrote a line of more than 16 MiB.' });
  expect(mostResident(process.pid) - before).toBeLessThan(256);
});

test.each(['1', '2'])('more than 16 MiB on descriptor %s end the run', async (fd) => {
  const scene = await runScene();
  await scene.shell('loud', `yes | head -c 30000000 >&${fd}\necho '{"type":"result","response":""}'\n`);
  const { run } = await scene.run('loud');
  expect(run).toMatchObject({ status: 'failed', error: 'It printed more than 16 MiB.' });
});

test('of very many lines the first ones are kept, and one more says so', async () => {
  const scene = await runScene();
  await scene.shell('lines', 'seq 1 10005\necho \'{"type":"result","response":"all"}\'\n');
  const { run, response } = await scene.run('lines');
  expect(response).toBe('all');
  let count = 0;
  let last: string | undefined;
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = scene.core.history.messages({ run_id: run.id, ...(cursor && { cursor }) });
    const lines = page.messages.filter(({ role }) => role === 'output');
    count += lines.length;
    last = lines.at(-1)?.content ?? last;
    cursor = page.cursor;
  }
  expect(count).toBe(10_001);
  expect(last).toContain('Only 10000 messages and lines of a run are kept');
});

test.each([
  ['half a line of JSON', 'printf \'{"type":"result","respo\'\n', 'Its program ended without a result.'],
  ['nothing, and status 0', 'exit 0\n', 'Its program ended without a result.'],
  ['status 7', 'echo \'{"type":"result","response":""}\'\nexit 7\n', 'Its program ended with status 7.'],
  ['a signal', 'kill -9 $$\n', 'Its program was ended by SIGKILL.'],
  [
    'a result that cannot be one',
    'echo \'{"type":"result","response":7}\'\n',
    'Its line of type result is wrong: response is not a text.',
  ],
  [
    'a wrong name in its storage',
    'echo \'{"type":"result","response":"","storage":{"":1}}\'\n',
    /^Its line of type result is wrong: .* is not a name of 1 to 255 characters/,
  ],
  [
    'a wrong role',
    'echo \'{"type":"message","role":"boss","content":""}\'\necho \'{"type":"result","response":""}\'\n',
    /^Its line of type message is wrong: role is not/,
  ],
  ['an error of its own', 'echo \'{"type":"error","message":"no such city"}\'\n', 'no such city'],
  [
    'a response that is too long',
    'printf \'{"type":"result","response":"\'\nhead -c 300000 /dev/zero | tr "\\\\0" x\necho \'"}\'\n',
    'Its response has more than 256 KiB.',
  ],
])('a program that ends with %s has failed', async (_, code, error) => {
  const scene = await runScene();
  await scene.shell('fails', code);
  const { run, response } = await scene.run('fails');
  expect(run.status).toBe('failed');
  expect(run.error).toEqual(typeof error === 'string' ? error : expect.stringMatching(error));
  expect(response).toBeNull();
});

test('a result that cannot be stored whole fails the run, and nothing of it is stored', async () => {
  const scene = await runScene();
  const code = 'def run(args): return {"response": "", "storage": {"small": 1, "large": "x" * 300000}}';
  await scene.python('stores', code);
  const { run } = await scene.run('stores');
  expect(run).toMatchObject({ status: 'failed' });
  expect(run.error).toMatch(/256 KiB/);
  expect(await scene.core.capabilities.storage.get({ capability: 'stores', key: 'small' })).toMatchObject({
    value: null,
  });
});

test('what a run that failed or was cancelled wants stored is not stored', async () => {
  const scene = await runScene();
  const result = 'echo \'{"type":"result","response":"","storage":{"key":1}}\'\n';
  await scene.shell('fails', `${result}exit 1\n`);
  await scene.shell('stays', `${result}echo ready\n${FOREVER}`);
  await scene.run('fails');
  const id = await scene.start('stays');
  await scene.heard(id, 'ready');
  await scene.core.runs.cancel(id);
  for (const capability of ['fails', 'stays']) {
    const { value } = await scene.core.capabilities.storage.get({ capability, key: 'key' });
    expect(value).toBeNull();
  }
});

test('a program that is not installed, or cannot be executed, is named', async () => {
  const scene = await runScene();
  await scene.add('absent', { run: { runner: 'command', command: ['no-such-program'] } }, {});
  expect((await scene.run('absent')).run).toMatchObject({
    status: 'failed',
    error: "The program no-such-program is not installed, or not on the daemon's PATH.",
  });
  const run = { runner: 'command', command: ['./main'] };
  await scene.add('broken', { run }, { main: '#!/no/such/interpreter\n' });
  expect((await scene.run('broken')).run).toMatchObject({
    status: 'failed',
    error: 'Its program cannot be started (ENOENT).',
  });
});

test('the working folder is empty, private, and gone afterwards, whatever was done to it', async () => {
  const scene = await runScene();
  const code = `
ls -A; stat -c %a .; pwd
mkdir -p shut/inside; touch shut/inside/file; chmod 0 shut/inside; chmod 0 shut
echo '{"type":"result","response":"done"}'
`;
  await scene.shell('works', code);
  const { run } = await scene.run('works');
  const folders = path.join(scene.sandbox.home, 'state', 'runs');
  expect(scene.said(run.id, 'output')).toEqual(['700', path.join(folders, run.id)]);
  expect(readdirSync(folders)).toEqual([]);
});

test('a run has no more of the daemon than its environment says, and no more descriptors than its door', async () => {
  const scene = await runScene();
  process.env['SIGILFORGE_TEST_CANARY'] = 'canary';
  try {
    const code = 'env\nls -l /proc/self/fd\necho \'{"type":"result","response":""}\'\n';
    await scene.shell('looks', code);
    const { run } = await scene.run('looks');
    const output = scene.said(run.id, 'output');
    const names = output.flatMap((line) => /^([A-Z_a-z]+)=/.exec(line)?.[1] ?? []);
    const expected =
      /^(PATH|HOME|USER|LOGNAME|LANG|LC_.*|TZ|TMPDIR|PWD|_|SHLVL|.*_PROXY|.*_proxy|SSL_CERT_.*|NODE_EXTRA_CA_CERTS|PYTHONDONTWRITEBYTECODE|SIGILFORGE_(RUN|FD|SOCKET))$/;
    expect(names.filter((name) => !expected.test(name))).toEqual([]);
    const fds = output.flatMap((line) => / (\d+) -> /.exec(line)?.[1] ?? []);
    // 3 is the folder that ls reads. The daemon has no others that programs inherit; this process may.
    const ours = fds.map(Number).filter((fd) => fd <= 20);
    expect(ours.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 20]);
  } finally {
    delete process.env['SIGILFORGE_TEST_CANARY'];
  }
});

test('what the daemon that ends leaves is nothing: runs under way and those that wait are interrupted', async () => {
  const scene = await runScene({ atOnce: 1 });
  await scene.shell('deaf', `trap '' TERM\n${PRINT_PID}echo ready\nwhile :; do sleep 0.05; done\n`);
  const [running, pending] = [await scene.start('deaf'), await scene.start('deaf')];
  await scene.heard(running, 'ready');
  const waiting = scene.wait(pending);
  await scene.core.runs.close();
  expect(await waiting).toMatchObject({ run: { status: 'interrupted', started_at: null } });
  expect(scene.core.history.get(running)).toMatchObject({
    run: { status: 'interrupted', error: 'The daemon ended while it was under way.' },
  });
  await expectGone(pidsIn(scene.said(running, 'output')));
  await expect(scene.start('deaf')).rejects.toMatchObject({ kind: 'cancelled' });
});
