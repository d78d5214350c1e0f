import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { unpackArchive } from '../../../cli/capability/archive/index.js';
import { LINK, type ZipEntry, zipOf } from '../../support/zip-archives.js';

// Archives that no honest program writes, each of which must be refused without a trace.

const MiB = 1024 * 1024;
const manifest: ZipEntry = { name: 'manifest.json', content: '{"name":"weather"}' };

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'sf-'));
  return () => rmSync(home, { recursive: true });
});

/** How an archive is refused. Nothing may be left of it. */
async function refusalOf(bytes: Buffer): Promise<unknown> {
  const archive = path.join(home, 'a.zip');
  writeFileSync(archive, bytes);
  const refusal = await unpackArchive(archive, path.join(home, 'made', 'here')).then(
    () => 'unpacked',
    (thrown: unknown) => thrown,
  );
  expect(readdirSync(home)).toEqual(['a.zip']);
  return refusal;
}

const refusalOfEntry = (entry: ZipEntry) => refusalOf(zipOf([manifest, entry]));

describe('a path that is not one within a folder', () => {
  test.each([
    ['../x', 'The archive has ../x, which leads out of its folder.'],
    ['a/../../x', 'The archive has a/../../x, which leads out of its folder.'],
    ['a/../x', 'The archive has a/../x, which leads out of its folder.'],
    ['..', 'The archive has .., which leads out of its folder.'],
    ['.git/../../x', 'The archive has .git/../../x, which leads out of its folder.'],
    ['/etc/x', 'The archive has /etc/x, which is an absolute path.'],
    ['C:/x', 'The archive has C:/x, which is an absolute path.'],
    ['c:x', 'The archive has c:x, which is an absolute path.'],
    ['a\\..\\x', 'The archive has a\\..\\x, which has a backslash in its name.'],
    ['a\0b', 'The archive has a b, which has control characters in its name.'],
    ['a\nb', 'The archive has a b, which has control characters in its name.'],
    ['a//b', 'The archive has a//b, which has an empty name in its path.'],
    ['a'.repeat(256), `The archive has ${'a'.repeat(100)}…, which has too long a name.`],
    ['ab/'.repeat(350), `The archive has ${'ab/'.repeat(350).slice(0, 100)}…, which has too long a name.`],
  ])('%j', async (name, message) => {
    expect(await refusalOfEntry({ name })).toMatchObject({ kind: 'unsafe_path', message });
  });

  test('that is not UTF-8, although it says so', async () => {
    expect(await refusalOfEntry({ name: Buffer.from([0x61, 0xff]) })).toMatchObject({
      ...{ kind: 'unsafe_path', message: 'The archive has a\uFFFD, which has a name that is not UTF-8.' },
    });
  });

  test('that only the field for Unicode names has', async () => {
    const name = 'harmless';
    const extra = unicodeName(name, '../x');
    expect(await refusalOfEntry({ name, extra, flags: 0 })).toMatchObject({
      message: 'The archive has ../x, which leads out of its folder.',
    });
  });
});

describe('what is neither a file nor a folder', () => {
  const special = 'which is a link or a special file.';

  test.each([
    ['a link out', { mode: LINK, content: '/etc/passwd' }],
    ['a link within', { mode: LINK, content: 'manifest.json' }],
    ['a pipe', { mode: 0o010644 }],
    ['a device', { mode: 0o020644 }],
    ['a socket', { mode: 0o140644 }],
  ])('%s', async (_, entry) => {
    expect(await refusalOfEntry({ name: 'x', ...entry })).toMatchObject({
      ...{ kind: 'unsafe_path', message: `The archive has x, ${special}` },
    });
  });

  test('a folder that says it is a file', async () => {
    expect(await refusalOfEntry({ name: 'x/', mode: 0o100644 })).toMatchObject({
      ...{ kind: 'unsafe_path', message: `The archive has x/, ${special}` },
    });
  });

  test('a file below a link', async () => {
    const link: ZipEntry = { name: 'out', mode: LINK, content: '/tmp' };
    expect(await refusalOf(zipOf([manifest, link, { name: 'out/x' }]))).toMatchObject({
      kind: 'unsafe_path',
    });
  });
});

