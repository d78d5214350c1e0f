import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

// A mistake of the person who types is never called a bug of Sigilforge, and the hint says how to mend it.

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon({});
});

afterAll(() => daemon.stop());

async function expectSlip(end: Promise<{ code: number | null; stdout: string; stderr: string }>) {
  const { code, stdout, stderr } = await end;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const { error } = JSON.parse(stderr);
  expect(error.kind).toBe('invalid_params');
  return error;
}

/** Runs a shell command in which `$CLI` is the CLI. */
function shell(command: string) {
  const program = path.resolve('dist/sigilforge.cjs');
  // After --, Node does not take options such as --env-file for its own.
  const env = { CLI: `${process.execPath} -- ${program}`, SIGILFORGE_SOCKET: undefined };
  return daemon.spawn(['sh', '-c', command], { input: '', env }).exited;
}

/** Commands that read a file, with its path last. */
const READERS = [
  'inject -i',
  'vault import',
  'exec --env A=env://HOME --env-file',
  'add-account github bot --flow jwt_bearer --client-id id --key-file',
];

/** Paths that no command can use; `folder`, `file` and the others are made before. */
const PATHS = [
  "''",
  'folder',
  'folder/',
  'none',
  'none/file',
  'file/',
  'file/below',
  'round',
  'closed',
  'nowhere',
  '/proc/self/mem',
  '/proc/self/none/x',
  'socket',
  `folder/${'n'.repeat(256)}`,
];

describe.each(READERS)('%s', (command) => {
  test('of a path that cannot be read', async () => {
    const before =
      'mkdir -p folder && : > file && ln -sf round round && ln -sf none/none nowhere && mkdir -p closed && ';
    const listen = `${process.execPath} -e 'require("net").createServer().listen("socket").unref()'; `;
    const ends = await inTwos(PATHS, (file) =>
      shell(`${before}${file === 'socket' ? listen : ''}echo phrase | $CLI --json ${tail(command, file)}`),
    );
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      const { kind, message, hint } = JSON.parse(stderr).error;
      const file = PATHS[index];
      const isAbsent = command === 'vault import' && kind === 'not_found';
      expect({ file, code, stdout, kind }).toEqual({
        ...{ file, code: isAbsent ? 3 : 2, stdout: '' },
        kind: isAbsent ? 'not_found' : 'invalid_params',
      });
      expect(`${message} ${hint}`).not.toMatch(/fault of Sigilforge|undefined/);
    }
  });
});

function tail(command: string, file: string): string {
  return `${command} ${file}${command.startsWith('exec') ? ' -- true' : ''}`;
}

/** Two at a time: each is a process of its own. */
async function inTwos<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += 2) {
    results.push(...(await Promise.all(items.slice(at, at + 2).map(work))));
  }
  return results;
}

describe('an output that is closed or takes no more', () => {
  test.each([
    ['echo text | $CLI inject >&-', 0],
    ['$CLI resolve env://HOME >&-', 0],
    ['echo text | $CLI inject -o /dev/full', 10],
    ['echo text | $CLI inject > /dev/full', 1],
    ['echo text | $CLI inject -o /dev/stdout > /dev/full', 1],
    ['echo text | $CLI inject -o /dev/fd/3 3> /dev/full', 10],
    ['echo text | $CLI inject -o /dev/fd/3 3< /dev/null', 2],
    ['echo text | $CLI inject -o /proc/self/fd/3 3< /', 2],
  ])('%s', async (command, code) => {
    const end = await shell(command);
    expect({ code: end.code, stdout: end.stdout }, end.stderr).toEqual({ code, stdout: '' });
    expect(end.stderr).not.toContain('fault of Sigilforge');
  });
});

test('the exported file and its passphrase cannot both be standard input', async () => {
  expect(await expectSlip(shell('echo phrase | $CLI vault import - --json'))).toMatchObject({
    hint: expect.stringContaining('/dev/fd/3'),
  });
});

test.each(['inject -i -', 'inject -i /dev/stdin'])('%s reads standard input', async (command) => {
  expect(await shell(`printf 'a template' | $CLI ${command}`)).toMatchObject({
    code: 0,
    stdout: 'a template',
  });
});

describe('standard input that is a folder', () => {
  test.each([
    ['secret set k', 'Secret: standard input is a folder.'],
    ['vault import backup', 'Passphrase of the file: standard input is a folder.'],
    ['inject', 'The template: standard input is a folder.'],
  ])('%s', async (command, message) => {
    expect(await expectSlip(shell(`$CLI ${command} --json < /`))).toMatchObject({
      message,
      hint: expect.stringContaining('pipe the value in'),
    });
  });
});

test.each(['vault export backup', 'vault import backup', 'inject -o new', 'inject -i template'])(
  '%s in a folder that no longer exists',
  async (args) => {
    const command = `mkdir gone && cd gone && rmdir ../gone && echo phrase | $CLI ${args} --json`;
    expect(await expectSlip(shell(command))).toMatchObject({
      message: 'The current folder no longer exists.',
      hint: 'Change to another folder, then try again.',
    });
  },
);
