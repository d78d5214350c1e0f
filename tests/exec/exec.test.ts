import { spawn } from 'node:child_process';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SigilforgeError } from '../../shared/errors.js';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

const TOKEN = 'gho_CanaryToken4711';
const PASSWORD = 'pass word "with" ümlauts/and+more';
const NUL = Buffer.from('before\0after-canary');
const BINARY = Buffer.from([0xff, 0xfe, 1, 2, 3, 4, 5, 6, 7, 8]);
const SECRETS: Record<string, Buffer> = {
  'secret://password': Buffer.from(PASSWORD),
  'secret://short': Buffer.from('abc'),
  'secret://nul': NUL,
  'secret://binary': BINARY,
  'secret://large': Buffer.alloc(200_000, 'large-'),
  'secret://lines': Buffer.from('first-line-of-it\nsecond-line-of-it\n'),
};

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon({
    resolve: ({ reference }) => {
      if (reference.startsWith('auth://locked/')) throw new SigilforgeError('vault_locked', 'It is locked.');
      const value = reference === 'auth://github/work/token' ? Buffer.from(TOKEN) : SECRETS[reference];
      if (value === undefined) throw new SigilforgeError('not_found', 'There is none.');
      const isText = reference !== 'secret://binary';
      return {
        value: value.toString(isText ? 'utf8' : 'base64'),
        encoding: isText ? 'utf8' : 'base64',
        metadata: { kind: 'secret', source: 'vault', expires_at: null },
      };
    },
  });
});

afterAll(() => daemon.stop());

/** The folder of the runs' private folders: beside the usual socket. */
const runs = () => path.join(daemon.home, 'run', 'sigilforge-exec');
const print = (name: string) => ['sh', '-c', `printf %s "$${name}"`];

/** What a program finds at the path in a variable. */
interface SeenFile {
  readonly file: string;
  readonly base64: string;
  readonly mode: string;
  readonly folderMode: string;
}

/** A program that prints the files in KEY and NUL as JSON. */
const SEEN_FILES = `
  const { readFileSync, statSync } = require('node:fs');
  const modeOf = (name) => (statSync(name).mode & 0o777).toString(8);
  const seen = (file) => ({
    file,
    base64: readFileSync(file, 'base64'),
    mode: modeOf(file),
    folderMode: modeOf(require('node:path').dirname(file)),
  });
  console.log(JSON.stringify({ key: seen(process.env.KEY), nul: seen(process.env.NUL) }));
`;

function exec(options: readonly string[], command: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return daemon.run(['exec', ...options, '--', ...command], { env });
}

async function write(name: string, text: string): Promise<string> {
  const file = path.join(daemon.home, name);
  await writeFile(file, text);
  return file;
}

/** Runs it such that the program would leave a trace; there must be none. */
async function refused(options: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const trace = path.join(daemon.home, 'trace');
  const end = await exec(options, ['touch', trace], env);
  await expect(stat(trace)).rejects.toThrow('ENOENT');
  expect(end.stdout).toBe('');
  expect(`${end.stderr}`).not.toMatch(/canary/i);
  return end;
}

