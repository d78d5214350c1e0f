import fs, { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { makePrivateFolder } from '../../../shared/private-folder.js';

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

test('a folder on the way that appears while it is being made is looked at as well', () => {
  const shared = mkdtempSync(path.join(tmpdir(), 'sf-'));
  onTestFinished(() => rmSync(shared, { recursive: true }));
  chmodSync(shared, 0o1777);
  const theirs = path.join(shared, 'theirs');
  const make = mkdirSync;
  vi.spyOn(fs, 'mkdirSync').mockImplementation((folder, options) => {
    // Another user is faster.
    make(theirs);
    chmodSync(theirs, 0o777);
    return make(folder, options) as undefined;
  });
  syncBuiltinESMExports();
  expect(() => makePrivateFolder(path.join(theirs, 'mine'))).toThrow(
    expect.objectContaining({ kind: 'unsafe_path', message: `${theirs} may be changed by other users.` }),
  );
});
