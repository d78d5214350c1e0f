import { expect, test } from 'vitest';
import { plainWords } from '../../../cli/completion/bash-words.js';

test.each<[typed: string[], words: string[]]>([
  [
    ['a', "'b c'", '"d e"', 'f\\ g', ''],
    ['a', 'b c', 'd e', 'f g', ''],
  ],
  [
    ["a'b'c", `"a\\"b\\$c\\d"`],
    ['abc', 'a"b$c\\d'],
  ],
  [["'open qu"], ['open qu']],
  [['"open qu'], ['open qu']],
  [
    ['$(date)', '`date`', '$HOME', '~'],
    ['$(date)', '`date`', '$HOME', '~'],
  ],
  [
    ['a', '>', 'file', 'b'],
    ['a', 'b'],
  ],
  [
    ['a', '2>/dev/null', '<in', '&>>', 'all', 'b'],
    ['a', 'b'],
  ],
  [
    ['a', "'>'", 'b'],
    ['a', '>', 'b'],
  ],
])('%j are %j', (typed, words) => {
  expect(plainWords(typed)).toMatchObject({ words, redirects: false });
});

test('the file of a redirection is told apart, and where each word was', () => {
  expect(plainWords(['a', '>', 'fi'])).toMatchObject({ words: ['a', 'fi'], redirects: true });
  expect(plainWords(['a', '>fi'])).toMatchObject({ redirects: true });
  expect(plainWords(['a', '>', 'file', 'b', 'c'])).toMatchObject({ places: [0, 3, 4], redirects: false });
});
