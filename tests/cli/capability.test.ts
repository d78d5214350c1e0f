import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { weather, writeCapability } from '../support/capabilities.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';

// What a person does with capabilities, by commands.

const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false;
const TOKEN = 'auth://example/work/token';

let backend: DaemonBackend;
let folder: string;
beforeEach(async () => {
  backend = await startDaemon();
  folder = await writeCapability(path.join(backend.sandbox.home, 'weather'), weather);
  return () => backend.stop();
});

const command = (...args: string[]) => backend.sandbox.run(['capability', ...args]);
const describeIt = async () => (await backend.api.getCapability({ name: 'weather' })).capability;

describe('capability create', () => {
  test.each([
    ['python', 'Hello, Bern!'],
    ['node', 'Hello, Bern!'],
    ['command', 'Hello, world!'],
  ])('writes one in %s that runs', async (runner, response) => {
    const at = path.join(backend.sandbox.home, 'made', 'first');
    expect(await command('create', 'first', '--runner', runner, '--at', at)).toMatchObject({
      code: 0,
      stderr: `sigilforge: ${at} has a first capability. Register it with: sigilforge capability add ${at}\n`,
    });
    expect(await command('add', at)).toMatchObject({ code: 0 });
    await backend.sandbox.run(['capability', 'secret', 'set', 'first', 'API_KEY'], { input: 'a key' });
    expect(await command('run', 'first', '--args', '{"city":"Bern"}')).toMatchObject({
      code: 0,
      stdout: `${response}\n`,
    });
  });

  test('replaces no file, and takes no other name', async () => {
    const before = await readFile(path.join(folder, 'main.mjs'), 'utf8');
    expect(await command('create', 'weather', '--at', folder)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is there already[.]\n {2}hint: Name another folder/),
    });
    expect(await readFile(path.join(folder, 'main.mjs'), 'utf8')).toBe(before);
    const elsewhere = path.join(backend.sandbox.home, 'elsewhere');
    expect(await command('create', 'Not-A-Name', '--at', elsewhere)).toMatchObject({ code: 2 });
    expect(await command('create', 'first', '--runner', 'cobol', '--at', elsewhere)).toMatchObject({
      code: 2,
    });
    expect(existsSync(elsewhere)).toBe(false);
  });
});

describe('capability add', () => {
  test('registers it, grants nothing without a terminal, and says what it needs', async () => {
    const { code, stdout, stderr } = await command('add', folder);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr.split('\n')).toEqual([
      'sigilforge: weather 1.2.0 is registered, with 2 files.',
      `sigilforge: It asks for ${TOKEN}. Grant that with: sigilforge capability grant weather '${TOKEN}'`,
      expect.stringMatching(/It needs a secret API_KEY .*sigilforge capability secret set weather API_KEY$/),
      '',
    ]);
    expect((await describeIt()).grants).toEqual([{ grant: TOKEN, asked_for: true, granted_at: null }]);
    expect(await command('add', folder)).toMatchObject({ code: 1 });
    expect(await command('add', path.join(folder, 'absent'))).toMatchObject({ code: 3 });
  });

  test.skipIf(!hasScript)('asks a person for each grant', async () => {
    const asking = backend.sandbox.start(['capability', 'add', folder], { tty: true });
    await asking.seen(/weather asks for .*Grant it\?/s, 'stdout');
    asking.write('y');
    expect(await asking.exited).toMatchObject({ code: 0 });
    expect((await describeIt()).grants[0]?.granted_at).not.toBeNull();
  });

  test.skipIf(!hasScript)('grants nothing at Ctrl-C, and has registered it', async () => {
    const asking = backend.sandbox.start(['capability', 'add', folder], { tty: true });
    await asking.seen(/weather asks for .*Grant it\?/s, 'stdout');
    asking.write('\u0003');
    const { stdout } = await asking.exited;
    expect(stdout).toContain('weather 1.2.0 is registered');
    expect((await describeIt()).grants[0]?.granted_at).toBeNull();
  });
});

describe('a capability that is registered', () => {
  beforeEach(async () => {
    await backend.api.registerCapability({ path: folder });
  });

  test('is listed and shown', async () => {
    const list = await command('list');
    expect(list.stdout).toMatch(/^weather\t1\.2\.0\tnode\t\ttrue\t[^\t]+\t[^\t]*weather\n$/);
    const { stdout } = await command('show', 'weather');
    expect(stdout).toContain(`not_granted\t${TOKEN}\n`);
    expect(stdout).toContain('missing_secrets\tAPI_KEY\n');
    const shown: unknown = JSON.parse((await command('show', 'weather', '--json')).stdout);
    expect(shown).toEqual({ capability: await describeIt() });
    expect(await command('show', 'absent')).toMatchObject({ code: 3 });
  });

  test('is disabled and enabled', async () => {
    expect(await command('disable', 'weather')).toMatchObject({ code: 0 });
    expect(await command('run', 'weather')).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('weather is not active.'),
    });
    expect(await command('enable', 'weather')).toMatchObject({ code: 0 });
    expect((await describeIt()).active).toBe(true);
  });

  test('is removed only if a person is sure', async () => {
    expect(await command('remove', 'weather')).toMatchObject({ code: 2 });
    expect(await command('remove', 'weather', '--force')).toMatchObject({
      ...{ code: 0, stderr: 'sigilforge: weather was removed.\n' },
    });
    expect(await command('remove', 'weather', '--force')).toMatchObject({ code: 3 });
    expect(existsSync(folder)).toBe(true);
    expect((await command('list')).stderr).toContain('There is none yet.');
  });

  describe('whose files were changed', () => {
    beforeEach(async () => {
      await appendFile(path.join(folder, 'main.mjs'), '// changed\n');
      const manifest = path.join(folder, 'manifest.json');
      await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('1.2.0', '1.3.0'));
    });

    const CHANGES = [
      'changed: main.mjs',
      'changed: manifest.json',
      'manifest.json:',
      '    -   "version": "1.2.0",',
      '    +   "version": "1.3.0",',
    ].join('\n');

    test('runs no more, and the error has a line for each file', async () => {
      expect(await command('run', 'weather')).toMatchObject({
        code: 7,
        stderr: expect.stringContaining('changed: main.mjs\n'),
      });
    });

    test('is trusted with --yes, and what changed is shown', async () => {
      const refused = await command('trust', 'weather');
      expect(refused.code).toBe(2);
      const trusted = await command('trust', 'weather', '--yes');
      expect(trusted).toMatchObject({ code: 0, stdout: '' });
      for (const { stderr } of [refused, trusted])
        expect(stderr.replaceAll(/^ +/gm, '')).toContain(CHANGES.replaceAll(/^ +/gm, ''));
      expect(trusted.stderr).toContain('Version 2 of weather (1.3.0) is trusted.');
      const versions = await command('versions', 'weather');
      expect(versions.stdout.split('\n').map((line) => line.split('\t').slice(0, 2))).toEqual([
        ['2', '1.3.0'],
        ['1', '1.2.0'],
        [''],
      ]);
      expect((await command('trust', 'weather')).stderr).toContain('are those that were trusted.');
    });

    test.skipIf(!hasScript)('is trusted only if the person says yes', async () => {
      const asking = backend.sandbox.start(['capability', 'trust', 'weather'], { tty: true });
      await asking.seen(/Trust these files of weather\?/, 'stdout');
      asking.write('n');
      expect(await asking.exited).toMatchObject({ code: 7 });
      expect((await describeIt()).number).toBe(1);
    });
  });
});
