import { describe, expect, test } from 'vitest';
import { blockIds, blockOf, withBlock, withoutBlock } from '../../../cli/helpers/blocks.js';

const texts = ['', '\n', 'one\ntwo\n', 'one\ntwo', '# >>> sigilforge a\nnothing ends it\n', 'one\r\ntwo\r\n'];

describe.each(texts.map((text) => [text]))('%j', (text) => {
  test('is the same again, byte for byte', () => {
    const one = withBlock(text, 'x work', ['a', 'b']);
    const two = withBlock(one, 'x home', ['c']);
    expect(blockIds(two, 'x ')).toEqual(['x work', 'x home']);
    expect(blockOf(two, 'x work')).toEqual(['a', 'b']);
    expect(withoutBlock(withoutBlock(two, 'x work'), 'x home')).toBe(text);
    expect(withoutBlock(withoutBlock(two, 'x home'), 'x work')).toBe(text);
    expect(withoutBlock(text, 'x work')).toBe(text);
  });

  test('holds one block of a name, where it was', () => {
    const two = withBlock(withBlock(text, 'x', ['a']), 'y', ['b']);
    expect(withBlock(two, 'x', ['a'])).toBe(two);
    expect(withBlock(two, 'x', ['c'])).toBe(withBlock(withBlock(text, 'x', ['c']), 'y', ['b']));
  });
});

test('what was written around it meanwhile stays', () => {
  const text = withBlock('one', 'x', ['a'], ';');
  expect(withoutBlock(`zero\n${text}two`, 'x', ';')).toBe('zero\none\ntwo');
});
