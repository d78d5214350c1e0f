import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageManager } from '../../daemon/core/store/binding-cure.js';
import { ROOT } from '../build/settings.js';
import { SQLITE_DRIVER } from '../support/sqlite-driver.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';

// The installed package beside a driver of SQLite that is missing, not built, built for another Node, or broken.

const NAME = path.basename(SQLITE_DRIVER);
const isOldNode = NAME === 'better-sqlite3-node20';
const NODE = `Node ${process.versions.node} (ABI ${process.versions.modules}, ${process.platform}-${process.arch})`;

/** The exit status of `daemon status` without a daemon. */
const NOT_RUNNING = 3;

const CONNECTS = `
  const { connect } = require('sigilforge');
  connect().then(
    () => console.log('connected'),
    ({ name, kind, message, hint }) => console.log(JSON.stringify({ name, kind, message, hint })),
  );
`;

let folder: string;
let sandbox: Sandbox;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'sf-driver-')));
  sandbox = await createSandbox();
  await installPackage();
});

afterAll(async () => {
  await sandbox?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a driver that is not installed', () => {
  beforeAll(removeDriver);

  test.each(['connect()', 'the CLI', 'the daemon'] as const)('%s says so, and what to do', async (asked) => {
    expect(await answerOf(asked)).toEqual({
      kind: 'incompatible',
      message: `better-sqlite3 ${isOldNode ? 12 : 13}, which opens the vault's database, is not installed for ${NODE}.`,
      hint: 'Install again with this Node, optional packages included (on Node 20 with Python, make and a C++ compiler): npm install --include=optional',
    });
  });

  test('does not hinder what needs no database', async () => {
    for (const args of [['--version'], ['--help'], ['daemon', 'status']]) {
      const { code, stderr } = await sandbox.spawn([...cli(), ...args], { input: '' }).exited;
      expect({ args, code, stderr }).toMatchObject({ code: args.length > 1 ? NOT_RUNNING : 0 });
      expect(stderr).not.toContain('better-sqlite3');
    }
  });
});

describe('a driver of the wrong version for this Node', () => {
  test.runIf(isOldNode)('is never loaded: version 13 would end the process', async () => {
    await removeDriver();
    const other = path.join(folder, 'node_modules/better-sqlite3');
    await mkdir(other);
    await writeFile(path.join(other, 'package.json'), '{"name":"better-sqlite3","version":"13.2.0"}');
    await writeFile(path.join(other, 'index.js'), "process.kill(process.pid, 'SIGSEGV');");
    expect(await answerOf('connect()')).toMatchObject({ kind: 'incompatible' });
    expect(await answerOf('the daemon')).toMatchObject({ kind: 'incompatible' });
    await rm(other, { recursive: true });
  });
});

describe('a driver whose binary', () => {
  test.each(['connect()', 'the CLI', 'the daemon'] as const)('is missing: %s says so', async (asked) => {
    await installDriver();
    const { kind, message, hint } = await answerOf(asked);
    expect(kind).toBe('incompatible');
    expect(message).toBe(
      `better-sqlite3 ${await version()}, which opens the vault's database, was installed without its binary for ${NODE}.`,
    );
    expect(hint).toContain(
      isOldNode ? 'npm rebuild --ignore-scripts=false better-sqlite3-node20' : 'node-gyp',
    );
  });

  test('is of another Node', async () => {
    await installDriver({
      binary: `const error = new Error("The module 'x.node'\\nwas compiled against a different Node.js version using\\nNODE_MODULE_VERSION 88. This version of Node.js requires");
        error.code = 'ERR_DLOPEN_FAILED'; throw error;`,
    });
    expect(await answerOf('connect()')).toMatchObject({
      kind: 'incompatible',
      message: expect.stringContaining(
        `was built for another version of Node (ABI 88), and this is ${NODE}.`,
      ),
    });
  });

  test('is broken', async () => {
    await installDriver();
    const place = isOldNode ? 'build/Release' : 'build/Debug';
    await mkdir(path.join(folder, 'node_modules', NAME, place), { recursive: true });
    await writeFile(path.join(folder, 'node_modules', NAME, place, 'better_sqlite3.node'), '\x7fELF');
    expect(await answerOf('connect()')).toMatchObject({
      kind: 'incompatible',
      message: expect.stringContaining(`has a binary that does not load in ${NODE}.`),
    });
  });

  test('is whole: it works', async () => {
    await removeDriver();
    await symlink(SQLITE_DRIVER, path.join(folder, 'node_modules', NAME));
    const { stdout } = await sandbox.spawn([process.execPath, '--eval', CONNECTS], { input: '', cwd: folder })
      .exited;
    expect(stdout).toBe('connected\n');
  });
});

