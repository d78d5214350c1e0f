import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type RunScene, runScene, writeCapability } from '../runs/scene.js';
import { type Alteration, alterCapability } from '../support/stored.js';

const MANIFEST = { run: { runner: 'python', entry: 'main.py' } };
const FILES = { 'main.py': 'def run(args): return "trusted"', 'lib/a.txt': 'a', 'lib/b.txt': 'b' };

let scene: RunScene;
let folder: string;

beforeEach(async () => {
  scene = await runScene();
  folder = writeCapability(scene.sandbox.home, 'weather', MANIFEST, FILES);
  await scene.core.capabilities.registry.register(folder);
  expect(await scene.run('weather')).toMatchObject({ response: 'trusted' });
});

const file = (name: string) => path.join(folder, name);
const runCount = () => scene.core.history.list({}).runs.length;

/** The next run does not start, and says why. */
async function refusesToRun(message: string | RegExp): Promise<void> {
  const before = runCount();
  await expect(scene.run('weather')).rejects.toMatchObject({
    kind: 'integrity',
    exitCode: 7,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
  expect(runCount()).toBe(before);
}

const listed = (...changes: string[]): string =>
  `The files of the capability weather are not what was trusted:${changes.map((change) => `\n  ${change}`).join('')}`;

describe('a run stops, with the list, after', () => {
  test.each<[what: string, change: () => void, list: string[]]>([
    ['a changed file', () => writeFileSync(file('main.py'), 'other'), ['changed: main.py']],
    [
      'a change that leaves the size as it was',
      () => writeFileSync(file('lib/a.txt'), 'A'),
      ['changed: lib/a.txt'],
    ],
    ['a changed manifest', () => writeFileSync(file('manifest.json'), '{}'), ['changed: manifest.json']],
    ['an added file', () => writeFileSync(file('lib/c.txt'), ''), ['added: lib/c.txt']],
    ['a missing file', () => rmSync(file('lib/b.txt')), ['missing: lib/b.txt']],
    ['a file that became a program', () => chmodSync(file('lib/a.txt'), 0o700), ['changed: lib/a.txt']],
    [
      'all of it',
      () => {
        writeFileSync(file('lib/a.txt'), 'other');
        rmSync(file('lib/b.txt'));
        writeFileSync(file('lib/c.txt'), '');
      },
      ['changed: lib/a.txt', 'missing: lib/b.txt', 'added: lib/c.txt'],
    ],
    [
      'its folder is gone',
      () => rmSync(folder, { recursive: true }),
      ['missing: lib/a.txt', 'missing: lib/b.txt', 'missing: main.py', 'missing: manifest.json'],
    ],
  ])('%s', async (_, change, list) => {
    change();
    await refusesToRun(listed(...list));
  });

  test('very many changes, of which the first are listed', async () => {
    for (let index = 10; index < 35; index += 1) writeFileSync(file(`new-${index}`), '');
    const first = Array.from({ length: 20 }, (_, index) => `added: new-${index + 10}`);
    await refusesToRun(listed(...first, 'and 5 more'));
  });
});

test('the hint is the command that shows and trusts the changes', async () => {
  writeFileSync(file('main.py'), 'other');
  await expect(scene.run('weather')).rejects.toMatchObject({
    hint: 'See the changes and trust them with: sigilforge capability trust weather',
  });
});

test('files that are as they were run again, and what is ignored never stops a run', async () => {
  writeFileSync(file('main.py'), 'other');
  await refusesToRun(listed('changed: main.py'));
  writeFileSync(file('main.py'), FILES['main.py']);
  for (const name of ['.git', '__pycache__']) {
    mkdirSync(file(name));
    writeFileSync(path.join(file(name), 'any'), '');
  }
  expect(await scene.run('weather')).toMatchObject({ response: 'trusted' });
});

describe('a run stops, with the path, after', () => {
  test.each<[what: string, change: () => void, reason: string]>([
    ['a FIFO', () => void spawnSync('mkfifo', [file('odd')]), 'is neither a file nor a folder'],
    ['a link that leads out', () => symlinkSync('/etc/hostname', file('odd')), 'leads out of the folder'],
    [
      'a file that became a link with the same content elsewhere',
      () => {
        writeFileSync(path.join(scene.sandbox.home, 'odd'), 'a', { mode: 0o600 });
        rmSync(file('lib/a.txt'));
        symlinkSync(path.join(scene.sandbox.home, 'odd'), file('lib/a.txt'));
      },
      'leads out of the folder',
    ],
    ['other users could change it', () => chmodSync(file('lib'), 0o777), 'may be changed by other users'],
  ])('%s', async (_, change, reason) => {
    change();
    await refusesToRun(
      new RegExp(`^The files of the capability weather are not what was trusted: ${folder}/.* ${reason}`),
    );
  });
});

describe('what is stored was altered by a program that has no key:', () => {
  const DIGEST = 'f'.repeat(64);
  const NOT_TRUSTED = 'What is stored about the capability weather is not what was trusted.';
  const manifest = JSON.stringify({ name: 'weather', version: '1.0.0', ...MANIFEST, grants: ['secret://*'] });

  test.each<[alteration: Alteration, ...values: string[]]>([
    ['digest', DIGEST],
    ['manifest', manifest],
    ['hash of a file', DIGEST],
    ['mode of a file'],
    ['a file less'],
    ['a file more'],
    ['number'],
    ['seal'],
    ['no seal'],
    ['the same seal in another row'],
  ])('%s', async (alteration, ...values) => {
    alterCapability(scene.sandbox.home, alteration, ...values);
    await refusesToRun(NOT_TRUSTED);
  });

  test('a changed file with its hash and digest recomputed is not what a person trusted', async () => {
    const { trust } = scene.core.capabilities;
    writeFileSync(file('main.py'), 'def run(args): return "other"');
    const { digest } = await trust.check('weather');
    alterCapability(scene.sandbox.home, 'digest', digest);
    await refusesToRun(NOT_TRUSTED);
  });

  test('the seal of another capability', async () => {
    await scene.add('other', MANIFEST, FILES);
    alterCapability(scene.sandbox.home, 'the seal of another capability');
    await refusesToRun(NOT_TRUSTED);
    expect(await scene.run('other')).toMatchObject({ response: 'trusted' });
  });

  test('the folder, which then is another', async () => {
    const other = writeCapability(scene.sandbox.home, 'elsewhere', MANIFEST, {
      ...FILES,
      'main.py': 'def run(args): return "other"',
    });
    alterCapability(scene.sandbox.home, 'path', other);
    await refusesToRun(/changed: main\.py\n {2}changed: manifest\.json$/);
  });
});
