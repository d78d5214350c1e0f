import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readLine } from '../../daemon/core/runs/protocol.js';
import { readManifest } from '../../shared/manifest.js';
import { faultIn } from '../support/commands.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENTS = ['README.md', 'SECURITY.md', 'CHANGELOG.md', 'daemon/README.md', 'tests/README.md'].filter(
  (file) => existsSync(path.join(ROOT, file)),
);
/** What is there only after a build. */
const BUILT = /^dist\//;

describe.each(DOCUMENTS)('%s', (document) => {
  const text = readFileSync(path.join(ROOT, document), 'utf8');
  const folder = path.posix.dirname(document);

  test('links to files and headings that are there', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const missing = links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => !isThere(folder, document, link));
    expect(missing).toEqual([]);
  });

  test('names files of the project that are there', () => {
    const named = [...text.matchAll(/`((?:shared|client|daemon|cli|tests)\/[\w./-]*)`/g)].map(
      ([, name = '']) => name,
    );
    expect(named.filter((name) => !existsSync(path.join(ROOT, name)))).toEqual([]);
  });

  test('names commands, options and arguments that there are', async () => {
    const prose = text.replace(/^```.*?^```/gms, '');
    const lines = [...prose.matchAll(/`(sigilforge [^`…]+)`/g)].map(([, line = '']) =>
      line.replace(/\s+/g, ' '),
    );
    const faults = await Promise.all(lines.map(async (line) => ({ line, fault: await faultIn(line) })));
    // A command may be named without what it is about.
    expect(
      faults.filter(({ fault = 'an argument is missing' }) => fault !== 'an argument is missing'),
    ).toEqual([]);
  });
});

test('README.md: its manifest is without a fault, and the lines of a program are understood', () => {
  const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```json\n(.*?)^```/gms)].map(([, block = '']) => block);
  const manifests = blocks.filter((block) => block.includes('"runner"'));
  expect(manifests.map(readManifest)).toEqual([{ manifest: expect.objectContaining({ name: 'weather' }) }]);
  const lines = blocks.flatMap((block) => block.split('\n')).filter((line) => line.startsWith('{"type":'));
  expect(lines.map((line) => readLine(line)?.type)).toEqual(['message', 'result']);
});

test('the documents were found', () => {
  expect(DOCUMENTS).toContain('README.md');
});

function isThere(folder: string, document: string, link: string): boolean {
  const [file = '', heading] = link.split('#');
  const target = file === '' ? document : path.posix.join(folder, file);
  if (BUILT.test(target)) return true;
  if (!existsSync(path.join(ROOT, target))) return false;
  return heading === undefined || headings(target).includes(heading);
}

/** The anchors that GitHub makes of the headings of a document. */
function headings(document: string): string[] {
  const text = readFileSync(path.join(ROOT, document), 'utf8');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
