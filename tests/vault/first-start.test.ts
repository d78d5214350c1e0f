import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { createMemoryKeychain } from '../../daemon/core/keychain/memory.js';
import { openCore } from '../../daemon/core/open.js';
import { silentLogger } from '../../daemon/core/platform/log.js';
import { Leases } from '../../daemon/core/store/lease.js';
import { parseConfig } from '../../shared/config.js';
import { type ErrorKind, errorTable } from '../../shared/errors.js';
import { resolvePaths } from '../../shared/paths.js';
import { keychainItems } from '../support/keychain/items.js';
import {
  type SecretService,
  type Session,
  secretServiceInstalled,
  startSecretService,
  startSessionWithoutBus,
  startSessionWithoutKeychain,
} from '../support/keychain/secret-service.js';
import { createSandbox, type RunningDaemon, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

const name = { service: 'example', account: 'one' };
const credential = { api_key: 'a key' };
const direct = ['--direct', 'get-token', 'example', 'one'];

/** A home whose programs are in a session of the desktop. */
async function homeIn(session: Session): Promise<Sandbox> {
  const sandbox = await stopAfter(createSandbox());
  Object.assign(sandbox.env, session.env, { HOME: sandbox.home });
  return sandbox;
}

async function configure(sandbox: Sandbox, text: string): Promise<void> {
  await mkdir(join(sandbox.home, 'config'), { recursive: true });
  await writeFile(join(sandbox.home, 'config', 'config.toml'), text);
}

async function clientOf({ socket }: RunningDaemon): Promise<SigilforgeClient> {
  const client = await connect({ socket });
  onTestFinished(() => client.close());
  return client;
}

async function end(daemon: RunningDaemon): Promise<void> {
  daemon.child.kill('SIGTERM');
  expect(await daemon.exited).toMatchObject({ code: 0 });
}

const keyFile = (sandbox: Sandbox) => join(sandbox.home, 'data', 'vault.key');

/** Everything that says how the vault opens. */
function slotsOf(sandbox: Sandbox): unknown[] {
  return [
    ...stored.lockOf(sandbox.home),
    existsSync(keyFile(sandbox)) ? readFileSync(keyFile(sandbox), 'utf8') : 'no key file',
  ];
}

/** A start that is refused: by the daemon and by the library, with nothing of a vault left behind. */
async function expectRefusedFirstStart(sandbox: Sandbox, code: number, sentence: string): Promise<void> {
  for (const args of [
    ['daemon', 'run'],
    ['daemon', 'start'],
    ['--direct', 'list-accounts'],
  ]) {
    const end = await sandbox.run(args);
    expect({ args, code: end.code, stderr: end.stderr }).toEqual({
      args,
      code,
      stderr: expect.stringContaining(sentence),
    });
  }
  expect(slotsOf(sandbox)).toEqual(['no key file']);
}

// Skipped where the programs of a real Secret Service are missing: packages gnome-keyring, dbus and libsecret-tools.
describe.skipIf(!secretServiceInstalled())('with a keychain', () => {
  let service: SecretService;
  beforeAll(async () => {
    service = await startSecretService();
  });
  afterEach(async () => {
    service.resume();
    await service.unlock();
  });
  afterAll(() => service.stop());

  /** A vault with one account, made by a daemon that has ended. */
  async function madeVault(session: Session = service): Promise<Sandbox> {
    const sandbox = await homeIn(session);
    const daemon = await sandbox.startDaemon();
    await (await clientOf(daemon)).addAccount({ ...name, credential });
    await end(daemon);
    return sandbox;
  }

  /** The items of this vault; the keychain is shared by the tests of this file. */
  async function itemsOf(sandbox: Sandbox): Promise<string[]> {
    const items = await keychainItems(service);
    expect(items.filter((item) => item.startsWith('probe/'))).toEqual([]);
    return items.filter((item) => item.startsWith(`${stored.vaultId(sandbox.home)}/`));
  }

  test('the first start makes one item of this vault, and says nothing of a file', async () => {
    const sandbox = await homeIn(service);
    const daemon = await sandbox.startDaemon();
    const advice = expect.stringContaining('Make a recovery key');
    expect(JSON.parse(daemon.ready)).toMatchObject({ ready: true, notices: [advice] });
    const client = await clientOf(daemon);
    await client.addAccount({ ...name, credential });
    expect(await client.status()).toMatchObject({
      vault: { state: 'unlocked', key_source: 'keychain' },
      keychain: { available: true, error: null },
    });
    const [slot, ...others] = stored.slots(sandbox.home);
    expect(slot).toEqual({ id: expect.any(String), kind: 'keychain' });
    expect(others).toEqual([]);
    expect(await itemsOf(sandbox)).toEqual([`${stored.vaultId(sandbox.home)}/key/${slot?.id}`]);
    expect(existsSync(keyFile(sandbox))).toBe(false);
  });

  test('starts one after the other open it and add nothing, and two homes do not meet', async () => {
    const [sandbox, other] = [await madeVault(), await madeVault()];
    const [items, slots] = [await itemsOf(sandbox), slotsOf(sandbox)];
    for (let start = 0; start < 3; start++) {
      const daemon = await sandbox.startDaemon();
      const client = await clientOf(daemon);
      expect(await client.getToken(name)).toMatchObject({ access_token: 'a key' });
      await end(daemon);
    }
    for (let start = 0; start < 3; start++) await end(await sandbox.startDaemon());
    expect(await sandbox.run(direct)).toMatchObject({ code: 0, stdout: 'a key\n' });
    expect(await itemsOf(sandbox)).toEqual(items);
    expect(slotsOf(sandbox)).toEqual(slots);
    expect(await itemsOf(other)).toHaveLength(1);
    expect(await itemsOf(other)).not.toEqual(items);
  });

  test('locked: vault_locked while the daemon stays, and it works once unlocked', async () => {
    const sandbox = await madeVault();
    await service.lock();
    const daemon = await sandbox.startDaemon();
    const client = await clientOf(daemon);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(client.getToken(name)).rejects.toMatchObject({ kind: 'vault_locked' });
    }
    await expect(client.addAccount({ service: 'example', account: 'two', credential })).rejects.toMatchObject(
      { kind: 'vault_locked' },
    );
    expect(await sandbox.run(['get-token', 'example', 'one'])).toMatchObject({ code: 6, stdout: '' });
    expect(await client.status()).toMatchObject({
      account_count: 1,
      vault: { state: 'locked', key_source: 'keychain' },
      keychain: { available: false, error: 'vault_locked' },
    });
    await service.unlock();
    expect(await client.getToken(name)).toMatchObject({ access_token: 'a key' });
    expect(await client.status()).toMatchObject({ pid: daemon.pid, vault: { state: 'unlocked' } });
    await end(daemon);
  });

  test('hung: timeout while others are answered, and it works once it goes on', async () => {
    const sandbox = await madeVault();
    service.hang();
    const daemon = await sandbox.startDaemon();
    const client = await clientOf(daemon);
    let settled = false;
    const asking = client.getToken(name).finally(() => {
      settled = true;
    });
    const refused = expect(asking).rejects.toMatchObject({ kind: 'timeout' });
    expect(await client.listAccounts()).toMatchObject({ accounts: [{ account: 'one' }] });
    expect(settled).toBe(false);
    await refused;
    service.resume();
    expect(await client.getToken(name)).toMatchObject({ access_token: 'a key' });
    await end(daemon);
  });

  test('gone: keychain_unavailable, and no new key is made', async () => {
    const sandbox = await madeVault();
    const [items, slots] = [await itemsOf(sandbox), slotsOf(sandbox)];
    const without = [
      await stopAfter(startSessionWithoutBus()),
      await stopAfter(startSessionWithoutKeychain()),
    ];
    for (const { env } of without) {
      const { DBUS_SESSION_BUS_ADDRESS = '' } = env;
      const daemon = await sandbox.startDaemon({ DBUS_SESSION_BUS_ADDRESS });
      const notice = expect.stringContaining('Start a keychain');
      expect(JSON.parse(daemon.ready)).toMatchObject({ ready: true, notices: [notice] });
      const client = await clientOf(daemon);
      await expect(client.getToken(name)).rejects.toMatchObject({ kind: 'keychain_unavailable' });
      await expect(client.addAccount({ ...name, replace: true, credential })).rejects.toMatchObject({
        kind: 'keychain_unavailable',
      });
      await end(daemon);
      expect(await sandbox.run(direct, { env: { DBUS_SESSION_BUS_ADDRESS } })).toMatchObject({ code: 6 });
    }
    expect(slotsOf(sandbox)).toEqual(slots);
    expect(await itemsOf(sandbox)).toEqual(items);
    expect(await sandbox.run(direct)).toMatchObject({ code: 0, stdout: 'a key\n' });
  });

  test('vanishing while the daemon runs: what is open stays open', async () => {
    const own = await stopAfter(startSecretService());
    const sandbox = await madeVault(own);
    const daemon = await sandbox.startDaemon();
    const client = await clientOf(daemon);
    await client.getToken(name);
    await own.vanish();
    const added = await client.addAccount({ service: 'example', account: 'two', credential });
    expect(added).toMatchObject({ account: { account: 'two' } });
    expect(await client.getToken({ service: 'example', account: 'two' })).toMatchObject({
      access_token: 'a key',
    });
    await end(daemon);
  });

  test('whose item was taken away: integrity, and no new key is made', async () => {
    const sandbox = await madeVault();
    const [[item = ''], slots] = [await itemsOf(sandbox), slotsOf(sandbox)];
    const clear = sandbox.spawn(['secret-tool', 'clear', 'service', 'sigilforge', 'username', item]);
    expect(await clear.exited).toMatchObject({ code: 0 });
    const { code, stderr } = await sandbox.run(direct);
    expect({ code, stderr }).toEqual({
      code: 7,
      stderr: expect.stringContaining('sigilforge vault import FILE'),
    });
    expect(slotsOf(sandbox)).toEqual(slots);
    expect(await itemsOf(sandbox)).toEqual([]);
  });

  test('locked at the first start: refused, and no key file', async () => {
    const sandbox = await homeIn(service);
    const before = await keychainItems(service);
    await service.lock();
    await expectRefusedFirstStart(sandbox, 6, 'The keychain is locked.');
    await service.unlock();
    expect(await keychainItems(service)).toEqual(before);
    expect(JSON.parse((await sandbox.startDaemon()).ready)).toMatchObject({
      ready: true,
      notices: [expect.stringContaining('Make a recovery key')],
    });
  });

  test('hung at the first start: refused, and no key file', async () => {
    const sandbox = await homeIn(service);
    const before = await keychainItems(service);
    service.hang();
    await expectRefusedFirstStart(sandbox, 8, 'The keychain did not answer in time.');
    service.resume();
    expect(await keychainItems(service)).toEqual(before);
  });

  test('that refuses at the first start: refused, and no key file', async () => {
    const refusing = await stopAfter(
      startSecretService('<deny send_destination="org.freedesktop.secrets"/>'),
    );
    await expectRefusedFirstStart(await homeIn(refusing), 7, 'The keychain refused access.');
  });

  test('nothing of the starter or of the vault is in the environment or the arguments of the child', async () => {
    const sandbox = await homeIn(service);
    const daemon = await sandbox.startDaemon({ GITHUB_TOKEN: 'canary', NODE_OPTIONS: '--no-warnings' });
    await (await clientOf(daemon)).addAccount({ ...name, credential: { api_key: 'canary' } });
    const children = readFileSync(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'utf8')
      .trim()
      .split(' ');
    expect(children).toHaveLength(1);
    const shown = children.flatMap((pid) =>
      ['environ', 'cmdline'].map((part) => readFileSync(`/proc/${pid}/${part}`, 'utf8')),
    );
    expect(shown.join()).toContain('keychain.cjs');
    expect(shown.join()).toContain('DBUS_SESSION_BUS_ADDRESS=');
    expect(shown.join()).not.toMatch(/canary|NODE_OPTIONS/);
    await end(daemon);
    expect(readdirSync('/proc')).not.toEqual(expect.arrayContaining(children));
  });
});