describe('what the program gets', () => {
  test('variables', async () => {
    const env = {
      INHERITED: 'auth://github/work/token',
      OTHER: 'env://HOME',
      PLAIN: 'x auth://github/work/token',
    };
    const end = await exec(
      ['--no-mask', '--env', 'A=secret://password', '--env', 'B=env://PLAIN'],
      ['sh', '-c', 'printf "%s|" "$A" "$B" "$INHERITED" "$OTHER" "$PLAIN"'],
      env,
    );
    expect(end).toMatchObject({
      code: 0,
      stdout: `${PASSWORD}|${env.PLAIN}|${TOKEN}|${env.OTHER}|${env.PLAIN}|`,
      stderr: '',
    });
  });

  test('an env file, and what is nearer wins', async () => {
    const file = await write(
      'good.env',
      '# comment\n\nexport A="two\nlines" # end\nB=secret://password\nC=literal # gone\nD=\'secret://none\'\nINHERITED=file\n',
    );
    const end = await exec(
      ['--no-mask', '--env-file', file, '--env', 'D=auth://github/work/token'],
      ['sh', '-c', 'printf "%s|" "$A" "$B" "$C" "$D" "$INHERITED"'],
      { INHERITED: 'auth://locked/work/token' },
    );
    expect(end).toMatchObject({ code: 0, stdout: `two\nlines|${PASSWORD}|literal|${TOKEN}|file|` });
  });

  test('a file of its own, gone with the program', async () => {
    const end = await exec(
      ['--no-mask', '--file', 'KEY=secret://binary', '--file', 'NUL=secret://nul'],
      [process.execPath, '-e', SEEN_FILES],
    );
    const { key, nul } = JSON.parse(end.stdout) as Record<'key' | 'nul', SeenFile>;
    expect(key).toMatchObject({ base64: BINARY.toString('base64'), mode: '600', folderMode: '700' });
    expect(nul).toMatchObject({ base64: NUL.toString('base64'), mode: '600', folderMode: '700' });
    for (const { file } of [key, nul]) {
      expect(path.dirname(path.dirname(file))).toBe(runs());
      await expect(readFile(file)).rejects.toThrow('ENOENT');
    }
    expect(await readdir(runs())).toEqual([]);
  });

  test('standard input and descriptors, however large', async () => {
    const end = await exec(
      ['--no-mask', '--stdin', 'secret://large', '--fd', '9=secret://password', '--fd', '3=secret://short'],
      ['sh', '-c', 'wc -c < /dev/stdin; cat <&9; cat /dev/fd/3'],
    );
    expect(end).toMatchObject({ code: 0, stdout: `200000\n${PASSWORD}abc`, stderr: '' });
    const unread = await exec(['--stdin', 'secret://large'], ['true']);
    expect(unread).toMatchObject({ code: 0, stderr: '' });
  });

  test('its own standard input otherwise, and nothing of a value in arguments or in our environment', async () => {
    const running = daemon.start(
      [
        'exec',
        '--env',
        'A=auth://github/work/token',
        '--file',
        'B=secret://password',
        '--',
        'sh',
        '-c',
        'echo $$ $PPID; cat',
      ],
      { env: { C: 'secret://lines' } },
    );
    const [, pid, parent] = await running.seen(/^(\d+) (\d+)\n/, 'stdout');
    const seen = await Promise.all(
      [`${pid}/cmdline`, `${parent}/cmdline`, `${parent}/environ`].map((file) =>
        readFile(`/proc/${file}`, 'utf8'),
      ),
    );
    for (const text of seen)
      for (const part of [TOKEN, 'ümlauts', 'second-line']) expect(text).not.toContain(part);
    expect(await readFile(`/proc/${pid}/environ`, 'utf8')).toContain(TOKEN);
    running.write(`${TOKEN} is echoed`);
    running.child.stdin.end();
    expect((await running.exited).stdout).toMatch(/\n\[redacted\] is echoed$/);
  });

  test('a daemon is asked once for each reference, and not at all without any', async () => {
    const before = daemon.calls.length;
    await exec(['--env', 'A=secret://password', '--env', 'B=secret://password'], ['true']);
    expect(daemon.calls.length).toBe(before + 1);
    expect(await exec(['--env', 'A=env://HOME'], ['true'])).toMatchObject({ code: 0 });
    expect(await exec([], ['true'], { SIGILFORGE_SOCKET: '/nonexistent/socket' })).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(daemon.calls.length).toBe(before + 1);
  });
});

