import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type SecretService,
  secretServiceInstalled,
  startSecretService,
} from '../support/keychain/secret-service.js';
import { type Backend, startLibrary } from '../support/start/backends.js';
import { found } from '../support/start/doctor.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

/** Each state is a run of the whole program. */
const SLOW = { timeout: 90_000 };

const PASSWORD = 'a password of some length';

const open = (ways: string) => ({ state: 'ok', sentence: `The vault is unlocked: ${ways} it.`, cure: null });
const locked = (ways: string) => ({
  state: 'warning',
  sentence: `The vault is locked: ${ways} it.`,
  cure: 'Unlock it with: sigilforge vault unlock',
});
const inFile = {
  state: 'warning',
  sentence: expect.stringMatching(
    /in a file next to the database \(.*vault\.key\): a stolen folder is not safe/,
  ),
  cure: expect.stringContaining('sigilforge vault add-keychain'),
};
const withoutRecovery = {
  state: 'warning',
  sentence: expect.stringContaining('There is no recovery key'),
  cure: expect.stringContaining('sigilforge vault recovery-key'),
};
const damaged = (kind: string, cure: string) => ({
  state: 'fault',
  sentence: expect.stringMatching(
    new RegExp(`^A way to open this vault \\(${kind}, slot [0-9a-f-]{36}\\) is damaged\\.$`),
  ),
  cure: expect.stringContaining(cure),
});

describe('doctor on a vault', SLOW, () => {
  let backend: Backend;
  const seen = () => found(backend.sandbox, 'vault');

  beforeEach(async () => {
    backend = await startLibrary();
    await backend.api.setSecret({ key: 'a', value: 'a value' });
    return () => backend.stop();
  });

  test('with a key file, a recovery key, a password; locked; and with a password as its only way', async () => {
    const { api, sandbox } = backend;
    expect(await seen()).toEqual([open('a key file opens'), inFile, withoutRecovery]);
    await api.vaultSetPassword({ password: PASSWORD });
    const { recovery_key } = await api.vaultRecoveryKey();
    expect(await seen()).toEqual([open('a key file, a password and a recovery key open'), inFile]);

    await api.lock();
    expect(await seen()).toEqual([locked('a key file, a password and a recovery key open'), inFile]);
    expect(await api.vaultStatus()).toMatchObject({ state: 'locked' });

    await api.unlock({ password: recovery_key });
    await api.vaultSetPassword({ password: PASSWORD, only: true });
    writeFileSync(join(sandbox.home, 'config', 'config.toml'), '');
    expect(await seen()).toEqual([locked('a password and a recovery key open')]);
    const [recovery] = stored.slots(sandbox.home).filter(({ kind }) => kind === 'recovery');
    await api.vaultRemoveSlot({ id: recovery?.id ?? '' });
    expect(await seen()).toEqual([
      locked('a password opens'),
      {
        state: 'warning',
        sentence: 'Only a password opens the vault: if it is forgotten, everything is lost.',
        cure: expect.stringContaining('sigilforge vault recovery-key'),
      },
    ]);
    stored.damageSlot(sandbox.home, 'password', 'params');
    expect(await seen()).toContainEqual(damaged('password', 'sigilforge vault import FILE'));
  });

  test('that a daemon has opened by its password is unlocked, whatever this process could do', async () => {
    const { api, sandbox } = backend;
    await api.vaultSetPassword({ password: PASSWORD, only: true });
    await api.vaultRecoveryKey();
    await sandbox.startDaemon();
    const unlocked = sandbox.run(['vault', 'unlock'], { input: `${PASSWORD}\n` });
    expect(await unlocked).toMatchObject({ code: 0 });
    expect(await seen()).toContainEqual(open('a password and a recovery key open'));
  });

  test('of which a way in is damaged, lost, or not what config.toml says', async () => {
    const { api, sandbox } = backend;
    await api.vaultRecoveryKey();
    writeFileSync(join(sandbox.home, 'config', 'config.toml'), '[vault]\nkey = "keychain"\n');
    expect(await seen()).toEqual([
      open('a key file and a recovery key open'),
      {
        state: 'warning',
        sentence: 'config.toml says vault.key = "keychain", but a key file opens the vault.',
        cure: expect.stringContaining('sigilforge vault add-keychain'),
      },
      inFile,
    ]);
    stored.damageSlot(sandbox.home, 'key_file', 'private_key');
    expect(await seen()).toContainEqual(damaged('key_file', 'sigilforge vault remove-slot'));
    rmSync(join(sandbox.home, 'data', 'vault.key'));
    expect(await seen()).toContainEqual({
      state: 'warning',
      sentence: expect.stringMatching(/^A key file, which opens the vault, is not where it was kept \(slot /),
      cure: expect.stringContaining('sigilforge vault remove-slot'),
    });
  });

  test('whose only key is gone', async () => {
    rmSync(join(backend.sandbox.home, 'data', 'vault.key'));
    expect(await seen()).toContainEqual({
      state: 'fault',
      sentence: expect.stringContaining('is not where it was kept'),
      cure: expect.stringContaining('sigilforge vault import FILE'),
    });
  });

  test('that does not exist says nothing', async () => {
    const sandbox = await stopAfter(createSandbox());
    expect(await found(sandbox, 'vault')).toEqual([]);
  });
});

// Skipped where the programs of a real Secret Service are missing: packages gnome-keyring, dbus and libsecret-tools.
describe.skipIf(!secretServiceInstalled())('doctor on a vault with its key in the keychain', SLOW, () => {
  let service: SecretService;

  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service.stop());

  test('reads it only while the keychain is open', async () => {
    const sandbox = await stopAfter(createSandbox());
    const env = { ...service.env, HOME: sandbox.home };
    const made = sandbox.run(['secret', 'set', 'a', '--direct'], { input: 'a value\n', env });
    expect(await made).toMatchObject({ code: 0 });
    const seen = () => found(sandbox, 'vault', { env });
    expect(await seen()).toEqual([open('a key in the keychain opens'), withoutRecovery]);
    stored.damageSlot(sandbox.home, 'keychain', 'private_key');
    expect(await seen()).toContainEqual(damaged('keychain', 'together with its keychain item'));
    await service.lock();
    expect(await seen()).toEqual([open('a key in the keychain opens'), withoutRecovery]);
  });
});
