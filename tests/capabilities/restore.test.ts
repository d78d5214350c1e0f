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
import { readFolder } from '../../daemon/core/capabilities/folder.js';
import { FolderHashes } from '../../daemon/core/capabilities/folder-hashes.js';
import { putBack } from '../../daemon/core/capabilities/put-back.js';
import { systemClock } from '../../daemon/core/platform/clock.js';
import { type RunScene, runScene, writeCapability } from '../runs/scene.js';
import { type Alteration, alterCapability, capabilityRows, keptContents } from '../support/stored.js';

const MANIFEST = { run: { runner: 'python', entry: 'main.py' } };
const FIRST = {
  'main.py': 'def run(args): return "first"',
  'same.txt': 'same',
  'lib/a.txt': 'a',
  'bin/tool': '#!/bin/sh\n',
};
const SECOND = 'def run(args): return "second"';
const MIB = 1024 * 1024;

let scene: RunScene;
let folder: string;

/** The first version is trusted, then a second one: something of each kind differs. */
beforeEach(async () => {
  scene = await runScene();
  folder = writeCapability(scene.sandbox.home, 'weather', MANIFEST, FIRST);
  await scene.core.capabilities.registry.register(folder);
  write('main.py', SECOND);
  rmSync(file('lib'), { recursive: true });
  write('more/of/it.txt', 'it');
  chmodSync(file('bin/tool'), 0o600);
  await trust().trust('weather', undefined);
});

const trust = () => scene.core.capabilities.trust;
const restore = (number: number, digest?: string) =>
  scene.core.capabilities.restoring.restore('weather', number, digest);
const file = (name: string) => path.join(folder, name);
const outside = (name: string) => path.join(scene.sandbox.home, name);
const listed = () => trust().versions('weather', undefined).versions;
const kept = () => listed().map((version) => [version.number, version.kept]);

function write(name: string, text: string | Buffer): void {
  mkdirSync(path.dirname(file(name)), { recursive: true, mode: 0o700 });
  writeFileSync(file(name), text, { mode: 0o600 });
}

/** Every file and folder below, with its content, or where it leads. */
function tree(root = folder): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(names.map((name) => [name, contentOf(path.join(root, name))]));
}

function contentOf(place: string): string {
  const stats = lstatSync(place);
  if (stats.isFile()) return readFileSync(place, 'latin1');
  return stats.isDirectory() ? '/' : 'another kind';
}

const manifest = (changes: object = {}) =>
  JSON.stringify({ name: 'weather', version: '1.0.0', ...MANIFEST, ...changes });
const FIRST_TREE = { ...FIRST, 'manifest.json': manifest(), lib: '/', bin: '/' };

/** What is refused leaves the folder, and what is stored, as they were. */
async function isRefused(asked: () => Promise<unknown>, error: object): Promise<void> {
  const before = [tree(), capabilityRows(scene.sandbox.home), keptContents(scene.sandbox.home)];
  await expect(asked()).rejects.toMatchObject(error);
  expect([tree(), capabilityRows(scene.sandbox.home), keptContents(scene.sandbox.home)]).toEqual(before);
}

