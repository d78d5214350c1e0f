import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentsToKeep, sha256Of } from '../../../daemon/core/capabilities/contents.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'sigilforge-contents-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A file as it was recorded. */
function record(name: string, content: string) {
  writeFileSync(path.join(root, name), content);
  const bytes = Buffer.from(content);
  return { path: name, sha256: sha256Of(bytes), size: bytes.length, executable: false };
}

test('each content is kept once, also that of an empty file', async () => {
  const files = [record('a', 'same'), record('b', 'same'), record('c', '')];
  expect(await contentsToKeep(root, files)).toEqual(
    new Map([
      [files[0]?.sha256, Buffer.from('same')],
      [files[2]?.sha256, Buffer.alloc(0)],
    ]),
  );
});

test.each<[what: string, change: (file: string) => void]>([
  ['other bytes', (file) => writeFileSync(file, 'then')],
  ['more bytes', (file) => writeFileSync(file, 'now and then')],
  ['no file', (file) => rmSync(file)],
  [
    'a link that leads nowhere',
    (file) => {
      rmSync(file);
      symlinkSync('nowhere', file);
    },
  ],
])('a file that became %s since it was recorded is kept as nothing else', async (_, change) => {
  const files = [record('a', 'same'), record('b', 'now!')];
  const file = path.join(root, 'b');
  change(file);
  await expect(contentsToKeep(root, files)).rejects.toMatchObject({
    kind: 'integrity',
    message: `${file} was changed while it was read.`,
  });
});
