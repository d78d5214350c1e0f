import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { VERSION } from '../../shared/version.js';
import { NATIVE_PROGRAMS } from '../build/native.js';
import { ROOT } from '../build/settings.js';

// The command that npm puts on PATH, in a package whose programs only say how they were called.

const NAMES = ['sigilforge', 'docker-credential-sigilforge'];
const HERE = `dist/native/${process.platform}-${process.arch}/sigilforge`;

/** Every shell of this machine that may be its `sh`; the kernel's own choice is the first. */
const SHELLS = [[], ['dash'], ['bash', '--posix'], ['busybox', 'sh'], ['mksh']].filter(
  ([shell]) => shell === undefined || spawnSync(shell, ['-c', ':']).status === 0,
);

interface Package {
  readonly folder: string;
  /** Puts a link to a launcher at this place below the folder, and gives its path. */
  link(place: string, target: string): Promise<string>;
}

/** A package below `node_modules`, with or without a native client for this system. */
async function makePackage(modules: string, { native }: { native: boolean }): Promise<Package> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf launcher '));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const within = path.join(folder, modules, 'sigilforge');
  await mkdir(path.join(within, 'dist'), { recursive: true });
  for (const name of NAMES) {
    await copyFile(path.join(ROOT, 'dist', name), path.join(within, 'dist', name));
  }
  const node = "process.stdout.write(['node', ...process.argv.slice(2)].join('|'))";
  await writeFile(path.join(within, 'dist/sigilforge.cjs'), node);
  if (native) {
    await mkdir(path.join(within, path.dirname(HERE)), { recursive: true });
    const says = '#!/bin/sh\nprintf native; for a; do printf "|%s" "$a"; done\n';
    await writeFile(path.join(within, HERE), says, { mode: 0o755 });
  }
  return {
    folder,
    async link(place, target) {
      const file = path.join(folder, place);
      await mkdir(path.dirname(file), { recursive: true });
      await symlink(target, file);
      return file;
    },
  };
}

/** What a command says, and nothing on standard error. */
function said(command: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): string {
  const [program = '', ...args] = command;
  const { stdout, stderr, status } = spawnSync(program, args, { ...options, encoding: 'utf8' });
  expect({ command, stderr, status }).toEqual({ command, stderr: '', status: 0 });
  return stdout;
}

/** Where npm, pnpm and Yarn put things: the folder of packages, the link's place, and where it leads. */
const LAYOUTS = [
  ['npm, globally', 'lib/node_modules', 'bin', '../lib/node_modules/sigilforge/dist'],
  ['npm and Yarn in a project', 'node_modules', 'node_modules/.bin', '../sigilforge/dist'],
  ['a link to a link elsewhere', 'opt/node_modules', 'usr/bin', '../../opt/more'],
  ['npm link', 'src', 'prefix/bin', '../lib/node_modules/sigilforge/dist'],
] as const;

describe.each(SHELLS.map((shell) => ({ shell, name: shell.join(' ') || 'the kernel' })))(
  'started by $name',
  ({ shell }) => {
    test.each(LAYOUTS)('as %s', async (layout, modules, bin, to) => {
      const made = await makePackage(modules, { native: true });
      if (layout === 'a link to a link elsewhere') {
        await made.link('opt/more', path.join(made.folder, 'opt/node_modules/sigilforge/dist'));
      }
      if (layout === 'npm link')
        await made.link('prefix/lib/node_modules/sigilforge', '../../../src/sigilforge');
      const program = await made.link(`${bin}/sigilforge`, `${to}/sigilforge`);
      const docker = await made.link(
        `${bin}/docker-credential-sigilforge`,
        `${to}/docker-credential-sigilforge`,
      );
      expect(said([...shell, program, 'a b', '', '*'])).toBe('native|a b||*');
      expect(said([...shell, docker, 'get'])).toBe('native|docker-credential|get');
    });

    test('by its own path, absolute and relative', async () => {
      const { folder } = await makePackage('node_modules', { native: true });
      const dist = path.join(folder, 'node_modules/sigilforge/dist');
      expect(said([...shell, path.join(dist, 'sigilforge'), 'a'])).toBe('native|a');
      expect(said([...shell, './sigilforge', 'a'], { cwd: dist })).toBe('native|a');
    });

    test('where there is no native client for this system, it is Node', async () => {
      const made = await makePackage('lib/node_modules', { native: false });
      const program = await made.link('bin/sigilforge', '../lib/node_modules/sigilforge/dist/sigilforge');
      const docker = await made.link(
        'bin/docker-credential-sigilforge',
        '../lib/node_modules/sigilforge/dist/docker-credential-sigilforge',
      );
      expect(said([...shell, program, '--env-file', 'a b'])).toBe('node|--env-file|a b');
      expect(said([...shell, docker, 'get'])).toBe('node|docker-credential|get');
    });
  },
);