describe('the first start with a keychain that fails', () => {
  async function firstStart(kind: ErrorKind) {
    const { home } = await stopAfter(createSandbox());
    const paths = resolvePaths({ SIGILFORGE_HOME: home });
    const keychain = createMemoryKeychain();
    keychain.fail(kind);
    const leases = new Leases(paths.locks);
    const opening = openCore({ paths, config: parseConfig('', ''), keychain, leases, log: silentLogger });
    const outcome = await opening.then(
      async (core) => {
        const { keySource } = core.vault;
        await core.close();
        return keySource;
      },
      (thrown: { kind: string }) => thrown.kind,
    );
    return { outcome, keyFile: existsSync(paths.keyFile) };
  }

  const kinds = Object.keys(errorTable) as ErrorKind[];

  test.each(kinds.filter((kind) => kind !== 'keychain_unavailable'))(
    'by %s: refused, and no key file',
    async (kind) => {
      expect(await firstStart(kind)).toEqual({ outcome: kind, keyFile: false });
    },
  );

  test('because there is no keychain: a key file', async () => {
    expect(await firstStart('keychain_unavailable')).toEqual({ outcome: 'key_file', keyFile: true });
  });
});

describe('without a keychain', () => {
  test('the first start makes a key file, and says so then and in every status', async () => {
    const sandbox = await homeIn(await stopAfter(startSessionWithoutBus()));
    const daemon = await sandbox.startDaemon();
    const sentence = `There is no keychain here, so the key of the vault is kept in ${keyFile(sandbox)}.`;
    expect(JSON.parse(daemon.ready)).toMatchObject({ ready: true, notices: [sentence] });
    const client = await clientOf(daemon);
    await client.addAccount({ ...name, credential });
    expect(await client.status()).toMatchObject({
      vault: { state: 'unlocked', key_source: 'key_file' },
      keychain: { available: false, error: 'keychain_unavailable', probed_at: expect.any(String) },
    });
    await end(daemon);
    const again = await sandbox.startDaemon();
    expect(await (await clientOf(again)).getToken(name)).toMatchObject({ access_token: 'a key' });
    expect(await (await clientOf(again)).status()).toMatchObject({ vault: { key_source: 'key_file' } });
    await end(again);
    expect(slotsOf(sandbox)).toMatchObject([{}, { kind: 'key_file' }, expect.any(String)]);
  });

  test('but one asked for by the config: refused, and no key file', async () => {
    const sandbox = await homeIn(await stopAfter(startSessionWithoutBus()));
    await configure(sandbox, '[vault]\nkey = "keychain"\n');
    await expectRefusedFirstStart(sandbox, 6, 'No keychain can be reached here.');
  });

  async function madeVault(): Promise<Sandbox> {
    const sandbox = await homeIn(await stopAfter(startSessionWithoutBus()));
    expect(
      await sandbox.run(['--direct', 'add-account', 'example', 'one', '--api-key'], { input: 'a key' }),
    ).toMatchObject({ code: 0 });
    return sandbox;
  }

  test('a key file that is lost: integrity, and nothing is overwritten', async () => {
    const sandbox = await madeVault();
    const kept = await readFile(keyFile(sandbox), 'utf8');
    await rm(keyFile(sandbox));
    const slots = slotsOf(sandbox);
    const daemon = await sandbox.startDaemon();
    const client = await clientOf(daemon);
    await expect(client.getToken(name)).rejects.toMatchObject({
      kind: 'integrity',
      hint: expect.stringContaining('sigilforge vault import FILE'),
    });
    await expect(client.addAccount({ ...name, replace: true, credential })).rejects.toMatchObject({
      kind: 'integrity',
    });
    expect(slotsOf(sandbox)).toEqual(slots);
    await writeFile(keyFile(sandbox), kept, { mode: 0o600 });
    expect(await client.getToken(name)).toMatchObject({ access_token: 'a key' });
    await end(daemon);
  });

  test('a key file of another vault, or with a line cut: integrity', async () => {
    const [sandbox, other] = [await madeVault(), await madeVault()];
    const [kept, foreign] = await Promise.all([sandbox, other].map((one) => readFile(keyFile(one), 'utf8')));
    const [slot = '', key = ''] = (kept ?? '').trim().split(' ');
    const foreignKey = (foreign ?? '').trim().split(' ')[1];
    for (const text of [
      foreign ?? '',
      `${slot} ${foreignKey}\n`,
      `${slot} ${key.slice(0, 20)}\n`,
      slot,
      '',
    ]) {
      await writeFile(keyFile(sandbox), text);
      const { code, stderr } = await sandbox.run(direct);
      expect({ text, code }).toEqual({ text, code: 7 });
      expect(stderr).not.toContain(key.slice(0, 20));
    }
    await writeFile(keyFile(sandbox), kept ?? '');
    expect(await sandbox.run(direct)).toMatchObject({ code: 0, stdout: 'a key\n' });
  });

  test('a key file that others may read: unsafe_path, with the command that mends it', async () => {
    const sandbox = await madeVault();
    chmodSync(keyFile(sandbox), 0o644);
    const { code, stderr } = await sandbox.run(direct);
    expect(code).toBe(7);
    expect(stderr).toContain(`hint: Close it: chmod 600 '${keyFile(sandbox)}'`);
  });
});

