import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import { startStubDaemon } from '../support/start/stub-daemon.js';

let backend: DaemonBackend;

beforeAll(async () => {
  backend = await startDaemon();
});
afterAll(() => backend.stop());

const run = (args: string[], input = '') => backend.sandbox.run(args, { input });
const stored = async (key: string) => (await backend.api.getSecret({ key })).value;

/** Input, options, and what is kept of it. */
const values: [string, string, string[], string][] = [
  ['one final newline is dropped', 'value\n\n', [], 'value\n'],
  ['one of Windows too', 'value\r\n', [], 'value'],
  ['--exact keeps it', 'value\n', ['--exact'], 'value\n'],
  ['--base64 decodes', 'c8O8w58K\n', ['--base64'], 'süß\n'],
  ['--base64 with broken lines', 'c8O8\nw58K\n', ['--base64'], 'süß\n'],
];

test.each(values)('secret set: %s', async (_, input, options, value) => {
  expect(await run(['secret', 'set', 'k', ...options], input)).toEqual({
    code: 0,
    signal: null,
    stdout: '',
    stderr: 'sigilforge: The secret k is stored in the vault.\n',
  });
  expect(await stored('k')).toBe(value);
});

test('what goes in comes out again, to the byte', async () => {
  const text = 'several\nlines\n';
  await run(['secret', 'set', 'k'], text);
  expect(await run(['secret', 'get', 'k'])).toMatchObject({ code: 0, stdout: text, stderr: '' });
  expect(await run(['resolve', 'secret://k'])).toMatchObject({ code: 0, stdout: text, stderr: '' });
  await backend.api.setSecret({ key: 'bytes', value: 'YWIA', encoding: 'base64' });
  const bytes = backend.sandbox.spawn([
    'sh',
    '-c',
    `'${process.execPath}' "$0" secret get bytes | od -An -tx1`,
    cli(),
  ]);
  expect((await bytes.exited).stdout.trim()).toBe('61 62 00 0a');
  await backend.api.setSecret({ key: 'binary', value: '/wA=', encoding: 'base64' });
  const binary = backend.sandbox.spawn([
    'sh',
    '-c',
    `'${process.execPath}' "$0" secret get binary | od -An -tx1`,
    cli(),
  ]);
  expect((await binary.exited).stdout.trim()).toBe('ff 00');
  expect(JSON.parse((await run(['secret', 'get', 'binary', '--json'])).stdout)).toEqual({
    key: 'binary',
    value: '/wA=',
    encoding: 'base64',
    backend: 'vault',
  });
});

test('secret list names all pages of them, and never a value', async () => {
  for (let index = 0; index < 120; index++) {
    await backend.api.setSecret({ key: `list/${String(index).padStart(3, '0')}`, value: 'canary' });
  }
  const { stdout } = await run(['secret', 'list', '--prefix', 'list/']);
  expect(stdout.split('\n')).toHaveLength(121);
  expect(stdout).toMatch(/^list\/000\tvault\t\d{4}-/);
  const json = await run(['secret', 'list', '--prefix', 'list/', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ secrets: { length: 120 }, cursor: null });
  expect(stdout + json.stdout).not.toContain('canary');
});

test('secret delete says whether there was one', async () => {
  await backend.api.setSecret({ key: 'd', value: 'x' });
  expect(await run(['secret', 'delete', 'd'])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'sigilforge: The secret d is deleted.\n',
  });
  expect(await run(['secret', 'delete', 'd', '--json'])).toMatchObject({
    code: 0,
    stdout: '{"deleted":false}\n',
  });
  expect(await run(['secret', 'get', 'd'])).toMatchObject({ code: 3, stdout: '' });
});

const MAX = 256 * 1024;

test.each([
  ['256 KiB', 'x'.repeat(MAX), [], 0],
  ['256 KiB with a newline', `${'x'.repeat(MAX)}\n`, [], 0],
  ['256 KiB and one byte', 'x'.repeat(MAX + 1), [], 1],
  ['256 KiB and one byte in base64', Buffer.alloc(MAX + 1).toString('base64'), ['--base64'], 1],
  ['400 KiB', 'x'.repeat(400 * 1024), [], 1],
  ['a megabyte', 'x'.repeat(1024 * 1024), [], 1],
  ['nothing', '', [], 2],
  ['a newline alone', '\n', [], 2],
  ['what is no base64', 'canary!', ['--base64'], 2],
  ['another back end than there is', 'x', ['--backend', 'canary'], 2],
])('%s ends as it should, and is not repeated', async (_, input, options, code) => {
  const end = await run(['secret', 'set', 'limits', ...options], input);
  expect({ code: end.code, stderr: end.stderr }).toEqual({
    code,
    stderr: expect.not.stringContaining('canary'),
  });
});

test.each([
  ['a value as an argument', ['secret', 'set', 'k', 'canary']],
  ['a value behind the key', ['secret', 'set', 'k=canary']],
  ['a value as an option', ['secret', 'set', 'k', '--value=canary']],
  ['a key of 256 characters', ['secret', 'set', 'canary'.repeat(50).slice(0, 256)]],
])('%s is refused without repeating it', async (_, args) => {
  const end = await run(args, 'x');
  expect(end).toMatchObject({ code: 2, stdout: '' });
  expect(end.stderr).not.toContain('canary');
});

test('a value never stands among the arguments or in the environment of a process', async () => {
  const stub = await stopAfter(startStubDaemon({ set_secret: { key: 'k', backend: 'vault' } }));
  const cli = stub.start(['secret', 'set', 'k']);
  cli.write('canary-value\n');
  cli.child.stdin.end();
  expect(await cli.exited).toMatchObject({ code: 0, stderr: expect.not.stringContaining('canary') });
  expect(stub.calls).toEqual([
    { method: 'set_secret', params: { key: 'k', value: 'Y2FuYXJ5LXZhbHVl', encoding: 'base64' } },
  ]);
});

// Pseudo-terminals are made by script of util-linux, which not every machine has.
const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false;

describe.skipIf(!hasScript)('on a terminal', () => {
  test('secret set asks, and shows nothing of the answer', async () => {
    const asking = backend.sandbox.start(['secret', 'set', 'typed'], {
      tty: true,
      env: { TERM: 'xterm-256color' },
    });
    await asking.seen(/Secret/, 'stdout');
    asking.write('s3cret-value\r');
    const { code, stdout } = await asking.exited;
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.not.stringContaining('s3cret-value') });
    expect(await stored('typed')).toBe('s3cret-value');
  });

  test('secret get says once that exec is the better way', async () => {
    await backend.api.setSecret({ key: 't', value: 'x' });
    const get = async (...options: string[]) =>
      (await backend.sandbox.run(['secret', 'get', 't', ...options], { tty: true })).stdout;
    expect(await get('--quiet')).toBe('x\r\n');
    expect(await get()).toContain('sigilforge exec --env NAME=secret://t -- COMMAND');
    expect(await get()).toBe('x\r\n');
  });
});

function cli(): string {
  return new URL('../../dist/sigilforge.cjs', import.meta.url).pathname;
}
