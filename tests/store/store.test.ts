import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { Leases } from '../../daemon/core/store/lease.js';
import { SCHEMA_VERSION } from '../../daemon/core/store/migrate.js';
import { builtFile } from '../../shared/built-file.js';
import { tryLeaseElsewhere } from '../support/lease-holder.js';
import type { Running } from '../support/start/running.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

const key = (name: string) => ['--direct', 'add-account', 'example', name, '--api-key'];

async function clientOf(socket: string): Promise<SigilforgeClient> {
  const client = await connect({ socket });
  onTestFinished(() => client.close());
  return client;
}

/** Everything below a folder with its type and mode: `drwx------` as `d700`. */
async function modesBelow(folder: string): Promise<Record<string, string>> {
  const modes: Record<string, string> = {};
  for (const name of await readdir(folder, { recursive: true })) {
    const stats = await lstat(join(folder, name));
    const type = stats.isDirectory() ? 'd' : stats.isSocket() ? 's' : '-';
    modes[name] = type + (stats.mode & 0o7777).toString(8);
  }
  return modes;
}

/** A program started under a umask that closes nothing. */
function careless(sandbox: Sandbox, ...args: readonly string[]): Running {
  return sandbox.spawn(['sh', '-c', 'umask 0 && exec "$@"', 'sh', process.execPath, ...args]);
}

/** A program without root's right to overlook modes; other users never have it. */
function obedient(sandbox: Sandbox, ...args: readonly string[]): Running {
  const setpriv = ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'];
  return sandbox.spawn([...(process.getuid?.() === 0 ? setpriv : []), process.execPath, ...args]);
}

const modesCount = process.getuid?.() !== 0 || spawnSync('setpriv', ['--version']).status === 0;

