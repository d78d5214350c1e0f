import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commands } from '../../cli/commands.js';
import { account, token } from '../support/samples.js';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

const CANARY = 'canary0123456789';

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon({ get_token: token, list_accounts: { accounts: [account], cursor: null } });
});

afterAll(() => daemon.stop());

const wrong: [args: string[], said: string][] = [
  [[CANARY], 'There is no such command.'],
  [['provider', CANARY], 'There is no such command.'],
  [[`--${'x'}=${CANARY}`, 'status'], 'The option --x is not known.'],
  [['get-token', 'github', `--bogus=${CANARY}`], 'The option --bogus is not known.'],
  [['get-token', 'github', `-x${CANARY}`], 'is not known.'],
  [['get-token', 'github', '--min-valid', CANARY], '--min-valid takes a whole number of seconds.'],
  [['get-token', 'github', `--min-valid=${CANARY}`], '--min-valid takes a whole number of seconds.'],
  [['get-token', 'github', '--min-valid'], 'The option --min-valid needs a value.'],
  [
    ['get-token', 'github', '--format', CANARY],
    '--format is one of text, json, header, headers-json, netrc, xoauth2, oauthbearer.',
  ],
  [['get-token', 'github', 'work', CANARY], 'There are more arguments than sigilforge get-token takes.'],
  [['get-token'], 'SERVICE is missing: the service, such as github.'],
  [
    ['add-account', 'github'],
    'ACCOUNT is missing: a name of your choice for this sign-in, such as work or me.',
  ],
  [['add-account', 'github', 'work', `--api-key=${CANARY}`], 'The option --api-key takes no value.'],
  [['add-account', 'github', 'work', '--api-key', CANARY], 'There are more arguments'],
  [['add-account', 'github', 'work', '--flow', CANARY], '--flow is one of authorization_code'],
  [['add-account', 'github', 'work', '--scopes', ','], '--scopes names no scope.'],
  [['add-account', 'github', 'work', '--key-file', `/${CANARY}`, '--client-id', 'x'], '--key-file'],
  [['add-account', 'github', 'work', '--flow', 'github_app'], '--app-id is missing.'],
  [['add-account', 'github', 'work', '--flow', 'import', '--api-key'], '--flow'],
  [['provider', 'set', 'github', `--client-secret=${CANARY}`], 'The option --client-secret takes no value.'],
  [['provider', 'set', 'github', '--client-auth', CANARY], '--client-auth is one of none'],
  [['remove-account', 'github'], 'ACCOUNT is missing: the account.'],
  [['secret', 'set', 'k', CANARY], 'A value is never an argument'],
  [['vault', 'unlock', CANARY], 'A value is never an argument'],
  [['provider', 'set', 'github', '--client-secret', CANARY], 'A value is never an argument'],
  [['get-token', 'github', 'work', '--rejected', CANARY], 'A value is never an argument'],
  [['vault', 'status', CANARY], 'There are more arguments than sigilforge vault status takes.\n'],
];

test.each(wrong)('%j is exit status 2, and its value is not repeated', async (args, said) => {
  const end = await daemon.run(args);
  expect(end).toMatchObject({ code: 2, stdout: '' });
  expect(end.stderr).toContain(`sigilforge: `);
  expect(end.stderr).toContain(said);
  expect(end.stderr).not.toContain(CANARY);
  const json = await daemon.run(['--json', ...args]);
  expect(json.code).toBe(2);
  expect(JSON.parse(json.stderr).error).toMatchObject({ kind: 'invalid_params', code: -32602 });
  expect(json.stderr).not.toContain(CANARY);
});

test('--json and another --format rule each other out', async () => {
  const end = await daemon.run(['get-token', 'github', '--format', 'header', '--json']);
  expect(end).toMatchObject({ code: 2, stdout: '' });
});

test('a name that is nearly right gets a suggestion', async () => {
  expect((await daemon.run(['get-tokn'])).stderr).toContain('Did you mean get-token?');
  expect((await daemon.run(['get-token', 'a', '--fromat'])).stderr).toContain('Did you mean --format?');
});

