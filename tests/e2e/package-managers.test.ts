import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../build/settings.js';
import { type ManagerName, Workshop } from '../support/start/package-managers.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { runMainJob } from './main-job.js';

// The package by the package managers that its users have, none of which runs the install scripts of dependencies
// unless it is told to. In short the newest Node with npm alone; SIGILFORGE_PACKAGES=all is `npm run test:packages`.

const isLong = process.env['SIGILFORGE_PACKAGES'] === 'all';
const NODES = isLong ? ['22', '24', '26'] : ['26'];
const MANAGERS: readonly ManagerName[] = isLong
  ? ['npm 12', 'npm 12, globally', 'pnpm 10', 'yarn 4, node_modules', 'yarn 4, Plug and Play']
  : ['npm 12'];

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open(NODES);
}, 300_000);

afterAll(() => workshop?.close());

describe.each(NODES)('Node %s', (major) => {
  test.each(MANAGERS)(
    '%s installs it and it does its main job',
    async (manager) => {
      const installed = await workshop.install(major, manager);
      if (isLong)
        process.stderr.write(`Node ${major}, ${manager}: installed in ${installed.seconds.toFixed(1)} s\n`);
      await runMainJob(installed);
    },
    180_000,
  );
});

test.each(isLong ? NODES.slice(-1) : [])(
  'on Node %s, kept in its zip by Yarn, it says how to have it unpacked, and then does its main job',
  async (major) => {
    const installed = await workshop.install(major, 'yarn 4, Plug and Play', {
      dependenciesMeta: { sigilforge: { unplugged: false } },
    });
    const sandbox = await stopAfter(createSandbox());
    const command = [...installed.program('sigilforge'), 'daemon', 'start'];
    const options = { input: '', cwd: installed.folder, env: installed.env };
    const { code, stderr } = await sandbox.spawn(command, options).exited;
    expect({ code, stderr }).toEqual({ code: 10, stderr: expect.stringContaining('dependenciesMeta') });
    const manifest = path.join(installed.folder, 'package.json');
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace(/("unplugged": )false/, '$1true'));
    await installed.manage('install');
    await runMainJob(installed);
  },
  400_000,
);

test('on Windows, pnpm and Yarn start it by a path without an ending, which leads to the .cmd file beside it', async () => {
  const { cmd, sh } = await workshop.windowsShims(path.join(ROOT, 'dist/sigilforge'));
  expect(cmd).toBe('@SETLOCAL\r\n@"%~dp0\\package\\sigilforge"   %*\r\n');
  expect(sh).toContain('\n"$basedir/package/sigilforge"   "$@"\n');
});

test('without its driver it says what to do, and npm then does it', async () => {
  const installed = await workshop.install(NODES.at(-1) ?? '', 'npm 12');
  const modules = path.join(installed.folder, 'node_modules');
  await rm(path.join(modules, 'better-sqlite3'), { recursive: true });
  const sandbox = await stopAfter(createSandbox());
  const list = () =>
    sandbox.spawn([...installed.program('sigilforge'), '--direct', 'list-accounts'], {
      input: '',
      env: installed.env,
    }).exited;
  const { code, stderr } = await list();
  expect({ code, stderr }).toEqual({
    code: 10,
    stderr: expect.stringContaining('is not installed for Node'),
  });
  expect(stderr).toContain('npm install --include=optional');
  await installed.manage('install', '--include=optional');
  expect(await list()).toMatchObject({ code: 0 });
}, 180_000);