describe('files and folders', () => {
  test('are closed to others whatever the umask: of the library', async () => {
    const sandbox = await stopAfter(createSandbox());
    const adding = careless(sandbox, builtFile('sigilforge.cjs'), ...key('one'));
    adding.child.stdin.end('a key');
    expect(await adding.exited).toMatchObject({ code: 0 });
    const modes = await modesBelow(sandbox.home);
    expect(modes).toMatchObject({
      data: 'd700',
      'data/locks': 'd700',
      'data/locks/instance': '-600',
      'data/sigilforge.db': '-600',
      'data/vault.key': '-600',
    });
    expect(Object.values(modes).every((mode) => mode === 'd700' || mode === '-600')).toBe(true);
  });

  test('are closed to others whatever the umask: of a running daemon', async () => {
    const sandbox = await stopAfter(createSandbox());
    const daemon = careless(sandbox, builtFile('sigilforged.cjs'));
    await daemon.seen(/"ready":true/, 'stdout');
    const client = await clientOf(sandbox.socket);
    await client.addAccount({ service: 'example', account: 'one', credential: { api_key: 'a key' } });
    const modes = await modesBelow(sandbox.home);
    expect(modes).toMatchObject({
      data: 'd700',
      'data/locks': 'd700',
      'data/locks/instance': '-600',
      'data/sigilforge.db': '-600',
      'data/sigilforge.db-wal': '-600',
      'data/sigilforge.db-shm': '-600',
      'data/vault.key': '-600',
      run: 'd700',
      'run/sigilforge.sock': 's600',
    });
    expect(Object.values(modes).every((mode) => /^(d700|-600|s600)$/.test(mode))).toBe(true);
  });

  test('are so from birth: nothing is ever closed after the fact', () => {
    const root = new URL('../../', import.meta.url);
    const calls = ['client', 'daemon', 'cli', 'shared'].flatMap((folder) =>
      readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .filter((name) => /chmod\w*\(/.test(readFileSync(new URL(`${folder}/${name}`, root), 'utf8'))),
    );
    // A person's own file, which others could read, is closed before a value is written into it.
    // Doctor closes what is open to others, where it is asked to.
    // A copy that runs is closed to changes once it is whole, and both are opened again to be removed. An archive's folder, and
    // what is put back into a person's folder, get the modes that such folders have once they are whole. The
    // configuration of another program, which holds no secret of ours, keeps the mode that it had.
    expect(calls.sort()).toEqual([
      'capability/archive/new-folder.ts',
      'core/capabilities/changed-folder.ts',
      'core/capabilities/copies.ts',
      'core/runs/launch/working-folder.ts',
      'doctor/look/close-place.ts',
      'files/in-place.ts',
      'files/write.ts',
      'whole-file.ts',
    ]);
  });

  test('that others may open are refused, with the command that mends it', async () => {
    const sandbox = await stopAfter(createSandbox());
    await sandbox.run(['--direct', 'list-accounts']);
    for (const [name, mode, good] of [
      ['data', 0o755, 0o700],
      ['data/locks', 0o750, 0o700],
      ['data/sigilforge.db', 0o644, 0o600],
      ['data/vault.key', 0o640, 0o600],
    ] as const) {
      const path = join(sandbox.home, name);
      await chmod(path, mode);
      const direct = await careless(sandbox, builtFile('sigilforge.cjs'), ...key('one'), '--replace');
      direct.child.stdin.end('a key');
      const { code, stderr } = await direct.exited;
      expect({ name, code }).toEqual({ name, code: 7 });
      expect(stderr).toContain(`${path} is open to other users.`);
      expect(stderr).toContain(`chmod ${good.toString(8)} '${path}'`);
      await chmod(path, good);
    }
    expect(await sandbox.run(['--direct', 'list-accounts'])).toMatchObject({ code: 0 });
  });
});

describe('the schema', () => {
  test('has each migration recorded once', async () => {
    const sandbox = await stopAfter(createSandbox());
    const before = Date.now();
    await sandbox.run(['--direct', 'list-accounts']);
    await sandbox.run(['--direct', 'list-accounts']);
    const rows = stored.migrations(sandbox.home);
    expect(rows.map(({ version }) => version)).toEqual(
      Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1),
    );
    for (const { appliedAt } of rows) {
      expect(appliedAt).toBeGreaterThanOrEqual(before);
      expect(appliedAt).toBeLessThanOrEqual(Date.now());
    }
  });

  test('of a newer version is incompatible, and left byte for byte as it was', async () => {
    const sandbox = await stopAfter(createSandbox());
    await sandbox.run(key('one'), { input: 'a key' });
    stored.migrateBeyond(sandbox.home, 4711);
    const before = await readFile(stored.databaseFile(sandbox.home));
    for (const args of [['daemon', 'start'], ['daemon', 'run'], ['--direct', 'list-accounts'], key('two')]) {
      const { code, stdout, stderr } = await sandbox.run(args, { input: 'another key' });
      expect({ args, code, stdout: stdout.replace(/^\{.*\}\n$/, '') }).toEqual({
        args,
        code: 10,
        stdout: '',
      });
      expect(stderr).toContain(
        `The database has schema version 4711, and this Sigilforge knows version ${SCHEMA_VERSION}. It was left as it is.`,
      );
      expect(stderr).toContain('hint: Install the newer version of Sigilforge again.');
    }
    expect((await readFile(stored.databaseFile(sandbox.home))).equals(before)).toBe(true);
  });
});

