import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { ResultOf } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { account, address, flow } from '../support/samples.js';
import { type Answers, type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const one of cleanUp.splice(0)) await one();
});

async function start(answers: Answers): Promise<StubDaemon> {
  const daemon = await startStubDaemon(answers);
  cleanUp.push(daemon.stop);
  return daemon;
}

const flow_id = flow.flow_id ?? '';
const complete: ResultOf<'wait_flow'> = { state: 'complete', account, notices: [] };
const atOnce = { ...flow, flow_id: null, account };
const byBrowser = { ...flow, authorization_url: address };
const byDevice = {
  ...flow,
  flow: 'device_code' as const,
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://id.example.org/device',
  verification_uri_complete: 'https://id.example.org/device?user_code=WDJB-MJHT',
};
const forEver = (): Promise<never> => new Promise(() => undefined);

test('the address stands alone on a line of standard error, and the account on standard output', async () => {
  let waits = 0;
  const daemon = await start({
    add_account: byBrowser,
    wait_flow: () => (++waits < 3 ? { state: 'pending', account: null, notices: [] } : complete),
  });
  const end = await daemon.run(['add-account', 'github', 'work', '--scopes', 'repo,user', '--replace']);
  expect(end).toMatchObject({ code: 0, stdout: 'github/work\n' });
  expect(end.stderr.split('\n')).toContain(address);
  expect(daemon.calls[0]).toEqual({
    method: 'add_account',
    params: { service: 'github', account: 'work', scopes: ['repo', 'user'], replace: true },
  });
  expect(daemon.calls.filter(({ method }) => method === 'wait_flow')).toHaveLength(3);
});

test('with --json the account is printed whole', async () => {
  const daemon = await start({ add_account: byBrowser, wait_flow: complete });
  const end = await daemon.run(['add-account', 'github', 'work', '--json']);
  expect(JSON.parse(end.stdout)).toEqual(account);
});

test('the device flow shows address and code, each on a line of its own', async () => {
  const daemon = await start({ add_account: byDevice, wait_flow: complete });
  const end = await daemon.run(['add-account', 'github', 'work', '--flow', 'device_code']);
  expect(end).toMatchObject({ code: 0, stdout: 'github/work\n' });
  expect(end.stderr.split('\n')).toEqual(
    expect.arrayContaining([byDevice.verification_uri, byDevice.user_code]),
  );
  expect(daemon.calls[0]?.params).toMatchObject({ flow: 'device_code' });
});

test('with --no-browser the pasted address ends the flow', async () => {
  const daemon = await start({
    add_account: byBrowser,
    wait_flow: forEver,
    complete_flow: { account, notices: [] },
  });
  const cli = daemon.start(['add-account', 'github', 'work', '--no-browser']);
  await daemon.called('wait_flow');
  cli.write('\nhttp://127.0.0.1/callback?code=1&state=abc\n');
  expect(await cli.exited).toMatchObject({ code: 0, stdout: 'github/work\n' });
  expect(daemon.calls.at(-1)).toEqual({
    method: 'complete_flow',
    params: { flow_id, redirect_url: 'http://127.0.0.1/callback?code=1&state=abc' },
  });
});

