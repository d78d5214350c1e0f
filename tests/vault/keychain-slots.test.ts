import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { keychainItems } from '../support/keychain/items.js';
import {
  type SecretService,
  secretServiceInstalled,
  startSecretService,
} from '../support/keychain/secret-service.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';

const PASSWORD = 'open sesame';

// Skipped where the programs of a real Secret Service are missing: packages gnome-keyring, dbus and libsecret-tools.
describe.skipIf(!secretServiceInstalled())('a vault whose key the keychain has', () => {
  let service: SecretService;
  let sandbox: Sandbox;
  let api: SigilforgeClient;

  beforeAll(async () => {
    service = await startSecretService();
  });
  afterEach(() => service.unlock());
  afterAll(() => service.stop());

  beforeEach(async () => {
    sandbox = await createSandbox();
    Object.assign(sandbox.env, service.env, { HOME: sandbox.home });
    api = await startAndConnect();
    await api.setSecret({ key: 'a', value: 'a value' });
    return () => sandbox.stop();
  });

  async function startAndConnect(): Promise<SigilforgeClient> {
    const { socket } = await sandbox.startDaemon();
    const client = await connect({ socket });
    onTestFinished(() => client.close());
    return client;
  }

  /** A new daemon, with nothing in memory. */
  async function restart(): Promise<SigilforgeClient> {
    expect(await sandbox.run(['daemon', 'stop'])).toMatchObject({ code: 0 });
    return startAndConnect();
  }

  const itemsOf = async (slotId: string): Promise<string[]> =>
    (await keychainItems(service)).filter((item) => item.endsWith(`/key/${slotId}`));

  test('gives it up for only a password: the item goes after the slot', async () => {
    const [slot] = (await api.vaultStatus()).slots;
    expect(slot?.kind).toBe('keychain');
    expect(await itemsOf(slot?.id ?? '')).toHaveLength(1);
    const { slots } = await api.vaultSetPassword({ password: PASSWORD, only: true });
    expect(slots.map(({ kind }) => kind)).toEqual(['password']);
    expect(await itemsOf(slot?.id ?? '')).toEqual([]);
    api = await restart();
    await expect(api.getSecret({ key: 'a' })).rejects.toMatchObject({ kind: 'vault_locked' });
    await api.unlock({ password: PASSWORD });
    expect(await api.getSecret({ key: 'a' })).toMatchObject({ value: 'a value' });
  });

  test('has a new data key wrapped for the same item', async () => {
    const [slot] = (await api.vaultStatus()).slots;
    await api.vaultRotate();
    expect(await itemsOf(slot?.id ?? '')).toHaveLength(1);
    api = await restart();
    expect(await api.getSecret({ key: 'a' })).toMatchObject({ value: 'a value' });
    expect(await api.vaultStatus()).toMatchObject({
      state: 'unlocked',
      key_source: 'keychain',
      slots: [slot],
    });
  });

  test('opens by a password while the keychain is locked', async () => {
    await api.vaultSetPassword({ password: PASSWORD });
    await service.lock();
    api = await restart();
    await expect(api.getSecret({ key: 'a' })).rejects.toMatchObject({ kind: 'vault_locked' });
    expect(await api.unlock({ password: PASSWORD })).toEqual({ state: 'unlocked' });
    expect(await api.getSecret({ key: 'a' })).toMatchObject({ value: 'a value' });
  });

  test('opens by its recovery key when the item is gone, and is told apart from a vault that is lost', async () => {
    const [slot] = (await api.vaultStatus()).slots;
    const { recovery_key } = await api.vaultRecoveryKey();
    const [item = ''] = await itemsOf(slot?.id ?? '');
    const clear = sandbox.spawn(['secret-tool', 'clear', 'service', 'sigilforge', 'username', item]);
    expect(await clear.exited).toMatchObject({ code: 0 });
    api = await restart();
    await expect(api.getSecret({ key: 'a' })).rejects.toMatchObject({
      kind: 'vault_locked',
      message: expect.stringContaining('not where it was kept'),
    });
    // The command tries the keychain first, and asks then.
    expect(await sandbox.run(['vault', 'unlock'], { input: recovery_key })).toMatchObject({ code: 0 });
    expect(await api.getSecret({ key: 'a' })).toMatchObject({ value: 'a value' });
  });
});
