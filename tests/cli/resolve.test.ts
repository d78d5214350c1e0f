import { afterAll, beforeAll, expect, test } from 'vitest';
import { SigilforgeError } from '../../shared/errors.js';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

const variable = 'SIGILFORGE_GITHUB_MY_WORK_TOKEN';
const reference = 'auth://github/my-work/access_token';

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon({
    resolve: ({ reference: asked, explain }) => {
      if (asked.startsWith('auth://locked/')) throw new SigilforgeError('vault_locked', 'It is locked.');
      if (!explain) throw new SigilforgeError('not_found', 'There is no such account.');
      return {
        value: null,
        encoding: 'utf8',
        metadata: {
          kind: 'token',
          source: null,
          expires_at: null,
          sources: [{ source: 'vault', outcome: 'absent' }],
        },
      };
    },
  });
});

afterAll(() => daemon.stop());

test("what is not found is looked up last in the caller's environment", async () => {
  const end = await daemon.run(['resolve', reference], { env: { [variable]: 'from-env' } });
  expect(end).toMatchObject({ code: 0, stdout: 'from-env\n', stderr: '' });
  const json = await daemon.run(['resolve', reference, '--json'], { env: { [variable]: 'from-env' } });
  expect(JSON.parse(json.stdout)).toEqual({
    value: 'from-env',
    encoding: 'utf8',
    metadata: { kind: 'token', source: `env://${variable}`, expires_at: null },
  });
});

test('a missing or empty variable leaves the answer as it was', async () => {
  expect(await daemon.run(['resolve', reference])).toMatchObject({ code: 3, stdout: '' });
  const empty = await daemon.run(['resolve', reference], { env: { [variable]: '' } });
  expect(empty).toMatchObject({ code: 3, stdout: '' });
});

test('any other error is not papered over by the environment', async () => {
  const env = { SIGILFORGE_LOCKED_WORK_TOKEN: 'from-env' };
  const end = await daemon.run(['resolve', 'auth://locked/work/token'], { env });
  expect(end).toMatchObject({ code: 6, stdout: '' });
});

test('env:// is read here, and no daemon is asked', async () => {
  const before = daemon.calls.length;
  const found = await daemon.run(['resolve', 'env://MY_KEY'], { env: { MY_KEY: 'value' } });
  expect(found).toMatchObject({ code: 0, stdout: 'value\n' });
  expect(await daemon.run(['resolve', 'env://MY_KEY'])).toMatchObject({ code: 3, stdout: '' });
  expect(await daemon.run(['resolve', 'env://not a name'])).toMatchObject({ code: 2, stdout: '' });
  expect(daemon.calls.length).toBe(before);
});

test('--explain lists the sources, the environment last, without the value', async () => {
  const env = { [variable]: 'from-env' };
  const text = await daemon.run(['resolve', reference, '--explain'], { env });
  expect(text).toMatchObject({ code: 0, stdout: `vault\tabsent\nenv://${variable}\tfound\n` });
  const json = await daemon.run(['resolve', reference, '--explain', '--json']);
  expect(JSON.parse(json.stdout).metadata.sources.at(-1)).toEqual({
    source: `env://${variable}`,
    outcome: 'absent',
  });
});

test.each([
  'canary',
  '',
  'vals:canary',
  'ref+canary',
  'auth://canary/b',
  'AUTH://a/b/token',
  ' secret://canary',
])(
  '%j is not a reference: that is said whether a daemon runs or not, and it is not repeated',
  async (text) => {
    for (const env of [{}, { SIGILFORGE_SOCKET: '/none/socket' }]) {
      for (const options of [[], ['--explain'], ['--json']]) {
        const end = await daemon.run(['resolve', text, ...options], { env });
        expect(end).toMatchObject({ code: 2, stdout: '' });
        expect(end.stderr).not.toContain('canary');
      }
    }
  },
);
