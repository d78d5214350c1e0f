import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { account, provider, status, token, tokenInfo } from '../support/samples.js';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

const resolved = {
  value: 'gho_token',
  encoding: 'utf8',
  metadata: { kind: 'token', source: 'daemon', expires_at: null },
} as const;
const providers = {
  providers: [
    {
      id: 'github',
      name: 'GitHub',
      flows: provider.flows,
      default_scopes: [],
      source: 'builtin' as const,
      configured: true,
      client_secret: 'required' as const,
      has_client_secret: true,
      public_client_id: null,
      registration_endpoint: null,
      discovery: false,
    },
  ],
  cursor: null,
};

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon({
    list_accounts: { accounts: [account], cursor: null },
    get_account: { ...account, revoked_with: [] },
    get_token: token,
    refresh_token: token,
    token_info: tokenInfo,
    remove_account: { removed: true, revoked: true, notices: [] },
    resolve: resolved,
    list_providers: providers,
    get_provider: { provider },
    set_provider: { provider },
    remove_provider: { removed: true },
    status,
  });
});

afterAll(() => daemon.stop());

const time = account.expires_at;
const lines = (...rows: string[]): string => rows.map((row) => `${row}\n`).join('');

/** The arguments, the method and parameters they become, the result, and the lines on standard output. */
const ordinary: [args: string[], method: string, params: object, result: object, text: string][] = [
  [
    ['list-accounts', '--service', 'github'],
    'list_accounts',
    { service: 'github' },
    { accounts: [account], cursor: null },
    `github\twork\toauth\tok\t${time}\trepo user\n`,
  ],
  [
    ['get-account', 'github', 'work'],
    'get_account',
    { service: 'github', account: 'work' },
    { ...account, revoked_with: [] },
    lines(
      `id\t${account.id}`,
      'service\tgithub',
      'account\twork',
      'kind\toauth',
      'provider\tgithub',
      'scopes\trepo user',
      'state\tok',
      `created_at\t${time}`,
      'last_used\t',
      `expires_at\t${time}`,
      'revoked_with\t',
    ),
  ],
  [
    ['get-token', 'github', 'work', '--min-valid', '60'],
    'get_token',
    { service: 'github', account: 'work', min_valid_s: 60 },
    token,
    'gho_token\n',
  ],
  [
    ['refresh-token', 'github', 'work'],
    'refresh_token',
    { service: 'github', account: 'work' },
    token,
    'gho_token\n',
  ],
  [
    ['token-info', 'github', 'work'],
    'token_info',
    { service: 'github', account: 'work' },
    tokenInfo,
    lines(
      'token_type\tbearer',
      `expires_at\t${time}`,
      'scopes\trepo',
      'is_expired\tfalse',
      'has_refresh_token\ttrue',
      'refresh_expires_at\t',
      'last_refreshed_at\t',
      'last_error\t',
      'next_attempt_at\t',
    ),
  ],
  [
    ['remove-account', 'github', 'work', '--force', '--no-revoke'],
    'remove_account',
    { service: 'github', account: 'work', revoke: false },
    { removed: true, revoked: true, notices: [] },
    '',
  ],
  [
    ['resolve', 'auth://github/work/token'],
    'resolve',
    { reference: 'auth://github/work/token' },
    resolved,
    'gho_token\n',
  ],
  [['provider', 'list'], 'list_providers', {}, providers, 'github\tGitHub\tready\n'],
  [
    ['provider', 'set', 'github', '--client-id', 'cli', '--scopes', 'a,b', '--client-auth', 'none'],
    'set_provider',
    { id: 'github', client_id: 'cli', default_scopes: ['a', 'b'], client_auth: 'none' },
    { provider },
    '',
  ],
  [['provider', 'remove', 'github'], 'remove_provider', { id: 'github' }, { removed: true }, ''],
  [
    ['status'],
    'status',
    {},
    status,
    lines(
      'daemon\trunning',
      'pid\t4711',
      `started_at\t${time}`,
      'started_by\tcommand',
      'uptime_s\t12',
      'socket\t/run/user/1000/sigilforge.sock',
      'connections\t1',
      'version\t0.1.0',
      'protocol\t1',
      'account_count\t1',
      'secret_count\t0',
      'vault.state\tunlocked',
      'vault.key_source\tkeychain',
      'keychain.available\ttrue',
      'keychain.error\t',
      `keychain.probed_at\t${time}`,
    ),
  ],
];

