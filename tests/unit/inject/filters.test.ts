import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FilterName, filtered } from '../../../cli/inject/filters.js';

const apply = (value: Buffer | string, ...names: FilterName[]) =>
  filtered('Line 1', Buffer.from(value), names).toString('latin1');

const text = fc.string({ unit: 'binary', maxLength: 60 });
const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));

describe('what a filter writes is read back as the same value', () => {
  test('json, by JSON.parse, as a whole value', () => {
    fc.assert(
      fc.property(text, (value) => {
        const written = Buffer.from(apply(value, 'json'), 'latin1').toString();
        expect(JSON.parse(`{"a": ${written}}`)).toEqual({ a: value });
      }),
    );
  });

  test('url, by decodeURIComponent, and it is one part of an address', () => {
    fc.assert(
      fc.property(text, (value) => {
        const written = apply(value, 'url');
        expect(decodeURIComponent(written)).toBe(value);
        const { password } = new URL(`https://user:${written}@host.example/`);
        expect(decodeURIComponent(password)).toBe(value);
      }),
    );
  });

  test('base64, by the program of that name', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const { stdout } = spawnSync('base64', ['-d'], { input: apply(value, 'base64') });
        expect(stdout).toEqual(value);
      }),
      { numRuns: 20 },
    );
  });

  test('shell, by sh, as one word', () => {
    const words = fc.array(
      bytes.map((value) => Buffer.from(value.filter((byte) => byte !== 0))),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(words, (values) => {
        const written = values.map((value) => apply(value, 'shell')).join(' ');
        const { stdout } = spawnSync('sh', ['-s'], {
          input: Buffer.from(`printf '%s\\0' ${written}`, 'latin1'),
        });
        expect(stdout).toEqual(Buffer.concat(values.flatMap((value) => [value, Buffer.alloc(1)])));
      }),
      { numRuns: 20 },
    );
  });
});

test.each<[string, FilterName[], string]>([
  ['a "b"\n\\', ['json'], '"a \\"b\\"\\n\\\\"'],
  ["it's $HOME", ['shell'], `'it'\\''s $HOME'`],
  ['', ['shell'], "''"],
  ['', ['json'], '""'],
  ["ä b/c?d&e'(*)!~", ['url'], '%C3%A4%20b%2Fc%3Fd%26e%27%28%2A%29%21~'],
  ['a\0b', ['base64'], 'YQBi'],
  ['a\0b', ['json'], '"a\\u0000b"'],
  ['\ufeffx', ['json'], Buffer.from('"\ufeffx"').toString('latin1')],
  ['a b', ['url', 'json'], '"a%20b"'],
  ['a', ['json', 'base64'], 'ImEi'],
  ["'", ['shell', 'json'], `"''\\\\'''"`],
  ['x', [], 'x'],
])('%j by %s is %s', (value, names, written) => {
  expect(apply(value, ...names)).toBe(written);
});

test.each<[Buffer, FilterName]>([
  [Buffer.from([0xff, 0xfe]), 'json'],
  [Buffer.from([0xed, 0xa0, 0x80]), 'json'],
  [Buffer.from('canary\0'), 'shell'],
])('%j has no form for %s: the error names base64, and not the value', (value, name) => {
  const apart = () => filtered('Line 7', value, [name]);
  expect(apart).toThrow(
    expect.objectContaining({ kind: 'invalid_params', hint: expect.stringContaining('base64') }),
  );
  expect(apart).toThrow(/^Line 7: the filter \w+ (?!.*canary)/);
});

test('any bytes can be percent-encoded', () => {
  expect(apply(Buffer.from([0xff, 0, 0x41]), 'url')).toBe('%FF%00A');
});