describe('a version that is restored', () => {
  test('is what it was, a new version, and what runs', async () => {
    expect(await scene.run('weather')).toMatchObject({ response: 'second' });
    const unchanged = statSync(file('same.txt'));
    expect(await restore(1)).toMatchObject({ name: 'weather', number: 3, version: '1.0.0', file_count: 5 });
    expect(tree()).toEqual(FIRST_TREE);
    const modeOf = (name: string) => (statSync(file(name)).mode & 0o7777).toString(8);
    expect(['main.py', 'bin/tool', 'lib', 'lib/a.txt'].map(modeOf)).toEqual(['644', '755', '755', '644']);
    expect(statSync(file('same.txt'))).toMatchObject({ ino: unchanged.ino, mtimeMs: unchanged.mtimeMs });
    expect((await trust().check('weather', 1)).changes).toEqual([]);
    expect(await scene.run('weather')).toMatchObject({ response: 'first' });
    expect(await restore(2)).toMatchObject({ number: 4 });
    expect(await scene.run('weather')).toMatchObject({ response: 'second' });
    expect(kept()).toEqual([4, 3, 2, 1].map((number) => [number, true]));
  });

  test('replaces what was not trusted; the last one that was trusted gets no new number', async () => {
    write('main.py', 'unsaved');
    write('new.txt', 'unsaved');
    expect(await restore(2)).toMatchObject({ number: 2 });
    expect(existsSync(file('new.txt'))).toBe(false);
    expect(listed()).toHaveLength(2);
    expect(await scene.run('weather')).toMatchObject({ response: 'second' });
  });

  test('leaves alone what belongs to no capability, and the folders that it is in', async () => {
    const ignored = ['.git/config', 'more/__pycache__/x.pyc', 'lib/.DS_Store'];
    for (const name of ignored) write(name, name);
    await restore(1);
    expect(tree()).toEqual({
      ...FIRST_TREE,
      ...{ '.git': '/', more: '/', 'more/__pycache__': '/' },
      ...Object.fromEntries(ignored.map((name) => [name, name])),
    });
    expect(await scene.run('weather')).toMatchObject({ response: 'first' });
  });

  test('leaves no folder that became empty by it, and one that was', async () => {
    mkdirSync(file('empty'), { mode: 0o700 });
    await restore(1);
    expect(tree()).toEqual({ ...FIRST_TREE, empty: '/' });
  });

  test('changes nothing for a run that is under way', async () => {
    const word = `
import os, time
def run(args):
    print("ready", flush=True)
    while not os.path.exists(args["until"]): time.sleep(0.02)
    return open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "word.txt")).read()
`;
    write('main.py', word);
    write('word.txt', 'its own');
    await trust().trust('weather', undefined);
    const until = outside('go');
    const id = await scene.start('weather', { until });
    await scene.heard(id, 'ready');
    await restore(1);
    expect(existsSync(file('word.txt'))).toBe(false);
    writeFileSync(until, '');
    expect((await scene.wait(id)).run).toMatchObject({ status: 'completed' });
    expect(scene.said(id, 'response')).toEqual(['its own']);
  });

  test('is one or the other where two are restored at once, and the last one runs', async () => {
    const both = await Promise.all([restore(1), restore(2)]);
    expect(both.map(({ number }) => number)).toEqual([3, 4]);
    expect(await scene.run('weather')).toMatchObject({ response: 'second' });
  });
});

