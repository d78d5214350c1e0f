import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { program } from '../support/start/sandbox.js';
import { type Registry, startRegistry } from './registry-stand-in.js';
import { describeHelper } from './shared-suite.js';

// The protocol of docker-credential-helpers as its callers speak it, and skopeo, which is one of them.

const NOT_FOUND = 'credentials not found in native keychain\n';

let provider: FakeProvider;
let registry: Registry;
let backend: DaemonBackend;
let issued = 0;

beforeAll(async () => {
  provider = await startFakeProvider({
    'POST /token': () => ({
      body: { access_token: `token-${++issued}`, token_type: 'Bearer', expires_in: 3600 },
    }),
  });
  registry = await startRegistry();
  backend = await startDaemon();
  const settings = { token_endpoint: `${provider.url}/token`, client_id: 'x', client_secret: 'y' };
  await backend.api.setProvider({ id: 'own', ...settings, flows: ['client_credentials'] });
  await addAccount('own', 'robot');
});
afterAll(async () => {
  await backend?.stop();
  await registry?.stop();
  await provider?.stop();
});
beforeEach(async () => {
  const { secrets } = await backend.api.listSecrets({ prefix: 'docker/' });
  for (const { key } of secrets) await backend.api.deleteSecret({ key });
  for (const service of ['github', 'gitlab'])
    for (const { account } of (await backend.api.listAccounts({ service })).accounts)
      await backend.api.removeAccount({ service, account, revoke: false });
});

function addAccount(service: string, account: string) {
  return service === 'own'
    ? backend.api.addAccount({ service, account, flow: 'client_credentials' })
    : backend.api.addAccount({
        service,
        account,
        flow: 'api_key',
        credential: { api_key: `key-of-${account}` },
      });
}

function map(host: string, account: string, user?: string) {
  return backend.api.setSecret({
    key: `docker/${host}`,
    value: JSON.stringify({ account, ...(user && { user }) }),
  });
}

/** Runs one action, as docker starts it. */
async function act(action: string, input = '') {
  const { stdout, code: status } = await backend.sandbox.run(['docker-credential', action], { input });
  return { stdout, status };
}

function login(ServerURL: string, Username: string, Secret: string): string {
  return JSON.stringify({ ServerURL, Username, Secret });
}

const asking = (input: string) => ({ args: ['docker-credential', 'get'], input });

describeHelper({
  name: 'docker-credential',
  known: asking('ghcr.io'),
  unknown: asking('registry.example.org'),
  bad: {
    'no server': asking(''),
    'a server with a control character': asking('ghcr.io\u0007'),
    'an action that is not one': { args: ['docker-credential', 'give'], input: 'ghcr.io' },
  },
  shown: ({ stdout }) => stdout,
  // What it prints with another status is an error.
  nothing: ({ stdout, code }) => (code === 0 ? stdout : ''),
});

describe('get', () => {
  test('gives the token of the account that a registry was set up with', async () => {
    await map('registry.example.org', 'own/robot');
    const { access_token } = await backend.api.getToken({ service: 'own', account: 'robot' });
    const answer = login('registry.example.org', 'robot', access_token);
    expect(await act('get', 'registry.example.org\n')).toEqual({ stdout: `${answer}\n`, status: 0 });
    await map('registry.example.org', 'own/robot', 'me');
    const { stdout } = await act('get', 'https://Registry.Example.org/v2/');
    expect(JSON.parse(stdout)).toEqual({
      ServerURL: 'https://Registry.Example.org/v2/',
      Username: 'me',
      Secret: access_token,
    });
  });

  test.each([
    ['ghcr.io', 'github', 'work'],
    ['registry.gitlab.com', 'gitlab', 'oauth2'],
  ])('%s needs no set-up', async (host, service, user) => {
    expect(await act('get', host)).toEqual({ stdout: NOT_FOUND, status: 1 });
    await addAccount(service, 'work');
    expect(await act('get', host)).toEqual({ stdout: `${login(host, user, 'key-of-work')}\n`, status: 0 });
  });

  test('gives nothing to a known registry from an account whose tokens come from elsewhere', async () => {
    await backend.api.addAccount({
      ...{ service: 'github', account: 'mine', flow: 'client_credentials', provider: 'own' },
    });
    expect(await act('get', 'ghcr.io')).toEqual({ stdout: NOT_FOUND, status: 1 });
    expect(await act('list')).toEqual({ stdout: '{}\n', status: 0 });
    await addAccount('github', 'work');
    expect((await act('get', 'ghcr.io')).stdout).toContain('key-of-work');
  });

  test('names the accounts where several fit, until one is chosen', async () => {
    await addAccount('github', 'work');
    await addAccount('github', 'home');
    expect(await act('get', 'ghcr.io')).toEqual({
      stdout:
        'Several accounts of github fit ghcr.io: home, work. Choose one with: sigilforge helper install docker --host ghcr.io --account github/home\n',
      status: 1,
    });
    await map('ghcr.io', 'github/home');
    expect((await act('get', 'ghcr.io')).stdout).toContain('key-of-home');
  });

  test.each([
    ['github.com', 'a host of the same provider'],
    ['own', 'the name of a service'],
    ['registry.example.org.evil.example', 'a longer name'],
    ['example.org', 'a shorter name'],
    ['registry.example.org:8443', 'another port'],
    ['registry.example.org/team', 'a part of it'],
    ['http://registry.example.org', 'the same without https'],
    ['https://me@registry.example.org', 'one with a user'],
    ['registry.example.org\nghcr.io', 'two lines'],
    ['registry.example.org\u0000', 'a control character'],
    ['régistry.example.org', 'letters that are not ASCII'],
    [`${'a'.repeat(100_000)}.example.org`, 'a very long name'],
  ])('%j is not found: %s', async (server) => {
    await map('registry.example.org', 'own/robot');
    expect(await act('get', server)).toEqual({ stdout: NOT_FOUND, status: 1 });
  });

  test('says so where the account that was set up is gone', async () => {
    await map('registry.example.org', 'own/gone');
    const { stdout, status } = await act('get', 'registry.example.org');
    expect(stdout).toBe('There is no account own/gone. Sign in with: sigilforge add-account own gone\n');
    expect(status).toBe(1);
  });
});

