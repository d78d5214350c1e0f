import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inHeldFolder } from '../../../client/held-folder.js';
import { makeFolder } from '../../support/start/served.js';

async function folderWithFile(): Promise<{ home: string; folder: string }> {
  const home = await makeFolder();
  onTestFinished(() => rm(home, { recursive: true }));
  const folder = path.join(home, 'run');
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(path.join(folder, 'file'), 'the first');
  return { home, folder };
}

/** What is found in a folder whose path comes to mean another folder after the check. */
async function readAfterSwap(descriptors?: string): Promise<string> {
  const { home, folder } = await folderWithFile();
  return await inHeldFolder(
    folder,
    async (name) => {
      renameSync(folder, path.join(home, 'away'));
      mkdirSync(folder, { mode: 0o700 });
      writeFileSync(path.join(folder, 'file'), 'the second');
      return readFileSync(path.join(name, 'file'), 'utf8');
    },
    descriptors,
  );
}

test.runIf(process.platform === 'linux')('a folder that takes its place is not entered', async () => {
  expect(await readAfterSwap()).toBe('the first');
});

test('without names for descriptors its path is used', async () => {
  expect(await readAfterSwap('/missing')).toBe('the second');
});

test.runIf(process.platform === 'linux')('it is let go at the end, also of a failure', async () => {
  const { folder } = await folderWithFile();
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  await inHeldFolder(folder, async () => expect(open()).toBe(before + 1));
  await expect(inHeldFolder(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(open()).toBe(before);
});

test('it is closed to others, no link, and on a safe way', async () => {
  const { home, folder } = await folderWithFile();
  const refused = (place: string, message: string) =>
    expect(inHeldFolder(place, async () => 'entered')).rejects.toMatchObject({
      kind: 'unsafe_path',
      message: expect.stringContaining(message),
    });
  symlinkSync(folder, path.join(home, 'link'));
  await refused(path.join(home, 'link'), 'is a symbolic link');
  chmodSync(folder, 0o750);
  await refused(folder, 'is open to other users');
  chmodSync(folder, 0o700);
  chmodSync(home, 0o770);
  await refused(folder, `${home} may be changed by `);
});
