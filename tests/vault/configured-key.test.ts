import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../client/index.js';
import {
  secretServiceInstalled,
  startSecretService,
  startSessionWithoutBus,
} from '../support/keychain/secret-service.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';

const differs = (sandbox: DaemonBackend['sandbox']): object[] =>
  readFileSync(path.join(sandbox.home, 'state', 'sigilforged.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('vault.key_differs'))
    .map((line) => JSON.parse(line));

/** Makes the line say another key than that of the vault, and starts the daemon as a person does. */
async function startSaying({ sandbox }: DaemonBackend, key: string): Promise<string> {
  expect(await sandbox.run(['daemon', 'stop'])).toMatchObject({ code: 0 });
  writeFileSync(path.join(sandbox.home, 'config', 'config.toml'), `[vault]\nkey = "${key}"\n`);
  const { code, stderr } = await sandbox.run(['daemon', 'start']);
  expect(code).toBe(0);
  onTestFinished(async () => {
    await sandbox.run(['daemon', 'stop']);
  });
  return stderr;
}

test.each(['password', 'keychain', 'credential'])(
  'vault.key = "%s" of a vault that a key file opens is pointed out by the start, the log and the status',
  async (key) => {
    const backend = await stopAfter(startDaemon());
    const { sandbox } = backend;
    const begins = `config.toml says vault.key = "${key}", but a key file opens the vault.`;
    expect(await startSaying(backend, key)).toContain(begins);
    expect(differs(sandbox)).toEqual([
      expect.objectContaining({ level: 40, configured: key, slots: 'key_file' }),
    ]);
    expect(await sandbox.run(['vault', 'status'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`warning: ${begins}`),
    });
    const { stdout } = await sandbox.run(['vault', 'status', '--json', '--direct']);
    expect(JSON.parse(stdout).warning).toContain(begins);
    // The library says it when asked, and does not fill the log.
    expect(differs(sandbox)).toHaveLength(1);
    expect(await startSaying(backend, 'auto')).not.toContain('config.toml');
    expect(await sandbox.run(['vault', 'status'])).toMatchObject({ code: 0, stderr: '' });
  },
);

test.skipIf(!secretServiceInstalled())('the commands that it names make the line true', async () => {
  const { env } = await stopAfter(startSecretService());
  const backend = await stopAfter(startDaemon());
  const { sandbox } = backend;
  await backend.api.setSecret({ key: 'a', value: 'a value' });
  Object.assign(sandbox.env, env, { HOME: sandbox.home });
  const said = await startSaying(backend, 'keychain');
  const commands = [...said.matchAll(/sigilforge (vault [a-z-]+(?: [0-9a-f-]{36})?)/g)];
  expect(commands.map(([, command = '']) => command.replace(/[0-9a-f-]{36}/, 'ID'))).toEqual([
    'vault add-keychain',
    'vault remove-slot ID',
  ]);
  for (const [, command = ''] of commands) {
    expect(await sandbox.run(command.split(' '))).toMatchObject({ code: 0 });
  }
  const client = await connect({ socket: sandbox.socket });
  onTestFinished(() => client.close());
  expect(await client.vaultStatus()).toMatchObject({
    key_source: 'keychain',
    warning: expect.stringContaining('Make a recovery key'),
  });
  expect(await startSaying(backend, 'keychain')).not.toContain('config.toml');
  expect(await sandbox.run(['secret', 'get', 'a'])).toMatchObject({ stdout: 'a value\n' });
});

test('a vault that is made again by vault.key = "keychain" gets no key file', async () => {
  const backend = await stopAfter(startDaemon());
  const { sandbox } = backend;
  Object.assign(sandbox.env, (await stopAfter(startSessionWithoutBus())).env, { HOME: sandbox.home });
  await sandbox.run(['daemon', 'stop']);
  rmSync(path.join(sandbox.home, 'data'), { recursive: true });
  writeFileSync(path.join(sandbox.home, 'config', 'config.toml'), '[vault]\nkey = "keychain"\n');
  expect(await sandbox.run(['daemon', 'start'])).toMatchObject({ code: 6 });
  expect(() => readFileSync(path.join(sandbox.home, 'data', 'vault.key'))).toThrow('ENOENT');
});
