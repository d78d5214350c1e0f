import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formsOf } from '../../../cli/exec/forms.js';
import { Mask } from '../../../cli/exec/mask.js';

const REPLACEMENT = '[redacted]';

/** What a mask passes on of a text that comes in these pieces. */
function masked(needles: readonly Buffer[], pieces: readonly Buffer[]): Buffer {
  const mask = new Mask(needles);
  return Buffer.concat([...pieces.map((piece) => mask.push(piece)), mask.end()]);
}

function mask(values: readonly string[], text: string): string {
  return masked(formsOf(values.map((value) => Buffer.from(value))), [Buffer.from(text)]).toString();
}

/** The same, written down without any cleverness: every byte of every occurrence is replaced. */
function oracle(needles: readonly Buffer[], text: Buffer): Buffer {
  const found = needles
    .flatMap((needle) => occurrences(text, needle))
    .sort((a, b) => a.from - b.from || b.to - a.to);
  const pieces: Buffer[] = [];
  let done = 0;
  for (const { from, to } of found) {
    if (from >= done) pieces.push(text.subarray(done, from), Buffer.from(REPLACEMENT));
    done = Math.max(done, to);
  }
  return Buffer.concat([...pieces, text.subarray(done)]);
}

function occurrences(text: Buffer, needle: Buffer): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) {
    found.push({ from: at, to: at + needle.length });
  }
  return found;
}

function split(text: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  return [...places, text.length].map((place, index) => text.subarray(places[index - 1] ?? 0, place));
}

/** Secrets of few letters overlap each other and themselves; others look like real ones. */
const secret = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 8, maxLength: 20 }),
  fc.string({ unit: 'grapheme', minLength: 8, maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('a', '/', '+', '"', '\\', '\n', ' ', 'é', '%'),
    minLength: 8,
    maxLength: 40,
  }),
);
const noise = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'é', '[', '\n'), maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);

describe('as a property', () => {
  test('what is replaced does not depend on where the stream is split, and nothing else is changed', () => {
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(noise, fc.nat(), fc.nat()), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (secrets, parts, cuts) => {
          const needles = formsOf(secrets.map((one) => Buffer.from(one)));
          const text = Buffer.concat(
            parts.flatMap(([before, which, cut]) => {
              const needle = needles[which % needles.length] ?? Buffer.alloc(0);
              // Now and then only the beginning of one.
              return [Buffer.from(before), cut % 3 === 0 ? needle.subarray(0, cut % needle.length) : needle];
            }),
          );
          const result = masked(needles, split(text, cuts));
          expect(result.toString('latin1')).toBe(oracle(needles, text).toString('latin1'));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('no form of a secret is left', () => {
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 2 }), fc.array(fc.nat()), (secrets, cuts) => {
        const needles = formsOf(secrets.map((one) => Buffer.from(one)));
        const result = masked(
          needles,
          split(Buffer.concat(needles.flatMap((one) => [one, Buffer.from('·')])), cuts),
        );
        expect(result.toString().replaceAll(REPLACEMENT, '').replaceAll('·', '')).toBe('');
      }),
      { numRuns: 100 },
    );
  });
});

