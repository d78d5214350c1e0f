import { copyFile, cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { found } from '../support/start/doctor.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What is installed, with a link for each package, so that one of them can be taken away or replaced. */
async function installed(sandbox: Sandbox) {
  const folder = path.join(sandbox.home, 'app');
  const modules = path.join(folder, 'node_modules');
  await mkdir(modules, { recursive: true });
  await cp(path.join(ROOT, 'dist'), path.join(folder, 'dist'), { recursive: true });
  await cp(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  for (const name of await readdir(path.join(ROOT, 'node_modules'))) {
    const scoped = name.startsWith('@') ? await readdir(path.join(ROOT, 'node_modules', name)) : [''];
    await mkdir(path.join(modules, name.startsWith('@') ? name : '.'), { recursive: true });
    for (const one of scoped) {
      const place = path.join(name, one);
      await symlink(path.join(ROOT, 'node_modules', place), path.join(modules, place));
    }
  }
  const program = [process.execPath, path.join(folder, 'dist', 'sigilforge.cjs')];
  return { modules, look: () => found(sandbox, 'native parts', { under: ['env'], program }) };
}

const AGAIN = expect.stringMatching(/^Install again with this Node.*: npm install /);

test('all are there', async () => {
  const sandbox = await stopAfter(createSandbox());
  expect(await found(sandbox, 'native parts')).toEqual([
    {
      state: 'ok',
      sentence: expect.stringMatching(
        /^All are there and load \(\w+-\w+[\w-]*\): better-sqlite3, @napi-rs\/keyring, @node-rs\/argon2, koffi\.$/,
      ),
      cure: null,
    },
  ]);
}, 120_000);

test('those that are missing are named with what is lost, the optional one as a warning', async () => {
  const sandbox = await stopAfter(createSandbox());
  const { modules, look } = await installed(sandbox);
  const names = ['@napi-rs/keyring', '@node-rs/argon2', 'koffi'];
  for (const name of [...names, 'better-sqlite3-node20', 'better-sqlite3'])
    await rm(path.join(modules, name), { force: true });
  expect(await look()).toEqual([
    {
      state: 'fault',
      sentence: expect.stringMatching(
        /^better-sqlite3 \d+, which opens the vault's database, is not installed for Node/,
      ),
      cure: AGAIN,
    },
    {
      state: 'fault',
      sentence: '@napi-rs/keyring is not installed: the keychain cannot be used.',
      cure: AGAIN,
    },
    {
      state: 'fault',
      sentence: '@node-rs/argon2 is not installed: passwords and passphrases cannot be used.',
      cure: AGAIN,
    },
    {
      state: 'warning',
      sentence:
        'koffi is not installed: the daemon does not see which user connects, and cannot forbid core files of itself.',
      cure: AGAIN,
    },
  ]);
}, 120_000);

test('those whose binary is for another system, or ends the process, are named too', async () => {
  const sandbox = await stopAfter(createSandbox());
  const { modules, look } = await installed(sandbox);
  const replace = async (name: string, program: string, binary?: string) => {
    const folder = path.join(modules, name);
    await rm(folder);
    await mkdir(folder);
    await writeFile(path.join(folder, 'index.js'), program);
    if (binary !== undefined) await writeFile(path.join(folder, 'part.node'), binary);
  };
  // A binary of another system, as one that was copied from there.
  await replace('@napi-rs/keyring', "module.exports = require('./part.node');", 'MZ of another system');
  await replace('@node-rs/argon2', "process.kill(process.pid, 'SIGSEGV'); for (;;);");
  expect(await look()).toEqual([
    {
      state: 'fault',
      sentence: expect.stringMatching(
        /^@napi-rs\/keyring has no binary that loads in this Node, for \w+-\w+[\w-]*: the keychain cannot be used\.$/,
      ),
      cure: AGAIN,
    },
    {
      state: 'fault',
      sentence: expect.stringMatching(
        /^@node-rs\/argon2 has no binary that loads in this Node, for \w+-\w+[\w-]* \(it ends the process by SIGSEGV\): passwords/,
      ),
      cure: AGAIN,
    },
  ]);
}, 120_000);

test("a binary of SQLite's driver that does not load is named, with the command that builds it", async () => {
  const sandbox = await stopAfter(createSandbox());
  const { modules, look } = await installed(sandbox);
  const name = Number.parseInt(process.versions.node, 10) < 22 ? 'better-sqlite3-node20' : 'better-sqlite3';
  const folder = path.join(modules, name);
  await rm(folder);
  await mkdir(folder);
  for (const part of ['lib', 'package.json'])
    await cp(path.join(ROOT, 'node_modules', name, part), path.join(folder, part), { recursive: true });
  expect(await look()).toEqual([
    {
      state: 'fault',
      sentence: expect.stringMatching(
        /^better-sqlite3 [\d.]+, which opens .* was installed without its binary for Node/,
      ),
      cure: expect.stringMatching(/^Build it .*(npm rebuild|node-gyp)/),
    },
  ]);
  const release = path.join(folder, 'build', 'Release');
  await mkdir(release, { recursive: true });
  await copyFile(process.execPath, path.join(release, 'better_sqlite3.node'));
  expect(await look()).toMatchObject([
    { state: 'fault', sentence: expect.stringContaining('has a binary that does not load in Node') },
  ]);
}, 120_000);
