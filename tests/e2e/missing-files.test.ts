import { cp, mkdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of what is installed, in a folder of this name, and its commands. */
async function installedIn(sandbox: Sandbox, name: string) {
  const folder = path.join(sandbox.home, name);
  await mkdir(folder, { recursive: true });
  const dist = path.join(folder, 'dist');
  await cp(path.join(ROOT, 'dist'), dist, { recursive: true });
  await cp(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  const command = [process.execPath, path.join(dist, 'sigilforge.cjs')];
  const run = (...args: string[]) => sandbox.spawn([...command, ...args], { input: '' }).exited;
  return { dist, run };
}

test.each([
  ['sigilforged.cjs', ['daemon', 'start']],
  ['sigilforged.cjs', ['daemon', 'run']],
  ['daemon.cjs', ['--direct', 'list-accounts']],
  ['daemon.cjs', ['get-token', 'demo', 'ada']],
  ['keychain.cjs', ['daemon', 'start']],
  ['keychain.cjs', ['--direct', 'list-accounts']],
])('without its %s, sigilforge %j names the file and says to install again', async (file, args) => {
  const sandbox = await stopAfter(createSandbox());
  const { dist, run } = await installedIn(sandbox, 'app');
  await rm(path.join(dist, file));
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }, stderr).toEqual({ code: 10, stdout: '' });
  expect(stderr).toContain(`${file} is missing or damaged.\n  hint: Install Sigilforge again`);
});

test.each([
  ['daemon', 'start'],
  ['daemon', 'run'],
])(
  "in a zip, as Yarn's Plug'n'Play keeps packages, sigilforge %s %s says how to have it unpacked",
  async (...args) => {
    const sandbox = await stopAfter(createSandbox());
    const { run } = await installedIn(sandbox, 'sigilforge-npm-0.1.0.zip/node_modules/sigilforge');
    const { code, stderr } = await run(...args);
    expect(code).toBe(10);
    expect(stderr).toContain('sigilforged.cjs is inside an archive, where no process can start it.');
    expect(stderr).toContain('dependenciesMeta.sigilforge.unplugged to true');
  },
);