describe('paths that some file system takes for one', () => {
  const alike = 'differs from another path by capital letters or accents only.';

  test.each([
    [['a', 'a'], 'The archive has a, which is there twice.'],
    [['manifest.json'], 'The archive has manifest.json, which is there twice.'],
    [['a', 'a/b'], 'The archive has a, which is both a file and a folder.'],
    [['a/b', 'a'], 'The archive has a, which is both a file and a folder.'],
    [['a/', 'a'], 'The archive has a, which is both a file and a folder.'],
    [['./a', 'a'], 'The archive has a, which is there twice.'],
    [['a.txt', 'A.txt'], `The archive has A.txt, which ${alike}`],
    [['a/x', 'A/y'], `The archive has A, which ${alike}`],
    [['a/b/x', 'a/B/y'], `The archive has a/B, which ${alike}`],
    [['MANIFEST.JSON'], `The archive has MANIFEST.JSON, which ${alike}`],
    [['é', 'e\u0301'], `The archive has e\u0301, which ${alike}`],
    [['straße', 'STRASSE'], `The archive has STRASSE, which ${alike}`],
    [['K', '\u212A'], `The archive has \u212A, which ${alike}`],
  ])('%j', async (names, message) => {
    const entries = names.map((name) => ({ name }));
    expect(await refusalOf(zipOf([manifest, ...entries]))).toMatchObject({ kind: 'unsafe_path', message });
  });
});

describe('more than a capability may have', () => {
  const tooMuch = {
    kind: 'limit_exceeded',
    message: 'A capability has at most 10000 files, of 256 MiB in all.',
  };

  test('100,000 files, of which none is read: they would be refused in other words', async () => {
    const entries = Array.from({ length: 100_000 }, () => ({ name: 'the same', method: 0 }));
    expect(await refusalOf(zipOf([manifest, ...entries]))).toMatchObject(tooMuch);
  });

  test('10,001 files', async () => {
    const entries = Array.from({ length: 10_000 }, (_, index) => ({ name: `f${index}`, method: 0 }));
    expect(await refusalOf(zipOf([manifest, ...entries]))).toMatchObject(tooMuch);
  });

  test('10,001 folders, of which the archive names none', async () => {
    const deep = 'a/'.repeat(500);
    const entries = Array.from({ length: 21 }, (_, index) => ({ name: `${index}/${deep}f` }));
    expect(await refusalOf(zipOf([manifest, ...entries]))).toMatchObject(tooMuch);
  });

  test('257 MiB, as it says', async () => {
    expect(await refusalOfEntry({ name: 'x', size: 257 * MiB })).toMatchObject(tooMuch);
  });

  test('a number of files that no archive has', async () => {
    expect(await refusalOf(zipOf([manifest], { count: 2 ** 40 }))).toMatchObject(tooMuch);
  });
});

describe('bombs', () => {
  const bomb = {
    ...{ kind: 'limit_exceeded' },
    message: 'The archive becomes more than 100 times as large when it is unpacked.',
  };
  const zeros = Buffer.alloc(8 * MiB);
  const startOfNext = zipOf([manifest]).indexOf('PK\x01\x02');

  test('one that is honest', async () => {
    expect(await refusalOfEntry({ name: 'x', content: zeros })).toMatchObject(bomb);
  });

  test('one in many files', async () => {
    const entries = Array.from({ length: 64 }, (_, i) => ({ name: `x${i}`, content: Buffer.alloc(MiB / 8) }));
    expect(await refusalOf(zipOf([manifest, ...entries]))).toMatchObject(bomb);
  });

  test('one whose header says little', async () => {
    expect(await refusalOfEntry({ name: 'x', content: zeros, size: 100 })).toMatchObject({
      ...{ kind: 'invalid_params', message: 'The archive has x, which is damaged.' },
    });
  });

  test('one whose files share their bytes', async () => {
    const first = { name: 'x0', content: randomBytes(1000) };
    const others = Array.from({ length: 9 }, (_, index) => ({ ...first, name: `x${index + 1}` }));
    const shared = others.map((one) => ({ ...one, offset: startOfNext }));
    expect(await refusalOf(zipOf([manifest, first, ...shared]))).toMatchObject({
      ...{ kind: 'unsafe_path', message: expect.stringMatching(/x\d, which shares its bytes with another/) },
    });
  });

  test('one whose files are nested in one another', async () => {
    const inner = zipOf([{ name: 'inner', content: 'x', method: 0 }]);
    const outer: ZipEntry = { name: 'outer', content: inner, method: 0 };
    const offset = startOfNext + 30 + 'outer'.length;
    const nested: ZipEntry = { name: 'inner', content: 'x', method: 0, offset };
    expect(await refusalOf(zipOf([manifest, outer, nested]))).toMatchObject({
      message: 'The archive has inner, which shares its bytes with another file, as in a zip bomb.',
    });
  });
});

