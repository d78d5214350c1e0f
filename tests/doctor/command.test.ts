import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checks } from '../../daemon/doctor/checks.js';
import type { Examined } from '../../daemon/doctor/examine.js';
import { doctor } from '../support/start/doctor.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const LONG = 120_000;
const EXIT = { ok: 0, warning: 1, fault: 2 };

async function homeWithSecret(): Promise<Sandbox> {
  const sandbox = await stopAfter(createSandbox());
  mkdirSync(path.join(sandbox.home, 'config'), { mode: 0o700 });
  writeFileSync(path.join(sandbox.home, 'config', 'config.toml'), '[vault]\nkey = "key_file"\n');
  await sandbox.run(['--direct', 'secret', 'set', 'team/key'], { input: 'canary-of-a-secret' });
  return sandbox;
}

/** Every path below a folder, with what changes if it does. */
function contentsOf(folder: string): string[] {
  const stats = statSync(folder);
  const own = `${folder} ${stats.mode} ${stats.isFile() ? readFileSync(folder, 'latin1') : ''}`;
  if (!stats.isDirectory()) return [own];
  return [own, ...readdirSync(folder).flatMap((name) => contentsOf(path.join(folder, name)))];
}

test(
  'the exit status is that of the worst finding',
  async () => {
    const sandbox = await homeWithSecret();
    const warned = await doctor(sandbox);
    expect(warned).toMatchObject({ state: 'warning', code: EXIT.warning });
    chmodSync(path.join(sandbox.home, 'data'), 0o755);
    expect(await doctor(sandbox)).toMatchObject({ state: 'fault', code: EXIT.fault });
  },
  LONG,
);

test(
  'some checks are made if they are named, in their own order',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    const { findings, code } = await doctor(sandbox, { args: ['native-parts', 'node'] });
    expect(findings.map(({ name }) => name)).toEqual(['node', 'native parts']);
    expect(code).toBe(EXIT.ok);
    expect(await sandbox.run(['doctor', 'node', 'nose'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /There is no check of that name\.\n.*hint: Name some of these, .*: node, package, native-parts/,
      ),
    });
  },
  LONG,
);

test(
  'each check is there once at least, in the order of the list',
  async () => {
    const sandbox = await homeWithSecret();
    await sandbox.startDaemon();
    const { findings } = await doctor(sandbox);
    const names = [...new Set(findings.map(({ name }) => name))];
    const order = checks.map(({ name }) => name);
    expect(names).toEqual(order.filter((name) => names.includes(name)));
    expect(order.filter((name) => !names.includes(name) && !MAY_BE_SILENT.includes(name))).toEqual([]);
  },
  LONG,
);

/** What has nothing to look at in that home. */
const MAY_BE_SILENT = ['accounts', 'clock', 'network', 'log'];

test(
  'nothing is made in a home where nothing is, and a home stays as it is',
  async () => {
    const empty = await stopAfter(createSandbox());
    for (const args of [[], ['--fix']]) await doctor(empty, { args });
    expect(readdirSync(empty.home)).toEqual([]);
    const sandbox = await homeWithSecret();
    const files = () =>
      // The index of the write-ahead log comes and goes with each program that reads.
      contentsOf(sandbox.home).filter((line) => !/^\S+-(shm|wal) /.test(line));
    const before = files();
    await doctor(sandbox, { args: ['--fix'] });
    expect(files()).toEqual(before);
  },
  LONG,
);

