import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { unpackArchive } from '../../../cli/capability/archive/index.js';
import { unpack } from '../../../cli/capability/archive/unpack.js';
import { type ZipEntry, zipOf } from '../../support/zip-archives.js';

const manifest: ZipEntry = { name: 'manifest.json', content: '{"name":"weather"}' };

let home: string;
let archive: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'sf-'));
  archive = path.join(home, 'a.zip');
  return () => rmSync(home, { recursive: true });
});

const at = () => path.join(home, 'made', 'here');
const filesIn = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();
const modeOf = (...names: string[]) => statSync(path.join(at(), ...names)).mode & 0o7777;

/** What is in the folder that an archive becomes. */
async function unpackedFrom(bytes: Buffer): Promise<string[]> {
  writeFileSync(archive, bytes);
  const { folder } = await unpackArchive(archive, at());
  expect(folder).toBe(at());
  expect(readdirSync(home).sort()).toEqual(['a.zip', 'made']);
  expect(readdirSync(path.dirname(at()))).toEqual(['here']);
  return filesIn(folder);
}

describe('what an archive becomes', () => {
  test('stored and packed files, folders, and files that are empty', async () => {
    const text = 'some text\n'.repeat(20_000);
    const entries = [
      manifest,
      { name: 'a/', content: '' },
      { name: 'a/packed', content: text },
      { name: 'a/stored', content: text, method: 0 },
      { name: 'b/c/empty', content: '', method: 0 },
      { name: 'b/c/nothing', content: '' },
    ];
    expect(await unpackedFrom(zipOf(entries))).toEqual([
      ...['a', 'a/packed', 'a/stored', 'b', 'b/c', 'b/c/empty', 'b/c/nothing', 'manifest.json'],
    ]);
    for (const name of ['packed', 'stored'])
      expect(readFileSync(path.join(at(), 'a', name), 'utf8')).toBe(text);
    expect(readFileSync(path.join(at(), 'b/c/nothing'), 'utf8')).toBe('');
  });

  test('the only folder of an archive is what is unpacked', async () => {
    const entries = [
      { name: 'weather-1.0/' },
      { name: 'weather-1.0/manifest.json', content: '{}' },
      { name: 'weather-1.0/weather-1.0/x' },
    ];
    expect(await unpackedFrom(zipOf(entries))).toEqual(['manifest.json', 'weather-1.0', 'weather-1.0/x']);
  });

  test('what belongs to no capability is left out, links in it as well', async () => {
    const ignored = [
      '.git/HEAD',
      'a/__pycache__/x.pyc',
      '.DS_Store',
      'a/.DS_Store',
      '__MACOSX/._x',
      '.svn/x',
    ];
    const entries = [manifest, ...ignored.map((name) => ({ name, mode: 0o120777 })), { name: 'a/x' }];
    expect(await unpackedFrom(zipOf(entries))).toEqual(['a', 'a/x', 'manifest.json']);
  });

  test('a program stays one, and no other bit of a mode is kept', async () => {
    const entries = [
      manifest,
      { name: 'program', mode: 0o106777 },
      { name: 'open', mode: 0o100666 },
      { name: 'closed', mode: 0o100000 },
      { name: 'mine', mode: 0o100700 },
      { name: 'without', mode: 0 },
      { name: 'folder/', mode: 0o043777 },
    ];
    const before = process.umask(0);
    try {
      await unpackedFrom(zipOf(entries));
    } finally {
      process.umask(before);
    }
    expect(['program', 'open', 'closed', 'mine', 'without', 'folder'].map((name) => modeOf(name))).toEqual([
      ...[0o755, 0o644, 0o644, 0o755, 0o644, 0o755],
    ]);
    expect(modeOf()).toBe(0o755);
  });

  test('names in UTF-8, said or not, and in the old code page', async () => {
    const entries = [
      manifest,
      { name: 'für' },
      { name: 'ß', flags: 0 },
      { name: Buffer.from([0x81]), flags: 0 },
    ];
    expect(await unpackedFrom(zipOf(entries))).toEqual(['für', 'manifest.json', 'ß', 'ü'].sort());
  });

  test('paths that begin with ./', async () => {
    expect(
      await unpackedFrom(zipOf([{ name: './' }, { name: './manifest.json' }, { name: './a/./x' }])),
    ).toEqual(['a', 'a/x', 'manifest.json']);
  });

  test('archives of zip64, and those within archives', async () => {
    const quine = zipOf([{ name: 'quine.zip', content: 'x' }]);
    expect(
      await unpackedFrom(zipOf([manifest, { name: 'quine.zip', content: quine }], { zip64: true })),
    ).toEqual(['manifest.json', 'quine.zip']);
    expect(readFileSync(path.join(at(), 'quine.zip'))).toEqual(quine);
  });

  test('a little that is packed very well', async () => {
    expect(await unpackedFrom(zipOf([manifest, { name: 'x', content: Buffer.alloc(1_000_000) }]))).toEqual([
      ...['manifest.json', 'x'],
    ]);
  });

  test('files in another order than that of the directory', async () => {
    const entries = [manifest, { name: 'x', content: 'x' }, { name: 'y', content: 'y' }];
    expect(await unpackedFrom(zipOf(entries, { backwards: true }))).toEqual(['manifest.json', 'x', 'y']);
    expect(readFileSync(path.join(at(), 'x'), 'utf8')).toBe('x');
  });
});