describe.each(ordinary)('sigilforge %s', (args, method, params, result, text) => {
  test('asks the daemon and prints lines for programs', async () => {
    const before = daemon.calls.length;
    const end = await daemon.run([...args, '--quiet']);
    expect(end).toEqual({ code: 0, signal: null, stdout: text, stderr: '' });
    const [call, ...others] = daemon.calls.slice(before);
    expect({ ...call, params: call?.params ?? {} }).toEqual({ method, params });
    expect(others).toEqual([]);
  });

  test('prints the RPC result with --json, before the command or after it', async () => {
    for (const line of [
      [...args, '--json'],
      ['--json', ...args],
    ]) {
      const end = await daemon.run(line);
      expect(end.code).toBe(0);
      expect(JSON.parse(end.stdout)).toEqual(result);
    }
  });
});

test('get-token writes a header for curl, and the result as JSON', async () => {
  const header = await daemon.run(['get-token', 'github', 'work', '--format', 'header']);
  expect(header.stdout).toBe('Authorization: Bearer gho_token\n');
  const json = await daemon.run(['get-token', 'github', 'work', '--format', 'json']);
  expect(JSON.parse(json.stdout)).toEqual(token);
});

test('a value of several lines is not written as a header', async () => {
  const other = await startStubDaemon({ get_token: { ...token, access_token: 'a\nX-Other: b' } });
  const end = await other.run(['get-token', 'github', 'work', '--format', 'header']);
  expect(end).toMatchObject({ code: 2, stdout: '' });
  await other.stop();
});

test('provider show prints every property', async () => {
  const text = await daemon.run(['provider', 'show', 'github']);
  expect(text.stdout).toContain('name\tGitHub\n');
  expect(text.stdout).toContain('redirect.uri\thttp://127.0.0.1/callback\n');
  const json = await daemon.run(['provider', 'show', 'github', '--json']);
  expect(JSON.parse(json.stdout)).toEqual({ provider });
});

test('provider show fills in the redirect URI in the steps', async () => {
  const register_steps = ['Paste {redirect_uri} there.'];
  const stub = await startStubDaemon({ get_provider: { provider: { ...provider, register_steps } } });
  const { stdout } = await stub.run(['provider', 'show', 'github']);
  await stub.stop();
  expect(stdout).toContain(`register_steps\tPaste ${provider.redirect.uri} there.\n`);
});

test('get-token --rejected reads the token that an API refused from standard input', async () => {
  const rejected = ['get-token', 'github', 'work', '--rejected'];
  const end = await daemon.run(rejected, { input: 'gho_refused\n' });
  expect(end).toMatchObject({ code: 0, stdout: 'gho_token\n', stderr: '' });
  const params = { service: 'github', account: 'work', rejected_token: 'gho_refused' };
  expect(daemon.calls.at(-1)).toEqual({ method: 'get_token', params });
  for (const header of ['Bearer gho_refused', 'authorization: bearer gho_refused\r\n', ' gho_refused ']) {
    expect(await daemon.run(rejected, { input: header })).toMatchObject({ code: 0 });
    expect(daemon.calls.at(-1), header).toEqual({ method: 'get_token', params });
  }
  expect(await daemon.run(rejected, { input: '' })).toMatchObject({ code: 2, stdout: '' });
});

test('provider set reads a client secret from standard input', async () => {
  const end = await daemon.run(['provider', 'set', 'github', '--client-secret'], { input: 's3cret\n' });
  expect(end).toMatchObject({ code: 0, stdout: '', stderr: 'sigilforge: The provider github is set.\n' });
  expect(daemon.calls.at(-1)).toEqual({
    method: 'set_provider',
    params: { id: 'github', client_secret: 's3cret' },
  });
});

test('daemon status says that it runs', async () => {
  const end = await daemon.run(['daemon', 'status']);
  expect(end.code).toBe(0);
  expect(end.stdout).toContain('daemon\trunning\npid\t4711\n');
  const json = await daemon.run(['daemon', 'status', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ running: true, pid: 4711 });
});
