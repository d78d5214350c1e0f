import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import { type Backend, backends, openBeside, startDaemon } from '../support/start/backends.js';
import * as stored from '../support/stored.js';

const key = 'service/key';
const value = 'a value that nobody guesses';
const name = { service: 'example', account: 'one' };

const kinds = async (api: SigilforgeClient): Promise<string[]> =>
  (await api.vaultStatus()).slots.map(({ kind }) => kind).toSorted();

const expectSecrets = async (api: SigilforgeClient): Promise<void> => {
  expect(await api.getSecret({ key })).toMatchObject({ value });
  expect(await api.getToken(name)).toMatchObject({ access_token: 'an api key' });
};

describe.each(backends)('by $name', ({ start }) => {
  let backend: Backend;
  let api: SigilforgeClient;

  beforeEach(async () => {
    backend = await start();
    api = backend.api;
    await api.setSecret({ key, value });
    await api.addAccount({ ...name, credential: { api_key: 'an api key' } });
    return () => backend.stop();
  });

  const isLocked = { kind: 'vault_locked', hint: expect.stringContaining('sigilforge vault unlock') };

  test('a new vault has the one slot that it was made with', async () => {
    expect(await api.vaultStatus()).toEqual({
      state: 'unlocked',
      key_source: 'key_file',
      slots: [{ id: expect.any(String), kind: 'key_file', created_at: expect.any(String) }],
      warning: null,
    });
  });

  test('locked, it hands out nothing until it is unlocked', async () => {
    await expectSecrets(api);
    expect(await api.lock()).toEqual({ state: 'locked' });
    for (let again = 0; again < 2; again++) {
      await expect(api.getSecret({ key })).rejects.toMatchObject(isLocked);
      await expect(api.getToken(name)).rejects.toMatchObject(isLocked);
      await expect(api.setSecret({ key, value })).rejects.toMatchObject(isLocked);
      await expect(api.vaultRotate()).rejects.toMatchObject(isLocked);
      await expect(api.vaultRecoveryKey()).rejects.toMatchObject(isLocked);
      expect(await api.vaultStatus()).toMatchObject({ state: 'locked' });
      expect(await api.status()).toMatchObject({ vault: { state: 'locked' } });
    }
    expect(await api.unlock()).toEqual({ state: 'unlocked' });
    await expectSecrets(api);
  });

  test('a lock holds for every process that comes after', async () => {
    await api.lock();
    const another = await openBeside(backend.sandbox);
    await expect(another.getSecret({ key })).rejects.toMatchObject(isLocked);
    expect(await another.unlock()).toEqual({ state: 'unlocked' });
    await expectSecrets(another);
    await expectSecrets(api);
  });

  test('a lock holds for every process that was there before, with what it has in memory', async () => {
    const another = await openBeside(backend.sandbox);
    await expectSecrets(another);
    await api.lock();
    // The library looks once for each turn of the event loop, and this test has both in one process.
    await setImmediate();
    await expect(another.getToken(name)).rejects.toMatchObject(isLocked);
    await expect(another.getSecret({ key })).rejects.toMatchObject(isLocked);
  });

  test('a password opens it, a wrong one does not, and makes its caller wait', async () => {
    const { slots } = await api.vaultSetPassword({ password: 'open sesame' });
    expect(slots.map(({ kind }) => kind)).toEqual(['key_file', 'password']);
    await api.lock();
    await expect(api.unlock({ password: 'open says me' })).rejects.toMatchObject({ kind: 'denied' });
    await expect(api.unlock({ password: 'open sesame' })).rejects.toMatchObject({
      kind: 'denied',
      hint: expect.stringContaining('second'),
    });
    expect(await api.vaultStatus()).toMatchObject({ state: 'locked' });
    await expect
      .poll(() => api.unlock({ password: 'open sesame' }).catch(({ kind }) => kind), { timeout: 20_000 })
      .toEqual({ state: 'unlocked' });
    await expectSecrets(api);
  });

  test('another password takes the place of the one before', async () => {
    await api.vaultSetPassword({ password: 'the first' });
    await api.vaultSetPassword({ password: 'the sec\u00f6nd' });
    expect(await kinds(api)).toEqual(['key_file', 'password']);
    await api.lock();
    // The same text as another keyboard would send it.
    expect(await api.unlock({ password: 'the seco\u0308nd' })).toEqual({ state: 'unlocked' });
    await expect(api.unlock({ password: 'the first' })).rejects.toMatchObject({ kind: 'denied' });
    await expectSecrets(api);
  });

  test('a recovery key opens it however it is typed, and a new one ends the old one', async () => {
    const { recovery_key: old } = await api.vaultRecoveryKey();
    const { recovery_key: text } = await api.vaultRecoveryKey();
    expect(text).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){13}[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(await kinds(api)).toEqual(['key_file', 'recovery']);
    await api.lock();
    expect(await api.unlock({ password: ` ${text.toLowerCase().replaceAll('-', ' ')}` })).toEqual({
      state: 'unlocked',
    });
    await expectSecrets(api);
    await expect(api.unlock({ password: old })).rejects.toMatchObject({ kind: 'denied' });
  });

  test('only a password: it starts locked, in every process', async () => {
    const { recovery_key } = await api.vaultRecoveryKey();
    await api.vaultSetPassword({ password: 'open sesame', only: true });
    expect(await kinds(api)).toEqual(['password', 'recovery']);
    await expectSecrets(api);
    const another = await openBeside(backend.sandbox);
    await expect(another.getSecret({ key })).rejects.toMatchObject(isLocked);
    await expect(another.unlock()).rejects.toMatchObject(isLocked);
    expect(await another.unlock({ password: 'open sesame' })).toEqual({ state: 'unlocked' });
    await expectSecrets(another);
    const third = await openBeside(backend.sandbox);
    expect(await third.unlock({ password: recovery_key })).toEqual({ state: 'unlocked' });
    await expectSecrets(third);
    await expectSecrets(api);
  });

  test('a slot is removed, but never the last one', async () => {
    const { slots } = await api.vaultSetPassword({ password: 'open sesame' });
    const [file, password] = slots;
    await expect(api.vaultRemoveSlot({ id: name.service })).rejects.toMatchObject({ kind: 'invalid_params' });
    await expect(api.vaultRemoveSlot({ id: '0197a9b2-5d5c-7cc0-8000-000000000001' })).rejects.toMatchObject({
      kind: 'not_found',
    });
    expect(await api.vaultRemoveSlot({ id: file?.id ?? '' })).toEqual({ slots: [password] });
    await expect(api.vaultRemoveSlot({ id: password?.id ?? '' })).rejects.toMatchObject({ kind: 'denied' });
    await expectSecrets(api);
    await api.lock();
    await expect(api.unlock()).rejects.toMatchObject(isLocked);
    expect(await api.unlock({ password: 'open sesame' })).toEqual({ state: 'unlocked' });
    await expectSecrets(api);
  });

  test('a vault without a password says so', async () => {
    await api.lock();
    await expect(api.unlock({ password: 'open sesame' })).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('a new data key: everything opens, for every slot and in every process', async () => {
    const { recovery_key } = await api.vaultRecoveryKey();
    await api.vaultSetPassword({ password: 'open sesame' });
    const another = await openBeside(backend.sandbox);
    await expectSecrets(another);
    const before = await keyIds(backend);
    // Two secrets, and the key that the record of releases began with.
    const { key_id, resealed } = await api.vaultRotate();
    expect(resealed).toBe(3);
    expect(await keyIds(backend)).toEqual([key_id]);
    expect(before).not.toContain(key_id);
    await expectSecrets(api);
    // The other one learns of the key when it needs it: first for sealing, then for opening.
    await another.setSecret({ key: 'new', value });
    expect(await api.getSecret({ key: 'new' })).toMatchObject({ value });
    await expectSecrets(another);
    for (const password of [recovery_key, 'open sesame', undefined]) {
      await api.lock();
      await api.unlock(password === undefined ? {} : { password });
      await expectSecrets(api);
    }
    expect((await api.vaultRotate()).resealed).toBe(4);
    await expectSecrets(another);
  });
});

function keyIds({ sandbox }: Backend): string[] {
  return stored.dataKeyIds(sandbox.home);
}

test('after its time the daemon locks by itself, whatever is asked of its state', async () => {
  const { api, stop } = await startDaemon({ config: 'lock_after = "2s"' });
  onTestFinished(stop);
  await api.setSecret({ key, value });
  await expect.poll(async () => (await api.vaultStatus()).state, { timeout: 20_000 }).toBe('locked');
  await expect(api.getSecret({ key })).rejects.toMatchObject({ kind: 'vault_locked' });
  await api.unlock();
  expect(await api.getSecret({ key })).toMatchObject({ value });
});
