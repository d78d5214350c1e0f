import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { hasPython, onTerminal, Terminal } from '../support/start/terminal.js';

const SECRET = 'a-secret-of-some-length';
const EXEC = [...program('sigilforge'), '--quiet', 'exec', '--env', 'A=env://SECRET'];

let sandbox: Sandbox;
let folders = 0;

beforeAll(async () => {
  sandbox = await createSandbox();
});

afterAll(() => sandbox.stop());

/** A folder with a named pipe `go`, which a program in the background waits for. */
async function waitingRoom(): Promise<{ cwd: string; go(): Promise<void> }> {
  const cwd = path.join(sandbox.home, `folder-${folders++}`);
  await mkdir(cwd);
  const pipe = path.join(cwd, 'go');
  spawnSync('mkfifo', [pipe]);
  return { cwd, go: () => writeFile(pipe, 'go\n') };
}

function start(script: string, cwd: string, prefix: readonly string[] = [...EXEC, '--']) {
  return sandbox.spawn([...prefix, 'sh', '-c', script], { cwd, env: { SECRET }, input: '' });
}

/** The processes that go on with an output of this sandbox. */
function relays(): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const isOurs = readlinkSync(`/proc/${pid}/fd/3`).startsWith(sandbox.home);
      return isOurs && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('relay.cjs')
        ? [Number(pid)]
        : [];
    } catch {
      return [];
    }
  });
}

test.each([
  ['both outputs', '', 'later [redacted]\n', 'error [redacted]\n'],
  ['standard error alone', 'exec >/dev/null; ', '', 'error [redacted]\n'],
])('exec ends with its program; what runs on stays masked: %s', async (_, before, stdout, stderr) => {
  const { cwd, go } = await waitingRoom();
  const running = start(
    `(${before}read -r line < go; echo later $A; echo error $A >&2) & echo started $A; exit 3`,
    cwd,
  );
  expect(await once(running.child, 'exit')).toEqual([3, null]);
  await running.seen(/started \[redacted\]\n/, 'stdout');
  expect(await readdir(path.join(sandbox.home, 'run', 'sigilforge-exec'))).toEqual([]);
  await go();
  // Resolves when nothing has the outputs open any longer.
  expect(await running.exited).toMatchObject({ stdout: `started [redacted]\n${stdout}`, stderr });
  await expect.poll(relays).toEqual([]);
});

test('a value is masked that the program began and the background ends', async () => {
  const { cwd, go } = await waitingRoom();
  const [head, tail] = [SECRET.slice(0, 12), SECRET.slice(12)];
  const running = start(`(read -r line < go; printf ${tail}.) & printf .${head}`, cwd);
  await once(running.child, 'exit');
  await go();
  expect((await running.exited).stdout).toBe('.[redacted].');
});

test('much output comes whole and in order, whenever the program ends', async () => {
  const { cwd } = await waitingRoom();
  const running = start('seq 200000 & echo $A >&2; head -c 300000 /dev/zero | tr "\\0" x > /dev/null', cwd);
  const { stdout } = await running.exited;
  expect(stdout).toBe(Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join(''));
});

test('a reader that goes away ends what runs in the background', async () => {
  const { cwd } = await waitingRoom();
  const script = `"$@" sh -c '(trap "" PIPE; yes; echo $? > status) & echo started' | head -n 2 | tail -n 1; echo over`;
  const running = sandbox.spawn(['bash', '-c', script, 'bash', ...EXEC, '--'], {
    cwd,
    env: { SECRET },
    input: '',
  });
  expect((await running.exited).stdout).toBe('y\nover\n');
  await expect.poll(() => readdir(cwd)).toContain('status');
});

test('what goes on with the output has values only in its memory', async () => {
  const { cwd, go } = await waitingRoom();
  const running = start('(read -r line < go; echo later $A) 2> err & echo started', cwd);
  await once(running.child, 'exit');
  const [pid = 0] = relays();
  for (const file of ['cmdline', 'environ']) {
    const text = readFileSync(`/proc/${pid}/${file}`, 'latin1').replace(`SECRET=${SECRET}`, '');
    expect(text).not.toContain(SECRET);
  }
  await expect.poll(() => readFileSync(`/proc/${pid}/coredump_filter`, 'latin1')).toBe('00000000\n');
  process.kill(pid, 'SIGUSR1');
  await go();
  expect(await running.exited).toMatchObject({ stdout: 'started\nlater [redacted]\n', stderr: '' });
});

test.skipIf(!hasPython)('the same on a terminal', async () => {
  const { cwd, go } = await waitingRoom();
  const program = '(read -r line < go; echo later $A) & echo started $A; exit 3';
  const script = `"$@" sh -c '${program}'; echo "code $?"; read -r line`;
  const command = ['sh', '-c', script, 'sh', ...EXEC, '--mask', '--'];
  const terminal = new Terminal(sandbox.spawn(onTerminal(command), { cwd, env: { SECRET } }));
  await terminal.shown('started \\[redacted\\]');
  await terminal.shown('code 3');
  await go();
  await terminal.shown('later \\[redacted\\]');
  terminal.type('\n');
  await terminal.event(/exit 0/);
});
