import { afterEach, describe, expect, test } from 'vitest';
import type { ProviderCheck } from '../../shared/contract/providers.js';
import { SigilforgeError } from '../../shared/errors.js';
import { type Answers, type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

const stop: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const one of stop.splice(0)) await one();
});

async function start(answers: Answers): Promise<StubDaemon> {
  const daemon = await startStubDaemon(answers);
  stop.push(daemon.stop);
  return daemon;
}

const address = 'https://id.example.org/token';
const fine: ProviderCheck = {
  name: 'token_endpoint',
  state: 'ok',
  address,
  status: 400,
  sentence: 'It refuses an empty request, as it should: invalid_request.',
  kind: null,
  hint: null,
};
const down: ProviderCheck = {
  ...fine,
  state: 'fault',
  status: null,
  sentence: 'id.example.org did not respond in time.',
  kind: 'network',
  hint: 'Check the network connection and the address, then try again.',
};
const unset: ProviderCheck = {
  ...fine,
  name: 'client',
  state: 'fault',
  address: null,
  status: null,
  sentence: 'No client id is set.',
  kind: 'config',
  hint: 'Register one, with: sigilforge provider set work',
};

describe('provider test', () => {
  test('says what answers, and the next command', async () => {
    const daemon = await start({ test_provider: { works: true, checks: [fine] } });
    expect(await daemon.run(['provider', 'test', 'work'])).toMatchObject({
      code: 0,
      stdout: `ok\ttoken endpoint\t${fine.sentence}\t${address}\n`,
      stderr:
        'sigilforge: Everything that a sign-in needs answers. Go on with: sigilforge add-account work NAME\n',
    });
    expect(daemon.calls.map(({ params }) => params)).toEqual([{ id: 'work' }]);
  });

  const ends: [what: string, checks: ProviderCheck[], code: number][] = [
    ['only warnings', [{ ...down, state: 'warning' }], 0],
    ['an address that is down', [fine, down], 5],
    ['no client', [unset, fine], 2],
    ['both: the first one counts', [unset, down], 2],
    ['a kind that this program does not know', [{ ...down, kind: 'toString' }], 1],
  ];
  test.each(ends)('ends with the status of what is wrong: %s', async (_, checks, code) => {
    const works = checks.every(({ state }) => state !== 'fault');
    const daemon = await start({ test_provider: { works, checks } });
    const end = await daemon.run(['provider', 'test', 'work']);
    expect(end.code).toBe(code);
    expect(end.stderr).toContain(works ? 'Go on with' : 'A sign-in at work cannot work yet.');
  });

  test('says below what is wrong what helps', async () => {
    const daemon = await start({ test_provider: { works: false, checks: [unset] } });
    const { stdout } = await daemon.run(['provider', 'test', 'work', '--quiet']);
    expect(stdout).toBe(`fault\tclient\tNo client id is set.\t→ ${unset.hint}\n`);
  });

  test('gives a program the answer itself', async () => {
    const result = { works: false, checks: [down] };
    const daemon = await start({ test_provider: result });
    const end = await daemon.run(['provider', 'test', 'work', '--json']);
    expect(end).toMatchObject({ code: 5, stderr: '' });
    expect(JSON.parse(end.stdout)).toEqual(result);
  });

  test('fails as the daemon does where there is no such provider', async () => {
    const daemon = await start({ test_provider: new SigilforgeError('not_found', 'There is none.') });
    expect(await daemon.run(['provider', 'test', 'work'])).toMatchObject({ code: 3, stdout: '' });
  });
});
