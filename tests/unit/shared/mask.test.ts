import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formsOf } from '../../../shared/mask/forms.js';
import { Mask } from '../../../shared/mask/mask.js';
import { exactly, type Needle } from '../../../shared/mask/needle.js';

const REPLACEMENT = '[redacted]';

/** What a mask passes on of a text that comes in these pieces. */
function masked(needles: readonly Needle[], pieces: readonly Buffer[]): Buffer {
  const mask = new Mask(needles);
  return Buffer.concat([...pieces.map((piece) => mask.push(piece)), mask.end()]);
}

function formsOfTexts(...values: readonly string[]): Needle[] {
  return formsOf(values.map((value) => Buffer.from(value)));
}

function mask(values: readonly string[], text: string): string {
  return masked(formsOfTexts(...values), [Buffer.from(text)]).toString();
}

/** The same, written down without any cleverness: every byte of every occurrence is replaced. */
function oracle(needles: readonly Needle[], text: string): string {
  let result = '';
  let done = 0;
  for (let at = 0; at < text.length; at++) {
    const end = Math.max(0, ...needles.map((needle) => endOf(needle, text, at)));
    if (end > 0 && at >= done) result += text.slice(done, at) + REPLACEMENT;
    done = Math.max(done, end);
  }
  return result + text.slice(done);
}

