import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { Copies } from '../../daemon/core/capabilities/copies.js';
import { readFolder } from '../../daemon/core/capabilities/folder.js';
import { FolderHashes } from '../../daemon/core/capabilities/folder-hashes.js';
import { systemClock } from '../../daemon/core/platform/clock.js';
import { resolvePaths } from '../../shared/paths.js';
import { type RunScene, runScene, writeCapability } from '../runs/scene.js';

const MANIFEST = { run: { runner: 'python', entry: 'main.py' } };
const FILES = {
  'main.py': 'import lib.more\ndef run(args): return lib.more.WORD',
  'lib/more.py': 'WORD = "trusted"',
  'bin/tool': '#!/bin/sh\n',
};

let scene: RunScene;
let folder: string;
let id: string;
/** Where the copies of the capability are. */
let copies: string;

beforeEach(async () => {
  scene = await runScene();
  folder = writeCapability(scene.sandbox.home, 'weather', MANIFEST, FILES);
  ({ id } = await scene.core.capabilities.registry.register(folder));
  copies = path.join(resolvePaths({ SIGILFORGE_HOME: scene.sandbox.home }).capabilities, id);
});

const trust = () => scene.core.capabilities.trust;
const ready = () => trust().ready(scene.core.capabilities.registry.find('weather'));
const file = (name: string) => path.join(folder, name);

/** Every file and folder below, with its mode and content. */
function tree(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    ['', ...names].map((name) => {
      const stats = lstatSync(path.join(root, name));
      const content = stats.isFile() ? ` ${readFileSync(path.join(root, name), 'utf8')}` : '';
      return [name, `${(stats.mode & 0o7777).toString(8)}${content}`];
    }),
  );
}

