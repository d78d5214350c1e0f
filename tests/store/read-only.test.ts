import { cpSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canMount, mountSmallDisk } from '../faults/small-disk.js';
import { addAccount, work } from '../support/accounts.js';
import { openDatabase } from '../support/sqlite-driver.js';
import { endProcess } from '../support/start/processes.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

/** Enters a mount namespace of its own, in which a home is on a read-only file system. */
function readOnly(home: string): string[] {
  const mount = `mount --bind '${home}' '${home}' && mount -o remount,ro,bind '${home}' && cd '${home}' && exec "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mount, 'sh'];
}

function run(sandbox: Sandbox, enter: readonly string[], args: readonly string[]) {
  return sandbox.spawn([...enter, ...program('sigilforge'), '--quiet', ...args], { input: 'new', cwd: '/' })
    .exited;
}

async function filled(): Promise<Sandbox> {
  const sandbox = await stopAfter(createSandbox());
  await sandbox.run(['--direct', 'add-account', 'example', 'one', '--api-key'], { input: 'a key' });
  await sandbox.run(['--direct', 'secret', 'set', 'a'], { input: 'a value' });
  return sandbox;
}

/** What needs no change, with a word of its answer. */
const READS: readonly (readonly [args: readonly string[], answer: string])[] = [
  [['get-token', 'example', 'one'], 'a key\n'],
  [['resolve', 'auth://example/one/api_key'], 'a key\n'],
  [['secret', 'get', 'a'], 'a value\n'],
  [['resolve', 'secret://a'], 'a value\n'],
  [['exec', '--env', 'A=secret://a', '--no-mask', '--', 'sh', '-c', 'echo "$A"'], 'a value\n'],
  [['secret', 'list'], 'a\t'],
  [['list-accounts'], 'example'],
  [['token-info', 'example', 'one'], 'api_key'],
  [['vault', 'status'], 'key_file'],
  [['status'], 'account_count\t1'],
];

async function expectReads(sandbox: Sandbox, enter: readonly string[]): Promise<void> {
  const ends = await Promise.all(READS.map(([args]) => run(sandbox, enter, args)));
  for (const [index, [args, answer]] of READS.entries()) {
    const end = { args, ...ends[index] };
    expect(end).toMatchObject({ args, code: 0, stdout: expect.stringContaining(answer) });
  }
}

async function expectRefusals(
  sandbox: Sandbox,
  enter: readonly string[],
  commands: readonly (readonly string[])[],
  reason: RegExp,
): Promise<void> {
  const ends = await Promise.all(commands.map((args) => run(sandbox, enter, args)));
  for (const [index, args] of commands.entries()) {
    const { code, stderr } = ends[index] ?? {};
    expect({ args, code, stderr }).toEqual({ args, code: 10, stderr: expect.stringMatching(reason) });
    expect(stderr).not.toContain('bug');
  }
}

const WRITES: readonly (readonly string[])[] = [
  ['secret', 'set', 'b'],
  ['secret', 'delete', 'a'],
  ['remove-account', 'example', 'one', '--force'],
  ['vault', 'set-password'],
  ['add-account', 'example', 'two', '--api-key'],
];

describe.skipIf(!canMount())('a home on a read-only file system', () => {
  test('is read without a daemon', async () => {
    const sandbox = await filled();
    await expectReads(sandbox, readOnly(sandbox.home));
  });

  test('takes no change, and the error says why', async () => {
    const sandbox = await filled();
    await expectRefusals(
      sandbox,
      readOnly(sandbox.home),
      [...WRITES, ['daemon', 'start'], ['daemon', 'run']],
      /read-only/,
    );
    expect(await sandbox.run(['--direct', 'secret', 'get', 'a'])).toMatchObject({
      code: 0,
      stdout: 'a value\n',
    });
  });

  test('of an earlier version is not read, and the error says what to do', async () => {
    const sandbox = await filled();
    const db = openDatabase(stored.databaseFile(sandbox.home), {});
    db.exec('DELETE FROM schema_migrations WHERE version > 1');
    db.close();
    const commands = [['secret', 'get', 'a'], ['status'], ['exec', '--env', 'A=secret://a', '--', 'true']];
    const reason = /written by an earlier version of Sigilforge.*\n.*Copy the data folder to another disk/;
    await expectRefusals(sandbox, readOnly(sandbox.home), commands, reason);
  });

  test('has no file made for a program, and it gets its value by a descriptor', async () => {
    const sandbox = await filled();
    await sandbox.run(['exec', '--file', 'A=secret://a', '--', 'true']);
    const exec = (...args: string[]) => run(sandbox, readOnly(sandbox.home), ['exec', '--no-mask', ...args]);
    const file = await exec('--file', 'A=secret://a', '--', 'true');
    expect(file).toMatchObject({ code: 125, stderr: expect.stringContaining('is read-only.\n') });
    expect(file.stderr).toContain('Make that file system writable.');
    expect(await exec('--fd', '3=secret://a', '--', 'sh', '-c', 'cat <&3')).toMatchObject({
      code: 0,
      stdout: 'a value',
    });
  });

  test('without a vault cannot get one, and the error says why', async () => {
    const sandbox = await stopAfter(createSandbox());
    const commands = [
      ['status'],
      ['get-token', 'example', 'one'],
      ['secret', 'set', 'a'],
      ['daemon', 'start'],
    ];
    const reason = / cannot be used: the file system is read-only\.\n/;
    await expectRefusals(sandbox, readOnly(sandbox.home), commands, reason);
  });

  test('hands out a token that lives, and asks no provider for one that it could not keep', async () => {
    const scene = await stopAfter(startScene());
    await addAccount(scene.api);
    const { sandbox, provider } = scene;
    const name = [work.service, work.account];
    const { access_token } = await scene.api.getToken(work);
    await endProcess(scene.daemon.pid);
    const exchanges = provider.counts.token['refresh_token'];
    const living = await run(sandbox, readOnly(sandbox.home), ['--direct', 'get-token', ...name]);
    expect(living).toMatchObject({ code: 0, stdout: `${access_token}\n` });
    stored.expire(sandbox.home);
    const commands = ['get-token', 'refresh-token'].map((command) => ['--direct', command, ...name]);
    await expectRefusals(
      sandbox,
      readOnly(sandbox.home),
      commands,
      /read-only file system: .* nothing new can be kept\./,
    );
    expect(provider.counts.token['refresh_token']).toBe(exchanges);
    expect((await sandbox.run(['--direct', 'get-token', ...name])).code).toBe(0);
  });

  test('of which another program writes is read as it is now', async () => {
    const sandbox = await filled();
    await sandbox.startDaemon();
    for (const value of ['first', 'second']) {
      await sandbox.run(['secret', 'set', 'a'], { input: value });
      const read = await run(sandbox, readOnly(sandbox.home), ['--direct', 'secret', 'get', 'a']);
      expect(read).toMatchObject({ code: 0, stdout: `${value}\n` });
    }
  });

  test.each([
    ['with its index', ['', '-wal', '-shm']],
    ['without its index', ['', '-wal']],
  ])('whose newest changes are only in the log, %s, is never read without them', async (_, parts) => {
    const sandbox = await filled();
    const file = stored.databaseFile(sandbox.home);
    const copy = await stopAfter(createSandbox());
    cpSync(sandbox.home, copy.home, { recursive: true });
    const writer = openDatabase(file, {});
    writer.pragma('wal_autocheckpoint = 0');
    writer.exec('DELETE FROM secrets');
    for (const part of parts) cpSync(`${file}${part}`, `${stored.databaseFile(copy.home)}${part}`);
    writer.close();
    expect(statSync(`${stored.databaseFile(copy.home)}-wal`).size).toBeGreaterThan(0);
    const end = await run(copy, readOnly(copy.home), ['--direct', 'secret', 'get', 'a']);
    expect(end.stdout).toBe('');
    expect([3, 10]).toContain(end.code);
    if (end.code === 10) expect(end.stderr).toContain('Copy the data folder to another disk');
  });
});

describe.skipIf(!canMount())('a home on a full disk', () => {
  async function full() {
    const sandbox = await filled();
    const kept = join(sandbox.home, 'kept');
    cpSync(join(sandbox.home, 'data'), kept, { recursive: true });
    rmSync(join(sandbox.home, 'data'), { recursive: true });
    const disk = await mountSmallDisk(sandbox, ['data']);
    cpSync(kept, disk.data, { recursive: true });
    disk.fill();
    return { sandbox, disk };
  }

  test('is read without a daemon', async () => {
    const { sandbox, disk } = await full();
    await expectReads(sandbox, disk.enter);
  });

  test('takes changes and a daemon only once there is space', async () => {
    const { sandbox, disk } = await full();
    await stopAfter({ stop: async () => void (await run(sandbox, disk.enter, ['daemon', 'stop'])) });
    await expectRefusals(sandbox, disk.enter, [...WRITES, ['daemon', 'start']], /no space (is )?left/);
    disk.empty();
    expect(await run(sandbox, disk.enter, ['secret', 'set', 'b'])).toMatchObject({ code: 0 });
    expect(await run(sandbox, disk.enter, ['daemon', 'start'])).toMatchObject({ code: 0 });
    expect(await run(sandbox, disk.enter, ['secret', 'get', 'b'])).toMatchObject({
      code: 0,
      stdout: 'new\n',
    });
  });
});
