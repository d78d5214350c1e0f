import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { type CapabilityFiles, watcher, weather, writeCapability } from '../support/capabilities.js';
import { startFakeProvider } from '../support/provider/fake-provider.js';
import { createSandbox, type RunOptions, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

// What the scripts of the shells ask: `sigilforge completion SHELL -- WORDS`.

let sandbox: Sandbox;
let api: SigilforgeClient;

beforeAll(async () => {
  sandbox = await createSandbox();
  const { socket } = await sandbox.startDaemon();
  api = sandbox.holds(await connect({ socket }));
});
afterAll(() => sandbox.stop());

async function answer(words: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await sandbox.run(
    ['completion', 'fish', '--', 'sigilforge', ...words],
    options,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function values(...words: string[]): Promise<string[]> {
  return (await answer(words))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[1] ?? '');
}

async function register(name: string, files: CapabilityFiles): Promise<void> {
  await api.registerCapability({ path: await writeCapability(path.join(sandbox.home, name), files) });
}

describe('names that the daemon knows', () => {
  test('providers, with their names', async () => {
    expect(await answer(['provider', 'show', 'githu'])).toBe(
      'word\tgithub\tGitHub (OAuth App)\nword\tgithub-app\tGitHub App\n',
    );
    expect(await values('add-account', 'x', 'y', '--provider', 'gitl')).toEqual(['gitlab']);
  });

  test('capabilities, secrets of their own, and runs', async () => {
    await register('weather', weather);
    await register('watcher', watcher);
    expect(await values('capability', 'show', '')).toEqual(['watcher', 'weather']);
    expect(await values('runs', 'list', '--capability=we')).toEqual(['--capability=weather']);
    expect(await values('capability', 'secret', 'set', 'weather', '')).toEqual(['API_KEY']);
    expect(await values('capability', 'create', '')).toEqual([]);
    const { run } = await api.createRun({ task: 'an agent elsewhere' });
    expect(await answer(['runs', 'show', ''])).toBe(`word\t${run.id}\telsewhere running\n`);
  });

  test('slots of the vault', async () => {
    const { slots } = await api.vaultStatus();
    expect(await values('vault', 'remove-slot', '')).toEqual(slots.map(({ id }) => id));
  });

  test('each kind of an account, once its name is typed, and never one that is kept back', async () => {
    const credential = { api_key: 'canary' };
    await api.addAccount({ service: 'example', account: 'work', flow: 'api_key', credential });
    expect(await values('resolve', '')).toEqual(['auth://example/work/api_key']);
    expect(await values('resolve', 'auth://example/work/')).toEqual([
      'auth://example/work/api_key',
      'auth://example/work/token',
    ]);
  });

  test('the fields of an account, once its name is typed', async () => {
    const provider = await stopAfter(
      startFakeProvider({
        'POST /token': () => ({ body: { access_token: 'canary', instance_url: 'canary-value' } }),
      }),
    );
    const token_endpoint = `${provider.url}/token`;
    await api.setProvider({ id: 'own', token_endpoint, client_id: 'x', answer_fields: ['instance_url'] });
    const credential = { client_id: 'machine', client_secret: 'canary' };
    await api.addAccount({ service: 'own', account: 'me', credential });
    expect(await values('resolve', 'auth://own/me/i')).toEqual([
      'auth://own/me/id_token',
      'auth://own/me/instance_url',
    ]);
  });

  test('secrets by the page, all of them, and no value', async () => {
    const keys = Array.from({ length: 250 }, (_, at) => `many/${'x'.repeat(240)}/${100 + at}`);
    await Promise.all(keys.map((key) => api.setSecret({ key, value: 'canary-value' })));
    const text = await answer(['secret', 'get', 'many/']);
    expect(text).toBe(keys.map((key) => `word\t${key}\t\n`).join(''));
  });
});

describe('what stands in the commands themselves', () => {
  test('commands, subcommands, and those of help', async () => {
    expect(await values('remo')).toEqual(['remove-account']);
    expect(await values('capability', 'secret', '')).toEqual(['set', 'list', 'delete']);
    expect(await values('help', 'remo')).toEqual(['remove-account']);
    expect(await values('help', 'vault', 'unl')).toEqual(['unlock']);
  });

  test('options of the command and of every command, and words that they take', async () => {
    expect(await values('secret', 'list', '--')).toEqual([
      ...['--prefix', '--version', '--json', '--direct', '--no-fallback', '--quiet', '--debug', '--help'],
    ]);
    expect(await values('add-account', 'x', 'y', '--flow', 'd')).toEqual(['device_code']);
    expect(await values('--json', 'get-token', 'x', '--format=h')).toEqual([
      '--format=header',
      '--format=headers-json',
    ]);
    expect(await values('get-token', '--', '--form')).toEqual([]);
  });

  test('a text of one’s own has none, nor has what is one too many', async () => {
    expect(await values('get-token', 'x', '--min-valid', '')).toEqual([]);
    expect(await values('door', 'close', 'x', '')).toEqual([]);
    expect(await values('exec', '--env', 'NA')).toEqual([]);
    expect(await values('no-such-command', '')).toEqual([]);
  });

  test('files, folders and programs are left to the shell', async () => {
    expect(await answer(['exec', '--env-file', ''])).toBe('files\t\n');
    expect(await answer(['capability', 'create', 'x', '--at=a/'])).toBe('folders\t--at=\n');
    expect(await answer(['exec', '--env', 'X=secret://a', '--', 'git', ''])).toBe('program\t5\n');
    expect(await answer(['exec', ''])).toMatch(/^word\t--\tthe program follows\n/);
  });
});
