import { chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nativeProgram } from '../../client/native/programs.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { hasPython } from '../support/start/terminal.js';

const SECRET = 'a-secret-of-some-length';
const EXEC = [...program('sigilforge'), '--quiet', 'exec', '--env', 'A=env://SECRET', '--'];

/** The native client, which notes what it was started with before it gives way to Node. */
const NATIVE = nativeProgram('sigilforge') ?? '';
const NATIVE_EXEC = [NATIVE, ...EXEC.slice(program('sigilforge').length)];

/** What changes from one process to the next. */
const VARYING = /^(Name|Tgid|Ngid|Pid|PPid|NS\w+|FDSize|Vm\w+|Rss\w+|HugetlbPages|SigQ|\w*ctxt_switches):/;

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
});

afterAll(() => sandbox.stop());

/** Starts a program after signals were ignored and blocked, without the two that Python ignores. */
const UNUSUAL = `
import os, signal, sys
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
for ignored in (signal.SIGHUP, signal.SIGINT, signal.SIGCHLD, signal.SIGTERM, signal.SIGRTMIN + 3):
    signal.signal(ignored, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGUSR1, signal.SIGALRM, signal.SIGRTMAX})
os.execvp(sys.argv[1], sys.argv[1:])
`;

const callers: Record<string, readonly string[]> = {
  'a usual one': [],
  nohup: ['nohup'],
  'one in the background of a script': ['sh', '-c', '"$@" & wait $!', 'sh'],
  'one with low limits': [
    'bash',
    '-c',
    'ulimit -n 64; ulimit -c 0; ulimit -s 4096; umask 027; exec "$@"',
    'bash',
  ],
  'one with other signals': ['python3', '-c', UNUSUAL],
};

const questions: Record<string, readonly string[]> = {
  'the status': ['cat', '/proc/self/status'],
  'the limits': ['bash', '-c', 'ulimit -Sa; ulimit -Ha; umask; cat /proc/self/coredump_filter'],
  'its name, variables and descriptors': [
    'bash',
    '-c',
    'tr "\\0" " " < /proc/$$/cmdline; env | grep -v "^SECRET\\|^A=\\|^_=" | sort; echo /proc/self/fd/*',
  ],
};

async function answer(command: readonly string[]): Promise<string[]> {
  const { stdout, code } = await sandbox.spawn(command, { env: { SECRET }, input: '' }).exited;
  expect(code).toBe(0);
  return stdout.split('\n').filter((line) => !VARYING.test(line));
}

describe.skipIf(!hasPython || NATIVE === '' || process.platform !== 'linux')(
  'a program gets what the caller had',
  () => {
    const rows = Object.keys(callers).flatMap((caller) => Object.keys(questions).map((one) => [caller, one]));

    test.each(rows)('%s: %s', async (caller = '', question = '') => {
      const [before = [], asked = []] = [callers[caller], questions[question]];
      const noted = [...before, ...NATIVE_EXEC, ...asked];
      const bare = await answer([...before, ...asked]);
      expect(bare.length).toBeGreaterThan(3);
      expect(await answer(noted)).toEqual(bare);
    });

    test('a daemon that a command starts does not have the variable', async () => {
      const started = await sandbox.spawn([NATIVE, 'daemon', 'start'], { input: '' }).exited;
      expect(started.code, started.stderr).toBe(0);
      const { stdout } = await sandbox.run(['--json', 'status']);
      const { pid }: { pid: number } = JSON.parse(stdout);
      const environment = await answer(['cat', `/proc/${sandbox.track(pid)}/environ`]);
      expect(environment.join()).toContain('SIGILFORGE_HOME');
      expect(environment.join()).not.toContain('SIGILFORGE_BEGAN');
    });
  },
);

const USUAL = '0000000000000000:0000000000000000:1024:4096';

test.each([
  '',
  'x',
  '0:0:1024:4096',
  `${USUAL}:1`,
  `${USUAL}\n`,
  USUAL.replace('0', 'g'),
  USUAL.replace('1024', '-1'),
  USUAL.replace('1024', ''),
])('a text that says nothing is ignored: %j', async (text) => {
  const env = { SECRET, SIGILFORGE_BEGAN: text };
  const script = 'ulimit -n; env | grep SIGILFORGE_BEGAN || echo none';
  const { stdout } = await sandbox.spawn([...EXEC, 'sh', '-c', script], { env, input: '' }).exited;
  expect(stdout).toMatch(/^\d+\nnone\n$/);
  expect(stdout).not.toMatch(/^1024\n/);
});

describe.skipIf(nativeProgram('sigilforge-run') === undefined)('the launcher', () => {
  const both = async (command: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const [plain, launched] = [{}, { SIGILFORGE_BEGAN: USUAL }].map((more) =>
      sandbox.spawn([...EXEC, ...command], { env: { SECRET, ...env, ...more }, input: '' }),
    );
    const ended = await launched?.exited;
    expect(ended).toEqual(await plain?.exited);
    return ended;
  };

  test.each([
    ['a name', 'nosuch', 127],
    ['a path', './nosuch', 127],
    ['an empty name', '', 127],
    ['a file', '/etc/passwd', 126],
    ['no folder', '/etc/passwd/x', 126],
    ['a folder', '/', 126],
    ['a long name', 'x'.repeat(300), 126],
    ['a long path', `/${'x'.repeat(5000)}`, 126],
    ['a variable', 'A=value', 127],
  ])('%s cannot be started for the same reason, with the same status', async (_, name, code) => {
    const ended = await both([name]);
    expect(ended?.code).toBe(code);
  });

  test('a script without an interpreter, a folder that may not be entered, and an empty PATH', async () => {
    const file = path.join(sandbox.home, 'plain-script');
    await writeFile(file, 'echo "$0" "$1"\n', { mode: 0o700 });
    expect(await both([file, 'one'])).toMatchObject({ code: 0, stdout: `${file} one\n` });
    expect(await both(['plain-script', 'two'], { PATH: `/nosuch:${sandbox.home}` })).toMatchObject({
      code: 0,
    });
    expect(await both(['plain-script', 'three'], { PATH: '' })).toMatchObject({ code: 0 });
    await writeFile(file, '\u007fELF nonsense', { mode: 0o600 });
    await chmod(file, 0o600);
    expect(await both(['plain-script'], { PATH: sandbox.home })).toMatchObject({ code: 126 });
    await rm(file);
  });

  test('arguments that are too large', async () => {
    const file = path.join(sandbox.home, 'large.env');
    await writeFile(file, `LARGE="${'y'.repeat(200_000)}"\n`);
    const command = [...program('sigilforge'), 'exec', '--env-file', file, '--', 'true'];
    const [plain, launched] = [{}, { SIGILFORGE_BEGAN: USUAL }].map((more) =>
      sandbox.spawn(command, { env: more, input: '' }),
    );
    expect(await launched?.exited).toEqual(await plain?.exited);
    expect((await launched?.exited)?.code).toBe(126);
  });

  test('a signal that ends the program', async () => {
    expect(await both(['sh', '-c', 'kill -TERM $$'])).toMatchObject({ code: 143 });
  });
});