test('the help is printed on standard output, with every command for people', async () => {
  const [alone, asked] = await Promise.all([daemon.run([]), daemon.run(['--help'])]);
  expect(alone).toEqual(asked);
  expect(alone).toMatchObject({ code: 0, stderr: '' });
  for (const { name, summary } of commands.filter(({ hidden }) => !hidden)) {
    expect(alone.stdout).toContain(name);
    expect(alone.stdout).toContain(summary);
  }
});

const subcommands: Record<string, readonly string[]> = {
  vault: [
    ...['status', 'unlock', 'lock', 'set-password', 'add-keychain', 'recovery-key'],
    ...['remove-slot', 'rotate', 'export', 'import'],
  ],
  secret: ['set', 'get', 'list', 'delete', 'requests', 'answer'],
  provider: ['list', 'show', 'test', 'set', 'remove'],
  daemon: ['run', 'start', 'stop', 'restart', 'status', 'install', 'uninstall', 'logs', 'log-level'],
  door: ['list', 'close'],
};
const documented = [
  ...commands.map(({ name }) => [name]),
  ...Object.entries(subcommands).flatMap(([group, names]) => names.map((name) => [group, name])),
];

test.each(documented.map((args) => [args]))('the help of %j has examples', async (args) => {
  const end = await daemon.run([...args, '--help']);
  expect(end).toMatchObject({ code: 0, stderr: '' });
  expect(end.stdout).toContain(`Usage: sigilforge ${args.join(' ')}`);
  expect(end.stdout).toMatch(/^Examples:\n {2}# .+\n {2}sigilforge /m);
  expect(end.stdout).toContain('--json');
});

test('help COMMAND is the same as COMMAND --help', async () => {
  const [one, other] = await Promise.all([
    daemon.run(['help', 'get-token']),
    daemon.run(['get-token', '--help']),
  ]);
  expect(one).toEqual(other);
});

test('a command of commands without a subcommand prints its help', async () => {
  const end = await daemon.run(['provider']);
  expect(end).toMatchObject({ code: 0, stderr: '' });
  expect(end.stdout).toContain('Usage: sigilforge provider');
});

test.each(Object.entries(subcommands))(
  'the help of %s lists its subcommands under one heading',
  async (group, names) => {
    const { stdout } = await daemon.run([group, '--help']);
    const [, list = ''] = stdout.split('\nCommands:\n');
    const listed = (list.split('\n\n')[0] ?? '').split('\n').map((line) => line.trim().split(' ')[0]);
    expect(listed).toEqual([...names, 'help']);
    expect(stdout).not.toContain('Providers and daemon:');
  },
);

test('help leads to the page of a subcommand in every way it may be asked', async () => {
  const page = await daemon.run(['vault', 'status', '--help']);
  expect(page.stdout).toContain('Usage: sigilforge vault status [options]\n');
  expect(await daemon.run(['vault', 'help', 'status'])).toEqual(page);
  expect(await daemon.run(['--json', 'vault', '--help', 'status'])).toMatchObject({ code: 0 });
});

test('the version is printed', async () => {
  expect((await daemon.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

describe('the short way and commander give the same answer', () => {
  const lines = [
    ['get-token', 'github', 'work'],
    ['get-token', 'github'],
    ['get-token', 'github', 'work', '--format', 'header'],
    ['get-token', 'github', 'work', '--min-valid', '7', '--json'],
    ['--quiet', 'get-token', 'github', 'work', '--format', 'wrong'],
    ['get-token', 'github', '--min-valid', 'wrong'],
    ['resolve', 'env://HOME'],
    ['resolve', 'env://HOME', '--json'],
    ['resolve', 'env://NO_SUCH_NAME', '--explain'],
  ];
  // `--` ends the options: it changes nothing, but the short way does not take it.
  test.each(lines.map((line) => [line]))('%j', async (line) => {
    const before = daemon.calls.length;
    const short = await daemon.run(line);
    const asked = daemon.calls.slice(before);
    expect(await daemon.run([...line, '--'])).toEqual(short);
    expect(daemon.calls.slice(before + asked.length)).toEqual(asked);
  });
});
