import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keychainItems } from '../support/keychain/items.js';
import { secretServiceInstalled, startSecretService } from '../support/keychain/secret-service.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

const NO_KEY = 'No key that opens this vault is where it was kept.';
const IMPORT = 'sigilforge vault import FILE';

/** A vault with a secret, whose key is lost as when only the data folder was restored from a backup. */
async function restored(lose: (keyFile: string, slot: string) => void): Promise<Sandbox> {
  const sandbox = await stopAfter(createSandbox());
  await sandbox.run(['--direct', 'secret', 'set', 'a'], { input: 'a value' });
  lose(join(sandbox.home, 'data', 'vault.key'), String(stored.slots(sandbox.home)[0]?.id));
  await stopAfter({ stop: async () => void (await sandbox.run(['daemon', 'stop'])) });
  return sandbox;
}

const losses: readonly [what: string, lose: (keyFile: string, slot: string) => void, said: string][] = [
  ['is not there', (file) => renameSync(file, `${file}.away`), NO_KEY],
  ['has the key of another vault', (file) => writeFileSync(file, `other ${keyOf(1)}\n`), NO_KEY],
  [
    'has another key for this one',
    (file, slot) => writeFileSync(file, `${slot} ${keyOf(2)}\n`),
    'is damaged.',
  ],
];

function keyOf(byte: number): string {
  return Buffer.alloc(32, byte).toString('base64');
}

async function expectSaid(sandbox: Sandbox, said: string): Promise<void> {
  const commands = [
    ['--direct', 'vault', 'status'],
    ['--direct', 'status'],
    ['daemon', 'start'],
    ['status'],
    ['vault', 'status'],
  ];
  for (const args of commands) {
    const { code, stdout, stderr } = await sandbox.run(args);
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: expect.stringContaining(said) });
    expect(stderr).toContain(IMPORT);
    expect(stdout).not.toContain('unlocked');
  }
}

describe('a vault whose key file', () => {
  test.each(losses)(
    '%s is never said to be unlocked, and each status says what to do',
    async (_, lose, said) => {
      await expectSaid(await restored(lose), said);
    },
  );

  test('comes back is open without a new start', async () => {
    const sandbox = await restored((file) => renameSync(file, `${file}.away`));
    await sandbox.run(['daemon', 'start']);
    const file = join(sandbox.home, 'data', 'vault.key');
    renameSync(`${file}.away`, file);
    expect(await sandbox.run(['secret', 'get', 'a'])).toMatchObject({ code: 0, stdout: 'a value\n' });
    const { stdout, stderr } = await sandbox.run(['vault', 'status']);
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringContaining('unlocked'), stderr: '' });
  });
});

test('a vault whose credential the service no longer gets is not said to be unlocked', async () => {
  const sandbox = await stopAfter(createSandbox());
  const config = join(sandbox.home, 'config');
  await sandbox.spawn(['mkdir', '-m', '700', config], { input: '' }).exited;
  writeFileSync(join(config, 'config.toml'), '[vault]\nkey = "credential"\n', { mode: 0o600 });
  writeFileSync(join(sandbox.home, 'sigilforge-key'), 'm'.repeat(48), { mode: 0o600 });
  const env = { CREDENTIALS_DIRECTORY: sandbox.home };
  const made = await sandbox.run(['--direct', 'vault', 'status'], { env });
  expect(made.stdout).toContain('unlocked');
  await stopAfter({ stop: async () => void (await sandbox.run(['daemon', 'stop'])) });
  await expectSaid(sandbox, NO_KEY);
});

// Skipped without the programs of a real Secret Service: packages gnome-keyring, dbus and libsecret-tools.
describe.skipIf(!secretServiceInstalled())('a vault that only the keychain opens', () => {
  test('advises a recovery key once when it is made, and in its status until there is one', async () => {
    const service = await stopAfter(startSecretService());
    const sandbox = await stopAfter(createSandbox());
    const { env } = service;
    const advice = 'Make a recovery key: sigilforge vault recovery-key';
    const made = await sandbox.run(['--direct', 'secret', 'set', 'a'], { input: 'a value', env });
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining(advice) });
    const later = await sandbox.run(['--direct', 'secret', 'get', 'a'], { env });
    expect(later).toMatchObject({ code: 0, stderr: '' });
    expect((await sandbox.run(['--direct', 'vault', 'status'], { env })).stderr).toContain(advice);
    await sandbox.run(['--direct', 'vault', 'recovery-key'], { env });
    expect((await sandbox.run(['--direct', 'vault', 'status'], { env })).stderr).not.toContain(advice);
  });

  test('is not said to be unlocked once its item is gone', async () => {
    const [first, other] = [await stopAfter(startSecretService()), await stopAfter(startSecretService())];
    const sandbox = await stopAfter(createSandbox());
    await sandbox.run(['--direct', 'secret', 'set', 'a'], { input: 'a value', env: first.env });
    expect(await keychainItems(first)).toHaveLength(1);
    Object.assign(sandbox.env, other.env);
    await stopAfter({ stop: async () => void (await sandbox.run(['daemon', 'stop'])) });
    await expectSaid(sandbox, NO_KEY);
  });
});