describe('a database that cannot be used', () => {
  test('because it is not a database: store_unavailable, and it is left as it was', async () => {
    const sandbox = await stopAfter(createSandbox());
    const garbage = Buffer.alloc(8192, 'this is no database ');
    await mkdir(join(sandbox.home, 'data'), { mode: 0o700 });
    await writeFile(stored.databaseFile(sandbox.home), garbage, { mode: 0o600 });
    const { code, stderr } = await sandbox.run(['--direct', 'list-accounts']);
    expect(code).toBe(10);
    expect(stderr).toContain("The vault's database is damaged, or is not a database.");
    expect((await readFile(stored.databaseFile(sandbox.home))).equals(garbage)).toBe(true);
  });

  test('because pages of it are damaged: store_unavailable', async () => {
    const sandbox = await stopAfter(createSandbox());
    await sandbox.run(key('one'), { input: 'a key' });
    const bytes = await readFile(stored.databaseFile(sandbox.home));
    bytes.fill(0xff, 8192, bytes.length);
    await writeFile(stored.databaseFile(sandbox.home), bytes);
    const { code, stderr } = await sandbox.run(['--direct', 'list-accounts']);
    expect(code).toBe(10);
    expect(stderr).toContain("The vault's database is damaged, or is not a database.");
  });

  // Skipped where this user may write everywhere and there is no setpriv to give that up.
  test.skipIf(!modesCount)(
    'because its folder is read-only: store_unavailable, and nothing is lost',
    async () => {
      const sandbox = await stopAfter(createSandbox());
      await sandbox.run(key('one'), { input: 'a key' });
      const data = join(sandbox.home, 'data');
      await chmod(stored.databaseFile(sandbox.home), 0o400);
      await chmod(data, 0o500);
      onTestFinished(() => chmod(data, 0o700).catch(() => {}));
      const read = obedient(sandbox, builtFile('sigilforge.cjs'), '--direct', 'get-token', 'example', 'one');
      const { code, stderr } = await read.exited;
      expect({ code, stderr }).toEqual({
        code: 10,
        stderr: expect.stringContaining('hint: Make the data folder and its files writable'),
      });
      await chmod(data, 0o700);
      await chmod(stored.databaseFile(sandbox.home), 0o600);
      const again = await sandbox.run(['--direct', 'get-token', 'example', 'one']);
      expect(again).toMatchObject({ code: 0, stdout: 'a key\n' });
    },
  );

  test('because another program keeps it busy: others are answered meanwhile, and it recovers by itself', async () => {
    const sandbox = await stopAfter(createSandbox());
    const daemon = await sandbox.startDaemon();
    const client = await clientOf(daemon.socket);
    const add = () =>
      client.addAccount({ service: 'example', account: 'one', credential: { api_key: 'a key' } });
    const unblock = stored.blockWrites(sandbox.home);
    let failed = false;
    const adding = add().finally(() => {
      failed = true;
    });
    const refused = expect(adding).rejects.toMatchObject({
      kind: 'store_unavailable',
      message: "The vault's database is kept busy by another program.",
    });
    for (let call = 0; call < 3; call++)
      expect(await client.listAccounts()).toEqual({ accounts: [], cursor: null });
    expect(failed).toBe(false);
    await refused;
    unblock();
    expect(await add()).toMatchObject({ account: { account: 'one' } });
  });
});

test('what was deleted is in no file any more', async () => {
  const sandbox = await stopAfter(createSandbox());
  const daemon = await sandbox.startDaemon();
  const client = await clientOf(daemon.socket);
  const name = { service: 'example', account: 'one' };
  const values = ['canary-first', 'canary-second'];
  const sealed: string[] = [];
  for (const [index, value] of values.entries()) {
    await client.addAccount({ ...name, replace: index > 0, credential: { api_key: value } });
    sealed.push(stored.anAccount(sandbox.home).grant.accessToken?.toString('hex') ?? '');
  }
  const filesWith = async (bytes: Buffer) => {
    const found: string[] = [];
    for (const file of await readdir(join(sandbox.home, 'data'), { recursive: true })) {
      const path = join(sandbox.home, 'data', file);
      if ((await lstat(path)).isFile() && (await readFile(path)).includes(bytes)) found.push(file);
    }
    return found;
  };
  const [, kept = ''] = sealed;
  expect(await filesWith(Buffer.from(kept, 'hex'))).not.toEqual([]);
  await client.removeAccount({ ...name, revoke: false });
  for (const hex of sealed) {
    expect(hex).toMatch(/^02[0-9a-f]{100,}$/);
    expect(await filesWith(Buffer.from(hex, 'hex'))).toEqual([]);
  }
  for (const value of values) expect(await filesWith(Buffer.from(value))).toEqual([]);
});

