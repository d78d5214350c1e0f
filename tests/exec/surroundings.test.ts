import { spawnSync } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../support/start/running.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { hasPython } from '../support/start/terminal.js';

const SECRET = 'a-secret-of-some-length';
const EXEC = [...program('sigilforge'), '--quiet', 'exec', '--env', 'A=env://SECRET'].join(' ');

let sandbox: Sandbox;
let folders = 0;

beforeAll(async () => {
  sandbox = await createSandbox();
});

afterAll(() => sandbox.stop());

/** Runs a script of bash in a folder of its own with a named pipe, `go`; `$EXEC` is what stands before a program. */
async function bash(script: string, prefix: string, env: NodeJS.ProcessEnv = {}): Promise<RunResult> {
  const cwd = path.join(sandbox.home, `folder-${folders++}`);
  await mkdir(cwd);
  spawnSync('mkfifo', [path.join(cwd, 'go')]);
  const running = sandbox.spawn(['bash', '-c', script], {
    cwd,
    env: { SECRET, EXEC: prefix, ...env },
    input: '',
  });
  const end = await running.exited;
  expect(await readdir(path.join(sandbox.home, 'run', 'sigilforge-exec')).catch(() => [])).toEqual([]);
  return end;
}

const SOCKET = `
import os, socket, subprocess
ours, theirs = socket.socketpair()
os.dup2(theirs.fileno(), 8)
subprocess.run([*os.environ["EXEC"].split(), "sh", "-c", "echo through >&8"], pass_fds=[8])
print(ours.recv(99))
`;

const PIPE = `
import os, subprocess
reading, writing = os.pipe()
os.write(writing, b"both ends")
program = "import os; os.close(%d); print(os.read(%d, 99))" % (writing, reading)
subprocess.run([*os.environ["EXEC"].split(), "python3", "-c", program], pass_fds=[reading, writing])
`;

/** A program in the middle of others, and what it takes with it: held against the same without `exec`. */
const scripts: Record<string, string> = {
  'a here-string': 'exec 5<<<hello; $EXEC sh -c "cat <&5"',
  'a file, at a number with gaps below': 'echo text > file; exec 23<file; $EXEC cat /dev/fd/23',
  'numbers as high as those of bash': 'exec 200<<<high 255<<<higher; $EXEC cat /dev/fd/200 /dev/fd/255',
  'no other numbers than without':
    'exec 3</dev/null 12</dev/null 77</dev/null; $EXEC sh -c "echo /proc/self/fd/*"',
  'process substitution': '$EXEC cat <(echo one) <(echo two)',
  'output into a process':
    '$EXEC tee >(sed s/^/a:/ > a) < <(echo line) > >(cat > b); while ! [ -s a ]; do :; done; cat a b',
  'a pipe that ends when the program closes it':
    'mkfifo in out; (cat in > got; echo end > out) & $EXEC sh -c "echo x >&7; exec 7>&-; cat out" 7> in',
  'a lock that it takes': 'exec 9> lock; $EXEC flock -n 9; echo $?',
  'a lock that is held meanwhile':
    'flock lock $EXEC sh -c "flock -n lock true; echo \\$?"; flock -n lock echo free',
  'a lock that ends with its last holder': '(exec 200> lock; flock 200; $EXEC true); flock -n lock echo free',
  nohup: 'nohup $EXEC sh -c "echo out; echo err >&2; exit 3" 2> err; echo $?; tail -n 1 err',
  setsid: 'setsid -w $EXEC sh -c "echo out; exit 3"; echo $?',
  'a lock that what runs on does not hold':
    '(exec 200> lock; flock 200; $EXEC bash -c "(read -r x < go) 200>&- &"); flock -n lock echo free; echo > go',
  'a pipeline, and what runs on':
    '{ $EXEC sh -c "(read -r x < go; echo later) & echo now; exit 3"; echo $?; echo > go; } | cat',
  'a log of both outputs': '$EXEC sh -c "echo out; echo err >&2; exit 4" > log 2>&1; echo $?; cat log',
};

const makefiles: Record<string, string> = {
  'a jobserver': `printf 'all: a b\\na b:\\n\\t+@$(EXEC) $(MAKE) --no-print-directory -f inner $@\\n' > Makefile
    printf 'a b:\\n\\t@sleep 0\\n' > inner; make -j2 2>&1; echo $?`,
  'make, and a target that fails': `printf 'a:\\n\\t@$(EXEC) sh -c "exit 3"\\n' > Makefile; make -s a; echo $?`,
};

const hasMake = spawnSync('make', ['--version']).status === 0;

describe('the same as without exec', () => {
  const holds = async (script: string) => {
    const bare = await bash(script, '');
    expect(bare.stdout).not.toBe('');
    expect(await bash(script, `${EXEC} --`)).toEqual(bare);
    expect(await bash(script, `${EXEC} --no-mask --`)).toEqual(bare);
  };

  test.each(Object.keys(scripts))('%s', (name) => holds(scripts[name] ?? ''));

  test.skipIf(!hasMake).each(Object.keys(makefiles))('%s', (name) => holds(makefiles[name] ?? ''));

  test.skipIf(!hasPython).each([
    ['a socket', SOCKET],
    ['both ends of a pipe', PIPE],
  ])('%s', async (_, source) => {
    const script = `python3 -c '${source.replaceAll("'", "'\\''")}'`;
    const bare = await bash(script, '');
    expect(bare.stdout).not.toBe('');
    expect(await bash(script, `${EXEC} --`)).toEqual(bare);
  });
});

test('a value that --fd names takes the place of what is inherited', async () => {
  const script = 'exec 5<<<inherited; $EXEC cat /dev/fd/5';
  expect(await bash(script, `${EXEC} --no-mask --fd 5=env://SECRET --`)).toMatchObject({ stdout: SECRET });
});

test.each([
  ['standard output', '$EXEC sh -c "echo 1 \\$A; echo 2 \\$A >&3" 3>&1 | cat'],
  ['standard error', '$EXEC sh -c "echo 1 \\$A >&2; echo 2 \\$A >&8" 2> log 8>&2; cat log'],
  ['one file for all', '$EXEC sh -c "echo 1 \\$A; echo 2 \\$A >&9" > log 2>&1 9>&1; cat log'],
])('a copy of %s is masked, in order', async (_, script) => {
  expect((await bash(script, `${EXEC} --`)).stdout).toBe('1 [redacted]\n2 [redacted]\n');
});
