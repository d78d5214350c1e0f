import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { weather, writeCapability } from '../support/capabilities.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';

// A person puts a trusted version back, by the command.

const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false;
const MORE = 'more.mjs';

let backend: DaemonBackend;
let folder: string;
/** Two versions are trusted; the second one has a file more. */
beforeEach(async () => {
  backend = await startDaemon();
  folder = await writeCapability(path.join(backend.sandbox.home, 'weather'), weather);
  await backend.api.registerCapability({ path: folder });
  await writeFile(file('main.mjs'), '// changed\n');
  await writeFile(file(MORE), '');
  await writeFile(file('manifest.json'), (weather['manifest.json'] ?? '').replace('1.2.0', '1.3.0'));
  await backend.api.trustCapability({ name: 'weather' });
  return () => backend.stop();
});

const file = (name: string) => path.join(folder, name);
const command = (...args: string[]) => backend.sandbox.run(['capability', ...args]);
const describeIt = async () => (await backend.api.getCapability({ name: 'weather' })).capability;
const mainNow = () => readFile(file('main.mjs'), 'utf8');
const trimmed = (text: string) => text.replaceAll(/^ +/gm, '').replaceAll('\r', '');

const SHOWN = [
  'would be replaced: main.mjs',
  'would be replaced: manifest.json',
  'would be removed: more.mjs',
  'manifest.json:',
  '-   "version": "1.3.0",',
  '+   "version": "1.2.0",',
].join('\n');

test('it needs a terminal or --yes, and shows what would change', async () => {
  const refused = await command('restore', 'weather', '1');
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('hint: To restore it without a question, add --yes.'),
  });
  expect(trimmed(refused.stderr)).toContain(SHOWN);
  expect(await mainNow()).toBe('// changed\n');
  const restored = await command('restore', 'weather', '1', '--yes');
  expect(restored).toMatchObject({ code: 0, stdout: '' });
  expect(trimmed(restored.stderr)).toContain(SHOWN);
  expect(restored.stderr).toContain('weather is what version 1 was: version 3 (1.2.0) is trusted.');
  expect(restored.stderr).toContain('It needs a secret API_KEY');
  expect([await mainNow(), existsSync(file(MORE))]).toEqual([weather['main.mjs'], false]);
  expect((await describeIt()).number).toBe(3);
});

test('what is there already is restored without a question', async () => {
  const { code, stderr } = await command('restore', 'weather', '2');
  expect(code).toBe(0);
  expect(stderr).toContain('The files of weather are those of version 2.');
  expect((await describeIt()).number).toBe(2);
});

test('a folder that is gone is made again', async () => {
  await rm(folder, { recursive: true });
  const { code, stderr } = await command('restore', 'weather', '1', '--yes');
  expect(stderr).toContain('would be written: main.mjs\nwould be written: manifest.json\n');
  expect([code, await mainNow()]).toEqual([0, weather['main.mjs']]);
});

test('its result for a program is the capability', async () => {
  const { code, stdout } = await command('restore', 'weather', '1', '--yes', '--json');
  expect([code, JSON.parse(stdout)]).toEqual([0, { capability: await describeIt() }]);
});

test('a version that is not there, and what is not a number, are refused', async () => {
  expect(await command('restore', 'weather', '7', '--yes')).toMatchObject({ code: 3 });
  expect(await command('restore', 'absent', '1', '--yes')).toMatchObject({ code: 3 });
  for (const number of ['0', '-1', '1.5', 'first'])
    expect(await command('restore', 'weather', number, '--yes')).toMatchObject({ code: 2 });
  expect(await mainNow()).toBe('// changed\n');
});

test('versions shows which are kept', async () => {
  await writeFile(file('big.bin'), Buffer.alloc(1024 * 1024));
  await backend.api.trustCapability({ name: 'weather' });
  const { stdout } = await command('versions', 'weather');
  expect(stdout.split('\n').map((line) => [line.split('\t')[0], line.split('\t')[4]])).toEqual([
    ['3', 'false'],
    ['2', 'true'],
    ['1', 'true'],
    ['', undefined],
  ]);
});

test.skipIf(!hasScript)('a person is told what is lost, and is asked', async () => {
  const refusing = backend.sandbox.start(['capability', 'restore', 'weather', '1'], { tty: true });
  await refusing.seen(/Restore version 1 of weather\?/, 'stdout');
  refusing.write('n');
  const { code, stdout } = await refusing.exited;
  expect(trimmed(stdout)).toContain(SHOWN);
  expect(stdout).toContain('3 files of your folder are replaced or removed, and are not kept.');
  expect(code).toBe(7);
  expect(await mainNow()).toBe('// changed\n');
  const agreeing = backend.sandbox.start(['capability', 'restore', 'weather', '1'], { tty: true });
  await agreeing.seen(/Restore version 1 of weather\?/, 'stdout');
  agreeing.write('y');
  // Then each grant that it asks for, as for what is trusted.
  await agreeing.seen(/weather asks for .*Grant it\?/s, 'stdout');
  agreeing.write('y');
  expect(await agreeing.exited).toMatchObject({ code: 0 });
  expect(await mainNow()).toBe(weather['main.mjs']);
  expect((await describeIt()).grants[0]?.granted_at).not.toBeNull();
});

test.skipIf(!hasScript)('what changed while the person was asked is not replaced', async () => {
  const asking = backend.sandbox.start(['capability', 'restore', 'weather', '1'], { tty: true });
  await asking.seen(/Restore version 1 of weather\?/, 'stdout');
  await writeFile(file('main.mjs'), '// unsaved\n');
  asking.write('y');
  const { code, stdout } = await asking.exited;
  expect(stdout).toContain('The files of the capability weather were changed after they were shown.');
  expect([code, await mainNow()]).toEqual([7, '// unsaved\n']);
});
