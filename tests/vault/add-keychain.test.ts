import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { connect } from '../../client/index.js';
import { createMemoryKeychain } from '../../daemon/core/keychain/memory.js';
import { Leases } from '../../daemon/core/store/lease.js';
import { keychainItems } from '../support/keychain/items.js';
import {
  type SecretService,
  type Session,
  secretServiceInstalled,
  startSecretService,
  startSessionWithoutBus,
} from '../support/keychain/secret-service.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { openTestCore } from '../support/start/core.js';
import { crash } from '../support/start/processes.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

const key = 'service/key';
const value = 'a value that nobody guesses';

const keyFile = ({ home }: Sandbox): string => path.join(home, 'data', 'vault.key');
const kinds = ({ home }: Sandbox): string[] => stored.slots(home).map(({ kind }) => kind);

/** A daemon in a session of the desktop, with a vault whose key is in a file. */
async function startIn(session: Session): Promise<DaemonBackend> {
  const backend = await stopAfter(startDaemon({ env: session.env }));
  Object.assign(backend.sandbox.env, session.env, { HOME: backend.sandbox.home });
  await backend.api.setSecret({ key, value });
  return backend;
}

// Skipped where the programs of a real Secret Service are missing: packages gnome-keyring, dbus and libsecret-tools.
describe.skipIf(!secretServiceInstalled())('a vault with a key file', () => {
  let service: SecretService;
  let backend: DaemonBackend;
  let sandbox: Sandbox;

  beforeAll(async () => {
    service = await startSecretService();
  });
  beforeEach(async () => {
    backend = await startIn(service);
    sandbox = backend.sandbox;
  });
  afterEach(async () => {
    service.resume();
    await service.unlock();
  });
  afterAll(() => service.stop());

  const idOf = (kind: string): string =>
    stored.slots(sandbox.home).find((slot) => slot.kind === kind)?.id ?? '';
  const itemsOf = async (): Promise<string[]> =>
    (await keychainItems(service)).filter((item) => item.startsWith(`${stored.vaultId(sandbox.home)}/`));

  test.each([[], ['--direct']])(
    'moves to the keychain whole, and the file is gone (%s)',
    async (...direct) => {
      const added = await sandbox.run(['vault', 'add-keychain', ...direct]);
      expect(added).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^[0-9a-f-]{36}\tkey_file\t\S+\n[0-9a-f-]{36}\tkeychain\t\S+\n$/),
        stderr: expect.stringContaining(
          `The key file still opens it too. Remove it with: sigilforge vault remove-slot ${idOf('key_file')}`,
        ),
      });
      expect(await itemsOf()).toEqual([`${stored.vaultId(sandbox.home)}/key/${idOf('keychain')}`]);
      expect(existsSync(keyFile(sandbox))).toBe(true);
      const removed = await sandbox.run(['vault', 'remove-slot', idOf('key_file'), ...direct]);
      expect(removed).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^[0-9a-f-]{36}\tkeychain\t\S+\n$/),
      });
      expect(existsSync(keyFile(sandbox))).toBe(false);
      expect(await backend.api.getSecret({ key })).toMatchObject({ value });
      // What is in the memory of the daemon opens nothing now.
      await crash(backend.daemon);
      const { socket } = await sandbox.startDaemon();
      const client = await connect({ socket });
      onTestFinished(() => client.close());
      expect(await client.getSecret({ key })).toMatchObject({ value });
      expect(await client.vaultStatus()).toMatchObject({ state: 'unlocked', key_source: 'keychain' });
      await client.vaultRotate();
      expect(await sandbox.run(['--direct', 'secret', 'get', key])).toMatchObject({ stdout: `${value}\n` });
    },
  );

  test('a daemon whose slot was removed goes on by the other one', async () => {
    await backend.api.vaultAddKeychain();
    await backend.api.vaultRemoveSlot({ id: idOf('key_file') });
    expect(await backend.api.vaultStatus()).toMatchObject({ state: 'unlocked', key_source: 'keychain' });
    await backend.api.vaultRotate();
    expect(await backend.api.getSecret({ key })).toMatchObject({ value });
  });

  test('has one key in the keychain at most', async () => {
    await backend.api.vaultAddKeychain();
    const items = await itemsOf();
    await expect(backend.api.vaultAddKeychain()).rejects.toMatchObject({
      kind: 'already_exists',
      hint: `If it is gone from there, remove its slot first: sigilforge vault remove-slot ${idOf('keychain')}`,
    });
    expect(await itemsOf()).toEqual(items);
    await backend.api.vaultRemoveSlot({ id: idOf('keychain') });
    expect(await itemsOf()).toEqual([]);
    await backend.api.vaultAddKeychain();
    expect(kinds(sandbox)).toEqual(['key_file', 'keychain']);
  });

  test('stays as it is with a locked keychain', async () => {
    await service.lock();
    await expect(backend.api.vaultAddKeychain()).rejects.toMatchObject({ kind: 'vault_locked' });
    expect(kinds(sandbox)).toEqual(['key_file']);
    await service.unlock();
    expect(await itemsOf()).toEqual([]);
  });

  test('keeps its file while the keychain does not open the vault', async () => {
    await backend.api.vaultAddKeychain();
    await service.lock();
    const remove = () => backend.api.vaultRemoveSlot({ id: idOf('key_file') });
    await expect(remove()).rejects.toMatchObject({
      kind: 'vault_locked',
      message: 'The keychain is locked.',
    });
    expect(existsSync(keyFile(sandbox))).toBe(true);
    expect(kinds(sandbox)).toEqual(['key_file', 'keychain']);
    await service.unlock();
    const [item = ''] = await itemsOf();
    const clear = sandbox.spawn(['secret-tool', 'clear', 'service', 'sigilforge', 'username', item]);
    expect(await clear.exited).toMatchObject({ code: 0 });
    await expect(remove()).rejects.toMatchObject({ kind: 'integrity' });
    expect(await backend.api.getSecret({ key })).toMatchObject({ value });
    // A password would do, but then a person has to type it.
    await backend.api.vaultSetPassword({ password: 'open sesame' });
    await remove();
    expect(existsSync(keyFile(sandbox))).toBe(false);
  });

  test('opens by its file after a crash before the keychain has answered, and then moves', async () => {
    service.hang();
    const adding = backend.api.vaultAddKeychain().catch(({ kind }: { kind: string }) => kind);
    const leases = new Leases(path.join(sandbox.home, 'data', 'locks'));
    const isFree = (): boolean => {
      const lease = leases.tryTake('vault-keys');
      lease?.release();
      return lease !== undefined;
    };
    // The change has begun, and waits for the keychain.
    await expect.poll(isFree, { timeout: 8_000 }).toBe(false);
    await crash(backend.daemon);
    expect(await adding).toBe('daemon_unavailable');
    service.resume();
    const { socket } = await sandbox.startDaemon();
    const client = await connect({ socket });
    onTestFinished(() => client.close());
    expect(kinds(sandbox)).toEqual(['key_file']);
    expect(await client.getSecret({ key })).toMatchObject({ value });
    await client.vaultAddKeychain();
    expect(kinds(sandbox)).toEqual(['key_file', 'keychain']);
  });
});