const LINE_BREAK = /(?:[\n\r]|\\\n|(?:\\|\\\\|\\{4})n|(?:\\|\\\\)r|%0[AaDd]|&#1[03];|&#x[AD];)/;
const BREAK = new RegExp(LINE_BREAK.source, 'y');
const BREAK_OR_BLANK = new RegExp(`${LINE_BREAK.source}|[ \t]`, 'y');

function endOf({ spellings, wraps, endings }: Needle, text: string, from: number): number {
  if (endings.length === 0 && startsPlain(spellings, text, from))
    return from + spellings.reduce((length, { plain }) => length + plain.length, 0);
  const pastBreaks = (place: number) => {
    const places = [place];
    if (!wraps || place - from < 4) return places;
    for (let [end, next] = [place, BREAK]; ; next = BREAK_OR_BLANK) {
      next.lastIndex = end;
      end += next.exec(text)?.[0].length ?? 0;
      if (end === places.at(-1) || end - place > 64) return places;
      places.push(end);
    }
  };
  const read = (start: readonly number[], parts: Needle['spellings']) => {
    let places = start;
    for (const spelling of parts) {
      if (places.length === 0) return [];
      const after = places
        .flatMap(pastBreaks)
        .flatMap((place) =>
          textsOf(spelling).flatMap((form) => (text.startsWith(form, place) ? [place + form.length] : [])),
        );
      places = [...new Set(after)];
    }
    return places;
  };
  const whole = read([from], spellings);
  return Math.max(0, ...whole, ...endings.flatMap((ending) => read(whole, ending)));
}

function startsPlain(spellings: Needle['spellings'], text: string, from: number): boolean {
  let at = from;
  for (const spelling of spellings) {
    const [plain = ''] = textsOf(spelling);
    if (!text.startsWith(plain, at)) return false;
    at += plain.length;
  }
  return true;
}

const texts = new Map<number, string[]>();

function textsOf({ id, all }: Needle['spellings'][number]): string[] {
  const known = texts.get(id) ?? all.map((bytes) => bytes.toString('latin1'));
  texts.set(id, known);
  return known;
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

/** A way to write a needle: which spelling of each character, and where lines end. */
const writing = fc.record({
  /** Nearly always the usual one. */
  spelling: fc.array(fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat()), {
    minLength: 1,
    maxLength: 7,
  }),
  width: fc.integer({ min: 4, max: 80 }),
  lineEnd: fc.constantFrom('\n', '\r\n', '\n    ', '\\n', '\\\\n', '%0A', '&#10;'),
});

function write(
  { spellings, wraps, endings }: Needle,
  how: typeof writing extends fc.Arbitrary<infer T> ? T : never,
) {
  const ending = endings[(how.spelling[0] ?? 0) % (endings.length + 1)] ?? [];
  const characters = [...spellings, ...ending].map(({ all }, index) => {
    const choice = how.spelling[index % how.spelling.length] ?? 0;
    return all[choice % all.length]?.toString('latin1') ?? '';
  });
  return characters.reduce((text, character, index) => {
    const isFull = wraps && index % how.width === 0 && text.length >= 4;
    return text + (isFull ? how.lineEnd : '') + character;
  }, '');
}

test.each([
  ['a-long-secret', 'a-long-secret'],
  ['a-long-secret', '\\\\x61-long-secret'],
  ['\\\\server\\share', '\\\\server\\share'],
])('among many backslashes %j is found as %j', (value, shown) => {
  const text = mask([value], `${'\\'.repeat(40)}${shown} ${'\\'.repeat(40)}`);
  expect(text).toMatch(value.startsWith('\\') ? /^\[redacted\] \\{40}$/ : /^\\+\[redacted\] \\{40}$/);
});

describe('as a property', () => {
  const runs = { numRuns: 40 };

  test('what is replaced does not depend on where the stream is split, and nothing else is changed', () => {
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 2 }),
        fc.array(fc.tuple(noise, fc.nat(), fc.nat(), writing), { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (secrets, parts, cuts) => {
          const needles = formsOfTexts(...secrets);
          const text = parts
            .map(([before, which, cut, how]) => {
              const needle = needles[which % needles.length];
              const written = needle === undefined ? '' : write(needle, how);
              // Now and then only the beginning of one.
              return (
                Buffer.from(before).toString('latin1') +
                written.slice(0, cut % 3 === 0 ? cut % 40 : undefined)
              );
            })
            .join('');
          const result = masked(needles, split(Buffer.from(text, 'latin1'), cuts));
          expect(result.toString('latin1')).toBe(oracle(needles, text));
        },
      ),
      runs,
    );
  });

  test('what has nothing of a secret passes unchanged, any bytes', () => {
    const needles = formsOfTexts('correct horse battery staple', 'gho_CanaryToken4711+/=');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(), { maxLength: 12 }), (bytes, cuts) => {
        expect(masked(needles, split(Buffer.from(bytes), cuts)).equals(bytes)).toBe(true);
      }),
      runs,
    );
  });

  test('no form of a secret is left, however it is written', () => {
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 2 }),
        writing,
        fc.array(fc.nat()),
        (secrets, how, cuts) => {
          const needles = formsOfTexts(...secrets);
          const text = needles.map((needle) => `${write(needle, how)}\u00b7`).join('');
          const result = masked(needles, split(Buffer.from(text, 'latin1'), cuts)).toString('latin1');
          expect(result.replaceAll(REPLACEMENT, '').replaceAll('\u00b7', '')).toBe('');
        },
      ),
      { numRuns: 30 },
    );
  });

  test.each(['secret', 'user:secret', '{"a":"secret"}'])(
    'base64 of %s shows at most its edges, broken at any width',
    (template) => {
      fc.assert(
        fc.property(
          fc.string({ unit: 'grapheme-ascii', minLength: 12, maxLength: 60 }),
          fc.integer({ min: 4, max: 90 }),
          fc.constantFrom('\n', '\r\n', '\n  ', '\\n'),
          (value, width, lineEnd) => {
            const inside = template.startsWith('{') ? JSON.stringify(value).slice(1, -1) : value;
            const [before = '', after = ''] = template.split('secret');
            const whole = Buffer.from(before + inside + after).toString('base64');
            const result = mask(
              [value],
              whole.replace(new RegExp(`.{${width}}(?!$)`, 'g'), (line) => line + lineEnd),
            );
            // The n of a line break that is written \n may be taken for a character of the secret: its \ is left then.
            const left = result.replaceAll(lineEnd, '').replaceAll('\\', '').split(REPLACEMENT);
            expect(left).toHaveLength(2);
            // Characters with bits of the neighbours, and up to three before the end of a line.
            expect(left[0]?.length).toBeLessThanOrEqual(Math.ceil((before.length * 8) / 6) + 3);
            expect(left[1]?.length).toBeLessThanOrEqual(Math.ceil((after.length * 8) / 6) + 4);
          },
        ),
        runs,
      );
    },
  );
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

  test.each([
    ['JSON in JSON in JSON', JSON.stringify(JSON.stringify(JSON.stringify(value))).slice(7, -7)],
    ['a shell, in single quotes', `pä55"w/rd+&= <x>~!`],
    ['a shell, by backslashes', 'pä55\\"w/rd+\\&=\\ \\<x\\>\\~\\!'],
    ['a shell, in bytes', 'p\\303\\24455\\"w/rd+&= <x>~!'],
    ['Python, bytes', 'p\\xc3\\xa455"w/rd+&= <x>~!'],
    ['Python, ASCII', 'p\\xe455"w/rd+&= <x>~!'],
    ['HTML', 'p&auml;55&quot;w/rd+&amp;= &lt;x&gt;~!'.replace('&auml;', '&#xE4;')],
    ['HTML, twice', 'pä55&amp;quot;w/rd+&amp;amp;= &amp;lt;x&amp;gt;~!'],
    ['CSV', 'pä55""w/rd+&= <x>~!'],
    ['percent, twice', encodeURIComponent(encodeURIComponent(value))],
    ['percent-encoded base64', encodeURIComponent(bytes.toString('base64'))],
    ['hex with colons', bytes.toString('hex').replace(/..(?!$)/g, '$&:')],
    ['hex in lines', bytes.toString('hex').replace(/.{9}/g, '$&\n')],
    ['hex by xxd -i', bytes.toString('hex').replace(/../g, ', 0x$&').slice(2)],
    ['bytes as JSON', JSON.stringify([...bytes]).slice(1, -1)],
  ])('%s', (_, form) => {
    expect(mask([value], `(${form})`)).toBe(`(${REPLACEMENT})`);
  });

  test('each quotation mark, and no other around it', () => {
    const quotes = `it's "so"`;
    for (const form of [
      `it'\\''s "so"`,
      `it'"'"'s "so"`,
      `it\\'s \\"so\\"`,
      `it''s "so"`,
      `it&#039;s &#34;so&#34;`,
    ])
      expect(mask([quotes], `'${form}'`)).toBe(`'${REPLACEMENT}'`);
    expect(mask([quotes], `"${quotes}"`)).toBe(`"${REPLACEMENT}"`);
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
  const needles = [exactly('secret-value')];

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
    const mask = new Mask([exactly('12345678'), exactly('1234567890')]);
    expect(mask.push(Buffer.from('12345678')).toString()).toBe(REPLACEMENT);
    expect(mask.push(Buffer.from('90|')).toString()).toBe('|');
    expect(mask.push(Buffer.from('12345678')).toString()).toBe(REPLACEMENT);
    expect(mask.push(Buffer.from('9|')).toString()).toBe('9|');
  });

  test('is nothing of a prompt, nor of a line that ends like the start of a secret in base64', () => {
    const mask = new Mask(formsOfTexts('correct horse battery staple'));
    for (const text of ['Password: ', 'Continue? [y/N] ', 'as of 12:00Y\n', 'Y29y', '!\n$ '])
      expect(mask.push(Buffer.from(text)).toString()).toBe(text === 'Y29y' ? '' : text.replace('!', 'Y29y!'));
  });

  test('is bounded, whatever comes', () => {
    const mask = new Mask(formsOf([Buffer.alloc(100_000, 'large-')]));
    const start = Buffer.from(Buffer.alloc(300, 'large-').toString('base64').slice(0, 100));
    let held = start.length - mask.push(start).length;
    for (let length = 0; length < 1000; length++) {
      const passed = mask.push(Buffer.from('\n')).length;
      held += 1 - passed;
      expect(held).toBeLessThan(start.length + 70);
    }
  });
});

