import { describe, expect, test } from 'vitest';
import { readManifest } from '../../../shared/manifest.js';

const good = { name: 'weather', version: '1.2.0', run: { runner: 'python', entry: 'main.py' } };

const read = (document: unknown) => readManifest(JSON.stringify(document));

/** The places of the faults of a good manifest with these changes. */
function places(changes: object): string[] {
  const result = read({ ...good, ...changes });
  return 'faults' in result ? result.faults.map(({ path }) => path) : [];
}

test('what may be left out has a default', () => {
  expect(read(good)).toEqual({
    manifest: {
      ...good,
      description: '',
      required_secrets: [],
      grants: [],
      env: {},
      timeout_s: 60,
      concurrent: false,
      service: false,
      active: true,
    },
  });
});

test('the manifest of the documents, with references in their usual spelling', () => {
  const secret = {
    name: 'API_KEY',
    description: 'what for',
    obtain: 'https://weather.example.org/keys',
    obtain_instructions: 'Sign up.',
  };
  const result = read({
    ...good,
    required_secrets: [secret],
    grants: ['auth://GitHub/work/access_token', 'secret://team/*'],
    env: { GITHUB_TOKEN: 'auth://GitHub/work/token', TEAM_KEY: 'secret://team/key' },
    timeout_s: 86_400,
    active: false,
  });
  expect(result).toMatchObject({
    manifest: {
      required_secrets: [secret],
      grants: ['auth://github/work/token', 'secret://team/*'],
      env: { GITHUB_TOKEN: 'auth://github/work/token', TEAM_KEY: 'secret://team/key' },
      timeout_s: 86_400,
      active: false,
    },
  });
});

test('ten faults are listed by ten JSON paths', () => {
  const result = read({
    name: 'Weather App',
    run: { runner: 'python', entry: '../main.py' },
    required_secrets: [{ name: 'API-KEY' }, { name: 'B', obtain: 'ftp://example.org' }],
    grants: ['auth://github/work/token', 8],
    env: { TOKEN: 9 },
    timeout_s: 0,
    active: 'yes',
    colour: 'blue',
  });
  expect('faults' in result && result.faults.map(({ path }) => path).sort()).toEqual(
    [
      '$.name',
      '$.version',
      '$.run.entry',
      '$.required_secrets[0].name',
      '$.required_secrets[1].obtain',
      '$.grants[1]',
      '$.env.TOKEN',
      '$.timeout_s',
      '$.active',
      '$.colour',
    ].sort(),
  );
  for (const { sentence } of 'faults' in result ? result.faults : []) expect(sentence).toMatch(/^this is /);
});

test('ten faults of what references mean are listed too', () => {
  const env = Object.fromEntries(['A', 'B', 'C'].map((name) => [name, 'secret://other']));
  expect(
    places({
      grants: ['auth://github', 'secret://', 'secret://team/*'],
      env: { ...env, ALL: 'secret://team/*', PATH: 'secret://team/key', LD_PRELOAD: 'secret://team/key' },
      required_secrets: [{ name: 'K' }, { name: 'K' }, { name: 'K' }],
    }).sort(),
  ).toEqual(
    [
      '$.grants[0]',
      '$.grants[1]',
      '$.env.A',
      '$.env.B',
      '$.env.C',
      '$.env.ALL',
      '$.env.PATH',
      '$.env.LD_PRELOAD',
      '$.required_secrets[1].name',
      '$.required_secrets[2].name',
    ].sort(),
  );
});

test.each([
  ['SIGILFORGE_SOCKET', true],
  ['path', true],
  ['HOME', true],
  ['PYTHONPATH', true],
  ['NODE_OPTIONS', true],
  ['MY_PATH', false],
])('a variable %s is refused: %s', (name, isRefused) => {
  const changes = { grants: ['secret://k'], env: { [name]: 'secret://k' } };
  expect(places(changes)).toEqual(isRefused ? [`$.env.${name}`] : []);
});

describe('an entry', () => {
  test.each(['main.py', 'src/main.py', '.hidden/..main', 'a b'])('may be %s', (entry) => {
    expect(places({ run: { runner: 'node', entry } })).toEqual([]);
  });

  test.each(['', '/main.py', '../main.py', 'a/../b', './main.py', 'a//b', 'a/', 'a\\b', 'a\0b', '.'])(
    'must lie in the folder: %j',
    (entry) => {
      expect([...new Set(places({ run: { runner: 'node', entry } }))]).toEqual(['$.run.entry']);
    },
  );
});

test.each([
  ['no JSON', '{"name":'],
  ['a string', '"weather"'],
  ['a mark of the byte order', `\uFEFF${JSON.stringify(good)}`],
])('%s is one fault of the whole', (_, text) => {
  const result = readManifest(text);
  expect('faults' in result && result.faults.map(({ path }) => path)).toEqual(['$']);
});

test('a runner has its own settings, and no others', () => {
  expect(places({ run: { runner: 'ruby', entry: 'main.rb' } })).toEqual(['$.run.runner']);
  expect(places({ run: { runner: 'command', command: [] } })).toEqual(['$.run.command']);
  expect(places({ run: { runner: 'command', command: ['./a'], entry: 'a' } })).toEqual(['$.run.entry']);
  expect(places({ run: { runner: 'command', command: ['./a', '--flag'] } })).toEqual([]);
});

test('no fault repeats a value, or a name that could be one', () => {
  const result = read({
    ...good,
    version: { s3cret: 1 },
    grants: ['auth://s3cret'],
    env: { A: 's3cret', 'a s3cret': 'secret://k' },
    's3cret/s3cret': 1,
  });
  expect('faults' in result && result.faults.length).toBeGreaterThan(2);
  expect(JSON.stringify(result)).not.toContain('s3cret');
});