describe('forms', () => {
  const value = 'pä55"w/rd+&= <x>~!';
  const bytes = Buffer.from(value);
  const upper = (text: string, pattern: RegExp) => text.replace(pattern, (found) => found.toUpperCase());

  test.each([
    ['as it is', value],
    ['hex', bytes.toString('hex')],
    ['upper-case hex', bytes.toString('hex').toUpperCase()],
    ['base64', bytes.toString('base64')],
    ['base64url', bytes.toString('base64url')],
    ['encodeURIComponent', encodeURIComponent(value)],
    ['encodeURI', encodeURI(value)],
    ['a form', new URLSearchParams({ '': value }).toString().slice(1)],
    ['lower-case percent', encodeURIComponent(value).replace(/%../g, (found) => found.toLowerCase())],
    ['JSON', JSON.stringify(value).slice(1, -1)],
    ['JSON by PHP, escaping slashes', JSON.stringify(value).slice(1, -1).replaceAll('/', '\\/')],
    ['JSON in ASCII', JSON.stringify(value).slice(1, -1).replace('ä', '\\u00e4')],
    [
      'JSON in ASCII, upper case',
      upper(JSON.stringify(value).slice(1, -1).replace('ä', '\\u00e4'), /(?<=\\u)..../g),
    ],
    [
      'JSON by Go, fit for HTML',
      JSON.stringify(value)
        .slice(1, -1)
        .replace('&', '\\u0026')
        .replace('<', '\\u003c')
        .replace('>', '\\u003e'),
    ],
  ])('%s', (_, form) => {
    expect(mask([value], `(${form})`)).toBe(`(${REPLACEMENT})`);
  });

  test.each(['', 'x', 'xy', 'user:', 'Bearer '])('base64 behind %j, with more behind it', (before) => {
    const whole = Buffer.from(`${before}correct horse battery${'z'.repeat(9)}`).toString('base64');
    const result = mask(['correct horse battery'], whole);
    expect(result).toContain(REPLACEMENT);
    // What is left are characters that hold bits of the neighbours, too.
    const inside = Math.floor(('correct horse battery'.length * 8 - 12) / 6);
    expect(result.length).toBeLessThanOrEqual(whole.length - inside + REPLACEMENT.length);
  });

  test('each line of a value, whatever ends it', () => {
    const key = '-----BEGIN KEY-----\r\nMIIEvQIBADANBgkq\nshort\n-----END KEY-----\n';
    expect(mask([key], 'MIIEvQIBADANBgkq|short|-----END KEY-----')).toBe(
      `${REPLACEMENT}|short|${REPLACEMENT}`,
    );
    expect(mask([key], key)).toBe(REPLACEMENT);
  });

  test('nothing that is shorter than eight bytes', () => {
    expect(formsOf([Buffer.from('1234567'), Buffer.from('')])).toEqual([]);
    expect(mask(['1234567'], '1234567')).toBe('1234567');
    expect(mask(['12345678'], '12345678')).toBe(REPLACEMENT);
  });

  test('bytes that are not text', () => {
    const value = Buffer.from([0xff, 0, 0xfe, 1, 0xfd, 2, 0xfc, 3, 0x80]);
    expect(masked(formsOf([value]), [Buffer.from([1]), value, Buffer.from([2])])).toEqual(
      Buffer.from(`\u0001${REPLACEMENT}\u0002`),
    );
  });
});

describe('what is held back', () => {
  const needles = [Buffer.from('secret-value')];

  test('is the beginning of a needle, and no byte more', () => {
    const mask = new Mask(needles);
    expect(mask.push(Buffer.from('Password: ')).toString()).toBe('Password: ');
    expect(mask.push(Buffer.from('the secret-val')).toString()).toBe('the ');
    expect(mask.push(Buffer.from('id')).toString()).toBe('secret-valid');
    expect(mask.push(Buffer.from('se')).toString()).toBe('');
    expect(mask.push(Buffer.from('secret-value')).toString()).toBe(`se${REPLACEMENT}`);
    expect(mask.push(Buffer.from('sec')).toString()).toBe('');
    expect(mask.end().toString()).toBe('sec');
  });

  test('is nothing once a whole needle has come, though a longer one may yet follow', () => {
    const mask = new Mask([Buffer.from('12345678'), Buffer.from('1234567890')]);
    expect(mask.push(Buffer.from('12345678')).toString()).toBe(REPLACEMENT);
    expect(mask.push(Buffer.from('90|')).toString()).toBe('|');
    expect(mask.push(Buffer.from('12345678')).toString()).toBe(REPLACEMENT);
    expect(mask.push(Buffer.from('9|')).toString()).toBe('9|');
  });
});
