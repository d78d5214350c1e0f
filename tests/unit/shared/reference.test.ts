import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseReference, printReference, type Reference } from '../../../shared/reference.js';

const characters = (first: string, rest: string, maxLength: number) =>
  fc
    .tuple(fc.constantFrom(...first), fc.array(fc.constantFrom(...rest), { maxLength: maxLength - 1 }))
    .map(([head, tail]) => head + tail.join(''));

const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ALPHANUMERIC = `${LOWER}ABCDEFGHIJKLMNOPQRSTUVWXYZ`;
const types = [
  ...['token', 'id_token', 'refresh_token', 'api_key', 'client_id', 'client_secret'],
  ...['instance_url', 'team.id', 'a-b', 'Tokn', 'toString', 'a.b.c.d', 'x'.repeat(64)],
];

const auth: fc.Arbitrary<Reference> = fc.record({
  scheme: fc.constant('auth' as const),
  service: characters(LOWER, `${LOWER}._-`, 64),
  account: characters(ALPHANUMERIC, `${ALPHANUMERIC}._@+-`, 128),
  type: fc.constantFrom(...types),
});
const secret: fc.Arbitrary<Reference> = fc.record({
  scheme: fc.constant('secret' as const),
  key: characters(ALPHANUMERIC, `${ALPHANUMERIC}._/@:+-`, 255).map((key) => key.replace(/\/+$/, '')),
});
const env: fc.Arbitrary<Reference> = fc.record({
  scheme: fc.constant('env' as const),
  name: characters(`${ALPHANUMERIC.replace(/\d/g, '')}_`, `${ALPHANUMERIC}_`, 255),
});
const vals: fc.Arbitrary<Reference> = fc.record({
  scheme: fc.constant('vals' as const),
  ref: fc
    .tuple(characters('abcXYZ', `${ALPHANUMERIC}.-`, 20), characters(ALPHANUMERIC, '/#?=&%+.-_~é', 200))
    .map(([scheme, rest]) => `ref+${scheme}://${rest}`),
});
const references = fc.oneof(auth, secret, env, vals);

test('what is printed is read as the same', () => {
  fc.assert(
    fc.property(references, (reference) => {
      expect(parseReference(printReference(reference))).toEqual(reference);
    }),
    { numRuns: 500 },
  );
});

/** Anything at all, and things that nearly are references. */
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(fc.constantFrom('auth://', 'secret://', 'env://', 'vals:', 'ref+', 'AUTH://'), fc.string())
    .map((parts) => parts.join('')),
  fc
    .tuple(references.map(printReference), fc.nat(), fc.string({ unit: 'binary', maxLength: 3 }))
    .map(
      ([text, at, piece]) =>
        text.slice(0, at % (text.length + 1)) + piece + text.slice(at % (text.length + 1)),
    ),
);

test('any text is a reference that prints and reads as itself, or invalid_reference and nothing else', () => {
  fc.assert(
    fc.property(texts, (text) => {
      let reference: Reference;
      try {
        reference = parseReference(text);
      } catch (thrown) {
        expect(thrown).toMatchObject({ name: 'SigilforgeError', kind: 'invalid_reference', exitCode: 2 });
        if (text.length > 12) expect(JSON.stringify(thrown) + String(thrown)).not.toContain(text);
        return;
      }
      expect(parseReference(printReference(reference))).toEqual(reference);
    }),
    { numRuns: 2000 },
  );
});

describe('reads', () => {
  test.each<[string, Reference]>([
    ['auth://github/work/token', { scheme: 'auth', service: 'github', account: 'work', type: 'token' }],
    [
      'auth://github/work/access_token',
      { scheme: 'auth', service: 'github', account: 'work', type: 'token' },
    ],
    [
      'auth://GitHub/Work@x.org/api_key',
      { scheme: 'auth', service: 'github', account: 'Work@x.org', type: 'api_key' },
    ],
    ['auth://slack/me/team.id', { scheme: 'auth', service: 'slack', account: 'me', type: 'team.id' }],
    ['secret://db/prod:password', { scheme: 'secret', key: 'db/prod:password' }],
    ['env://_HOME', { scheme: 'env', name: '_HOME' }],
    ['vals:ref+vault://a/b#/c', { scheme: 'vals', ref: 'ref+vault://a/b#/c' }],
    ['ref+file:///etc/x', { scheme: 'vals', ref: 'ref+file:///etc/x' }],
  ])('%s', (text, reference) => {
    expect(parseReference(text)).toEqual(reference);
  });
});

describe('refuses', () => {
  test.each([
    '',
    'github/work/token',
    'auth:/github/work/token',
    'AUTH://github/work/token',
    'auth://github/work',
    'auth://github/work/',
    'auth://github/work/token/',
    'auth://github//token',
    'auth:///work/token',
    'auth://github/work/__proto__',
    'auth://github/work/1st',
    'auth://github/work/a..b',
    'auth://github/work/a.',
    'auth://github/work/.a',
    'auth://github/work/a.b.c.d.e',
    'auth://github/work/a b',
    `auth://github/work/${'x'.repeat(65)}`,
    'auth://git hub/work/token',
    'auth://github/wo\nrk/token',
    'auth://github/work/token\n',
    ' auth://github/work/token',
    'auth://github/%77ork/token',
    'auth://gíthub/work/token',
    `auth://${'a'.repeat(65)}/work/token`,
    `auth://github/${'a'.repeat(129)}/token`,
    'secret://',
    'secret:///key',
    'secret://key/',
    'secret://ke y',
    `secret://${'k'.repeat(256)}`,
    'env://',
    'env://1HOME',
    'env://HO-ME',
    'vals:',
    'vals:vault://a',
    'ref+vault:a',
    'ref+vault://',
    'ref+vault://a b',
    `ref+vault://${'a'.repeat(2048)}`,
  ])('%j', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ kind: 'invalid_reference' }));
  });
});

test.each([
  ['auth://', 'a'],
  ['auth://a/', 'a'],
  ['auth://', '/'],
  ['secret://', '/'],
  ['secret://', 'a/'],
  ['env://', '_'],
  ['vals:', 'ref+'],
  ['ref+', 'a.-'],
  ['ref+a://', ' '],
])('a million times %s%s is refused without being looked through', (prefix, repeated) => {
  // A pattern that tries again at every place would take hours here, and the test would run out of its time.
  expect(() => parseReference(prefix + repeated.repeat(1_000_000))).toThrow(
    expect.objectContaining({ kind: 'invalid_reference' }),
  );
});