test('over SSH the pasted address is taken as well', async () => {
  const daemon = await start({
    add_account: byBrowser,
    wait_flow: forEver,
    complete_flow: { account, notices: [] },
  });
  const env = { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' };
  const end = await daemon.run(['add-account', 'github', 'work'], {
    env,
    input: 'http://127.0.0.1/?code=1',
  });
  expect(end).toMatchObject({ code: 0, stdout: 'github/work\n' });
});

test('the callback may come first, though standard input stays open or ends empty', async () => {
  for (const input of [undefined, '']) {
    const daemon = await start({ add_account: byBrowser, wait_flow: complete });
    const cli = daemon.start(['add-account', 'github', 'work', '--no-browser'], {
      ...(input === '' && { input }),
    });
    expect(await cli.exited).toMatchObject({ code: 0, stdout: 'github/work\n' });
  }
});

test('standard input is left alone where no address is taken', async () => {
  const daemon = await start({
    add_account: byBrowser,
    wait_flow: complete,
    complete_flow: { account, notices: [] },
  });
  await daemon.run(['add-account', 'github', 'work'], { input: 'http://127.0.0.1/?code=1\n' });
  expect(daemon.calls.map(({ method }) => method)).not.toContain('complete_flow');
});

test('a wrong address without a terminal is an error', async () => {
  const daemon = await start({
    add_account: byBrowser,
    wait_flow: forEver,
    complete_flow: new SigilforgeError('invalid_params', 'This is another address.'),
  });
  const end = await daemon.run(['add-account', 'github', 'work', '--no-browser'], {
    input: 'nonsense\n',
  });
  expect(end).toMatchObject({ code: 2, stdout: '' });
  expect(end.stderr).toContain('This is another address.');
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s cancels the flow', async (signal) => {
  const daemon = await start({
    add_account: byBrowser,
    wait_flow: forEver,
    cancel_flow: { cancelled: true },
  });
  const cli = daemon.start(['add-account', 'github', 'work']);
  await daemon.called('wait_flow');
  cli.child.kill(signal);
  const end = await cli.exited;
  expect(end).toMatchObject({ code: 8, signal: null, stdout: '' });
  expect(end.stderr).toContain('sigilforge: This was cancelled.');
  expect(daemon.calls.at(-1)).toEqual({ method: 'cancel_flow', params: { flow_id } });
});

test('a flow that fails ends with its error', async () => {
  const daemon = await start({
    add_account: byBrowser,
    wait_flow: new SigilforgeError('denied', 'The person said no.'),
  });
  const end = await daemon.run(['add-account', 'github', 'work']);
  expect(end).toMatchObject({ code: 7, stdout: '' });
  expect(end.stderr).toContain('The person said no.');
});

const unattended: [args: string[], input: string, params: object][] = [
  [['--api-key'], 'key\n', { flow: 'api_key', credential: { api_key: 'key' } }],
  [['--api-key'], 'two\nlines\r\n', { flow: 'api_key', credential: { api_key: 'two\nlines' } }],
  [['--flow', 'import'], 'refresh\n', { flow: 'import', credential: { refresh_token: 'refresh' } }],
  [['--flow', 'client_credentials'], '', { flow: 'client_credentials' }],
  [
    ['--flow', 'client_credentials', '--client-id', 'me'],
    's3cret',
    { flow: 'client_credentials', client_id: 'me', credential: { client_id: 'me', client_secret: 's3cret' } },
  ],
  [['--provider', 'gh', '--issuer', 'https://x.org'], '', { provider: 'gh', issuer: 'https://x.org' }],
];

test.each(unattended)('add-account %j gives what the flow needs', async (args, input, params) => {
  const daemon = await start({ add_account: atOnce });
  const end = await daemon.run(['add-account', 'github', 'work', ...args], { input });
  expect(end).toMatchObject({ code: 0, stdout: 'github/work\n', stderr: '' });
  expect(daemon.calls).toEqual([
    { method: 'add_account', params: { service: 'github', account: 'work', ...params } },
  ]);
});

test('a key file is read for a GitHub App and for a JWT', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-key-'));
  cleanUp.push(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'key.pem');
  await writeFile(file, 'PEM\n', { mode: 0o600 });
  const daemon = await start({ add_account: atOnce });
  const app = ['--key-file', file, '--app-id', '12', '--installation-id', '34'];
  await daemon.run(['add-account', 'github', 'bot', ...app]);
  await daemon.run(['add-account', 'google', 'robot', '--key-file', file, '--client-id', 'me']);
  expect(daemon.calls.map(({ params }) => params)).toEqual([
    {
      service: 'github',
      account: 'bot',
      flow: 'github_app',
      credential: { app_id: '12', installation_id: '34', private_key: 'PEM\n' },
    },
    {
      service: 'google',
      account: 'robot',
      flow: 'jwt_bearer',
      client_id: 'me',
      credential: { issuer: 'me', private_key: 'PEM\n' },
    },
  ]);
});

test("a client id comes from the caller's environment, and --client-id wins", async () => {
  const daemon = await start({ add_account: atOnce });
  const env = { SIGILFORGE_MY_HOST_CLIENT_ID: 'from-env' };
  await daemon.run(['add-account', 'my.host', 'work'], { env });
  await daemon.run(['add-account', 'my.host', 'work', '--client-id', 'given'], { env });
  expect(daemon.calls.map(({ params }) => params)).toEqual([
    { service: 'my.host', account: 'work', client_id: 'from-env' },
    { service: 'my.host', account: 'work', client_id: 'given' },
  ]);
});

test('a secret that is missing is not asked for without a terminal', async () => {
  const daemon = await start({ add_account: atOnce });
  for (const args of [
    ['add-account', 'x', 'y', '--api-key'],
    ['provider', 'set', 'x', '--client-secret'],
  ]) {
    expect(await daemon.run(args, { input: '\n' })).toMatchObject({ code: 2, stdout: '' });
  }
  expect(daemon.calls).toEqual([]);
});

test('what a person should know about a sign-in is a warning, with --quiet and --json too', async () => {
  const notices = ['No refresh token came: github/work works until noon.', 'Another sentence.'];
  const warnings = notices.map((notice) => `sigilforge: warning: ${notice}\n`).join('');
  const waited = await start({ add_account: byBrowser, wait_flow: { ...complete, notices } });
  for (const option of ['--quiet', '--json']) {
    const { code, stderr } = await waited.run(['add-account', 'github', 'work', option]);
    expect(code).toBe(0);
    expect(stderr).toContain(warnings);
  }
  const alone = await start({ add_account: { ...atOnce, notices } });
  const end = await alone.run(['add-account', 'github', 'work', '--replace', '--without-refresh']);
  expect(end).toMatchObject({ code: 0, stdout: 'github/work\n', stderr: warnings });
  expect(alone.calls[0]?.params).toMatchObject({ replace: true, without_refresh: true });
});
