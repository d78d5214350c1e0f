import fs, { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { writePrivateFile } from '../../../daemon/core/platform/files.js';
import { openLogFile } from '../../../shared/log-file.js';
import { createSandbox } from '../../support/start/sandbox.js';
import { stopAfter } from '../../support/start/stop-after.js';

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

test('a private file replaces the old one whole, and removes only the drafts that a crash has left of it', async () => {
  const { home } = await stopAfter(createSandbox());
  const file = path.join(home, 'key');
  for (const name of ['key', '.key.0123456789ab', '.keys.0123456789ab', 'key.other'])
    writeFileSync(path.join(home, name), 'old');
  writePrivateFile(file, Buffer.from('new'));
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(home).sort()).toEqual(['.keys.0123456789ab', 'key', 'key.other']);
});

test('a file whose long name begins alike is written at the same time', async () => {
  const { home } = await stopAfter(createSandbox());
  const [one = '', other = ''] = ['one', 'other'].map((end) => path.join(home, `${'a'.repeat(80)}.${end}`));
  const rename = fs.renameSync;
  vi.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
    writePrivateFile(other, Buffer.from('other'));
    rename(from, to);
  });
  syncBuiltinESMExports();
  writePrivateFile(one, Buffer.from('one'));
  expect([one, other].map((file) => readFileSync(file, 'utf8'))).toEqual(['one', 'other']);
});

function failing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

test.each<[what: string, disturb: (home: string) => void]>([
  ['a draft that cannot be removed', (home) => mkdirSync(path.join(home, '.key.0123456789ab'))],
  ['nothing that can be removed', () => void vi.spyOn(fs, 'rmSync').mockImplementation(failing('EIO'))],
  ['a folder that cannot be synced', (home) => failSyncOf(home, 'EINVAL')],
])('a file that was written counts as written beside %s', async (_, disturb) => {
  const { home } = await stopAfter(createSandbox());
  const file = path.join(home, 'key');
  disturb(home);
  syncBuiltinESMExports();
  writePrivateFile(file, Buffer.from('new'));
  expect(readFileSync(file, 'utf8')).toBe('new');
});

test('but not if the disk fails', async () => {
  const { home } = await stopAfter(createSandbox());
  failSyncOf(home, 'EIO');
  syncBuiltinESMExports();
  expect(() => writePrivateFile(path.join(home, 'key'), Buffer.from('new'))).toThrow(
    expect.objectContaining({ kind: 'store_unavailable' }),
  );
});

test('a log that cannot be renamed goes on growing', async () => {
  const { home } = await stopAfter(createSandbox());
  const file = path.join(home, 'state', 'log');
  mkdirSync(path.join(home, 'state', 'log.1', 'x'), { recursive: true, mode: 0o700 });
  writeFileSync(file, Buffer.alloc(5 * 1024 * 1024 + 1), { mode: 0o600 });
  const fd = openLogFile(file);
  fs.writeSync(fd, 'a line');
  fs.closeSync(fd);
  expect(readFileSync(file, 'utf8')).toMatch(/a line$/);
});

/** Syncing a folder fails, and that of a file does not. */
function failSyncOf(folder: string, code: string): void {
  const { ino } = statSync(folder);
  const sync = fs.fsyncSync;
  vi.spyOn(fs, 'fsyncSync').mockImplementation((fd) =>
    fs.fstatSync(fd).ino === ino ? failing(code)() : sync(fd),
  );
}
