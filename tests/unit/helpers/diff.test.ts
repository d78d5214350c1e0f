import { expect, test } from 'vitest';
import { changedLines } from '../../../cli/helpers/diff.js';

test.each([
  ['a\nb\n', 'a\nb\n', []],
  ['', 'a\nb\n', ['+a', '+b']],
  ['a\nb\n', '', ['-a', '-b']],
  ['a\nb\nc\n', 'a\nc\nd\n', ['-b', '+d']],
  ['a\nsecret\nb\nc\n', 'a\nx\nsecret\nc\ny\n', ['+x', '-b', '+y']],
  ['a\npassword', 'a\npassword\nc\n', ['+c']],
  ['a\npassword\nc\n', 'a\npassword', ['-c']],
])('%j becomes %j by these lines, and no other is shown', (before, after, lines) => {
  expect(changedLines(before, after)).toEqual(lines);
});

test('long texts are shown as replaced where they differ', () => {
  const text = (word: string) => Array.from({ length: 3000 }, (_, line) => `${word} ${line}\n`).join('');
  const lines = changedLines(`a\n${text('one')}`, `a\n${text('two')}`);
  expect(lines).toHaveLength(6000);
  expect(lines.slice(0, 1)).toEqual(['-one 0']);
});
