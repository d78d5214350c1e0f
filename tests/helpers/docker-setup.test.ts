import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';

// `helper install docker`: what it writes where, and that taking it away leaves every byte as it was.

const CONFIG = '{\n\t"auths": {\n\t\t"quay.io": {}\n\t},\n\t"unknown" : [1,2],\n\t"psFormat": "a\\tb"\n}\n';

let backend: DaemonBackend;
let file: string;

beforeAll(async () => {
  backend = await startDaemon();
  file = join(backend.sandbox.home, '.docker', 'config.json');
  await backend.api.addAccount({
    ...{ service: 'own', account: 'robot', flow: 'api_key' },
    credential: { api_key: 'k' },
  });
});
afterAll(() => backend?.stop());

const helper = (...args: readonly string[]) => backend.sandbox.run(['helper', ...args]);
const install = (...args: readonly string[]) => helper('install', 'docker', '--yes', ...args);
const uninstall = (...args: readonly string[]) => helper('uninstall', 'docker', '--yes', ...args);
const text = () => readFile(file, 'utf8');
const secretOf = async (registry: string) =>
  (await backend.api.getSecrets({ prefix: `docker/${registry}` })).secrets[0]?.value;

async function put(content: string): Promise<void> {
  await mkdir(join(backend.sandbox.home, '.docker'), { recursive: true });
  await writeFile(file, content);
}

describe('a registry with its account', () => {
  const forOwn = ['--host', 'registry.example.org:5000', '--account', 'own/robot', '--user', 'me'];

  test('is written, and taken away to the byte; twice changes nothing', async () => {
    await put(CONFIG);
    expect(await install(...forOwn)).toMatchObject({ code: 0 });
    const written = await text();
    expect(JSON.parse(written)).toEqual({
      ...JSON.parse(CONFIG),
      credHelpers: { 'registry.example.org:5000': 'sigilforge' },
    });
    expect(await secretOf('registry')).toBe('{"account":"own/robot","user":"me"}');
    expect(await install(...forOwn)).toMatchObject({ code: 0 });
    expect(await text()).toBe(written);
    expect(await uninstall('--host', 'registry.example.org:5000')).toMatchObject({ code: 0 });
    expect(await text()).toBe(CONFIG);
    expect(await secretOf('registry')).toBeUndefined();
    expect(await uninstall('--host', 'registry.example.org:5000')).toMatchObject({ code: 0 });
    expect(await text()).toBe(CONFIG);
  });

  test('is only shown with --print, and not written without a terminal', async () => {
    await put(CONFIG);
    const { stdout } = await helper('install', 'docker', ...forOwn, '--print');
    expect(stdout).toContain(
      '# secret://docker/registry.example.org:5000\n+{"account":"own/robot","user":"me"}',
    );
    expect(stdout).toContain('"registry.example.org:5000": "sigilforge"');
    expect(await helper('install', 'docker', ...forOwn)).toMatchObject({ code: 2 });
    expect(await text()).toBe(CONFIG);
    expect(await secretOf('registry')).toBeUndefined();
  });

  test('is shown without the logins of others on the same line', async () => {
    const compact = '{"auths":{"quay.io":{"auth":"c2VjcmV0"}}}';
    await put(compact);
    const shown = await helper('install', 'docker', ...forOwn, '--print');
    expect(shown.stdout).toContain('+{ "credHelpers": { "registry.example.org:5000": "sigilforge" } }\n');
    expect(shown.stdout).not.toContain('c2VjcmV0');
    await install('--global');
    const gone = await helper('uninstall', 'docker', '--global', '--print');
    expect(gone.stdout).toContain('-{ "credsStore": "sigilforge" }\n');
    expect(gone.stdout).not.toContain('c2VjcmV0');
    await uninstall('--global');
    expect(await text()).toBe(compact);
  });

  test('is not put in the place of a login that is kept', async () => {
    await put(CONFIG);
    const key = 'docker/registry.example.org:5000';
    await backend.api.setSecret({ key, value: '{"Username":"me","Secret":"x"}' });
    const { code, stderr } = await install(...forOwn);
    expect(stderr).toContain(`The secret ${key} is not one that helper install wrote.`);
    expect(code).toBe(1);
    expect(await text()).toBe(CONFIG);
    await uninstall('--host', 'registry.example.org:5000');
    expect(await secretOf('registry')).toBe('{"Username":"me","Secret":"x"}');
    await backend.api.deleteSecret({ key });
  });
});

