import { chmod, cp, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { wayOfInstalling } from '../../daemon/doctor/look/installation.js';
import { VERSION } from '../../shared/version.js';
import { found } from '../support/start/doctor.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const RESTART = 'Start it from this installation: sigilforge daemon restart';

/** The package as a package manager puts it there, with the dependencies of this checkout. */
async function installIn(sandbox: Sandbox, ...names: string[]): Promise<string> {
  const modules = path.join(sandbox.home, ...names, 'node_modules');
  const folder = path.join(modules, 'sigilforge');
  await mkdir(modules, { recursive: true });
  await cp(path.join(ROOT, 'dist'), path.join(folder, 'dist'), { recursive: true });
  await cp(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

const programIn = (folder: string, name = 'sigilforge') => path.join(folder, 'dist', `${name}.cjs`);

const as = (folder: string) => ({ under: ['env'], program: [process.execPath, programIn(folder)] });

test('a checkout, a project, npx and an archive are told apart', async () => {
  const sandbox = await stopAfter(createSandbox());
  expect(await found(sandbox, 'package')).toEqual([
    { state: 'ok', sentence: `Sigilforge ${VERSION}, by a checkout of its source (${ROOT}).`, cure: null },
  ]);
  await writeFile(path.join(sandbox.home, 'package.json'), '{}');
  const project = await installIn(sandbox);
  expect(await found(sandbox, 'package', as(project))).toEqual([
    { state: 'ok', sentence: `Sigilforge ${VERSION}, by npm (${project}).`, cure: null },
  ]);
  const cached = await installIn(sandbox, '_npx', '0a1b');
  expect(await found(sandbox, 'package', as(cached))).toEqual([
    {
      state: 'warning',
      sentence: `Sigilforge ${VERSION}, by npx's cache (${cached}). That folder may be emptied at any time, under a daemon or a service that was started from it.`,
      cure: 'Install it: npm install --global sigilforge',
    },
  ]);
  const zipped = await installIn(sandbox, 'sigilforge-npm-0.1.0.zip');
  expect(await found(sandbox, 'package', as(zipped))).toEqual([
    {
      state: 'fault',
      sentence: `${programIn(zipped, 'sigilforged')} is inside an archive, where no process can start it.`,
      cure: expect.stringContaining('dependenciesMeta.sigilforge.unplugged to true'),
    },
  ]);
}, 120_000);

describe('the way of installing is told from a path', () => {
  test.each([
    ['/usr/lib/node_modules/sigilforge/dist/sigilforge.cjs', 'npm, globally'],
    ['/a/node_modules/.pnpm/sigilforge@0.1.0/node_modules/sigilforge/dist/sigilforge.cjs', 'pnpm'],
    [
      '/a/.yarn/cache/sigilforge-npm-0.1.0.zip/node_modules/sigilforge/dist/sigilforge.cjs',
      "Yarn's Plug'n'Play, in an archive",
    ],
    ['/a/.npm/_npx/1f/node_modules/sigilforge/dist/sigilforge.cjs', "npx's cache"],
    ['/a/sigilforge/dist/sigilforge.cjs', 'a checkout of its source'],
  ])('%s', (file, way) => {
    expect(wayOfInstalling(file)).toBe(way);
  });
});

test('another installation on PATH is named, its own link and script are not', async () => {
  const sandbox = await stopAfter(createSandbox());
  const other = await installIn(sandbox, 'other');
  const own = await installIn(sandbox, 'own');
  const [first, second, third] = ['a', 'b', 'c'].map((name) => path.join(sandbox.home, name));
  for (const folder of [first, second, third]) await mkdir(folder as string);
  await symlink(path.join(own, 'dist/sigilforge'), path.join(first as string, 'sigilforge'));
  // As pnpm writes it in place of a link.
  const script = '#!/bin/sh\n"$basedir/../own/node_modules/sigilforge/dist/sigilforge"  "$@"\nexit $?\n';
  await writeFile(path.join(second as string, 'sigilforge'), script);
  await chmod(path.join(second as string, 'sigilforge'), 0o755);
  await symlink(path.join(other, 'dist/sigilforge'), path.join(third as string, 'sigilforge'));
  const look = (...folders: (string | undefined)[]) =>
    found(sandbox, 'package', {
      ...as(own),
      env: { PATH: [...folders, process.env['PATH']].join(path.delimiter) },
    });
  expect(await look(first, second)).toMatchObject([{ state: 'ok' }]);
  const named = (which: string) => ({
    state: 'warning',
    sentence: `Another installation of sigilforge is on PATH${which}: ${third}/sigilforge (${programIn(other)}, version ${VERSION}).`,
    cure: 'Uninstall the one that you do not use, after a look at: which -a sigilforge',
  });
  expect(await look(first, third)).toEqual([expect.objectContaining({ state: 'ok' }), named('')]);
  expect(await look(third, first)).toEqual([
    expect.objectContaining({ state: 'ok' }),
    named(', and is the first'),
  ]);
}, 120_000);

test('a daemon of another installation is named, and one whose files are gone', async () => {
  const sandbox = await stopAfter(createSandbox());
  const other = await installIn(sandbox, 'other');
  const started = await sandbox.spawn([process.execPath, programIn(other), 'daemon', 'start', '--json'], {
    input: '',
  }).exited;
  const pid = sandbox.track(Number(JSON.parse(started.stdout).pid));
  expect(await found(sandbox, 'package')).toEqual([
    expect.objectContaining({ state: 'ok' }),
    {
      state: 'warning',
      sentence: `The daemon (process ${pid}) is of another installation: ${programIn(other, 'sigilforged')}.`,
      cure: 'If this one is meant, start it from here: sigilforge daemon restart',
    },
  ]);
  await rename(other, `${other}-old`);
  expect(await found(sandbox, 'package')).toEqual([
    expect.objectContaining({ state: 'ok' }),
    {
      state: 'fault',
      sentence: `The daemon (process ${pid}) runs from ${programIn(other, 'sigilforged')}, which is no longer there.`,
      cure: RESTART,
    },
  ]);
}, 120_000);