describe('how it ends', () => {
  test.each([
    [0, ['sh', '-c', 'exit 0']],
    [3, ['sh', '-c', 'exit 3']],
    [255, ['sh', '-c', 'exit 255']],
    [128 + 15, ['sh', '-c', 'kill -TERM $$']],
    [128 + 9, ['sh', '-c', 'kill -KILL $$']],
  ])('%i', async (code, command) => {
    expect(await exec([], command)).toMatchObject({ code, signal: null });
    expect(await exec(['--env', 'A=secret://password'], command)).toMatchObject({ code, signal: null });
  });

  test('there is no such program', async () => {
    for (const program of ['sigilforge-no-such-program', '/nonexistent/program']) {
      const end = await exec(['--env', 'A=secret://password'], [program]);
      expect(end).toMatchObject({ code: 127, stdout: '' });
      expect(end.stderr).toContain(`There is no program ${program}.`);
    }
    const end = await exec([], ['A=canary', 'true']);
    expect(end.code).toBe(127);
    expect(end.stderr).not.toContain('canary');
  });

  test('it may not be run', async () => {
    const file = await write('plain', 'echo no');
    await chmod(file, 0o600);
    for (const program of [file, daemon.home]) {
      expect(await exec(['--file', 'A=secret://password'], [program])).toMatchObject({
        code: 126,
        stdout: '',
      });
    }
    expect(await readdir(runs())).toEqual([]);
  });

  test('there is no private place for a file', async () => {
    const file = await write('no-folder', '');
    const end = await refused(['--file', 'A=secret://password'], { SIGILFORGE_HOME: file });
    expect(end.code).toBe(125);
    expect(end.stderr).toMatch(/^sigilforge: .*sigilforge-exec cannot be used: a file is on the way\.\n/);
    expect(end.stderr).toContain('SIGILFORGE_HOME');
  });

  test('the name of the program is empty', async () => {
    const end = await exec([], ['']);
    expect(end).toMatchObject({ code: 127, stdout: '' });
    expect(end.stderr).toContain('The name of the program is empty.');
  });

  test('what a killed run has left behind goes with the next start, and what still runs stays', async () => {
    const options = ['exec', '--file', 'KEY=secret://password', '--', 'sh', '-c', 'echo "$KEY"; read line'];
    const [killed, living] = [daemon.start(options), daemon.start(options)];
    const [file = '', other = ''] = (
      await Promise.all([killed.seen(/.+/, 'stdout'), living.seen(/.+/, 'stdout')])
    ).map(([text]) => text);
    killed.child.kill('SIGKILL');
    await killed.exited;
    expect(await readFile(file, 'utf8')).toBe(PASSWORD);
    await exec([], ['true']);
    await expect(readFile(file)).rejects.toThrow('ENOENT');
    expect(await readFile(other, 'utf8')).toBe(PASSWORD);
    living.write('\n');
    expect((await living.exited).code).toBe(0);
    expect(await readdir(runs())).toEqual([]);
  });
});