test('replacements are counted, overlapping ones once', () => {
  const mask = new Mask([exactly('12345678'), exactly('56789abc')]);
  expect(mask.replacements).toBe(0);
  mask.push(Buffer.from('12345678 and 123456'));
  expect(mask.replacements).toBe(1);
  mask.push(Buffer.from('789abc, 1234'));
  expect(mask.replacements).toBe(2);
  mask.end();
  expect(mask.replacements).toBe(2);
});

describe('parts that are secrets by themselves', () => {
  const key = {
    type: 'service_account',
    project_id: 'my-project-123456',
    private_key:
      '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n9w0BAQEFAASCBKcwgg\n-----END PRIVATE KEY-----\n',
    client_email: 'robot@my-project-123456.iam.gserviceaccount.com',
    token_uri: 'https://oauth2.googleapis.com/token',
    credentials: { list: ['hunter2hunter2', 12345678901] },
  };

  test.each([
    ['a field of JSON', JSON.stringify(key), 'hunter2hunter2'],
    ['a long number', JSON.stringify(key), '12345678901'],
    ['a PEM body with other line breaks', JSON.stringify(key), 'MIIEvQIBADANB\ngkqhkiG9w0BAQEFAASCBKcwgg'],
    ['a line of a PEM file', JSON.stringify(key), 'MIIEvQIBADANBgkqhkiG'],
    [
      'JSON in JSON',
      JSON.stringify({ config: JSON.stringify({ apiKey: 'hunter2hunter2' }) }),
      'hunter2hunter2',
    ],
    ['JSON in base64', Buffer.from(JSON.stringify(key)).toString('base64'), 'hunter2hunter2'],
    ['the password of a URL', 'postgres://postgres:p%40ssw0rd!!@db.example/x', 'p@ssw0rd!!'],
    ['the same, encoded', 'postgres://postgres:p%40ssw0rd!!@db.example/x', 'p%40ssw0rd!!'],
    ['a variable', 'USER=somebody\nexport DB_PASSWORD="two words"\n', 'two words'],
    ['a connection string', 'Server=db.example;Password=hunter2hunter2;Port=1', 'hunter2hunter2'],
    ['a token in a query', 'https://example.com/?access_token=hunter2hunter2&x=1', 'hunter2hunter2'],
    ['YAML', 'host: db.example\napi-key: hunter2hunter2\n', 'hunter2hunter2'],
    ['netrc', 'machine example.com login somebody password hunter2hunter2', 'hunter2hunter2'],
    ['what looks random, whatever its name', '{"x":"aB3dE5fG7hJ9kL1mN3pQ"}', 'aB3dE5fG7hJ9kL1mN3pQ'],
  ])('%s', (_, value, part) => {
    expect(mask([value], `(${part})`)).toBe(`(${REPLACEMENT})`);
  });

  test.each([
    ['my-project-123456', JSON.stringify(key)],
    ['https://oauth2.googleapis.com/token', JSON.stringify(key)],
    ['robot@my-project-123456.iam.gserviceaccount.com', JSON.stringify(key)],
    ['service_account', JSON.stringify(key)],
    ['postgres', 'postgres://postgres:p%40ssw0rd!!@db.example/x'],
    ['db.example', 'Server=db.example;Password=hunter2hunter2;Port=1'],
    ['somebody', 'USER=somebody\nexport DB_PASSWORD="two words"\n'],
  ])('but not %s', (part, value) => {
    expect(mask([value], `(${part})`)).toBe(`(${part})`);
  });
});

test('bytes that are released count as passed on, and what follows is masked', () => {
  const mask = new Mask(formsOfTexts('secret-of-mine'));
  const shown = (text: string) => mask.push(Buffer.from(text)).toString();
  expect(shown('typed: s')).toBe('typed: ');
  expect(mask.release().toString()).toBe('s');
  expect(mask.release().toString()).toBe('');
  expect(shown('ecret-of')).toBe('');
  // A whole head may be all of a secret that is worth hiding.
  expect(mask.release().toString()).toBe('');
  expect(shown('-mine, se')).toBe(', ');
  expect(mask.release().toString()).toBe('se');
  expect(shown('t, s')).toBe('t, ');
  expect(mask.end().toString()).toBe('s');
});