describe('the folder', () => {
  test('must be what was shown', async () => {
    const { digest } = await trust().check('weather', 1);
    write('main.py', 'unsaved');
    await isRefused(() => restore(1, digest), {
      kind: 'integrity',
      message: 'The files of the capability weather were changed after they were shown.',
      hint: 'See the changes again with: sigilforge capability restore weather 1',
    });
    const shown = await trust().check('weather', 1);
    expect(await restore(1, shown.digest)).toMatchObject({ number: 3 });
  });

  test('is compared with the version that was named', async () => {
    write('main.py', FIRST['main.py']);
    write('manifest.json', manifest({ version: '2.0.0' }));
    expect(await trust().check('weather', 1)).toMatchObject({
      changes: [
        { path: 'bin/tool', change: 'changed' },
        { path: 'lib/a.txt', change: 'missing' },
        { path: 'manifest.json', change: 'changed' },
        { path: 'more/of/it.txt', change: 'added' },
      ],
      trusted_manifest: manifest(),
      manifest: manifest({ version: '2.0.0' }),
    });
    await expect(trust().check('weather', 7)).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('is made again if it is gone', async () => {
    rmSync(folder, { recursive: true });
    const { changes, digest, manifest: none } = await trust().check('weather', 1);
    expect([changes.length, none]).toEqual([5, null]);
    expect(await restore(1, digest)).toMatchObject({ number: 3 });
    expect(tree()).toEqual(FIRST_TREE);
    expect(statSync(folder).mode & 0o7777).toBe(0o755);
    expect(await scene.run('weather')).toMatchObject({ response: 'first' });
  });

  test('is made where its parent is, and others cannot change it', async () => {
    const parent = path.dirname(folder);
    rmSync(folder, { recursive: true });
    chmodSync(parent, 0o777);
    await expect(restore(1)).rejects.toMatchObject({ kind: 'unsafe_path' });
    expect(existsSync(folder)).toBe(false);
    rmSync(parent, { recursive: true });
    await expect(restore(1)).rejects.toMatchObject({
      kind: 'not_found',
      message: `${parent} is not there.`,
      hint: 'Make it, then try again.',
    });
    expect(existsSync(folder)).toBe(false);
  });

  test('may have folders where the version has files, and files where it has folders', async () => {
    write('same.txt', 'same');
    rmSync(file('same.txt'));
    write('same.txt/deep/other.txt', '');
    mkdirSync(file('same.txt/empty'), { mode: 0o700 });
    rmSync(file('main.py'));
    mkdirSync(file('main.py'), { mode: 0o700 });
    write('lib', 'a file');
    await restore(1);
    expect(tree()).toEqual(FIRST_TREE);
  });

  test('is not changed at all where a folder that holds something else is in the way', async () => {
    rmSync(file('main.py'));
    write('main.py/.git/config', 'kept');
    write('main.py/other.txt', '');
    await isRefused(() => restore(1), {
      kind: 'unsafe_path',
      message: `${file('main.py')} is a folder with .git in it, and the version has a file there.`,
      hint: 'Move the folder away, then try again.',
    });
  });

  test('that others can change is not changed', async () => {
    chmodSync(file('bin'), 0o777);
    await isRefused(() => restore(1), { kind: 'unsafe_path' });
  });
});

describe('links', () => {
  test('in the place of a file are replaced by it, and where they lead stays', async () => {
    rmSync(file('main.py'));
    symlinkSync('same.txt', file('main.py'));
    symlinkSync('same.txt', file('extra.txt'));
    await restore(1);
    expect(tree()).toEqual(FIRST_TREE);
  });

  test('that have the right content become files if that goes away', async () => {
    rmSync(file('same.txt'));
    write('same-elsewhere.txt', 'same');
    symlinkSync('same-elsewhere.txt', file('same.txt'));
    await restore(1);
    expect(tree()).toEqual(FIRST_TREE);
    expect(await scene.run('weather')).toMatchObject({ response: 'first' });
  });

  test.each<[where: string, target: () => string]>([
    ['out of the folder', () => outside('elsewhere.txt')],
    ['nowhere', () => 'nowhere'],
    ['to a folder', () => '/'],
    ['in a circle', () => 'main.py'],
  ])('that lead %s are replaced or removed, and not followed', async (_, target) => {
    writeFileSync(outside('elsewhere.txt'), FIRST['main.py'], { mode: 0o600 });
    for (const name of ['main.py', 'manifest.json']) rmSync(file(name));
    for (const name of ['main.py', 'manifest.json', 'extra']) symlinkSync(target(), file(name));
    const { changes, digest, manifest: none } = await trust().check('weather', 1);
    expect(none).toBeNull();
    expect(changes).toContainEqual({ path: 'extra', change: 'added' });
    expect(changes).toContainEqual({ path: 'main.py', change: 'changed' });
    rmSync(file('extra'));
    symlinkSync('somewhere', file('extra'));
    await expect(restore(1, digest)).rejects.toMatchObject({ kind: 'integrity' });
    await restore(1, (await trust().check('weather', 1)).digest);
    expect(tree()).toEqual(FIRST_TREE);
    expect(readFileSync(outside('elsewhere.txt'), 'utf8')).toBe(FIRST['main.py']);
    expect(await scene.run('weather')).toMatchObject({ response: 'first' });
  });

  test('of a folder are not followed', async () => {
    mkdirSync(outside('elsewhere'), { mode: 0o700 });
    symlinkSync(outside('elsewhere'), file('lib'));
    await isRefused(() => restore(1), {
      kind: 'unsafe_path',
      message: `${file('lib')} is a link, and the version has a folder there.`,
    });
    expect(readdirSync(outside('elsewhere'))).toEqual([]);
  });

  test('of a folder that came just now are not followed: nothing is written there', async () => {
    mkdirSync(file('lib'), { mode: 0o700 });
    const swap = swapAside('lib');
    const files = [{ path: 'lib/a.txt', sha256: '', size: 0, executable: false }];
    const contentOf = () => {
      swap();
      return Buffer.from('a');
    };
    await expect(putBack(folder, { files, found: [], contentOf })).rejects.toMatchObject({
      kind: 'unsafe_path',
      message: `${file('lib')} became something else than a folder.`,
    });
    expect(tree(outside('elsewhere'))).toEqual({});
  });

  test('of a folder that came just now are not followed: nothing is removed there', async () => {
    const found = await readFolder(folder, new FolderHashes(systemClock));
    swapAside('more')();
    const contentOf = () => Buffer.alloc(0);
    await expect(putBack(folder, { files: [], found, contentOf })).rejects.toMatchObject({
      kind: 'unsafe_path',
      message: `${file('more')} became something else than a folder.`,
    });
    expect(tree(outside('elsewhere'))).toEqual({ of: '/', 'of/it.txt': 'it' });
  });

  /** Puts a link to a folder elsewhere in its place, as another program may at any time. */
  function swapAside(name: string): () => void {
    return () => {
      renameSync(file(name), outside('elsewhere'));
      symlinkSync(outside('elsewhere'), file(name));
    };
  }
});

describe('what is kept', () => {
  test('is each content once, whichever versions and files have it', async () => {
    const before = keptContents(scene.sandbox.home);
    // A manifest, two programs, what is the same, a, it, and the tool.
    expect(before).toHaveLength(7);
    write('again.txt', 'same');
    await trust().trust('weather', undefined);
    await restore(1);
    expect(keptContents(scene.sandbox.home)).toEqual(before);
    await scene.add('other', MANIFEST, FIRST);
    expect(keptContents(scene.sandbox.home)).toHaveLength(12);
    await scene.core.capabilities.registry.remove(scene.core.capabilities.registry.idOf('weather'));
    expect(keptContents(scene.sandbox.home)).toHaveLength(5);
  });

  test('is 1 MiB of a version, and nothing of one with a byte more', async () => {
    const others = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
    write('big.bin', Buffer.alloc(MIB - others, 1));
    await trust().trust('weather', undefined);
    write('big.bin', Buffer.alloc(MIB - others + 1, 2));
    const before = keptContents(scene.sandbox.home);
    expect(await trust().trust('weather', undefined)).toMatchObject({ number: 4 });
    expect(keptContents(scene.sandbox.home)).toEqual(before);
    expect(kept()).toEqual([
      [4, false],
      [3, true],
      [2, true],
      [1, true],
    ]);
    expect(await scene.run('weather')).toMatchObject({ response: 'second' });
    await restore(3);
    expect(statSync(file('big.bin')).size).toBe(MIB - others);
    await isRefused(() => restore(4), {
      kind: 'not_found',
      message: 'The files of version 4 of weather are not kept.',
      hint: expect.stringContaining('sigilforge capability versions weather'),
    });
  });

  test('of one that is registered with more is nothing, and it runs', async () => {
    await scene.add('big', MANIFEST, { ...FIRST, 'big.bin': 'x'.repeat(MIB) });
    expect(trust().versions('big', undefined).versions).toMatchObject([{ kept: false }]);
    expect(await scene.run('big')).toMatchObject({ response: 'first' });
  });

  test('is mended where the same is trusted again', async () => {
    alterCapability(scene.sandbox.home, 'kept contents');
    write('main.py', FIRST['main.py']);
    await trust().trust('weather', undefined);
    expect(await restore(3)).toMatchObject({ number: 3 });
  });
});

test('a version that is not there is not restored', async () => {
  await isRefused(() => restore(7), {
    kind: 'not_found',
    message: 'weather has no version 7.',
    hint: 'List its versions with: sigilforge capability versions weather',
  });
});

describe('what was altered in the database is not restored:', () => {
  const DIGEST = 'f'.repeat(64);
  const NOT_TRUSTED = 'What is stored about the capability weather is not what was trusted.';
  test.each<[alteration: Alteration, message: string, ...values: string[]]>([
    ['kept contents', 'What is kept of version 1 of weather is not what was trusted.'],
    ['digest', NOT_TRUSTED, DIGEST],
    ['hash of a file', NOT_TRUSTED, DIGEST],
    ['mode of a file', NOT_TRUSTED],
    ['a file less', NOT_TRUSTED],
    ['a file more', NOT_TRUSTED],
    ['manifest', NOT_TRUSTED, JSON.stringify({ name: 'weather', version: '1.0.0', ...MANIFEST, grants: [] })],
    ['seal', NOT_TRUSTED],
  ])('%s', async (alteration, message, ...values) => {
    alterCapability(scene.sandbox.home, alteration, ...values);
    await isRefused(() => restore(1), { kind: 'integrity', message });
  });

  test('contents that are not there are not kept', async () => {
    alterCapability(scene.sandbox.home, 'no kept contents');
    expect(kept()).toEqual([
      [2, false],
      [1, false],
    ]);
    await isRefused(() => restore(1), { kind: 'not_found' });
  });
});

test('one that is stopped in the middle leaves what does not run, and is restored again', async () => {
  const found = await readFolder(folder, new FolderHashes(systemClock));
  const copy = writeCapability(scene.sandbox.home, 'copy', MANIFEST, FIRST);
  const files = await readFolder(copy, new FolderHashes(systemClock));
  let count = 0;
  const contentOf = ({ path: name }: { path: string }): Buffer => {
    count += 1;
    if (count > 2) throw new Error('The power is gone.');
    return readFileSync(path.join(copy, name));
  };
  await expect(putBack(folder, { files, found, contentOf })).rejects.toThrow('The power is gone.');
  await expect(scene.run('weather')).rejects.toMatchObject({ kind: 'integrity' });
  await restore(1);
  expect(tree()).toEqual(FIRST_TREE);
  expect(await scene.run('weather')).toMatchObject({ response: 'first' });
});