describe('store', () => {
  test('keeps a login, which get gives back for that registry until it is erased', async () => {
    const given = login('https://index.docker.io/v1/', 'me', 'päss"word<&>');
    expect(await act('store', given)).toEqual({ stdout: '', status: 0 });
    expect(await act('get', 'https://index.docker.io/v1/')).toEqual({ stdout: `${given}\n`, status: 0 });
    expect((await act('get', 'docker.io')).stdout).toContain('"Username":"me"');
    expect(await act('erase', 'https://index.docker.io/v1/')).toEqual({ stdout: '', status: 0 });
    expect(await act('get', 'docker.io')).toEqual({ stdout: NOT_FOUND, status: 1 });
    expect(await act('erase', 'docker.io')).toEqual({ stdout: NOT_FOUND, status: 1 });
  });

  test('keeps nothing that was given out here', async () => {
    await addAccount('github', 'work');
    await map('registry.example.org', 'own/robot');
    const { access_token } = await backend.api.getToken({ service: 'own', account: 'robot' });
    await act('store', login('ghcr.io', 'work', 'key-of-work'));
    await act('store', login('registry.example.org', 'robot', access_token));
    const { secrets } = await backend.api.getSecrets({ prefix: 'docker/' });
    expect(secrets.map(({ key, value }) => [key, value])).toEqual([
      ['docker/registry.example.org', '{"account":"own/robot"}'],
    ]);
  });

  test('does not take the place of an account that was set up, nor does erase take it away', async () => {
    await map('registry.example.org', 'own/robot');
    const refusal = {
      stdout:
        'registry.example.org gets the token of own/robot. Take that away with: sigilforge helper uninstall docker --host registry.example.org\n',
      status: 1,
    };
    expect(await act('store', login('registry.example.org', 'me', 'another'))).toEqual(refusal);
    expect(await act('erase', 'registry.example.org')).toEqual(refusal);
    expect((await act('get', 'registry.example.org')).stdout).toContain('token-');
    expect(await backend.api.listAccounts({ service: 'own' })).toHaveProperty('accounts.length', 1);
  });
});

test('list names what there is, as docker names it', async () => {
  expect(await act('list')).toEqual({ stdout: '{}\n', status: 0 });
  await addAccount('gitlab', 'work');
  await map('registry.example.org:5000', 'own/robot');
  await act('store', login('https://index.docker.io/v1/', 'me', 'x'));
  const asked = provider.received.length;
  const { stdout } = await act('list');
  expect(JSON.parse(stdout)).toEqual({
    'registry.gitlab.com': 'oauth2',
    'https://index.docker.io/v1/': 'me',
    'registry.example.org:5000': 'robot',
  });
  expect(provider.received).toHaveLength(asked);
});

test.each([
  ['get', '', 'no credentials server URL'],
  ['get', ' \n', 'no credentials server URL'],
  ['erase', '', 'no credentials server URL'],
  ['store', login('', 'me', 'x'), 'no credentials server URL'],
  ['store', login('registry.example.org', '', 'x'), 'no credentials username'],
  ['store', 'canary', 'This is not an object with ServerURL, Username and Secret.'],
  [
    'store',
    login('http://registry.example.org', 'me', 'x'),
    'This is not a registry that a login can be kept for.',
  ],
  ['fetch', '', 'Unknown credential action `fetch`'],
])('%s with %j says: %3$s', async (action, input, sentence) => {
  expect(await act(action, input)).toEqual({ stdout: `${sentence}\n`, status: 1 });
});