describe('where it is put', () => {
  test.each(['a folder', 'an empty folder', 'a file'])('%s that is there is left as it is', async (kind) => {
    writeFileSync(archive, zipOf([manifest]));
    mkdirSync(path.dirname(at()));
    if (kind === 'a file') writeFileSync(at(), 'mine');
    else mkdirSync(at());
    if (kind === 'a folder') writeFileSync(path.join(at(), 'x'), 'mine');
    const before = filesIn(home);
    await expect(unpackArchive(archive, at())).rejects.toMatchObject({
      ...{ kind: 'already_exists', message: `${at()} is there already.` },
    });
    expect(filesIn(home)).toEqual(before);
  });

  test('it is removed with the folders that were made for it, unless they have something else by then', async () => {
    await unpackedFrom(zipOf([manifest]));
    rmSync(path.join(home, 'made'), { recursive: true });
    const unpacked = await unpackArchive(archive, at());
    unpacked.remove();
    expect(filesIn(home)).toEqual(['a.zip']);
    const other = await unpackArchive(archive, at());
    writeFileSync(path.join(home, 'made', 'x'), 'mine');
    other.remove();
    expect(filesIn(home)).toEqual(['a.zip', 'made', 'made/x']);
  });

  test('no manifest, or one that is a folder, is not_found', async () => {
    const faulty = [
      [],
      [{ name: 'x' }],
      [{ name: 'manifest.json/' }],
      [{ name: 'a/manifest.json' }, { name: 'b/x' }],
      [{ name: 'a/b/manifest.json' }],
    ];
    for (const entries of faulty) {
      writeFileSync(archive, zipOf(entries));
      await expect(unpackArchive(archive, at())).rejects.toMatchObject({ kind: 'not_found' });
      expect(filesIn(home)).toEqual(['a.zip']);
    }
  });
});

describe('a signal in the middle', () => {
  test('of many files ends it, and nothing is left', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => ({ name: `f${index}`, content: `${index}` }));
    writeFileSync(archive, zipOf([manifest, ...many]));
    let isOver = false;
    const unpacking = unpackArchive(archive, at())
      .catch((thrown: unknown) => thrown)
      .finally(() => {
        isOver = true;
      });
    while (filesIn(home).length < 10) await nextTurn();
    process.emit('SIGINT');
    let most = 0;
    while (!isOver) {
      most = Math.max(most, filesIn(home).length);
      await nextTurn();
    }
    expect(await unpacking).toMatchObject({ kind: 'cancelled' });
    expect(most).toBeLessThan(1_000);
    expect(filesIn(home)).toEqual(['a.zip']);
  });

  test('of one file ends it', async () => {
    const bytes = 32 * 1024 * 1024;
    writeFileSync(archive, zipOf([manifest, { name: 'large', content: Buffer.alloc(bytes), method: 0 }]));
    const stop = new AbortController();
    const unpacking = unpack(archive, home, stop.signal);
    const large = path.join(home, 'large');
    const size = () => statSync(large, { throwIfNoEntry: false })?.size ?? 0;
    while (size() === 0) await nextTurn();
    stop.abort();
    await expect(unpacking).rejects.toMatchObject({ name: 'AbortError' });
    expect(size()).toBeLessThan(bytes);
  });
});