describe('what stops it before the program starts', () => {
  test.each([
    ['a secret that is not there', ['--env', 'A=secret://none'], 3, 'secret://none'],
    ['a locked vault', ['--env', 'A=auth://locked/work/token'], 6, 'auth://locked/work/token'],
    ['no such variable', ['--file', 'A=env://NOT_SET'], 3, 'env://NOT_SET'],
    ['one of several', ['--env', 'A=secret://password', '--fd', '5=secret://none'], 3, 'secret://none'],
    ['NUL in a value', ['--env', 'A=secret://nul'], 2, 'A (secret://nul)'],
    ['bytes that are no text', ['--env', 'A=secret://binary'], 2, 'A (secret://binary)'],
    ['a value instead of a reference', ['--env', 'A=canary'], 2, '--env A'],
    ['a reference inside a text', ['--env', 'A=canary secret://password'], 2, '--env A'],
    ['no name', ['--env', '=canary'], 2, '--env'],
    ['no name of a variable', ['--env', 'A-B=secret://password'], 2, '--env'],
    ['a descriptor that is taken', ['--fd', '2=secret://password'], 2, '--fd'],
    ['no descriptor', ['--fd', 'x=canary'], 2, '--fd'],
    ['an unknown option', ['--evn=canary'], 2, '--evn'],
  ])('%s', async (_, options, code, named) => {
    const end = await refused(options);
    expect(end.code).toBe(code);
    expect(end.stderr).toContain(named);
  });

  test('in the inherited environment', async () => {
    const end = await refused([], { A: 'secret://none' });
    expect(end).toMatchObject({ code: 3 });
    const wrong = await refused([], { A: 'auth://canary' });
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('The variable A');
  });

  test.each([
    'PATH',
    'LD_PRELOAD',
    'DYLD_INSERT_LIBRARIES',
    'NODE_OPTIONS',
    'BASH_ENV',
    'ENV',
    'IFS',
    'PYTHONSTARTUP',
    'PERL5OPT',
  ])('a name that changes how programs load: %s', async (name) => {
    const file = await write('loading.env', `${name}=canary\n`);
    for (const options of [
      ['--env', `${name}=secret://password`],
      ['--file', `${name}=secret://password`],
      ['--env-file', file],
    ]) {
      const end = await refused(options);
      expect(end.code).toBe(2);
      expect(end.stderr).toContain(`--allow-env ${name}`);
    }
  });

  test('which may be allowed one by one', async () => {
    const options = ['--no-mask', '--env', 'PERL5OPT=secret://short', '--env', 'IFS=secret://short'];
    expect((await refused([...options, '--allow-env', 'IFS'])).code).toBe(2);
    const end = await exec([...options, '--allow-env', 'IFS', '--allow-env', 'PERL5OPT'], print('PERL5OPT'));
    expect(end).toMatchObject({ code: 0, stdout: 'abc' });
  });

  test.each([
    ['no assignment', 'A=1\n\nB: canary\n', 3],
    ['no name', 'A=1\n1B=canary\n', 2],
    ['a quote that is not closed', 'A=1\nB="canary\nC=2\n', 2],
    ['something behind a quote', 'A=1\nB="x\ny" canary\n', 3],
    ['a comment inside a value', 'A=ref+vault://canary#/key\n', 1],
    ['half a reference', 'A=1\nB=2\nC=secret:///canary/\n', 3],
  ])('a mistake in an env file: %s', async (_, text, line) => {
    const end = await refused(['--env-file', await write('bad.env', text)]);
    expect(end.code).toBe(2);
    expect(end.stderr).toContain(`bad.env, line ${line}:`);
  });

  test('no env file, and no --', async () => {
    // Some versions of Node look for --env-file among our arguments, and end with 9 before we are asked.
    expect([2, 9]).toContain((await refused(['--env-file', '/nonexistent/file'])).code);
    const end = await daemon.run(['exec', 'true']);
    expect(end).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('masking', () => {
  const all = 'printf "%s" "$A"; printf "%s" "$A" | base64 -w0; printf "<%s>" "$A" >&2';

  test('is on if output is not a terminal, and off with --no-mask', async () => {
    const end = await exec(['--env', 'A=secret://password'], ['sh', '-c', all]);
    expect(end).toMatchObject({ code: 0, stdout: '[redacted][redacted]' });
    expect(end.stderr).toMatch(/^<\[redacted\]>/);
    const open = await exec(['--no-mask', '--env', 'A=secret://password'], ['sh', '-c', all]);
    expect(open.stdout).toBe(`${PASSWORD}${Buffer.from(PASSWORD).toString('base64')}`);
    expect(open.stderr).toBe(`<${PASSWORD}>`);
  });

  test.each([
    ['once', [], 'echo "$A"', ' once'],
    ['in both outputs', [], 'echo "$A"; echo "$A$A" >&2', ' 3 times'],
    ['as base64', [], 'printf %s "$A" | base64 -w0', ' once'],
    ['never', [], 'echo none', undefined],
    ['with --no-mask', ['--no-mask'], 'echo "$A"', undefined],
    ['with --quiet', ['--quiet'], 'echo "$A"', undefined],
  ])('says at the end how often something was hidden: %s', async (_, options, script, times) => {
    const env = ['--env', 'A=secret://password'];
    const { stderr } = await exec([...options, ...env], ['sh', '-c', script]);
    const notice = `sigilforge: A value was hidden in the output${times}. To leave values as they are: --no-mask\n`;
    if (times === undefined) expect(stderr).toBe('');
    else expect(stderr.endsWith(notice)).toBe(true);
  });

  test('lets the masks through that a program registers with a CI runner', async () => {
    const script = 'echo "::add-mask::$A"; echo "$A"; echo "x ::add-mask::$A" >&2';
    const options = ['--quiet', '--env', 'A=auth://github/work/token'];
    const onGitHub = await exec(options, ['sh', '-c', script], { GITHUB_ACTIONS: 'true' });
    expect(onGitHub.stdout).toBe(`::add-mask::${TOKEN}\n[redacted]\n`);
    expect(onGitHub.stderr).toBe('x ::add-mask::[redacted]\n');
    const elsewhere = await exec(options, ['sh', '-c', script], { GITHUB_ACTIONS: '' });
    expect(elsewhere.stdout).toBe('::add-mask::[redacted]\n[redacted]\n');
  });

  test('holds for files, standard input and descriptors', async () => {
    const end = await exec(
      ['--file', 'A=secret://password', '--stdin', 'auth://github/work/token', '--fd', '3=secret://lines'],
      ['sh', '-c', 'cat "$A" - /dev/fd/3'],
    );
    expect(end.stdout).toBe('[redacted][redacted][redacted]');
  });

  test('warns of values that are too short', async () => {
    const end = await exec(['--env', 'A=secret://short'], print('A'));
    expect(end.stdout).toBe('abc');
    expect(end.stderr).toMatch(/warning: The value of secret:\/\/short is shorter than 8 bytes/);
    expect((await exec(['--no-mask', '--env', 'A=secret://short'], print('A'))).stderr).toBe('');
  });

  test('leaves both outputs in order where they are one', async () => {
    const file = path.join(daemon.home, 'both');
    const script = 'for i in 1 2 3 4 5; do echo "o$i $A"; echo "e$i $A" >&2; done';
    const cli = `"${process.execPath}" dist/sigilforge.cjs --quiet exec --env A=secret://password -- sh -c '${script}'`;
    await daemon.spawn(['sh', '-c', `cd '${process.cwd()}' && ${cli} > '${file}' 2>&1`]).exited;
    const lines = [1, 2, 3, 4, 5].map((n) => `o${n} [redacted]\ne${n} [redacted]\n`);
    expect(await readFile(file, 'utf8')).toBe(lines.join(''));
  });

  test('lets a program write to /dev/stdout, and wait for no reader', async () => {
    const end = await exec(
      ['--quiet', '--env', 'A=secret://password'],
      ['sh', '-c', 'echo "$A!" > /dev/stdout; echo 2 > /dev/stderr'],
    );
    expect(end).toMatchObject({ code: 0, stdout: '[redacted]!\n', stderr: '2\n' });
  });

  test('shows what can no longer become a value while the program still runs', async () => {
    const running = daemon.start([
      'exec',
      '--env',
      'A=secret://password',
      '--',
      'sh',
      '-c',
      'printf "Name? "; read name; echo "$A"',
    ]);
    await running.seen(/^Name\? $/, 'stdout');
    running.write('\n');
    expect((await running.exited).stdout).toBe('Name? [redacted]\n');
  });

  test('a reader that goes away ends the program as it would without us', async () => {
    const script = `"${process.execPath}" dist/sigilforge.cjs exec --env A=secret://password -- yes | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const end = await daemon.spawn(['bash', '-c', `cd '${process.cwd()}' && ${script}`]).exited;
    expect(end.stdout).toBe('y\n141\n');
  });

  test('bytes that are not text pass unchanged', async () => {
    const child = spawn(
      process.execPath,
      ['dist/sigilforge.cjs', 'exec', '--env', 'A=env://SECRET', '--', 'cat'],
      {
        env: { ...process.env, SIGILFORGE_HOME: daemon.home, SECRET: 'secret-value' },
      },
    );
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 256));
    child.stdin.end(bytes);
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });
});

test('core files: of the program as usual, of exec without its memory', async () => {
  const script = 'cat /proc/$$/coredump_filter; until grep 00000000 /proc/$PPID/coredump_filter; do :; done';
  const usual = await daemon.spawn([
    'sh',
    '-c',
    'echo 0x21 > /proc/$$/coredump_filter; exec "$@"',
    'sh',
    process.execPath,
    path.resolve('dist/sigilforge.cjs'),
    'exec',
    '--',
    'sh',
    '-c',
    script,
  ]).exited;
  expect(usual.stdout).toBe('00000021\n00000000\n');
});

test('a program without values needs no home', async () => {
  const env = { SIGILFORGE_HOME: '', HOME: '', XDG_RUNTIME_DIR: 'relative' };
  expect(await exec([], ['echo', 'hi'], env)).toMatchObject({ code: 0, stdout: 'hi\n', stderr: '' });
});

test('SIGUSR1 opens no debugger', async () => {
  const running = daemon.start([
    'exec',
    '--',
    'sh',
    '-c',
    'trap "echo got >&2" USR1; echo ready >&2; while read -r line; do :; done',
  ]);
  await running.seen(/ready/);
  running.child.kill('SIGUSR1');
  running.write('\n');
  await running.seen(/got/);
  running.child.stdin.end();
  const { code, stderr } = await running.exited;
  expect(stderr).not.toMatch(/Debugger/);
  expect(code).toBe(0);
});