describe('a lease', () => {
  async function leases() {
    const sandbox = await stopAfter(createSandbox());
    const folder = join(sandbox.home, 'locks');
    return {
      folder,
      here: new Leases(folder),
      elsewhere: (name: string) => tryLeaseElsewhere(sandbox, folder, name),
    };
  }

  test('is held by one at a time: of this process, of another, and again of this one', async () => {
    const { here, elsewhere } = await leases();
    const lease = here.tryTake('one');
    expect(lease).toBeDefined();
    expect(here.tryTake('one')).toBeUndefined();
    expect(here.tryTake('two')).toBeDefined();
    await elsewhere('one').seen(/refused/, 'stdout');
    lease?.release();
    const holder = elsewhere('one');
    await holder.seen(/held/, 'stdout');
    expect(here.tryTake('one')).toBeUndefined();
    expect(await here.take('one', 60)).toBeUndefined();
  });

  test('is kept by a process that was stopped, and free once it was killed', async () => {
    const { here, elsewhere } = await leases();
    const holder = elsewhere('one');
    await holder.seen(/held/, 'stdout');
    holder.child.kill('SIGSTOP');
    expect(here.tryTake('one')).toBeUndefined();
    const waiting = here.take('one', 10_000);
    holder.child.kill('SIGKILL');
    await holder.exited;
    const lease = await waiting;
    expect(here.tryTake('one')).toBeUndefined();
    expect(lease).toBeDefined();
    lease?.release();
  });

  test('is a file of 0600, which stays', async () => {
    const { folder, here } = await leases();
    here.tryTake('one')?.release();
    const again = here.tryTake('one');
    expect(await modesBelow(folder)).toMatchObject({ one: '-600' });
    again?.release();
  });
});

describe('many at once on an empty home', () => {
  test('ten daemons: one wins, and the others say that there is one', async () => {
    const sandbox = await stopAfter(createSandbox());
    const daemons = Array.from({ length: 10 }, () =>
      sandbox.spawn([process.execPath, builtFile('sigilforged.cjs')], { input: '' }),
    );
    const lines = await Promise.all(daemons.map((daemon) => daemon.seen(/^(.*)\n/, 'stdout')));
    const said = lines.map(
      ([, line = '']) => JSON.parse(line) as { ready: boolean; error?: { data: object } },
    );
    expect(said.filter(({ ready }) => ready)).toHaveLength(1);
    for (const [index, { ready, error }] of said.entries()) {
      if (ready) continue;
      expect(error).toMatchObject({ data: { kind: 'already_exists' } });
      expect(await daemons[index]?.exited).toMatchObject({ code: 1 });
    }
    const winner = daemons[said.findIndex(({ ready }) => ready)];
    expect(await (await clientOf(sandbox.socket)).status()).toMatchObject({ pid: winner?.pid });
  });

  test('programs with the library beside a daemon that is only starting: one vault, and all work', async () => {
    const sandbox = await stopAfter(createSandbox());
    const starting = sandbox.startDaemon();
    const names = ['one', 'two', 'three'];
    const ends = await Promise.all(names.map((name) => sandbox.run(key(name), { input: `key of ${name}` })));
    for (const { code, stderr } of ends) expect({ code, stderr }).toMatchObject({ code: 0 });
    const client = await clientOf((await starting).socket);
    for (const name of names) {
      expect(await client.getToken({ service: 'example', account: name })).toMatchObject({
        access_token: `key of ${name}`,
      });
    }
  });

  test('twenty programs with the library: one vault, and all work', async () => {
    const sandbox = await stopAfter(createSandbox());
    const names = Array.from({ length: 20 }, (_, index) => `account-${index}`);
    const ends = await Promise.all(names.map((name) => sandbox.run(key(name), { input: `key of ${name}` })));
    for (const { code, stderr } of ends) expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stored.lockOf(sandbox.home)).toHaveLength(2);
    expect(stored.slots(sandbox.home)).toHaveLength(1);
    const client = await clientOf((await sandbox.startDaemon()).socket);
    for (const name of names) {
      expect(await client.getToken({ service: 'example', account: name })).toMatchObject({
        access_token: `key of ${name}`,
      });
    }
  });
});