describe('what cannot be read', () => {
  test('an encrypted file', async () => {
    expect(await refusalOfEntry({ name: 'x', flags: 1 })).toMatchObject({
      ...{ kind: 'invalid_params', message: 'The archive has x, which is encrypted.' },
    });
  });

  test.each([1, 9, 12, 14, 93, 99])('compression method %i', async (method) => {
    expect(await refusalOfEntry({ name: 'x', method })).toMatchObject({
      ...{ kind: 'invalid_params', message: 'The archive has x, which is compressed in an unusual way.' },
    });
  });

  const damaged = (entry: Partial<ZipEntry>): ZipEntry => ({ name: 'x', content: 'some text', ...entry });
  test.each([
    ['another checksum', damaged({ crc: 1 })],
    ['a checksum that is wrong, of a file that is stored', damaged({ crc: 1, method: 0 })],
    ['fewer bytes than it says', damaged({ size: 100 })],
  ])('%s', async (_, entry) => {
    expect(await refusalOfEntry(entry)).toMatchObject({
      ...{ kind: 'invalid_params', message: 'The archive has x, which is damaged.' },
    });
  });

  const text = Buffer.from('some text that is long enough to be cut in the middle');
  test.each<[string, () => Buffer]>([
    ['an empty file', () => Buffer.alloc(0)],
    ['garbage', () => Buffer.alloc(70_000, 'garbage')],
    ['the beginning of an archive', () => Buffer.from('PK\x03\x04')],
    ['bytes that are not packed', () => packed(Buffer.alloc(100, 0xff))],
    ['packed bytes that end in the middle', () => packed(deflateRawSync(text).subarray(0, 20))],
    ['bytes after the packed ones', () => packed(Buffer.concat([deflateRawSync(text), randomBytes(MiB)]))],
    ['a file that is longer than the archive', () => one({ name: 'x', packedSize: 2 ** 31 })],
    ['a file that begins after the archive', () => one({ name: 'x', offset: 2 ** 31 })],
    ['a file that begins nowhere', () => one({ name: 'x', offset: 0xffffffff, extra: far() })],
    ['more files than there are', () => zipOf([manifest], { count: 5 })],
    ['an end that is nowhere', () => zipOf([manifest], { zip64: true, zip64Offset: 2n ** 64n - 1n })],
    ['an end that is outside', () => zipOf([manifest], { zip64: true, zip64Offset: 2n ** 32n })],
    ['a field that is cut', () => one({ name: 'x', extra: Buffer.from([1, 0, 255, 0]) })],
    ['strong encryption', () => one({ name: 'x', flags: 0x41 })],
  ])('%s', async (_, bytes) => {
    expect(await refusalOf(bytes())).toMatchObject({
      kind: 'invalid_params',
      message: expect.stringMatching(/a\.zip is not a zip archive, is damaged, or uses something/),
    });
  });

  test('an archive that is cut, wherever', async () => {
    const whole = zipOf([manifest, { name: 'x', content: 'some text' }]);
    for (let length = 0; length < whole.length; length++)
      expect(await refusalOf(whole.subarray(0, length)), `${length}`).toMatchObject({
        kind: 'invalid_params',
      });
  });

  const one = (entry: ZipEntry) => zipOf([manifest, entry]);
  const packed = (bytes: Buffer) => one({ name: 'x', content: text, packed: bytes });
});

test('an archive of which any one byte was changed is unpacked as it was, or refused without a trace', async () => {
  const whole = zipOf([manifest, { name: 'x', content: 'some text', method: 0 }]);
  for (let at = 0; at < whole.length; at++) {
    const bytes = Buffer.from(whole);
    bytes.writeUInt8((bytes[at] ?? 0) ^ 0xff, at);
    const archive = path.join(home, 'a.zip');
    writeFileSync(archive, bytes);
    const outcome = await unpackArchive(archive, path.join(home, 'here')).then(
      (unpacked) => unpacked.remove(),
      ({ kind }: { kind: string }) => kind,
    );
    const expected = [undefined, 'invalid_params', 'unsafe_path', 'limit_exceeded', 'not_found'];
    expect(expected, `${at}`).toContain(outcome);
    expect(readdirSync(home), `${at}`).toEqual(['a.zip']);
  }
});

/** The field of a name in UTF-8 (APPNOTE.TXT, 4.6.9). */
function unicodeName(name: string, unicode: string): Buffer {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(name));
  return Buffer.concat([Buffer.from([0x75, 0x70, 5 + unicode.length, 0, 1]), checksum, Buffer.from(unicode)]);
}

/** The field of zip64 with a place that no file has. */
function far(): Buffer {
  return Buffer.concat([Buffer.from([1, 0, 8, 0]), Buffer.alloc(8, 0xff)]);
}
