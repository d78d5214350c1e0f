import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import { begin, callback, completed } from '../support/accounts.js';
import { tryLeaseElsewhere } from '../support/lease-holder.js';
import { type FakeTokenEndpoint, startFakeTokenEndpoint } from '../support/provider/fake-token-endpoint.js';
import { importAccount } from '../support/provider/imports.js';
import { type DaemonBackend, openBeside, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

const name = { service: 'fake', account: 'work' };
const second = { access_token: 'second', token_type: 'Bearer', expires_in: 3600, refresh_token: 'rotated' };

describe('a lock', () => {
  let fake: FakeTokenEndpoint;
  let backend: DaemonBackend;
  let api: SigilforgeClient;

  beforeEach(async () => {
    fake = await stopAfter(startFakeTokenEndpoint());
    backend = await stopAfter(startDaemon({ config: '[refresh]\nidle_days = 0' }));
    api = backend.api;
    await fake.configure(api);
  });

  const generation = (): number => stored.anAccount(backend.sandbox.home).generation;

  test('takes effect after a running exchange, whose answer is stored', async () => {
    await importAccount(api, fake, name.service, name.account);
    const held = fake.held();
    const refreshing = expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'vault_locked' });
    const answer = await held;
    let isLocked = false;
    const locking = api.lock().finally(() => {
      isLocked = true;
    });
    // Nothing is handed out from the first moment on, and no other exchange begins.
    await expect.poll(async () => (await api.vaultStatus()).state).toBe('locked');
    await expect(api.getToken(name)).rejects.toMatchObject({ kind: 'vault_locked' });
    expect(isLocked).toBe(false);
    answer({ body: second });
    expect(await locking).toEqual({ state: 'locked' });
    await refreshing;
    expect(await generation()).toBe(2);
    await api.unlock();
    expect(await api.getToken(name)).toMatchObject({ access_token: 'second' });
    expect(fake.sentTo('POST /token')).toHaveLength(2);
  });

  test('takes effect after a sign-in that is at its exchange', async () => {
    const held = fake.held();
    const begun = await begin(api, { ...name });
    const browser = fetch(callback(begun, { code: 'a-code' }));
    const answer = await held;
    const locking = api.lock();
    await expect.poll(async () => (await api.vaultStatus()).state).toBe('locked');
    answer({ body: second });
    expect(await locking).toEqual({ state: 'locked' });
    expect((await browser).status).toBe(200);
    expect(await completed(api, begun.flowId)).toMatchObject(name);
    await api.unlock();
    expect(await api.getToken(name)).toMatchObject({ access_token: 'second' });
  });

  test('before the browser is back: the code is not spent', async () => {
    const begun = await begin(api, { ...name });
    await api.lock();
    await fetch(callback(begun, { code: 'a-code' }));
    await expect(completed(api, begun.flowId)).rejects.toMatchObject({ kind: 'vault_locked' });
    expect(fake.sentTo('POST /token')).toEqual([]);
  });

  test('leaves an answer that cannot be stored its key, until it can be', async () => {
    await importAccount(api, fake, name.service, name.account);
    const held = fake.held();
    const refreshing = expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'store_unavailable' });
    const answer = await held;
    const unblock = stored.blockWrites(backend.sandbox.home);
    answer({ body: second });
    await refreshing;
    expect(await readdir(join(backend.sandbox.home, 'state', 'rescue'))).toHaveLength(1);
    const locking = api.lock();
    locking.catch(() => {});
    await expect.poll(async () => (await api.vaultStatus()).state).toBe('locked');
    unblock();
    await expect.poll(generation).toBe(2);
    await locking;
    await api.unlock();
    expect(await api.getToken(name)).toMatchObject({ access_token: 'second' });
  });
});

test('a process that lost its slot during a rotation must open the vault again, and nothing is lost', async () => {
  const backend = await stopAfter(startDaemon());
  const { api, sandbox } = backend;
  await api.addAccount({ ...name, credential: { api_key: 'a key' } });
  const { slots } = await api.vaultSetPassword({ password: 'open sesame' });
  const [file, password] = slots;
  const other = await openBeside(sandbox);
  await other.setSecret({ key: 'before', value: 'one' });
  // The other one was opened by this slot, so nobody tells it of the next key.
  await api.vaultRemoveSlot({ id: file?.id ?? '' });
  const [account] = (await api.listAccounts({})).accounts;
  const holder = tryLeaseElsewhere(sandbox, join(sandbox.home, 'data', 'locks'), account?.id ?? '');
  await holder.seen(/held/, 'stdout');
  const rotating = api.vaultRotate();
  const keys = () => stored.dataKeyIds(sandbox.home);
  await expect.poll(keys).toHaveLength(2);
  await expect(other.setSecret({ key: 'meanwhile', value: 'two' })).rejects.toMatchObject({
    kind: 'vault_locked',
  });
  expect(await other.unlock({ password: 'open sesame' })).toEqual({ state: 'unlocked' });
  await other.setSecret({ key: 'meanwhile', value: 'two' });
  holder.child.kill('SIGKILL');
  expect(await rotating).toMatchObject({ key_id: expect.any(String) });
  expect(keys()).toHaveLength(1);
  for (const client of [api, other]) {
    expect(await client.getSecret({ key: 'before' })).toMatchObject({ value: 'one' });
    expect(await client.getSecret({ key: 'meanwhile' })).toMatchObject({ value: 'two' });
  }
  expect((await api.vaultStatus()).slots).toEqual([password]);
});

test('a rotation takes along an answer that waits in a file', async () => {
  const fake = await stopAfter(startFakeTokenEndpoint());
  const backend = await startDaemon({ config: '[refresh]\nidle_days = 0' });
  onTestFinished(() => backend.stop());
  const { api, sandbox, daemon } = backend;
  await fake.configure(api);
  await importAccount(api, fake, name.service, name.account);
  const held = fake.held();
  const refreshing = expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'store_unavailable' });
  const answer = await held;
  const unblock = stored.blockWrites(sandbox.home);
  answer({ body: second });
  await refreshing;
  daemon.child.kill('SIGKILL');
  await daemon.exited;
  unblock();
  expect(await sandbox.run(['vault', 'rotate', '--direct'])).toMatchObject({ code: 0 });
  expect(await sandbox.run(['refresh-token', name.service, name.account, '--direct'])).toMatchObject({
    code: 0,
    stdout: 'second\n',
  });
  expect(fake.sentTo('POST /token')).toHaveLength(2);
});
