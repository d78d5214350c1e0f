import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readSource, SOURCE_FOLDERS, sourceFiles, testFiles } from '../support/sources.js';

// Words that tell that a sentence was not written as a native engineer writes it, and a better one for each. The style
// is in daemon/README.md; this finds only what can be found by words.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface TellTale {
  readonly pattern: RegExp;
  readonly better: string;
}

const TELL_TALES: readonly TellTale[] = [
  { pattern: /\banew\b/i, better: 'again' },
  { pattern: /\bbut for\b/i, better: 'except' },
  { pattern: /\bfor want of\b/i, better: 'because there is no' },
  { pattern: /\bas far as\b/i, better: 'if; or leave it out' },
  { pattern: /\bbe it\b/i, better: 'whether it is' },
  { pattern: /\bof whatever\b/i, better: 'of any' },
  { pattern: /\bwho(ever|soever)\b/i, better: 'say who: a caller, the user, another process' },
  { pattern: /\b(no|some|any|every)body\b/i, better: 'say who: no program, another process, all callers' },
  { pattern: /\blook(s|ed|ing)? whether\b/i, better: 'check whether' },
  {
    pattern: /(?<!\bthere )\b(is|are|was|were) no (?!longer\b|more\b|other\b|better\b)[a-z]/i,
    better: 'is not a',
  },
  { pattern: /(?<!\bthere )\b(is|are|was|were) none\b(?! of)/i, better: 'is not one' },
  { pattern: /\b(told|tells?|says?|said|speaks?) of\b/i, better: 'about' },
  { pattern: /\b(is|are|was|were|has|have|had) to be\b/i, better: 'must be, or: will be' },
  { pattern: /\b(throws?|rejects?|skipped|undefined)\b[^.\n]* where\b/i, better: 'if' },
  {
    pattern:
      /(?<!\b(leav(e|es|ing)|left|let)\b[^.\n]{0,40})(?<![#.]|\b(is|are|stands?) )\balone\b(?! (on|with) )/i,
    better: 'only, before what it limits',
  },
];

/** Texts for people at the top of the project, and in its rooms. */
const DOCUMENTS = ['README.md', 'SECURITY.md', 'CHANGELOG.md', 'daemon/README.md', 'tests/README.md'];

interface Found {
  readonly place: string;
  readonly words: string;
  readonly better: string;
}

function findIn(file: string, text: string): Found[] {
  return text.split('\n').flatMap((line, index) =>
    TELL_TALES.flatMap(({ pattern, better }) => {
      const words = pattern.exec(line)?.[0];
      return words === undefined ? [] : [{ place: `${file}:${index + 1}`, words, better }];
    }),
  );
}

function report({ place, words, better }: Found): string {
  return `${place} "${words}" → ${better}`;
}

/** The text of a document, without the words that its page of style quotes as those not to write. */
function readDocument(file: string): string {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  return text.replace(/^\| write \| not \|$[\s\S]*?(?=\n\n)/m, '');
}

/** The names of the tests in a file, each on its line. */
function testNames(text: string): string {
  const isName = /^\s*(describe|test)\b[^'"`]*['"`]|^\s*\]\)\(['"`]|^\s*['"`][^'"`]*['"`],$/;
  return text
    .split('\n')
    .map((line) => (isName.test(line) ? line : ''))
    .join('\n');
}

const named = testFiles().filter(
  (file) => /\.test\.ts$/.test(file) && !file.endsWith('plain-english.test.ts'),
);

const found: Readonly<Record<string, readonly Found[]>> = {
  ...Object.fromEntries(
    SOURCE_FOLDERS.map((folder) => [
      folder,
      sourceFiles()
        .filter((file) => file.startsWith(`${folder}/`))
        .flatMap((file) => findIn(file, readSource(file))),
    ]),
  ),
  'the documents': DOCUMENTS.flatMap((file) => findIn(file, readDocument(file))),
  'the names of tests': named.flatMap((file) => findIn(file, testNames(readSource(file)))),
};

test.each(Object.keys(found))('plain English in %s', (place) => {
  expect((found[place] ?? []).map(report)).toEqual([]);
});

test('these words would be found', () => {
  const samples = [
    'starts anew',
    'all but for one',
    'for want of a key',
    'as far as it is known',
    'be it a file',
    'of whatever kind',
    'whoever asks',
    'Nobody answers',
    'Look whether it runs',
    'this is no name',
    'one that is none',
    'it is told of it',
    'it has to be signed in',
    'Throws `timeout` where it takes too long',
    'by its password alone',
  ];
  const unnoticed = samples.filter((sample) => findIn('', sample).length === 0);
  expect(unnoticed).toEqual([]);
  const plain = ['There is no account.', 'It is no longer there.', 'Leave the other account alone.'];
  expect(plain.flatMap((sentence) => findIn('', sentence))).toEqual([]);
});