test('all registries are for --global, and the file is gone where there was none', async () => {
  await put(CONFIG);
  const fresh = join(backend.sandbox.home, 'fresh', 'config.json');
  await install('--global', '--file', fresh);
  expect(await readFile(fresh, 'utf8')).toBe('{\n\t"credsStore": "sigilforge"\n}\n');
  await install('--host', 'ghcr.io', '--file', fresh);
  expect(JSON.parse(await readFile(fresh, 'utf8'))).toHaveProperty(['credHelpers', 'ghcr.io'], 'sigilforge');
  await uninstall('--global', '--file', fresh);
  await uninstall('--host', 'ghcr.io', '--file', fresh);
  expect(existsSync(fresh)).toBe(false);
});

test('podman and its kin have a file of their own, with other names', async () => {
  const auth = join(backend.sandbox.home, '.config', 'containers', 'auth.json');
  await put('{}');
  await install('--host', 'docker.io', '--account', 'own/robot');
  await install('--host', 'docker.io', '--account', 'own/robot', '--file', auth);
  expect(await text()).toBe('{"credHelpers": {\n\t\t"https://index.docker.io/v1/": "sigilforge"\n\t}}');
  expect(JSON.parse(await readFile(auth, 'utf8'))).toEqual({ credHelpers: { 'docker.io': 'sigilforge' } });
  await uninstall('--host', 'docker.io');
  expect(await secretOf('docker.io')).toBe('{"account":"own/robot"}');
  await uninstall('--host', 'docker.io', '--file', auth);
  expect(await secretOf('docker.io')).toBeUndefined();
  expect(await text()).toBe('{}');
});

test.each([
  ['{"credsStore": "desktop"}', ['--global'], 'names another program for all registries.'],
  ['{"credHelpers": {"ghcr.io": "gh"}}', ['--host', 'ghcr.io'], 'names another program for ghcr.io.'],
  ['not JSON', ['--global'], 'is not JSON that can be changed'],
  ['{"credHelpers": []}', ['--host', 'ghcr.io'], 'is not JSON that can be changed'],
  [CONFIG, [], 'Which registry is it for?'],
  [CONFIG, ['--global', '--host', 'ghcr.io'], '--global and --host cannot be combined.'],
  [CONFIG, ['--global', '--account', 'own/robot'], 'An account is for one registry.'],
  [CONFIG, ['--host', 'http://ghcr.io'], '--host is a registry'],
  [CONFIG, ['--host', 'ghcr.io', '--account', 'own'], '--account is written as SERVICE/ACCOUNT.'],
  [CONFIG, ['--host', 'ghcr.io', '--profile', 'x'], 'The helper for docker does not take --profile.'],
])('%j with %j is refused: %s', async (content, args, sentence) => {
  await put(content);
  const { code, stderr } = await install(...args);
  expect(stderr).toContain(sentence);
  expect(code).toBe(2);
  expect(await text()).toBe(content);
});

test('list says whether docker can start what it is told to', async () => {
  const folder = join(backend.sandbox.home, 'programs');
  await mkdir(folder);
  for (const name of ['skopeo', 'docker-credential-sigilforge']) {
    await writeFile(join(folder, name), '#!/bin/sh\n');
    await chmod(join(folder, name), 0o755);
  }
  await put('{"credHelpers": {"ghcr.io": "sigilforge", "gcr.io": "gcloud"}}');
  const env = { PATH: folder };
  const { stdout } = await backend.sandbox.run(['helper', 'list', '--json'], { env });
  const { helpers } = JSON.parse(stdout);
  expect(helpers).toContainEqual(
    expect.objectContaining({
      ...{ name: 'docker', found: true },
      setups: [{ file, serves: 'ghcr.io', account: null, works: true, problem: null }],
    }),
  );
  await writeFile(join(folder, 'docker-credential-sigilforge'), '');
  await chmod(join(folder, 'docker-credential-sigilforge'), 0o600);
  const later = await backend.sandbox.run(['helper', 'list', '--json'], { env });
  expect(later.stdout).toContain('docker-credential-sigilforge is not in PATH.');
  const again = await backend.sandbox.run(['helper', 'install', 'docker', '--host', 'ghcr.io', '--yes'], {
    env,
  });
  expect(again.stderr).toContain('docker-credential-sigilforge, which is not in PATH yet.');
});