describe('the package manager that installed it is told', () => {
  test.each([
    { file: 'node_modules/.package-lock.json', is: 'npm' },
    { file: 'node_modules/.modules.yaml', is: 'pnpm' },
    { file: 'node_modules/.yarn-state.yml', is: 'yarn' },
    { file: 'node_modules/.yarn-integrity', is: 'yarn' },
  ])('by $file: $is', async ({ file, is }) => {
    const project = await mkdtemp(path.join(folder, 'project-'));
    await mkdir(path.join(project, 'node_modules'));
    await writeFile(path.join(project, 'package.json'), '{}');
    await writeFile(path.join(project, file), '');
    expect(packageManager(path.join(project, 'node_modules/sigilforge/dist/daemon.cjs'))).toBe(is);
  });

  test('by the absence of a project: npm, globally', async () => {
    const prefix = await mkdtemp(path.join(folder, 'prefix-'));
    expect(packageManager(path.join(prefix, 'lib/node_modules/sigilforge/dist/daemon.cjs'))).toBe(
      'npm, globally',
    );
  });
});

/** What is built, as a package beside those it needs. */
async function installPackage(): Promise<void> {
  const modules = path.join(folder, 'node_modules');
  await mkdir(path.join(modules, 'sigilforge/dist'), { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{}');
  await cp(path.join(ROOT, 'package.json'), path.join(modules, 'sigilforge/package.json'));
  for (const file of await readdir(path.join(ROOT, 'dist'))) {
    if (!/\.([cm]js|json)$/.test(file)) continue;
    await cp(path.join(ROOT, 'dist', file), path.join(modules, 'sigilforge/dist', file));
  }
  const { dependencies } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), 'bindings', 'file-uri-to-path']) {
    await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
    await symlink(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
}

async function removeDriver(): Promise<void> {
  await rm(path.join(folder, 'node_modules', NAME), { recursive: true, force: true });
}

/** The driver without its binary, or with a file in the place of it. */
async function installDriver({ binary }: { binary?: string } = {}): Promise<void> {
  await removeDriver();
  const place = path.join(folder, 'node_modules', NAME);
  for (const part of ['package.json', 'lib']) {
    await cp(path.join(SQLITE_DRIVER, part), path.join(place, part), { recursive: true });
  }
  if (binary !== undefined)
    await writeFile(path.join(place, isOldNode ? 'lib/database.js' : 'lib/binding.js'), wrap(binary));
}

/** In place of the file that loads the binary: fails as soon as that is asked for. */
function wrap(binary: string): string {
  return isOldNode
    ? `module.exports = function Database() { ${binary} }; module.exports.SqliteError = class extends Error {};`
    : `exports.getBinding = () => { ${binary} };`;
}

async function version(): Promise<string> {
  return JSON.parse(await readFile(path.join(SQLITE_DRIVER, 'package.json'), 'utf8')).version;
}

function cli(): string[] {
  return [process.execPath, path.join(folder, 'node_modules/sigilforge/dist/sigilforge.cjs')];
}

/** The error by which each of them ends. */
async function answerOf(asked: 'connect()' | 'the CLI' | 'the daemon'): Promise<Record<string, unknown>> {
  if (asked === 'connect()') {
    const { stdout } = await sandbox.spawn([process.execPath, '--eval', CONNECTS], { input: '', cwd: folder })
      .exited;
    const { name, ...error } = JSON.parse(stdout);
    expect(name).toBe('SigilforgeError');
    return error;
  }
  if (asked === 'the daemon') {
    const program = path.join(folder, 'node_modules/sigilforge/dist/sigilforged.cjs');
    const { code, stdout } = await sandbox.spawn([process.execPath, program], { input: '' }).exited;
    expect(code).toBe(10);
    const { error } = JSON.parse(stdout);
    return { kind: error.data.kind, message: error.message, hint: error.data.hint };
  }
  const { code, stderr } = await sandbox.spawn([...cli(), '--direct', 'list-accounts'], { input: '' }).exited;
  expect(code).toBe(10);
  const [, message, hint] = /^sigilforge: (.+)\n {2}hint: (.+)\n$/.exec(stderr) ?? [];
  return { kind: 'incompatible', message, hint };
}
