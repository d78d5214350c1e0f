import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeError } from '../../cli/terminal/debug.js';
import { connect } from '../../client/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { startFakeTokenEndpoint } from '../support/provider/fake-token-endpoint.js';
import { importAccount } from '../support/provider/imports.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { startStubDaemon } from '../support/start/stub-daemon.js';

const FRAME = /^ {4}at (?:.+:\d+:\d+\)?|.+ \(<anonymous>\))$/;

describe('describeError', () => {
  test('has the names and frames of an error and its causes, and none of their messages', () => {
    const system = Object.assign(new Error('canary in a system error'), { code: 'ENOENT' });
    const cause = new TypeError('canary\n    at canary (forged.js:1:1)', { cause: system });
    const lines = describeError(new SigilforgeError('internal_error', 'canary here.', { cause }));
    const names = lines.filter((line) => !FRAME.test(line));
    expect(names).toEqual(['SigilforgeError', 'caused by TypeError', 'caused by Error ENOENT']);
    expect(lines.filter((line) => FRAME.test(line)).length).toBeGreaterThan(5);
    expect(lines.join('\n')).not.toMatch(/canary|forged/);
  });

  test('gives no frames if the message was changed, because the stack still quotes the first one', () => {
    const error = new Error('canary\n    at canary (forged.js:1:1)');
    expect(error.stack).toContain('canary');
    error.message = 'another text';
    expect(describeError(error)).toEqual(['Error']);
  });

  test('ends with errors that cause each other, and with what is not an error', () => {
    const first = new Error('canary');
    first.cause = new AggregateError([first, new RangeError('canary'), 'canary'], 'canary');
    const names = describeError(first).filter((line) => !FRAME.test(line));
    expect(names).toEqual([
      'Error',
      'caused by AggregateError',
      'one of RangeError',
      'one of a thrown string',
    ]);
  });
});

describe('an error', () => {
  const failing = () =>
    stopAfter(
      startStubDaemon({ get_token: new SigilforgeError('network', 'It failed.', { hint: 'Do this.' }) }),
    );
  const ask = ['get-token', 'github', 'work'];
  const PLAIN = 'sigilforge: It failed.\n  hint: Do this.\n';

  test.each([
    ['--debug', [...ask, '--debug'], {}],
    ['--debug before the command', ['--debug', ...ask], {}],
    ['SIGILFORGE_DEBUG=1', ask, { SIGILFORGE_DEBUG: '1' }],
  ])('says with %s its kind, its stack and what was passed', async (_, args, env) => {
    const daemon = await failing();
    const end = await daemon.run(args, { env });
    expect(end).toMatchObject({ code: 5, stdout: '' });
    expect(end.stderr.startsWith(PLAIN)).toBe(true);
    expect(end.stderr).toMatch(/^ {2}kind: network \(-32004\)\n {2}stack:\n {4}SigilforgeError\n {8}at /m);
    expect(end.stderr).toContain('  trace:\n    no point was passed in this process\n');
  });

  test.each([
    ['neither', ask, {}],
    ['SIGILFORGE_DEBUG=0', ask, { SIGILFORGE_DEBUG: '0' }],
  ])('is two lines with %s', async (_, args, env) => {
    const daemon = await failing();
    expect(await daemon.run(args, { env })).toMatchObject({ code: 5, stderr: PLAIN });
  });

  test('stays one JSON object with --json', async () => {
    const daemon = await failing();
    const { stderr } = await daemon.run([...ask, '--json', '--debug']);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: -32004, kind: 'network', message: 'It failed.', hint: 'Do this.' },
      debug: { stack: expect.arrayContaining(['SigilforgeError']), trace: [] },
    });
  });

  test('of exec has it too, and an option behind -- is the program’s own', async () => {
    const daemon = await failing();
    const missing = ['--', 'sigilforge-no-such-program'];
    const end = await daemon.run(['exec', '--debug', ...missing]);
    expect(end.code).toBe(127);
    expect(end.stderr).toContain('  kind: not_found (-32001)\n');
    expect((await daemon.run(['exec', ...missing, '--debug'])).stderr).not.toContain('kind:');
  });
});

test('nothing is added to what works', async () => {
  const daemon = await stopAfter(startStubDaemon({ resolve: () => Promise.reject(new Error('not asked')) }));
  const args = ['resolve', 'env://HOME', '--debug'];
  expect(await daemon.run(args)).toEqual(await daemon.run(args.slice(0, -1)));
});

test('the library in this process tells the points it passed and when, and none of the values', async () => {
  const sandbox = await stopAfter(createSandbox());
  await mkdir(join(sandbox.home, 'config'), { mode: 0o700 });
  await writeFile(join(sandbox.home, 'config', 'config.toml'), '[vault]\nkey = "key_file"\n');
  const fake = await stopAfter(startFakeTokenEndpoint());
  const { socket } = await sandbox.startDaemon();
  const client = await connect({ socket });
  await fake.configure(client, 'canary-client-secret');
  await importAccount(client, fake, 'fake', 'work');
  const { id } = await client.getAccount({ service: 'fake', account: 'work' });
  await client.close();
  fake.route('POST /token', () => ({
    status: 400,
    body: { error: 'invalid_grant', error_description: 'canary' },
  }));

  const end = await sandbox.run(['refresh-token', 'fake', 'work', '--direct', '--debug']);
  expect(end).toMatchObject({ code: 4, stdout: '' });
  const [, trace = ''] = end.stderr.split('  trace:\n');
  const points = [...trace.matchAll(/^ {4}\+\d+\.\d ms (\S+) (\S+)$/gm)];
  expect(points.map(([, point]) => point).slice(0, 3)).toEqual([
    'refresh.leased',
    'refresh.journaled',
    'refresh.answered',
  ]);
  expect(new Set(points.map(([, , account]) => account))).toEqual(new Set([id]));
  // The sentence quotes the provider; the lines of --debug quote nothing.
  expect(end.stderr.slice(end.stderr.indexOf('  kind:'))).not.toContain('canary');
  expect(end.stderr).not.toContain('canary-client-secret');
});