describe('with a credential of the service manager', () => {
  async function homeWithCredential(text: string | undefined, mode = 0o400): Promise<Sandbox> {
    const sandbox = await stopAfter(createSandbox());
    const directory = join(sandbox.home, 'credentials');
    await mkdir(directory, { mode: 0o700 });
    if (text !== undefined) await writeFile(join(directory, 'sigilforge-key'), text, { mode });
    sandbox.env['CREDENTIALS_DIRECTORY'] = directory;
    await configure(sandbox, '[vault]\nkey = "credential"\n');
    return sandbox;
  }

  test.each([
    ['of the user', 0o400],
    // So it looks where an access list opens it to the user of the service.
    ['with the mask of an access list', 0o440],
  ])('%s the vault is made and opened by it, and by nothing else', async (_, mode) => {
    const sandbox = await homeWithCredential('c'.repeat(64), mode);
    const daemon = await sandbox.startDaemon();
    const client = await clientOf(daemon);
    await client.addAccount({ ...name, credential });
    expect(await client.status()).toMatchObject({
      vault: { state: 'unlocked', key_source: 'credential' },
      keychain: { available: null },
    });
    await end(daemon);
    expect(existsSync(keyFile(sandbox))).toBe(false);
    expect(await sandbox.run(direct)).toMatchObject({ code: 0, stdout: 'a key\n' });
    expect(await sandbox.run(direct, { env: { CREDENTIALS_DIRECTORY: '' } })).toMatchObject({ code: 7 });
    const file = join(sandbox.home, 'credentials', 'sigilforge-key');
    await rm(file);
    await writeFile(file, 'd'.repeat(64), { mode });
    expect(await sandbox.run(direct)).toMatchObject({ code: 7 });
  });

  test.each([
    ['that is missing', undefined, 'This service has no credential sigilforge-key.'],
    ['that is too short', 'short-canary', 'The credential sigilforge-key has less than 32 bytes.'],
  ])('%s: refused as a mistake of the configuration', async (_, text, sentence) => {
    const sandbox = await homeWithCredential(text);
    await expectRefusedFirstStart(sandbox, 2, sentence);
    expect((await sandbox.run(direct)).stderr).not.toContain('canary');
  });
});
