import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { type ImportedAccount, importAccount } from '../support/provider/imports.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { program } from '../support/start/sandbox.js';
import { type KubeStandIn, SERVER_NAME, startKubeStandIn } from './kube-stand-in.js';

const client = spawnSync('kubectl', ['version', '--client', '--output=json'], { encoding: 'utf8' });
const hasKubectl = client.status === 0;
/** Version 1 of ExecCredential is known since kubectl 1.22. */
const isOld = /"minor": "(?:1\d|2[01])\b/.test(client.stdout ?? '');
const VERSIONS = isOld ? ['v1beta1'] : ['v1', 'v1beta1'];

let fake: FakeProvider;
let daemon: DaemonBackend;
let cluster: KubeStandIn;
let account: ImportedAccount;
let good: string;

beforeEach(async () => {
  fake = await startFakeProvider();
  daemon = await startDaemon();
  good = 'first';
  cluster = await startKubeStandIn((token) => token === good);
  await daemon.api.setProvider({ id: 'corp', token_endpoint: `${fake.url}/token`, client_id: 'client' });
  account = await importAccount(daemon.api, fake, 'corp', 'work');
});
afterEach(async () => {
  await cluster.stop();
  await daemon.stop();
  await fake.stop();
});

/** A kubeconfig as a cluster's owner hands it out; `users`: what stands for the users. */
function kubeconfig(users: string): string {
  const ca = readFileSync(cluster.authority.file).toString('base64');
  return `apiVersion: v1
kind: Config
# the clusters of the company
clusters:
- cluster:
    certificate-authority-data: ${ca}
    server: ${cluster.url}
    tls-server-name: ${SERVER_NAME}
  name: corp
contexts:
- context: {cluster: corp, user: corp}
  name: corp
current-context: corp
${users}`;
}

function execUser(version: string, args: readonly string[]): string {
  const [node, cli] = program('sigilforge');
  const words = [cli, 'kube-credential', ...args].map((word) => `\n      - ${JSON.stringify(word)}`);
  return `users:
- name: corp
  user:
    exec:
      apiVersion: client.authentication.k8s.io/${version}
      command: ${node}
      args:${words.join('')}
      interactiveMode: Never
`;
}

function write(text: string): string {
  const file = path.join(daemon.sandbox.home, '.kube', 'config');
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function kubectl(...args: string[]) {
  return daemon.sandbox.spawn(['kubectl', ...args], { input: '' }).exited;
}

describe.skipIf(!hasKubectl)('kubectl', () => {
  test.each(VERSIONS)('reads with a token of the account, by %s', async (version) => {
    write(kubeconfig(execUser(version, ['corp', 'work'])));
    const end = await kubectl('get', 'configmaps');
    expect(end, end.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('of-the-cluster') });
    expect(new Set(cluster.tokens)).toEqual(new Set(['first']));
    expect(account.requests()).toEqual([]);
  });

  test('goes on after the cluster has refused the token once', async () => {
    write(kubeconfig(execUser('v1beta1', ['corp', 'work'])));
    cluster.refuse(1);
    const end = await kubectl('get', 'configmaps');
    expect(end, end.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('of-the-cluster') });
  });

  test('gets the ID token where the cluster wants that one', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1000) + 3600;
    good = `${part({ alg: 'RS256' })}.${part({ aud: 'client', sub: 'ada', exp })}.c2ln`;
    account.answer({ access_token: 'second', expires_in: 3600, id_token: good });
    await daemon.api.refreshToken(account.name);
    write(kubeconfig(execUser('v1beta1', ['corp', 'work', '--id-token'])));
    expect(await kubectl('get', 'configmaps')).toMatchObject({ code: 0, stderr: '' });
    expect(new Set(cluster.tokens)).toEqual(new Set([good]));
  });

  test('is set up by one command, and is as it was after another one', async () => {
    const before = kubeconfig('users: []\n');
    const file = write(before);
    const install = ['helper', 'install', 'kubectl', '--account', 'corp/work', '--user', 'corp', '--yes'];
    expect(await daemon.sandbox.run(install)).toMatchObject({ code: 0 });
    const once = readFileSync(file, 'utf8');
    expect(await kubectl('get', 'configmaps')).toMatchObject({ code: 0, stderr: '' });
    expect((await daemon.sandbox.run(['helper', 'list'])).stdout).toContain(
      `kubectl\tcorp\tcorp/work\tok\t${file}`,
    );
    expect(await daemon.sandbox.run(install)).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(once);
    const uninstall = ['helper', 'uninstall', 'kubectl', '--user', 'corp', '--yes'];
    expect(await daemon.sandbox.run(uninstall)).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(path.dirname(file)).filter((name) => name !== 'cache')).toEqual(['config']);
  });

  test('has its user found again after it has written its kubeconfig again', async () => {
    const file = write(kubeconfig(''));
    const install = ['helper', 'install', 'kubectl', '--account', 'corp/work', '--user', 'corp', '--yes'];
    await daemon.sandbox.run(install);
    expect(await kubectl('config', 'set-context', 'corp', '--namespace=default')).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).not.toContain('the clusters of the company');
    expect(await kubectl('get', 'configmaps')).toMatchObject({ code: 0, stderr: '' });
    await daemon.sandbox.run(['helper', 'uninstall', 'kubectl', '--yes']);
    expect(readFileSync(file, 'utf8')).not.toContain('kube-credential');
    expect((await kubectl('config', 'view')).stdout).toContain('users: null');
  });

  test('shows its user why there is no token, and asks nothing', async () => {
    write(kubeconfig(execUser('v1beta1', ['corp', 'other'])));
    const end = await kubectl('get', 'configmaps');
    expect(end.code).not.toBe(0);
    expect(end.stderr).toContain('There is no account corp/other.');
    expect(cluster.tokens).toEqual([]);
  });
});
