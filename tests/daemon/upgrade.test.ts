import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect } from '../../client/index.js';
import { VERSION } from '../../shared/version.js';
import { ROOT } from '../build/settings.js';
import { buildProgram } from '../faults/build-program.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { WireClient } from '../support/wire/wire-client.js';

/** A daemon by another program than the built one, once it is ready. */
async function startBy(sandbox: Sandbox, command: readonly string[]): Promise<void> {
  mkdirSync(path.join(sandbox.home, 'config'), { mode: 0o700 });
  writeFileSync(path.join(sandbox.home, 'config', 'config.toml'), '[vault]\nkey = "key_file"\n', {
    mode: 0o600,
  });
  await sandbox.spawn(command, { input: '' }).seen(/"ready":true/, 'stdout');
}

/** Less what a status says about a vault of this kind. */
function withoutKeyFile(text: string): string {
  return text.replace(/^.*key is in a file next to the database.*\n/m, '');
}

describe('after an upgrade, an older daemon of the same protocol', () => {
  test('is named by each command once, with what to do, and by the client library', async () => {
    const older = await stopAfter(
      buildProgram('older-daemon', { file: 'version.ts', from: '= version;', to: "= '0.0.9';" }),
    );
    const sandbox = await stopAfter(createSandbox());
    await startBy(sandbox, older.command);
    const key = ['add-account', 'example', 'one', '--api-key'];
    expect(await sandbox.run(key, { input: 'a key of one account\n' })).toMatchObject({ code: 0 });
    const notice = `The daemon that answers is version 0.0.9, and this program is ${VERSION}. To run this version: sigilforge daemon restart`;
    const commands = [
      ['status'],
      ['daemon', 'status'],
      ['get-token', 'example', 'one'],
      ['resolve', 'auth://example/one/token'],
      ['list-accounts'],
      ['exec', '--env', 'KEY=auth://example/one/token', '--', 'true'],
    ];
    for (const command of commands) {
      const { code, stderr } = await sandbox.run(command);
      expect({ code, said: withoutKeyFile(stderr) }, command.join(' ')).toEqual({
        code: 0,
        said: `sigilforge: ${notice}
`,
      });
      const [name = '', ...rest] = command;
      expect(await sandbox.run([name, '--quiet', ...rest])).toMatchObject({ code: 0, stderr: '' });
    }
    expect((await sandbox.run(['daemon', 'status'])).stdout).toContain('version\t0.0.9\n');
    const listening = sandbox.start(['events']);
    await listening.seen(/Listening for events/, 'stderr');
    listening.child.kill('SIGINT');
    expect((await listening.exited).stderr).toContain(`sigilforge: ${notice}\n`);

    const restarted = await sandbox.run(['daemon', 'restart', '--json']);
    sandbox.track(Number(JSON.parse(restarted.stdout).pid));
    for (const command of commands) {
      expect(withoutKeyFile((await sandbox.run(command)).stderr)).toBe('');
    }
  });

  test('is not mistaken for the daemon of another socket', async () => {
    const older = await stopAfter(
      buildProgram('older-daemon', { file: 'version.ts', from: '= version;', to: "= '0.0.9';" }),
    );
    const [sandbox, other] = [await stopAfter(createSandbox()), await stopAfter(createSandbox())];
    await startBy(sandbox, older.command);
    const daemon = await other.startDaemon();
    const env = { SIGILFORGE_SOCKET: daemon.socket };
    expect(await sandbox.run(['status'], { env })).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('0.0.9'),
    });
  });
});

describe('a daemon whose files are replaced or removed while it runs', () => {
  const RESTART = {
    kind: 'incompatible',
    message: expect.stringContaining('keychain.cjs is missing'),
    hint: expect.stringContaining('sigilforge daemon restart'),
  };

  /** A daemon of a package of its own, in which everything is a link to this one's dependencies. */
  async function installed() {
    const folder = mkdtempSync(path.join(ROOT, 'node_modules', '.cache', 'installed-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const dist = path.join(folder, 'dist');
    cpSync(path.join(ROOT, 'dist'), dist, { recursive: true });
    cpSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
    const modules = path.join(folder, 'node_modules');
    symlinkSync(path.join(ROOT, 'node_modules'), modules);
    const sandbox = await stopAfter(createSandbox());
    await startBy(sandbox, [process.execPath, path.join(dist, 'sigilforged.cjs')]);
    return { sandbox, folder, dist };
  }

  test('says so for a keychain call, and goes on with what needs no file', async () => {
    const { sandbox, dist } = await installed();
    const client = await connect({ socket: sandbox.socket });
    onTestFinished(() => client.close());
    await client.setSecret({ key: 'kept', value: 'x', backend: 'vault' });
    renameSync(dist, `${dist}.old`);
    await expect(client.setSecret({ key: 'a', value: 'x', backend: 'keychain' })).rejects.toMatchObject(
      RESTART,
    );
    expect(await client.getSecret({ key: 'kept' })).toMatchObject({ value: 'x' });
    expect(await client.status()).toMatchObject({ secret_count: 1 });
  });

  test('says so for the contract, too', async () => {
    const { sandbox, dist } = await installed();
    renameSync(dist, `${dist}.old`);
    const client = await WireClient.connect(sandbox.socket);
    onTestFinished(() => client.stop());
    expect(await client.call('rpc.discover')).toMatchObject({
      error: { data: { hint: expect.stringContaining('sigilforge daemon restart') } },
    });
  });
});
