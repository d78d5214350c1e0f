import { mkdirSync, mkdtempSync, rmSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { assertSafeAncestors } from '../../../shared/ownership.js';

// A user namespace that holds only this user, as sandboxes make it: everyone else, root too, looks like uid 65534.
const ME = 12345;
const mine = vi.hoisted(() => ({ folder: 'none yet' }));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const lstatSync = (file: string): Stats =>
    Object.assign(fs.lstatSync(file), { uid: file.startsWith(mine.folder) ? 12345 : 65534 });
  return { ...fs, lstatSync };
});

function myFolder(): string {
  mine.folder = mkdtempSync(path.join(tmpdir(), 'sf-'));
  onTestFinished(() => rmSync(mine.folder, { recursive: true }));
  mkdirSync(path.join(mine.folder, 'home'));
  return mine.folder;
}

test('if no user looks like root, folders of the system are known by name', () => {
  for (const place of ['/home/me', '/run/user/12345/x.sock', '/tmp/me', '/var/me'])
    expect(() => assertSafeAncestors(place, ME)).not.toThrow();
});

test('any other folder may be that of another user', () => {
  const folder = myFolder();
  mine.folder = path.join(folder, 'home');
  expect(() => assertSafeAncestors(`${folder}/home/data`, ME)).toThrow(
    expect.objectContaining({
      kind: 'unsafe_path',
      message: expect.stringContaining(
        'belongs to a user who is not known here (uid 65534), as in a sandbox.',
      ),
    }),
  );
  mine.folder = folder;
});
