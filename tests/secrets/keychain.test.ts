import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { keychainItems } from '../support/keychain/items.js';
import {
  type SecretService,
  secretServiceInstalled,
  startSecretService,
} from '../support/keychain/secret-service.js';
import type { RunResult } from '../support/start/running.js';
import { createSandbox, type RunningDaemon, type Sandbox } from '../support/start/sandbox.js';
import * as stored from '../support/stored.js';

const run = promisify(execFile);
const backend = 'keychain' as const;

// Skipped where the programs of a real Secret Service are missing: packages gnome-keyring, dbus and libsecret-tools.
describe.skipIf(!secretServiceInstalled())('secrets in the keychain', () => {
  let service: SecretService;
  let sandbox: Sandbox;
  let daemon: RunningDaemon;
  let api: SigilforgeClient;

  beforeAll(async () => {
    service = await startSecretService();
  });
  beforeEach(async () => {
    sandbox = await createSandbox();
    Object.assign(sandbox.env, service.env, { HOME: sandbox.home });
    await mkdir(join(sandbox.home, 'config'));
    const config = '[vault]\nkey = "key_file"\n[secrets]\ndefault_backend = "keychain"\n';
    await writeFile(join(sandbox.home, 'config', 'config.toml'), config);
    daemon = await sandbox.startDaemon();
    api = await connect({ socket: daemon.socket });
  });
  afterEach(async () => {
    await service.unlock();
    await api.close();
    await sandbox.stop();
  });
  afterAll(() => service.stop());

  /** The names of this vault's items; the keychain is shared by the tests of this file. */
  async function items(): Promise<string[]> {
    const vault = stored.vaultId(sandbox.home);
    return (await keychainItems(service)).filter((user) => user.startsWith(`${vault}/`));
  }

  async function inKeychain(user: string): Promise<string> {
    const { stdout } = await run('secret-tool', ['lookup', 'service', 'sigilforge', 'username', user], {
      env: service.env,
    });
    return stdout;
  }

  /** The library in a process of its own, beside the daemon. */
  function library(args: readonly string[], input = ''): Promise<RunResult> {
    return sandbox.run(['--direct', ...args], { input });
  }

  test('each is an item of its own, and only its name is in the database', async () => {
    expect(await api.setSecret({ key: 'a/b', value: 'kept' })).toEqual({ key: 'a/b', backend });
    const name = `${stored.vaultId(sandbox.home)}/secret/a/b`;
    expect(await items()).toEqual([name]);
    expect(await inKeychain(name)).toBe('kept');
    expect(stored.secrets(sandbox.home)).toEqual([{ key: 'a/b', value: null, item: name }]);
    expect(await api.getSecret({ key: 'a/b' })).toEqual({
      key: 'a/b',
      value: 'kept',
      encoding: 'utf8',
      backend,
    });
    expect(await api.resolve({ reference: 'secret://a/b', explain: true })).toMatchObject({
      metadata: { source: 'keychain', sources: [{ source: 'keychain', outcome: 'found' }, {}] },
    });
    expect(await library(['secret', 'get', 'a/b'])).toMatchObject({ code: 0, stdout: 'kept\n' });
    expect(await api.deleteSecret({ key: 'a/b' })).toEqual({ deleted: true });
    expect(await items()).toEqual([]);
  });

  test.each([
    ['bytes', Buffer.from([0, 255, 10])],
    ['text with control characters', Buffer.from('a\0b\u001b[0m\n')],
    ['256 KiB', Buffer.alloc(256 * 1024, 'ä"\\')],
    ['nothing', Buffer.alloc(0)],
  ])('%s are kept to the byte', async (_, bytes) => {
    await api.setSecret({ key: 'k', value: bytes.toString('base64'), encoding: 'base64' });
    const { value, encoding } = await api.getSecret({ key: 'k' });
    expect(Buffer.from(value, encoding).equals(bytes)).toBe(true);
  });

  test('a new value, by the daemon and by the library, leaves one item', async () => {
    await api.setSecret({ key: 'k', value: 'one' });
    expect(await library(['secret', 'set', 'k'], 'two\n')).toMatchObject({ code: 0 });
    expect(await api.getSecret({ key: 'k' })).toMatchObject({ value: 'two', backend });
    await api.setSecret({ key: 'k', value: 'three' });
    expect(await library(['secret', 'get', 'k'])).toMatchObject({ stdout: 'three\n' });
    expect(await items()).toHaveLength(1);
    expect(stored.notedKeychainItems(sandbox.home)).toHaveLength(1);
  });

  test('another back end moves it, both ways', async () => {
    await api.setSecret({ key: 'k', value: 'one' });
    await api.setSecret({ key: 'k', value: 'two', backend: 'vault' });
    expect(await api.getSecret({ key: 'k' })).toMatchObject({ value: 'two', backend: 'vault' });
    expect(await items()).toEqual([]);
    await api.setSecret({ key: 'k', value: 'three', backend });
    expect(await api.getSecret({ key: 'k' })).toMatchObject({ value: 'three', backend });
    expect(await items()).toHaveLength(1);
    expect(stored.secrets(sandbox.home)).toMatchObject([{ value: null }]);
  });

  test('an item that was removed behind our back is not_found with its reason', async () => {
    await api.setSecret({ key: 'gone', value: 'x' });
    await api.setSecret({ key: 'here', value: 'y' });
    const name = `${stored.vaultId(sandbox.home)}/secret/gone`;
    await run('secret-tool', ['clear', 'service', 'sigilforge', 'username', name], { env: service.env });
    const removed = {
      kind: 'not_found',
      message: 'This secret is kept in the keychain, and another program removed its item there.',
    };
    await expect(api.getSecret({ key: 'gone' })).rejects.toMatchObject(removed);
    await expect(api.resolve({ reference: 'secret://gone' })).rejects.toMatchObject(removed);
    expect(await api.resolve({ reference: 'secret://gone', explain: true })).toMatchObject({
      metadata: { sources: [{ source: 'keychain', outcome: 'absent' }, {}] },
    });
    expect((await api.listSecrets()).secrets.map(({ key }) => key)).toEqual(['gone', 'here']);
    expect((await api.getSecrets()).secrets.map(({ key }) => key)).toEqual(['here']);
    await api.setSecret({ key: 'gone', value: 'again' });
    expect(await api.getSecret({ key: 'gone' })).toMatchObject({ value: 'again' });
  });

  test('locked stops it there: nothing is asked after the keychain', async () => {
    await api.setSecret({ key: 'k', value: 'x' });
    await api.setSecret({ key: 'in/vault', value: 'y', backend: 'vault' });
    await service.lock();
    onTestFinished(() => service.unlock());
    await expect(api.getSecret({ key: 'k' })).rejects.toMatchObject({ kind: 'vault_locked' });
    await expect(api.deleteSecret({ key: 'k' })).rejects.toMatchObject({ kind: 'vault_locked' });
    const env = { SIGILFORGE_SECRET_K: 'from the environment' };
    for (const args of [[], ['--direct']]) {
      const end = await sandbox.run([...args, 'resolve', 'secret://k'], { env });
      expect(end).toMatchObject({ code: 6, stdout: '' });
      const explained = await sandbox.run([...args, 'resolve', 'secret://k', '--explain'], { env });
      expect(explained.stdout).toBe('keychain\tlocked\nenv://SIGILFORGE_SECRET_K\tfound\n');
    }
    // What lies elsewhere, or nowhere, is nothing to the keychain.
    expect(await api.getSecret({ key: 'in/vault' })).toMatchObject({ value: 'y' });
    await expect(api.getSecret({ key: 'nowhere' })).rejects.toMatchObject({ kind: 'not_found' });
    await service.unlock();
    expect(await api.getSecret({ key: 'k' })).toMatchObject({ value: 'x' });
  });

  test('without a keychain it is keychain_unavailable, and nothing is stored elsewhere', async () => {
    const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };
    const end = await sandbox.run(['--direct', 'secret', 'set', 'k'], { input: 'x', env });
    expect(end).toMatchObject({ code: 6 });
    expect(await api.listSecrets()).toEqual({ secrets: [], cursor: null });
  });

  test('what a process left over when it was ended is deleted by the next start', async () => {
    const name = `${stored.vaultId(sandbox.home)}/secret/half`;
    const store = ['store', '--label', 'x', 'service', 'sigilforge', 'username', name];
    const storing = run('secret-tool', store, { env: service.env });
    storing.child.stdin?.end('left over');
    await storing;
    stored.noteKeychainItem(sandbox.home, name);
    daemon.child.kill('SIGKILL');
    await daemon.exited;
    await sandbox.startDaemon();
    await expect.poll(items).toEqual([]);
    expect(stored.notedKeychainItems(sandbox.home)).toEqual([]);
  });
});
