import { chmodSync, chownSync, mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fileSystemFinding } from '../../daemon/doctor/checks/folders.js';
import { canMount } from '../faults/small-disk.js';
import { doctor, found } from '../support/start/doctor.js';
import { createSandbox, isRoot, OTHER_USER, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const LONG = 120_000;

/** A home with a vault, whose key is in a file. */
async function homeWithVault(): Promise<Sandbox> {
  const sandbox = await stopAfter(createSandbox());
  mkdirSync(path.join(sandbox.home, 'config'), { mode: 0o700 });
  writeFileSync(path.join(sandbox.home, 'config', 'config.toml'), '[vault]\nkey = "key_file"\n');
  await sandbox.run(['--direct', 'secret', 'set', 'a'], { input: 'a value' });
  return sandbox;
}

const modeOf = (file: string): number => statSync(file).mode & 0o777;

test(
  'folders and files that are open to others are named, and closed by --fix',
  async () => {
    const empty = await stopAfter(createSandbox());
    const { home } = empty;
    expect(await found(empty, 'folders')).toEqual([
      {
        state: 'ok',
        sentence: `Nothing is stored yet. It will be in ${home}/data and ${home}/state.`,
        cure: null,
      },
    ]);
    const sandbox = await homeWithVault();
    const at = (...names: string[]) => path.join(sandbox.home, ...names);
    mkdirSync(at('state'), { mode: 0o700 });
    writeFileSync(at('state', 'sigilforged.log'), '', { mode: 0o600 });
    mkdirSync(at('state', 'transcripts'), { mode: 0o700 });
    const good = [
      {
        state: 'ok',
        sentence: `Only you may open ${at('data')} and ${at('state')}, and what is in them.`,
        cure: null,
      },
    ];
    expect(await found(sandbox, 'folders')).toEqual(good);

    const folders = [at('data'), at('state'), at('state', 'transcripts'), at('data', 'locks')];
    const files = [at('data', 'sigilforge.db'), at('data', 'vault.key'), at('state', 'sigilforged.log')];
    for (const folder of folders) chmodSync(folder, 0o750);
    for (const file of files) chmodSync(file, 0o644);
    const open = (place: string, mode: number) => ({
      state: 'fault',
      sentence: `${place} is open to other users.`,
      cure: `Close it: chmod ${mode} '${place}'`,
    });
    const loose = await doctor(sandbox, { args: ['folders'] });
    expect(loose.code).toBe(2);
    expect(await found(sandbox, 'folders')).toEqual([
      ...folders.map((folder) => open(folder, 700)),
      ...files.map((file) => open(file, 600)),
    ]);

    const mended = await doctor(sandbox, { args: ['folders', '--fix'] });
    expect(mended.findings.filter(({ name }) => name === 'folders')).toEqual([
      {
        name: 'folders',
        ...good[0],
        fixed: [...folders, ...files].map((place) => `${place} was closed to other users.`),
      },
    ]);
    expect(folders.map(modeOf)).toEqual(folders.map(() => 0o700));
    expect(files.map(modeOf)).toEqual(files.map(() => 0o600));
  },
  LONG,
);

test(
  'what is above them, links and other things in their place are named, and stay as they are with --fix',
  async () => {
    const sandbox = await homeWithVault();
    const { home } = sandbox;
    chmodSync(home, 0o777);
    const above = {
      state: 'fault',
      sentence: `${home} may be changed by other users.`,
      cure: `Close it: chmod go-w '${home}'`,
    };
    const look = (...args: string[]) => found(sandbox, 'folders', { args });
    expect(await look('--fix')).toEqual([above]);
    expect(modeOf(home)).toBe(0o777);
    chmodSync(home, 0o700);

    mkdirSync(path.join(home, 'state'), { mode: 0o700 });
    writeFileSync(path.join(home, 'state', 'runs'), '', { mode: 0o600 });
    const database = path.join(home, 'data', 'sigilforge.db');
    mkdirSync(path.join(home, 'kept'), { mode: 0o700 });
    renameSync(database, path.join(home, 'kept', 'sigilforge.db'));
    symlinkSync(path.join(home, 'kept', 'sigilforge.db'), database);
    const runs = path.join(home, 'state', 'runs');
    expect(await look('--fix')).toEqual([
      {
        state: 'fault',
        sentence: `${runs} is not a folder.`,
        cure: `Move it away: mv '${runs}' '${runs}.old'`,
      },
      {
        state: 'fault',
        sentence: `${database} is a symbolic link.`,
        cure: `Put the real folder or file there: rm '${database}'`,
      },
    ]);
  },
  LONG,
);

test.runIf(isRoot)(
  "another user's folder is named, and not taken over",
  async () => {
    const sandbox = await homeWithVault();
    const data = path.join(sandbox.home, 'data');
    chownSync(data, OTHER_USER, OTHER_USER);
    chmodSync(data, 0o755);
    expect(await found(sandbox, 'folders', { args: ['--fix'] })).toContainEqual({
      state: 'fault',
      sentence: `${data} belongs to another user (uid ${OTHER_USER}).`,
      cure: expect.stringContaining('Run as that user'),
    });
    expect(statSync(data)).toMatchObject({ uid: OTHER_USER });
    expect(modeOf(data)).toBe(0o755);
  },
  LONG,
);

test.runIf(canMount())(
  'a disk with little space, with none, and one that takes no writes',
  async () => {
    const sandbox = await homeWithVault();
    const data = path.join(sandbox.home, 'data');
    const on = (options: string) => ({
      under: [
        ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c'],
        `cp -a '${data}' '${data}.copy' && mount -t tmpfs -o size=50M,mode=700 tmpfs '${data}' && cp -a '${data}.copy/.' '${data}' && rm -r '${data}.copy' && mount -o remount,${options} '${data}' && exec "$@"`,
        'sh',
      ],
      program: program('sigilforge'),
    });
    const cure = `Free some space there: df -h '${data}'`;
    const free = (state: string) => ({
      ...{ state, cure },
      sentence: expect.stringMatching(new RegExp(`^Only \\d+ MiB are free on the disk of ${data}\\.$`)),
    });
    expect(await found(sandbox, 'folders', on('size=50M'))).toEqual([free('warning')]);
    expect(await found(sandbox, 'folders', on('size=3M'))).toEqual([free('fault')]);
    expect(await found(sandbox, 'folders', on('size=500M,ro'))).toEqual([
      {
        state: 'fault',
        sentence: `${data} cannot be used: the file system is read-only.`,
        cure: expect.stringContaining('Make that file system writable.'),
      },
    ]);
  },
  LONG,
);

test('a network file system is named by what the system says about it', () => {
  expect(fileSystemFinding('/home/ada/data', 0x6969)).toEqual([
    {
      state: 'fault',
      sentence: '/home/ada/data is on a network file system, which cannot keep a vault safe.',
      cure: 'Move it to a local disk with XDG_DATA_HOME or SIGILFORGE_HOME.',
    },
  ]);
  expect(fileSystemFinding('/home/ada/data', 0xef53)).toEqual([]);
});
