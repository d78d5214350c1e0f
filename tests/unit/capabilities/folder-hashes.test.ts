import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderHashes } from '../../../daemon/core/capabilities/folder-hashes.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sf-'));
  file = path.join(folder, 'main.py');
  await writeFile(file, 'old');
});
afterEach(() => rm(folder, { recursive: true }));

/** So long after now that no file is new. */
const later = { wall: () => Date.now() + 3_600_000 };

async function withStats<T>(use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(file);
  return use(handle).finally(() => handle.close());
}

const hashNow = (hashes: FolderHashes): Promise<string> =>
  withStats(async (handle) => hashes.of('main.py', handle, await handle.stat({ bigint: true })));

/** The hash that is known without reading: from a handle at its end, nothing is to be read. */
const hashUnread = (hashes: FolderHashes): Promise<string> =>
  withStats(async (handle) => {
    await handle.readFile();
    return hashes.of('main.py', handle, await handle.stat({ bigint: true }));
  });

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('a file that was not written since is not read again', async () => {
  const hashes = new FolderHashes(later);
  const first = await hashNow(hashes);
  expect(first).not.toBe(EMPTY);
  expect(await hashUnread(hashes)).toBe(first);
});

test('one of another size, time or inode is', async () => {
  const hashes = new FolderHashes(later);
  const first = await hashNow(hashes);
  await writeFile(file, 'longer');
  const second = await hashNow(hashes);
  await rm(file);
  await writeFile(file, 'longest');
  const third = await hashNow(hashes);
  expect(new Set([first, second, third]).size).toBe(3);
});

test('one that was written a moment ago is read again, for its time may not tell', async () => {
  const hashes = new FolderHashes({ wall: Date.now });
  await hashNow(hashes);
  expect(await hashUnread(hashes)).toBe(EMPTY);
});

test('what is no longer there is forgotten', async () => {
  const hashes = new FolderHashes(later);
  await hashNow(hashes);
  hashes.keepOnly(new Set(['other.py']));
  expect(await hashUnread(hashes)).toBe(EMPTY);
});
