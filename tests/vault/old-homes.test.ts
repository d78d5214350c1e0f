import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { expectEverythingWorks, putOldHome } from '../fixtures/old-home.js';
import { type OldProvider, startOldProvider } from '../fixtures/old-provider.js';
import { startFakeProvider } from '../support/provider/fake-provider.js';
import { openBeside } from '../support/start/backends.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

// A home that an older commit made, opened by the programs of today. How these are killed meanwhile is in tests/faults.

let provider: OldProvider;
let sandbox: Sandbox;

beforeEach(async () => {
  provider = await startOldProvider();
  sandbox = await createSandbox();
  await putOldHome(sandbox.home, provider.url);
  return async () => {
    await sandbox.stop();
    await provider.stop();
  };
});

const isBound = () => stored.vaultFormat(sandbox.home) === 2;

test('the home of 3cecdbb binds nothing, and has accounts of every kind', () => {
  expect(stored.migrations(sandbox.home)).toHaveLength(1);
  expect(new Set(stored.formats(sandbox.home))).toEqual(new Set([1]));
  expect(stored.vaultFormat(sandbox.home)).toBe(1);
  expect(stored.flows(sandbox.home)).toEqual([
    ...[
      'api_key',
      'authorization_code',
      'client_credentials',
      'device_code',
      'github_app',
      'import',
      'jwt_bearer',
    ],
  ]);
});

/** The daemon of this home, and a client of it. */
async function startDaemon(): Promise<SigilforgeClient> {
  const { socket } = await sandbox.startDaemon();
  const api = await connect({ socket });
  onTestFinished(() => api.close());
  return api;
}

describe.each([
  { name: 'the daemon', open: startDaemon },
  { name: 'the library', open: () => openBeside(sandbox) },
])('by $name', ({ open }) => {
  test('every account and secret goes on working, and everything is bound', async () => {
    const api = await open();
    await expectEverythingWorks(api, provider);
    await expect.poll(isBound, { timeout: 10_000 }).toBe(true);
    expect(new Set(stored.formats(sandbox.home))).toEqual(new Set([2]));
    expect(stored.dataKeyIds(sandbox.home)).toHaveLength(1);
    await expectEverythingWorks(api, provider);
  });
});

test('an exported file of every kind of account is imported whole', async () => {
  const file = `${sandbox.home}/exported`;
  const input = 'a passphrase for the file';
  expect(await sandbox.run(['vault', 'export', file, '--with-grants'], { input })).toMatchObject({ code: 0 });
  const other = await stopAfter(createSandbox());
  expect(await other.run(['vault', 'import', file], { input })).toMatchObject({ code: 0 });
  expect(stored.flows(other.home)).toEqual(stored.flows(sandbox.home));
  expect(stored.accounts(other.home)).toHaveLength(stored.accounts(sandbox.home).length);
});

describe('once everything is bound', () => {
  let api: SigilforgeClient;
  const name = { service: 'acme', account: 'import-1' };

  beforeEach(async () => {
    api = await startDaemon();
    await expect.poll(isBound, { timeout: 10_000 }).toBe(true);
  });

  test('a value of the older version does not come back beside another address', async () => {
    const evil = await stopAfter(startFakeProvider());
    const old = await stopAfter(createSandbox());
    await putOldHome(old.home, evil.url);
    stored.copyAccountFrom(old.home, sandbox.home, name.account);
    expect(stored.anAccount(sandbox.home, name.account).grant.refreshToken?.[0]).toBe(1);
    const damaged = { kind: 'integrity', message: 'The stored account acme/import-1 is damaged.' };
    await expect(api.refreshToken(name)).rejects.toMatchObject(damaged);
    const library = await openBeside(sandbox);
    await expect(library.refreshToken(name)).rejects.toMatchObject(damaged);
    expect(evil.received).toEqual([]);
  });

  test('nor does the vault say without its key that not everything is bound', async () => {
    stored.relabelVault(sandbox.home, 1);
    const library = await openBeside(sandbox);
    await expect(library.getSecret({ key: 'secret/1' })).rejects.toMatchObject({ kind: 'integrity' });
    stored.relabelVault(sandbox.home, 2);
    expect(await library.getSecret({ key: 'secret/1' })).toMatchObject({ value: 'the value 1' });
  });
});

test('nor does a vault that is not bound say without its key that it is', async () => {
  stored.relabelVault(sandbox.home, 2);
  const library = await openBeside(sandbox);
  await expect(library.getSecret({ key: 'secret/1' })).rejects.toMatchObject({ kind: 'integrity' });
  stored.relabelVault(sandbox.home, 1);
  await expectEverythingWorks(library, provider);
});

test('a value that does not open is passed over: everything else is bound', async () => {
  stored.damageToken(sandbox.home, 'code-1');
  const api = await startDaemon();
  await expect.poll(isBound, { timeout: 10_000 }).toBe(true);
  await expect(api.refreshToken({ service: 'acme', account: 'code-1' })).rejects.toMatchObject({
    kind: 'integrity',
    message: 'The stored account acme/code-1 is damaged.',
  });
  expect(await api.refreshToken({ service: 'acme', account: 'code-2' })).toMatchObject({
    token_type: 'Bearer',
  });
  await api.removeAccount({ service: 'acme', account: 'code-1', revoke: false });
  await api.removeAccount({ service: 'found', account: 'code-1', revoke: false });
  await expectEverythingWorks(api, provider);
});

test('a stored secret belongs to where its provider and the accounts were that signed in with it', async () => {
  const evil = await stopAfter(startFakeProvider());
  const library = await openBeside(sandbox);
  // Before anything is bound: the vault was not needed yet.
  await library.setProvider({ id: 'acme', token_endpoint: `${evil.url}/token` });
  expect(isBound()).toBe(false);
  await expect(
    library.addAccount({ service: 'acme', account: 'new', credential: { refresh_token: 'rt-new-1' } }),
  ).rejects.toMatchObject({
    kind: 'config',
    message: `The client secret of acme was given for ${provider.url}, and is not sent to ${evil.url}.`,
  });
  expect(evil.received).toEqual([]);
  // The metadata of this one's issuer has named another origin for the token endpoint.
  const elsewhere = provider.url.replace('127.0.0.1', 'localhost');
  expect(stored.secretOrigins(sandbox.home, 'found')).toEqual([provider.url, elsewhere]);

  await library.setProvider({ id: 'acme', token_endpoint: `${provider.url}/token` });
  await expectEverythingWorks(library, provider);
});
