import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { program } from '../support/start/sandbox.js';
import { type Scene, startScene } from '../support/start/scene.js';

const VALUE = 'value-of-the-key';
const OTHER = 'value-of-the-other';
const RESOLVE = `${program('sigilforge').join(' ')} resolve secret://team/key`;
const GRANT = ['--grant', 'secret://team/key'];

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  await scene.api.setSecret({ key: 'team/key', value: VALUE, backend: 'vault' });
  await scene.api.setSecret({ key: 'team/other', value: OTHER, backend: 'vault' });
});
afterAll(() => scene.stop());

const exec = (...args: string[]) => scene.sandbox.run(['exec', ...GRANT, ...args]);
const doors = async () => (await scene.api.listDoors()).doors;

test.each([
  ['--mask', '[redacted]'],
  ['--no-mask', OTHER],
])('beside --stdin and %s, only what exec itself has resolved is masked', async (option, shown) => {
  const asked = `cat; echo; ${RESOLVE}; env -u SIGILFORGE_SOCKET ${RESOLVE}`;
  const stdin = ['--stdin', 'secret://team/other'];
  expect(await exec(...stdin, option, '--', 'bash', '-c', asked)).toMatchObject({
    code: 0,
    stdout: `${shown}\n${VALUE}\n${VALUE}\n`,
  });
});

test('with --no-fallback', async () => {
  expect(await exec('--no-fallback', '--', 'bash', '-c', RESOLVE)).toMatchObject({
    code: 0,
    stdout: `${VALUE}\n`,
  });
});

test('the exit codes are those of any program, and no door is left', async () => {
  const file = path.join(scene.sandbox.home, 'not-executable');
  await writeFile(file, 'text', { mode: 0o600 });
  for (const [code, ...command] of [
    [0, 'true'],
    [3, 'sh', '-c', 'exit 3'],
    [126, file],
    [127, '/nowhere/program'],
    [143, 'sh', '-c', 'kill -TERM $$'],
    [137, 'sh', '-c', 'kill -KILL $$'],
  ] as const) {
    expect({ command, ...(await exec('--', ...command)) }).toMatchObject({ command, code });
    await expect.poll(doors).toEqual([]);
  }
});

test('a locked vault keeps no program from beginning, and its requests say so', async () => {
  await scene.api.lock();
  const locked = await exec('--', 'bash', '-c', RESOLVE);
  expect(locked).toMatchObject({ code: 6, stdout: '' });
  await scene.api.unlock();
  expect(await exec('--', 'bash', '-c', RESOLVE)).toMatchObject({ code: 0, stdout: `${VALUE}\n` });
});
