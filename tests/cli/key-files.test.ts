import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type KeyProvider, startKeyProvider } from '../support/provider/key-provider.js';
import { makeRsaKey, serviceAccountFile } from '../support/provider/signing-keys.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';

const key = makeRsaKey('pkcs1');

let provider: KeyProvider;
let backend: DaemonBackend;
let folder: string;
let serviceAccount: string;
let pem: string;

beforeAll(async () => {
  provider = await startKeyProvider(key.publicKey);
  backend = await startDaemon();
  folder = await mkdtemp(path.join(tmpdir(), 'sf-keys-'));
  serviceAccount = await keyFile('sa.json', serviceAccountFile(key.pem, provider.tokenUri));
  pem = await keyFile('app.pem', key.pem);
});
afterAll(async () => {
  await backend.stop();
  await provider.stop();
  await rm(folder, { recursive: true });
});
beforeEach(() => chmod(pem, 0o600));

async function keyFile(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

const run = (...args: string[]) => backend.sandbox.run(args);

test('a service account signs in by its key file and nothing else', async () => {
  // A client that is usual for the service has no part in it.
  const end = await backend.sandbox.run(['add-account', 'google', 'robot', '--key-file', serviceAccount], {
    env: { SIGILFORGE_GOOGLE_CLIENT_ID: 'somebody else' },
  });
  expect(end).toMatchObject({ code: 0, stdout: 'google/robot\n', stderr: '' });
  const token = await run('get-token', 'google', 'robot');
  expect(token).toMatchObject({ code: 0, stdout: `ya29.${provider.accepted.length}\n` });
  const next = await run('refresh-token', 'google');
  expect(next.stdout).toBe(`ya29.${provider.accepted.length}\n`);
  expect(next.stdout).not.toBe(token.stdout);
  const reference = await run('resolve', 'auth://google/robot/client_id');
  expect(reference.stdout).toBe('robot@example-1.iam.gserviceaccount.com\n');
});

test('a GitHub App signs in by its key, its id and an installation, with the permissions that are named', async () => {
  const app = ['--key-file', pem, '--app-id', '12', '--installation-id', '34', '--issuer', provider.url];
  const end = await run('add-account', 'github', 'bot', ...app, '--scopes', 'contents:read,issues:write');
  expect(end).toMatchObject({ code: 0, stdout: 'github/bot\n', stderr: '' });
  expect(provider.narrowed.at(-1)).toEqual({ permissions: { contents: 'read', issues: 'write' } });
  expect(await run('get-token', 'github')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ghs_\d+\n$/),
  });
  expect(await run('remove-account', 'github', 'bot', '--force')).toMatchObject({ code: 0 });
  expect(provider.revoked).toHaveLength(1);
});

test('any other provider wants to know for whom the key signs', async () => {
  await run('provider', 'set', 'idp', '--token-endpoint', provider.tokenUri);
  const without = await run('add-account', 'idp', 'robot', '--key-file', pem);
  expect(without).toMatchObject({ code: 2, stdout: '' });
  expect(without.stderr).toContain('--client-id is missing.');
  const end = await run('add-account', 'idp', 'robot', '--key-file', pem, '--client-id', 'me');
  expect(end).toMatchObject({ code: 0, stdout: 'idp/robot\n', stderr: '' });
  expect(provider.accepted.at(-1)?.claims).toMatchObject({ iss: 'me', sub: 'me' });
});

test('a key file that others may read is used, with a warning that does not repeat its name', async () => {
  await chmod(pem, 0o640);
  const end = await run(
    'add-account',
    'idp',
    'robot',
    '--key-file',
    pem,
    '--client-id',
    'me',
    '--replace',
    '--quiet',
  );
  expect(end).toMatchObject({ code: 0, stdout: 'idp/robot\n' });
  expect(end.stderr).toBe(
    'sigilforge: warning: --key-file: others may read this file. Make it private with: chmod 600\n',
  );
});

test.each<[string, (folder: string) => string, number, string]>([
  ['is not there', (at) => path.join(at, 'Xq7zLeak'), 2, 'ENOENT'],
  ['is a folder', (at) => at, 2, 'EISDIR'],
])('a key file that %s is a mistake in the arguments', async (_, file, code, reason) => {
  const end = await run('add-account', 'idp', 'x', '--key-file', file(folder), '--client-id', 'me');
  expect(end).toMatchObject({ code, stdout: '' });
  expect(end.stderr).toContain(`--key-file: this file cannot be read (${reason}).`);
  expect(end.stderr).not.toContain('Xq7zLeak');
});

test('a file that holds no key is refused, and nothing of it repeated', async () => {
  const garbage = await keyFile(
    'garbage',
    '-----BEGIN PRIVATE KEY-----\nXq7zLeak\n-----END PRIVATE KEY-----\n',
  );
  const half = await keyFile('half.json', '{"type": "service_account", "private_key": "Xq7zLeak');
  for (const file of [garbage, half]) {
    const end = await run('add-account', 'idp', 'x', '--key-file', file, '--client-id', 'me');
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).not.toContain('Xq7zLeak');
  }
});

test('a key that the provider does not take ends with what it said, and what to do', async () => {
  const other = await keyFile('other.json', serviceAccountFile(makeRsaKey().pem, provider.tokenUri));
  const end = await run('add-account', 'google', 'other', '--key-file', other);
  expect(end).toMatchObject({ code: 5, stdout: '' });
  expect(end.stderr).toContain(
    'Google refused: invalid_grant, Invalid JWT Signature. The provider rejected this key, or the identity it signs for.',
  );
  expect(end.stderr).toContain('--key-file FILE');
  expect((await run('get-account', 'google', 'other')).code).toBe(3);
});
