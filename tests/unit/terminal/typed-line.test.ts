import { describe, expect, test } from 'vitest';
import {
  inOneLine,
  type PasteReader,
  type Typed,
  TypedLine,
  withLineBreaks,
} from '../../../cli/terminal/typed-line.js';

/** What comes of these keys, and what is left of the line, with the keys sent in pieces of `size`. */
function type(
  keys: string,
  size = keys.length,
  readPaste: PasteReader = inOneLine,
): { typed: Typed[]; left: string } {
  const line = new TypedLine(readPaste);
  const typed: Typed[] = [];
  for (let start = 0; start < keys.length; start += size) {
    typed.push(...line.push(keys.slice(start, start + size)));
  }
  return { typed, left: line.text };
}

const line = (text: string): Typed => ({ kind: 'line', text });
const paste = (text: string): string => `\u001b[200~${text}\u001b[201~`;

const cases: [what: string, keys: string, typed: Typed[], left?: string][] = [
  ['Enter ends a line', 'one\rtwo\nthree', [line('one'), line('two')], 'three'],
  ['an empty line', '\r', [line('')]],
  ['backspace takes a whole character', 'aö😀\u007f\u007f\b\b!\r', [line('!')]],
  ['Ctrl-U takes the line', 'old\u0015new\r', [line('new')]],
  [
    'arrows, function keys and other controls are left out',
    'a\u001b[D\u001bOP\u001b[15;2~\tb\r',
    [line('ab')],
  ],
  ['Escape before a character', '\u001bhttp\r', [line('http')]],
  ['a paste', `a${paste('b c')}d\r`, [line('ab cd')]],
  ['line breaks and keys within a paste', `${paste('a\r\nb\u0003\u0004\u007fc')}\r`, [line('abc')]],
  ['a paste with a sequence in it', `${paste('a\u001b[31mb\u001b[201')}\r`, [line('a[31mb[201')]],
  ['two pastes', `${paste('a')}${paste('b')}\r`, [line('ab')]],
  ['Ctrl-C with and without a line', 'a\u0003', [{ kind: 'interrupt' }], 'a'],
  ['Ctrl-Z keeps the line', 'a\u001ab\r', [{ kind: 'suspend' }, line('ab')]],
  ['Ctrl-D is the end of an empty line alone', 'a\u0004b\r\u0004', [line('ab'), { kind: 'end' }]],
];

describe('the keys of a terminal', () => {
  test.each(cases)('%s', (_, keys, typed, left = '') => {
    // Whatever they are split into, unless a lone Escape is torn from what follows it.
    for (const size of [keys.length, 1, 2, 3, 7]) expect(type(keys, size)).toEqual({ typed, left });
  });

  test.each([1, 2, 3, 7, 100])('a paste keeps its line breaks where they count, in pieces of %i', (size) => {
    const keys = `a${paste('b\r\nc\rd\n\te\u0003')}\r`;
    expect(type(keys, size, withLineBreaks).typed).toEqual([line('ab\nc\nd\n\te\u0003')]);
  });

  test('what comes behind Enter is more than the line', () => {
    const typing = new TypedLine(withLineBreaks);
    const more: boolean[] = [];
    for (const keys of ['one\rtwo', '\r']) {
      for (const _ of typing.push(keys)) more.push(typing.hasMore);
    }
    expect(more).toEqual([true, false]);
  });

  test('there is no longest line', () => {
    const text = 'x'.repeat(1_000_000);
    expect(type(`${paste(text)}\r`, 4095).typed).toEqual([line(text)]);
  });
});
