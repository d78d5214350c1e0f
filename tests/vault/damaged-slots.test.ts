import { beforeEach, describe, expect, test } from 'vitest';
import { type Backend, openBeside, startLibrary } from '../support/start/backends.js';
import * as stored from '../support/stored.js';

const PASSWORD = 'a password of some length';
const key = 'service/key';

let backend: Backend;
let api: Backend['api'];
let home: string;

beforeEach(async () => {
  backend = await startLibrary();
  api = backend.api;
  home = backend.sandbox.home;
  await api.setSecret({ key, value: 'a value' });
  return () => backend.stop();
});

const damaged = (kind: string) => ({
  kind: 'integrity',
  message: expect.stringMatching(
    new RegExp(`^A way to open this vault \\(${kind}, slot [0-9a-f-]{36}\\) is damaged\\.$`),
  ),
  hint: expect.stringContaining('sigilforge vault remove-slot'),
});

async function idOf(kind: string): Promise<string> {
  const { slots } = await api.vaultStatus();
  return slots.find((slot) => slot.kind === kind)?.id ?? '';
}

describe('a password whose parameters cannot be read', () => {
  test('is named, and neither counts as wrong nor keeps the recovery key from opening', async () => {
    const { recovery_key } = await api.vaultRecoveryKey();
    await api.vaultSetPassword({ password: PASSWORD, only: true });
    await api.lock();
    stored.damageSlot(home, 'password', 'params');
    for (let again = 0; again < 6; again++)
      await expect(api.unlock({ password: PASSWORD })).rejects.toMatchObject(damaged('password'));
    expect(await api.vaultStatus()).toMatchObject({ state: 'locked', slots: [{}, {}] });
    await api.unlock({ password: recovery_key });
    expect(await api.getSecret({ key })).toMatchObject({ value: 'a value' });

    await api.vaultRemoveSlot({ id: await idOf('password') });
    await api.vaultSetPassword({ password: PASSWORD });
    await api.lock();
    await api.unlock({ password: PASSWORD });
  });
});

describe('a key file whose slot is damaged', () => {
  test('is named, and the password opens the vault', async () => {
    await api.vaultSetPassword({ password: PASSWORD });
    stored.damageSlot(home, 'key_file', 'private_key');
    const later = await openBeside(backend.sandbox);
    await expect(later.getSecret({ key })).rejects.toMatchObject(damaged('key_file'));
    await later.unlock({ password: PASSWORD });
    expect(await later.getSecret({ key })).toMatchObject({ value: 'a value' });
  });

  test('keeps a rotation from beginning, and is named', async () => {
    await api.vaultSetPassword({ password: PASSWORD });
    stored.damageSlot(home, 'key_file', 'public_key');
    await expect(api.vaultRotate()).rejects.toMatchObject(damaged('key_file'));
    expect(stored.dataKeyIds(home)).toHaveLength(1);
    await api.vaultRemoveSlot({ id: await idOf('key_file') });
    await api.vaultRotate();
    expect(await api.getSecret({ key })).toMatchObject({ value: 'a value' });
  });
});

test('a damaged secret is named, and can be stored again or deleted', async () => {
  await api.setSecret({ key: 'service/other', value: 'another value' });
  stored.damageSecrets(home, key);
  const refused = {
    kind: 'integrity',
    message: 'The stored secret service/key is damaged.',
    hint: expect.stringContaining('sigilforge secret set service/key'),
  };
  await expect(api.getSecret({ key })).rejects.toMatchObject(refused);
  expect(await api.getSecrets({ prefix: 'service' })).toMatchObject({ damaged: [key] });
  expect((await api.listSecrets()).secrets).toHaveLength(2);
  expect(await api.getSecret({ key: 'service/other' })).toMatchObject({ value: 'another value' });
  await api.setSecret({ key, value: 'a value' });
  expect((await api.getSecrets({ prefix: 'service' })).secrets).toHaveLength(2);
});