test('another version nearby is not taken for the one that a link leads to', async () => {
  const own = await makePackage('own/node_modules', { native: true });
  const other = await makePackage('lib/node_modules', { native: false });
  const target = path.join(own.folder, 'own/node_modules/sigilforge/dist/sigilforge');
  expect(said([await other.link('bin/sigilforge', target), 'a'])).toBe('native|a');
});

test("a caller's variables reach the program as they are, those that scripts like to use among them", async () => {
  const made = await makePackage('lib/node_modules', { native: false });
  const native = path.join(made.folder, 'lib/node_modules/sigilforge', HERE);
  await mkdir(path.dirname(native), { recursive: true });
  await copyFile('/usr/bin/env', native);
  await chmod(native, 0o755);
  const program = await made.link('bin/sigilforge', '../lib/node_modules/sigilforge/dist/sigilforge');
  const names = ['HOME', 'PATH', 'dist', 'file', 'here', 'link', 'machine', 'name', 'native', 'system', 'x'];
  const env = Object.fromEntries([...names.map((name) => [name, `its ${name}`]), ['PWD', made.folder]]);
  const passed = said([program], { cwd: made.folder, env }).trim().split('\n').sort();
  // Some shells add those two.
  const others = passed.filter((line) => !/^(_|SHLVL|OLDPWD)=/.test(line));
  expect(others).toEqual(
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
  );
});

test('its first line is only the interpreter to a kernel that reads 256 bytes', async () => {
  for (const name of NAMES) {
    const bytes = await readFile(path.join(ROOT, 'dist', name));
    expect(bytes.toString('latin1', 0, 256).trimEnd()).toBe('#!/bin/sh');
    expect(bytes.toString('latin1', 256, 257)).toBe('#');
  }
});

test('Node runs it as the CLI, because Yarn has every program of a package run by Node', async () => {
  const program = path.join(ROOT, 'dist/sigilforge');
  expect(said([process.execPath, program, '--version'])).toBe(`${VERSION}\n`);
  const made = await makePackage('node_modules', { native: true });
  const docker = path.join(made.folder, 'node_modules/sigilforge/dist/docker-credential-sigilforge');
  expect(said([process.execPath, docker, 'get'])).toBe('node|docker-credential|get');
});

describe('on Windows', () => {
  let shims: Record<string, string>;

  beforeAll(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sf-shims-'));
    try {
      const modules = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim();
      const cmdShim: (from: string, to: string) => Promise<void> = createRequire(import.meta.url)(
        path.join(modules, 'npm/node_modules/cmd-shim'),
      );
      await mkdir(path.join(folder, 'package'));
      await copyFile(path.join(ROOT, 'dist/sigilforge'), path.join(folder, 'package/sigilforge'));
      await cmdShim(path.join(folder, 'package/sigilforge'), path.join(folder, 'sigilforge'));
      const read = (name: string) => readFile(path.join(folder, name), 'utf8');
      shims = { cmd: await read('sigilforge.cmd'), ps1: await read('sigilforge.ps1') };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('what npm writes starts it by a path without an ending, and no sh', () => {
    expect(shims['cmd']).toContain('@ECHO off');
    expect(shims['cmd']?.trimEnd().split('\r\n').at(-1)?.trimEnd()).toBe('"%dp0%\\package\\sigilforge"   %*');
    expect(shims['ps1']).toContain('& "$basedir/package/sigilforge"');
    for (const text of Object.values(shims)) expect(text).not.toMatch(/\bsh\b/);
  });

  test('such a path leads to the file beside it that ends in .cmd, which starts Node', async () => {
    const text = (name: string) => readFile(path.join(ROOT, 'dist', `${name}.cmd`), 'utf8');
    expect(await text('sigilforge')).toBe('@node -- "%~dp0sigilforge.cjs" %*\r\n');
    expect(await text('docker-credential-sigilforge')).toBe(
      '@node -- "%~dp0sigilforge.cjs" docker-credential %*\r\n',
    );
  });
});

test('every program that a package is to hold has a system that the launcher knows', async () => {
  const script = await readFile(path.join(ROOT, 'dist/sigilforge'), 'utf8');
  for (const file of NATIVE_PROGRAMS) expect(script).toContain(`sf_native=${file.split('/')[2]}`);
});
