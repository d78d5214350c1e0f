import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Scene, startScene } from '../support/start/scene.js';

const LIBRARY = fileURLToPath(new URL('../../dist/client.mjs', import.meta.url));
const VALUE = 'value-of-the-key';

/** left.mjs FOLDER: asks, says so by the pipe `asked`, waits for the pipe `go`, and asks again in both ways. */
const LEFT = `
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from ${JSON.stringify(LIBRARY)};
const ask = (client) => client.getSecret({ key: 'team/key' });
const outcome = (asked) => asked.then(({ value }) => value, ({ kind, message }) => kind === 'daemon_unavailable' ? message : kind);
const folder = process.argv[2];
const client = await connect();
const said = [await outcome(ask(client))];
writeFileSync(folder + '/asked', 'yes\\n');
readFileSync(folder + '/go');
said.push(await outcome(ask(client)), await outcome(connect().then(ask)));
writeFileSync(folder + '/new', said.join('\\n'));
renameSync(folder + '/new', folder + '/said');
`;

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  await scene.api.setSecret({ key: 'team/key', value: VALUE, backend: 'vault' });
  await writeFile(path.join(scene.sandbox.home, 'left.mjs'), LEFT);
});
afterAll(() => scene.stop());

test.each([
  [
    'descriptor',
    'env -u SIGILFORGE_SOCKET',
    'SIGILFORGE_FD is set, but the other end of that descriptor is closed.',
  ],
  ['path', 'env -u SIGILFORGE_FD', expect.stringMatching(/^The door \/\S+ is closed\.$/)],
])('what a program leaves behind is told that its %s leads nowhere', async (name, by, sentence) => {
  const folder = path.join(scene.sandbox.home, name);
  spawnSync('sh', ['-c', `mkdir ${folder} && mkfifo ${folder}/asked ${folder}/go`]);
  const left = `${by} ${process.execPath} ${scene.sandbox.home}/left.mjs ${folder} < /dev/null > ${folder}/out 2>&1 &`;
  const command = ['bash', '-c', `${left} echo $!; read _ < ${folder}/asked`];
  const { code, stdout } = await scene.sandbox.run([
    'exec',
    '--grant',
    'secret://team/key',
    '--',
    ...command,
  ]);
  expect(code).toBe(0);
  scene.sandbox.track(Number(stdout));
  await writeFile(path.join(folder, 'go'), 'go');
  const said = () => readFile(path.join(folder, 'said'), 'utf8').catch(() => undefined);
  await expect.poll(said, { timeout: 20_000 }).toBeDefined();
  expect((await said())?.split('\n')).toEqual([
    VALUE,
    // It only reads, so it is asked again.
    sentence,
    sentence,
  ]);
});