const WHOLE = {
  '': '500',
  bin: '500',
  'bin/tool': `500 ${FILES['bin/tool']}`,
  lib: '500',
  'lib/more.py': `400 ${FILES['lib/more.py']}`,
  'main.py': `400 ${FILES['main.py']}`,
  'manifest.json': expect.stringMatching(/^400 \{/),
};

test('the copy has what was trusted, and nothing of it can be written', async () => {
  const copy = await ready();
  expect(path.dirname(copy)).toBe(copies);
  expect(tree(copy)).toEqual(WHOLE);
  expect(statSync(copies).mode & 0o777).toBe(0o700);
});

test('a run leaves the copy as it is, and no compiled Python in either folder', async () => {
  const copy = await ready();
  const before = tree(folder);
  expect(await scene.run('weather')).toMatchObject({ response: 'trusted' });
  expect(await scene.run('weather')).toMatchObject({ response: 'trusted' });
  expect(tree(copy)).toEqual(WHOLE);
  expect(tree(folder)).toEqual(before);
});

test('what runs is the copy, which later changes of the folder do not reach', async () => {
  const code = 'import os\ndef run(args): return os.path.dirname(os.path.realpath(__file__))';
  writeFileSync(file('main.py'), code);
  await trust().trust('weather', undefined);
  const copy = await ready();
  expect(await scene.run('weather')).toMatchObject({ response: copy });
  writeFileSync(file('main.py'), 'other');
  expect(readFileSync(path.join(copy, 'main.py'), 'utf8')).toBe(code);
});

test('runs that begin at once share one copy', async () => {
  const paths = await Promise.all(Array.from({ length: 8 }, () => ready()));
  expect(new Set(paths).size).toBe(1);
  expect(readdirSync(copies)).toEqual([path.basename(paths[0] ?? '')]);
});

test('a copy that is whole is not made again', async () => {
  const copy = await ready();
  const { ino } = statSync(copy);
  expect(await ready()).toBe(copy);
  expect(statSync(copy).ino).toBe(ino);
});

describe('a copy is made again after', () => {
  test.each<[what: string, change: (copy: string) => void]>([
    [
      'a changed file',
      (copy) => {
        chmodSync(path.join(copy, 'main.py'), 0o600);
        writeFileSync(path.join(copy, 'main.py'), 'def run(args): return "planted"');
      },
    ],
    ['an added file', (copy) => writeFileSync(path.join(copy, 'planted.py'), '')],
    ['a missing file', (copy) => rmSync(path.join(copy, 'bin/tool'))],
    [
      'compiled Python, which would run instead of what was trusted',
      (copy) => {
        mkdirSync(path.join(copy, '__pycache__'));
        writeFileSync(path.join(copy, '__pycache__', 'main.cpython-311.pyc'), '');
      },
    ],
    [
      'a file that became a link',
      (copy) => {
        renameSync(path.join(copy, 'main.py'), path.join(copy, '..', 'moved.py'));
        symlinkSync('../moved.py', path.join(copy, 'main.py'));
      },
    ],
    ['other users could change it', (copy) => chmodSync(path.join(copy, 'bin/tool'), 0o777)],
    [
      'it is a file',
      (copy) => {
        rmSync(copy, { recursive: true });
        writeFileSync(copy, '');
      },
    ],
    [
      'it is a link to a folder with the same files',
      (copy) => {
        renameSync(copy, path.join(copy, '..', 'moved'));
        symlinkSync('moved', copy);
      },
    ],
    [
      'it is a link that leads nowhere',
      (copy) => {
        rmSync(copy, { recursive: true });
        symlinkSync('none', copy);
      },
    ],
  ])('%s', async (_, change) => {
    const copy = await ready();
    for (const name of ['', 'bin', 'lib']) chmodSync(path.join(copy, name), 0o700);
    change(copy);
    expect(await ready()).toBe(copy);
    expect(tree(copy)).toEqual(WHOLE);
    expect(await scene.run('weather')).toMatchObject({ response: 'trusted' });
  });
});

describe('between the check and the start', () => {
  /** Makes a copy of what was looked at before `change`. */
  async function copyAfter(change: () => void): Promise<{ made: Promise<string>; into: string }> {
    const files = await readFolder(folder, new FolderHashes(systemClock));
    change();
    const into = path.join(scene.sandbox.home, 'copies');
    const original = { capabilityId: 'id', name: 'weather', source: folder, digest: 'digest', files };
    const made = new Copies(into, systemClock).of(original);
    return { made, into };
  }

  test.each<[what: string, change: () => void]>([
    ['a file changed', () => writeFileSync(file('lib/more.py'), 'WORD = "planted"')],
    ['a file went away', () => rmSync(file('lib/more.py'))],
    [
      'a file became a link',
      () => {
        rmSync(file('lib/more.py'));
        symlinkSync('/etc/hostname', file('lib/more.py'));
      },
    ],
    [
      'a file became a folder',
      () => {
        rmSync(file('lib/more.py'));
        mkdirSync(file('lib/more.py'));
      },
    ],
    ['everything went away', () => rmSync(folder, { recursive: true })],
  ])('%s: nothing starts, and no copy is left', async (_, change) => {
    const { made, into } = await copyAfter(change);
    await expect(made).rejects.toMatchObject({
      kind: 'integrity',
      message: expect.stringMatching(/was changed while the run was prepared\.$/),
      hint: 'See what changed, and trust it, with: sigilforge capability trust weather',
    });
    expect(readdirSync(path.join(into, 'id'))).toEqual([]);
  });

  test('a file was added: it is not copied', async () => {
    const { made } = await copyAfter(() => writeFileSync(file('planted.py'), ''));
    expect(tree(await made)).toEqual(WHOLE);
  });

  test('while another program changes a file all the time, a copy is what was trusted, or there is none', async () => {
    const planted = `'${FILES['lib/more.py'].replace('trusted', 'planted')}'`;
    const trusted = `'${FILES['lib/more.py']}'`;
    const script = `while :; do printf %s ${planted} > lib/more.py; printf %s ${trusted} > lib/more.py; sleep 0.02; done`;
    const writer = scene.sandbox.spawn(['sh', '-c', script], { cwd: folder });
    const ended = { copied: 0, refused: 0 };
    try {
      for (let turn = 0; turn < 60; turn += 1) {
        try {
          const copy = await ready();
          expect(tree(copy)).toEqual(WHOLE);
          ended.copied += 1;
          chmodSync(copy, 0o700);
          renameSync(copy, path.join(scene.sandbox.home, `used-${turn}`));
        } catch (thrown) {
          expect(thrown).toMatchObject({ kind: 'integrity' });
          ended.refused += 1;
        }
      }
    } finally {
      writer.child.kill('SIGKILL');
      await writer.exited;
    }
    expect(ended.copied + ended.refused).toBe(60);
    // Refused every time, there is not even the folder of its copies.
    const names = existsSync(copies) ? readdirSync(copies) : [];
    expect(names.filter((name) => name.includes('.'))).toEqual([]);
  });
});

describe('copies that are not needed any more', () => {
  async function trustMore(): Promise<string> {
    writeFileSync(file('lib/more.py'), 'WORD = "newer"');
    await trust().trust('weather', undefined);
    return ready();
  }

  test('go when the daemon starts: those of earlier versions, of a crash and of what is not registered', async () => {
    const old = await ready();
    const current = await trustMore();
    expect(existsSync(old)).toBe(true);
    mkdirSync(`${current}.0badcafe`, { mode: 0o500 });
    const gone = path.join(copies, '..', 'gone', 'digest', 'lib');
    mkdirSync(gone, { recursive: true });
    chmodSync(gone, 0o500);
    const before = tree(current);
    trust().sweep();
    expect(readdirSync(copies)).toEqual([path.basename(current)]);
    expect(readdirSync(path.dirname(copies))).toEqual([id]);
    expect(tree(current)).toEqual(before);
    expect(await scene.run('weather')).toMatchObject({ response: 'newer' });
  });

  test('stay while the daemon is there, for a run may use them', async () => {
    const old = await ready();
    await trustMore();
    await scene.run('weather');
    expect(tree(old)).toEqual(WHOLE);
  });

  test('go with their capability', async () => {
    await ready();
    trust().forget(id);
    expect(existsSync(copies)).toBe(false);
  });
});