test(
  'on a terminal findings have marks and their cures below; elsewhere they are lines of cells',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    const shown = await sandbox.run(['doctor'], { tty: true, env: { NO_COLOR: '1' } });
    expect(shown.code).toBe(1);
    expect(shown.stdout).toMatch(/✓ node: Node v[\d.]+ \(.+\)\.\r\n/);
    expect(shown.stdout).toMatch(
      /! daemon: No daemon runs, .*\r\n {4}→ Start it with: sigilforge daemon start\r\n/,
    );
    mkdirSync(path.join(sandbox.home, 'data'), { mode: 0o755 });
    const mended = await sandbox.run(['doctor', '--fix'], { tty: true, env: { NO_COLOR: '1' } });
    expect(mended.stdout).toMatch(/✓ folders: .*\r\n {4}done: \S+data was closed to other users\.\r\n/);
    chmodSync(path.join(sandbox.home, 'data'), 0o755);
    const piped = await sandbox.run(['doctor']);
    expect(piped.code).toBe(2);
    expect(piped.stderr).toBe('');
    expect(piped.stdout).toMatch(
      /^fault\tfolders\t\S+ is open to other users\.\t→ Close it: chmod 700 '\S+'$/m,
    );
    expect(piped.stdout).not.toContain('\u001b');
  },
  LONG,
);

test(
  'a check that takes long shows what is waited for',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    const bin = path.join(sandbox.home, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'vals'), '#!/bin/sh\nsleep 3\necho 1.2.3\n');
    chmodSync(path.join(bin, 'vals'), 0o755);
    mkdirSync(path.join(sandbox.home, 'config'), { mode: 0o700 });
    writeFileSync(path.join(sandbox.home, 'config', 'config.toml'), '[vals]\nenabled = true\n');
    const env = { PATH: [bin, process.env['PATH']].join(path.delimiter) };
    const { stdout } = await sandbox.run(['doctor', 'vals'], { tty: true, env });
    expect(stdout).toMatch(/Checking: vals….*✓\S* vals: vals 1\.2\.3/s);
    expect(
      (await sandbox.run(['doctor', 'vals'], { tty: true, env: { PATH: process.env['PATH'] } })).stdout,
    ).not.toContain('Checking: vals');
  },
  LONG,
);

test(
  'over a door the library is not used: what can be seen is looked at, and the rest is named',
  async () => {
    const sandbox = await homeWithSecret();
    await sandbox.startDaemon();
    const exec = ['exec', '--grant', 'secret://team/key', '--', ...program('sigilforge'), 'doctor', '--json'];
    const { code, stdout, stderr } = await sandbox.run(exec);
    expect({ code, stderr }).toMatchObject({ code: EXIT.warning });
    const { findings } = JSON.parse(stdout) as { findings: Examined[] };
    const names = findings.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['node', 'package', 'native parts', 'daemon', 'swap']));
    expect(findings).toContainEqual(expect.objectContaining({ name: 'daemon', state: 'ok' }));
    expect(findings.at(-1)).toMatchObject({
      name: 'not checked',
      state: 'warning',
      sentence: expect.stringMatching(
        /^SIGILFORGE_(SOCKET|FD) is set, so only the daemon that it leads to may be asked, not the vault: .*audit/,
      ),
      cure: expect.stringMatching(
        /run it without the variable: env -u SIGILFORGE_(SOCKET|FD) sigilforge doctor$/,
      ),
    });
    for (const name of ['database', 'vault', 'accounts', 'audit']) expect(names).not.toContain(name);
  },
  LONG,
);

test(
  'Ctrl-C ends it',
  async () => {
    const sandbox = await stopAfter(createSandbox());
    const bin = path.join(sandbox.home, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'vals'), '#!/bin/sh\necho begun > "$0.begun"\nexec sleep 600\n');
    chmodSync(path.join(bin, 'vals'), 0o755);
    mkdirSync(path.join(sandbox.home, 'config'), { mode: 0o700 });
    writeFileSync(path.join(sandbox.home, 'config', 'config.toml'), '[vals]\nenabled = true\n');
    const env = { PATH: [bin, process.env['PATH']].join(path.delimiter) };
    const running = sandbox.start(['doctor', 'vals'], { env, input: '' });
    await expect.poll(() => readdirSync(bin), { timeout: 30_000 }).toContain('vals.begun');
    running.child.kill('SIGINT');
    expect(await running.exited).toMatchObject({ code: 8, stderr: expect.stringContaining('cancelled') });
  },
  LONG,
);
