import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorTable } from '../../shared/errors.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The rows `| kind | code | exit | when |` of the README. */
const documented = [...readme.matchAll(/^\| `(\w+)` \| (-\d+) \| (\d+) \| (.+) \|$/gm)].map(
  ([, kind = '', code, exit, when = '']) => ({ kind, code: Number(code), exit: Number(exit), when }),
);

test('README.md lists every error there is and no other, with its code and exit status', () => {
  expect(readme).toMatch(/^\| *kind *\| *code *\| *exit *\| *when *\|$/m);
  const byKind = (a: { kind: string }, b: { kind: string }) => a.kind.localeCompare(b.kind);
  expect(documented.map(({ kind, code, exit }) => ({ kind, code, exit })).sort(byKind)).toEqual(
    Object.entries(errorTable)
      .map(([kind, { code, exit }]) => ({ kind, code, exit }))
      .sort(byKind),
  );
});

test('and says when each one comes', () => {
  for (const { kind, when } of documented)
    expect({ kind, length: when.trim().length > 3 }).toEqual({ kind, length: true });
});
