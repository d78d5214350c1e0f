import fc from 'fast-check';

/** Parts of a JSON string, as they can be written: right, odd and wrong. */
const PIECES = [
  ...[
    '\\n',
    '\\r',
    '\\/',
    '\\"',
    '\\\\',
    '\\b',
    '\\u0041',
    '\\u00e9',
    '\\u00E9',
    '\\u0000',
    '\\u001f',
    '\\u000a',
  ],
  ...['\\ud83d\\ude00', '\\uD83D\\uDE00', '\\u2028', '\u2028', '\u007f', '😀', 'é', '\ufffd', '\ufeff'],
];
const WRONG_PIECES = [
  '\\ud83d',
  '\\ude00',
  '\\ud83d\\u0041',
  '\\x',
  '\\u12',
  '\\',
  '\t',
  '\n',
  '"',
  '\u0000',
];

const plain = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => JSON.stringify(text).slice(1, -1));
const piece = fc.oneof(
  { weight: 30, arbitrary: plain },
  { weight: 30, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 1, arbitrary: fc.constantFrom(...WRONG_PIECES) },
);
const text = fc.array(piece, { maxLength: 6 }).map((pieces) => `"${pieces.join('')}"`);

const OTHERS = [
  '1.0',
  '"base64"',
  'null',
  'true',
  '0',
  '-1.5e3',
  '01',
  '""',
  '[]',
  '{}',
  '[[["x"]]]',
  '{"a":{"b":[1]}}',
  '',
];
const TIMES = [
  '2026-01-31T12:00:00.000Z',
  '2026-13-31T12:00:00.000Z',
  '2026-01-31T24:00:00.000Z',
  '2026-01-31',
];

const mostly = (usual: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 40, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(...OTHERS, ...TIMES) });
const one = (...texts: readonly string[]): fc.Arbitrary<string> => mostly(fc.constantFrom(...texts));

type Members = readonly (readonly [string, string])[];

const time = mostly(fc.constantFrom('null', JSON.stringify(TIMES[0])));
const list = mostly(fc.array(text, { maxLength: 3 }).map((items) => `[${items.join(' , ')}]`));
const metadata = fc
  .record({
    kind: one('"token"', '"secret"', '"external"'),
    source: one('null', '"vault"'),
    expires_at: time,
  })
  .map((members) => written(Object.entries(members), ''));

const RESULTS: Readonly<Record<string, fc.Arbitrary<Readonly<Record<string, string>>>>> = {
  get_token: fc.record({
    access_token: mostly(text),
    token_type: one('"Bearer"'),
    expires_at: time,
    scopes: list,
  }),
  resolve: fc.record({ value: mostly(text), encoding: one('"utf8"'), metadata: mostly(metadata) }),
  get_secret: fc.record({
    key: one('"k"'),
    value: mostly(text),
    encoding: one('"utf8"'),
    backend: one('"vault"', '"keychain"'),
  }),
};

function written(members: Members, blank: string): string {
  return `{${members.map(([name, value]) => `${blank}"${name}"${blank}:${blank}${value}`).join(`${blank},`)}${blank}}`;
}

/** In any order, and at times with something more: a member that no one knows, or one twice. */
function shuffled(members: Members): fc.Arbitrary<Members> {
  const more: Members = [
    ['extra', '{"x":[1,"\\u0041"]}'],
    ['__proto__', '{}'],
    ['error', 'null'],
    ...members.slice(0, 1),
  ];
  return fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 49 })).chain(([isShuffled, choice]) => {
    const all = choice < more.length ? [...members, ...more.slice(choice, choice + 1)] : [...members];
    return isShuffled ? fc.shuffledSubarray(all, { minLength: all.length }) : fc.constant(all);
  });
}

/** One byte more, less, or another. */
function damaged(line: Buffer): fc.Arbitrary<Buffer> {
  const place = fc.integer({ min: 0, max: line.length });
  const bytes = fc.oneof(
    fc.constant([]),
    fc.uint8Array({ minLength: 1, maxLength: 2 }).map((array) => [...array]),
  );
  return fc
    .tuple(place, fc.integer({ min: 0, max: 2 }), bytes)
    .map(([at, skipped, put]) =>
      Buffer.concat([line.subarray(0, at), Buffer.from(put), line.subarray(at + skipped)]),
    );
}

/** Texts that a daemon's answer to the request with the id 1 could be, most of them as they should be. */
export function answersTo(method: string): fc.Arbitrary<Buffer> {
  const result = (RESULTS[method] ?? fc.constant({})).chain((members) => shuffled(Object.entries(members)));
  const blank = fc.constantFrom('', '', ' ', '\t', '\r');
  const line = fc.tuple(one('"2.0"'), one('1'), result, blank).chain(([jsonrpc, id, members, space]) =>
    shuffled([
      ['jsonrpc', jsonrpc],
      ['id', id],
      ['result', written(members, space)],
    ]).map((all) => Buffer.from(written(all, space))),
  );
  return fc.oneof({ weight: 5, arbitrary: line }, { weight: 1, arbitrary: line.chain(damaged) });
}

const WORDS = [
  ...[
    '--quiet',
    '--quiet',
    '--format',
    'header',
    'json',
    'text',
    'xml',
    '--json',
    '--',
    '-h',
    '--format=header',
    '--user',
    '--port',
    '70000',
  ],
  ...['github', 'work', 'GitHub', 'größe', '', 'a b', '.work', 'x'.repeat(65), 'secret', 'get', 'get-token'],
  ...[
    'auth://github/work/token',
    'auth://github/work/other',
    'secret://a/b',
    'secret:///a',
    'env://HOME',
    'a/b',
  ],
];

const COMMANDS = [
  ['get-token', 'github', 'work'],
  ['get-token', 'github', 'work', '--format', 'header'],
  ['resolve', 'auth://github/work/token'],
  ['resolve', 'secret://a/b'],
  ['secret', 'get', 'a/b'],
  ['aws-credentials', 'work'],
  ['kube-credential', 'github', 'work', '--id-token'],
  ['get-token', 'github', 'work', '--format', 'oauthbearer', '--user', 'ann'],
];

/** Command lines near those that the native client knows: with a word more, less, or another. */
export const commandLines: fc.Arbitrary<string[]> = fc
  .tuple(fc.constantFrom(...COMMANDS), fc.nat(5), fc.nat(1), fc.option(fc.constantFrom(...WORDS)))
  .map(([words, at, skipped, put]) => [
    ...words.slice(0, at),
    ...(put === null ? [] : [put]),
    ...words.slice(at + skipped),
  ]);
