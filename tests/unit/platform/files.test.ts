import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writePrivateFile } from '../../../daemon/core/platform/files.js';
import { createSandbox } from '../../support/start/sandbox.js';
import { stopAfter } from '../../support/start/stop-after.js';

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