test('version', async () => {
  expect((await act('version')).stdout).toMatch(/^docker-credential-sigilforge \(sigilforge\) \d/);
});

describe('bad times are told on standard output', () => {
  test('a locked vault', async () => {
    await backend.api.setSecret({ key: 'docker/registry.example.org', value: '{"account":"own/robot"}' });
    await backend.api.lock();
    const { stdout, status } = await act('get', 'registry.example.org');
    await backend.api.unlock();
    expect(stdout).toMatch(/^The vault is locked\..*sigilforge vault unlock.*\n$/);
    expect(status).toBe(1);
  });

  test('no daemon', async () => {
    const args = ['docker-credential', 'get', '--no-fallback'];
    const env = { SIGILFORGE_SOCKET: join(backend.sandbox.home, 'run', 'none.sock') };
    const { stdout, code: status } = await backend.sandbox.run(args, { input: 'ghcr.io', env });
    expect(stdout).toMatch(/^No daemon listens on /);
    expect(stdout.match(/\n/g)).toHaveLength(1);
    expect(status).toBe(1);
  });
});

describe.runIf(spawnSync('skopeo', ['--version']).status === 0 || process.env['CI'])('skopeo', () => {
  beforeAll(async () => {
    const { home } = backend.sandbox;
    await mkdir(join(home, 'bin'));
    const script = join(home, 'bin', 'docker-credential-sigilforge');
    const words = [...program('sigilforge'), 'docker-credential'].map((word) => `'${word}'`).join(' ');
    await writeFile(script, `#!/bin/sh\nexec ${words} "$@"\n`);
    await chmod(script, 0o755);
    const { code } = await backend.sandbox.run([
      'helper',
      'install',
      'docker',
      '--yes',
      '--host',
      registry.host,
    ]);
    expect(code).toBe(0);
  });

  const skopeo = (args: readonly string[], input = '') => start(['skopeo', ...args], input);

  async function start(command: readonly string[], input = '') {
    const { home, env } = backend.sandbox;
    const path = `${join(home, 'bin')}:${env['PATH']}`;
    const file = join(home, '.docker', 'config.json');
    const more = { PATH: path, XDG_RUNTIME_DIR: join(home, 'run'), REGISTRY_AUTH_FILE: file };
    return backend.sandbox.spawn(command, { env: more, input }).exited;
  }

  const inspect = () =>
    skopeo(['inspect', '--raw', '--tls-verify=false', `docker://${registry.host}/own/image:1`]);

  test('reads an image with the token of an account', async () => {
    await map(registry.host, 'own/robot');
    const { access_token } = await backend.api.getToken({ service: 'own', account: 'robot' });
    registry.passwords.add(access_token);
    const { stdout, stderr } = await inspect();
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toHaveProperty('schemaVersion', 2);
    expect(registry.shown).toContain(`robot:${access_token}`);
  });

  test('hears that an account is gone, and does not go on without', async () => {
    await map(registry.host, 'own/gone');
    const before = registry.shown.length;
    const { stderr, code: status } = await inspect();
    expect(stderr).toContain('There is no account own/gone.');
    expect(status).not.toBe(0);
    expect(registry.shown).toHaveLength(before);
  });

  test('logs in and out, with what a person types', async () => {
    registry.passwords.add('typed');
    const options = ['--tls-verify=false', registry.host];
    const input = 'typed\n';
    const entered = await skopeo(['login', '--username', 'me', '--password-stdin', ...options], input);
    expect(entered.stdout + entered.stderr).toContain('Login Succeeded!');
    expect((await inspect()).code).toBe(0);
    expect(registry.shown.at(-1)).toBe('me:typed');
    const left = await skopeo(['logout', registry.host]);
    expect(left.stderr).toBe('');
    expect(await act('get', registry.host)).toEqual({ stdout: NOT_FOUND, status: 1 });
  });

  test.runIf(spawnSync('podman', ['--version']).status === 0 || process.env['CI'])(
    'podman pulls an image with the token of an account',
    async () => {
      await map(registry.host, 'own/robot');
      const { access_token } = await backend.api.getToken({ service: 'own', account: 'robot' });
      registry.passwords.add(access_token);
      const folder = join(backend.sandbox.home, 'podman');
      const places = [
        '--root',
        join(folder, 'root'),
        '--runroot',
        join(folder, 'run'),
        '--storage-driver=vfs',
      ];
      const image = `${registry.host}/own/image:1`;
      const { code, stderr } = await start(['podman', ...places, 'pull', '--tls-verify=false', image]);
      expect(stderr).toContain('Writing manifest');
      expect(code).toBe(0);
      expect(registry.shown.at(-1)).toBe(`robot:${access_token}`);
    },
  );
});