describe('without a keychain that keeps what it is given', () => {
  test('none at all: keychain_unavailable, and the vault stays as it is', async () => {
    const { api, sandbox } = await startIn(await stopAfter(startSessionWithoutBus()));
    await expect(api.vaultAddKeychain()).rejects.toMatchObject({ kind: 'keychain_unavailable' });
    expect(await sandbox.run(['vault', 'add-keychain'])).toMatchObject({
      code: 6,
      stdout: '',
      stderr: expect.stringContaining('No keychain can be reached here.'),
    });
    expect(kinds(sandbox)).toEqual(['key_file']);
  });

  test.skipIf(!secretServiceInstalled())(
    'one that refuses: denied, and the vault stays as it is',
    async () => {
      const refusing = await stopAfter(
        startSecretService('<deny send_destination="org.freedesktop.secrets"/>'),
      );
      const { api, sandbox } = await startIn(refusing);
      await expect(api.vaultAddKeychain()).rejects.toMatchObject({ kind: 'denied' });
      expect(kinds(sandbox)).toEqual(['key_file']);
    },
  );

  test.each([
    ['another value', () => 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='],
    ['nothing', () => undefined],
  ])('one that gives back %s: integrity, and no slot relies on it', async (_, answer) => {
    const { home } = await stopAfter(createSandbox());
    const keychain = createMemoryKeychain();
    const core = await openTestCore(home, { keychain: { ...keychain, get: async () => answer() } });
    onTestFinished(() => core.close());
    await expect(core.vaultKeys.addKeychain()).rejects.toMatchObject({
      kind: 'integrity',
      message: 'The keychain did not keep what was written to it.',
    });
    expect(stored.slots(home).map(({ kind }) => kind)).toEqual(['key_file']);
    expect([...keychain.items]).toEqual([]);
  });

  test('a database that cannot take the slot: nothing is left in the keychain', async () => {
    const { home } = await stopAfter(createSandbox());
    const keychain = createMemoryKeychain();
    const core = await openTestCore(home, { keychain, storeWaitMs: 1 });
    onTestFinished(() => core.close());
    await core.vault.unlocked();
    const release = stored.blockWrites(home);
    onTestFinished(release);
    await expect(core.vaultKeys.addKeychain()).rejects.toMatchObject({ kind: 'store_unavailable' });
    expect([...keychain.items]).toEqual([]);
  });
});
