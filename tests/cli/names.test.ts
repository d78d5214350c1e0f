import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';

// What people type who know other programs better, or whose fingers slip, leads to the command that they mean.

let backend: DaemonBackend;

beforeAll(async () => {
  backend = await startDaemon({ config: '[asking]\ndesktop = false' });
  const { api, sandbox } = backend;
  await api.addAccount({ service: 'github', account: 'work', credential: { api_key: 'canary-token' } });
  await api.setSecret({ key: 'OPENAI_API_KEY', value: 'canary-secret' });
  const folder = path.join(sandbox.home, 'weather');
  await mkdir(folder);
  await writeFile(path.join(folder, 'main.py'), 'print(1)\n');
  const manifest = { name: 'weather', version: '1.0.0', run: { runner: 'python', entry: 'main.py' } };
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify({ ...manifest, description: 'x' }));
  await api.registerCapability({ path: folder });
  await api.openDoor({ grants: [], name: 'builder' });
});
afterAll(() => backend.stop());

async function errorOf(line: string): Promise<{ message: string; hint: string; code: number | null }> {
  const { stdout, stderr, code } = await backend.sandbox.run([...line.split(' '), '--json'], { input: '' });
  expect(stdout).toBe('');
  const { message, hint } = JSON.parse(stderr).error;
  return { message, hint, code };
}

describe('other names of a command run it', () => {
  test.each([
    ['token github work', 'canary-token\n'],
    ['token github', 'canary-token\n'],
    ['ls', /github\s+work/],
    ['list', /github\s+work/],
    ['accounts', /github\s+work/],
    ['secret ls', /OPENAI_API_KEY/],
    ['provider ls', /github/],
    ['help login', /^Usage: sigilforge add-account SERVICE ACCOUNT/],
    ['login --help', /^Usage: sigilforge add-account SERVICE ACCOUNT/],
    ['logout --help', /^Usage: sigilforge remove-account SERVICE ACCOUNT/],
  ])('%s', async (line, printed) => {
    const { stdout, code } = await backend.sandbox.run(line.split(' '), { input: '' });
    expect(code).toBe(0);
    if (typeof printed === 'string') expect(stdout).toBe(printed);
    else expect(stdout).toMatch(printed);
  });

  test('which the help does not list', async () => {
    const { stdout } = await backend.sandbox.run(['--help']);
    expect(stdout).not.toMatch(/login|logout|\bls\b|^ +token /m);
  });
});

describe('words of other programs are answered with the command', () => {
  test.each([
    ['get github work', 'get-token github work'],
    ['get auth://github/work/token', 'resolve auth://github/work/token'],
    ['get OPENAI_API_KEY', 'secret get OPENAI_API_KEY'],
    ['set OPENAI_API_KEY canary', 'secret set OPENAI_API_KEY'],
    ['set canary-canary-canary-canary-canary', 'secret set KEY'],
    ['add github work', 'add-account github work'],
    ['add github canary-canary-canary-canary-canary', 'add-account github work'],
    ['add', 'add-account github work'],
    ['auth login github', 'add-account github work'],
    ['show github work', 'get-account github work'],
    ['whoami', 'list-accounts'],
    ['refresh github work', 'refresh-token github work'],
    ['rm github work', 'remove-account github work'],
    ['rm OPENAI_API_KEY', 'secret delete OPENAI_API_KEY'],
    ['run', 'exec --env TOKEN=auth://github/work/token -- COMMAND'],
    ['unlock', 'vault unlock'],
    ['logs', 'daemon logs'],
  ])('%s', async (line, command) => {
    const { message, hint, code } = await errorOf(line);
    expect(message).toBe(`There is no command ${line.split(' ')[0]}.`);
    expect(hint).toBe(`For that: sigilforge ${command}`);
    expect(code).toBe(2);
  });
});

describe('what is missing is said, and the command with what is known of it', () => {
  test.each([
    [
      'add-account github',
      'ACCOUNT is missing: a name of your choice for this sign-in, such as work or me.',
      'sigilforge add-account github work',
    ],
    ['get-token', 'SERVICE is missing: the service, such as github.', 'sigilforge get-token github'],
    [
      'capability secret set weather',
      'KEY is missing: the name of the secret, such as API_KEY.',
      'sigilforge capability secret set weather API_KEY',
    ],
    [
      'add-account canary-canary-canary-canary-canary',
      'ACCOUNT is missing: a name of your choice for this sign-in, such as work or me.',
      'sigilforge add-account SERVICE work',
    ],
    ['exec', 'COMMAND is missing: the program, after --.', 'sigilforge exec -- COMMAND'],
  ])('%s', async (line, message, command) => {
    expect(await errorOf(line)).toEqual({ message, hint: `Type: ${command}`, code: 2 });
  });
});

describe('names that are close to others', () => {
  test.each([
    ['get-token github wrok', 'Did you mean github/work? Type: sigilforge get-token github work. '],
    ['get-token gihtub', 'Did you mean github? It has the account work.'],
    ['get-token gitlap', 'Did you mean gitlab? Sign in with: sigilforge add-account gitlab work'],
    ['secret get OPENAI_KEY', 'List the secrets with: sigilforge secret list. Store this one with: '],
    [
      'secret get openai_api_key',
      'Did you mean OPENAI_API_KEY? Type: sigilforge secret get OPENAI_API_KEY. ',
    ],
    ['capability show wether', 'Did you mean weather? Type: sigilforge capability show weather. '],
    ['capability run weathr', 'Did you mean weather? Type: sigilforge capability run weather. '],
    ['door close buidler', 'Did you mean builder? Type: sigilforge door close builder'],
    ['helper install gti', 'Did you mean git? Name one of: '],
    ['add-account github work --flow device', 'Did you mean: --flow device_code'],
    ['get-token github work --format hedaer', 'Did you mean: --format header'],
  ])('%s', async (line, hint) => {
    expect((await errorOf(line)).hint).toContain(hint);
  });
});

describe("hints have the person's own values", () => {
  test.each([
    ['secret get nothing/like', 'Store this one with: sigilforge secret set nothing/like'],
    [
      'get-token spotify',
      'Sign in with: sigilforge add-account spotify work (work is a name of your choice).',
    ],
  ])('%s', async (line, hint) => {
    expect((await errorOf(line)).hint).toContain(hint);
  });

  test('but not one that may be a secret', async () => {
    const { hint } = await errorOf('secret get canary-canary-canary-canary-canary');
    expect(hint).toContain('sigilforge secret set KEY');
  });
});
