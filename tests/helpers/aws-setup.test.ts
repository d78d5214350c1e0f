import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';

// `helper install aws`: the profile and the definition that it writes, and that taking them away leaves every byte as it was.

const CONFIG = '# mine\n[default]\nregion = eu-west-1 ; near\n\n[profile  other]\noutput=json';
const ARN = 'arn:aws:iam::123456789012:role/reader';

let backend: DaemonBackend;
let file: string;

beforeAll(async () => {
  backend = await startDaemon();
  file = join(backend.sandbox.home, '.aws', 'config');
  await mkdir(join(backend.sandbox.home, '.aws'));
  await backend.api.addAccount({
    ...{ service: 'own', account: 'robot', flow: 'api_key' },
    credential: { api_key: 'k' },
  });
});
afterAll(() => backend?.stop());

const install = (...args: readonly string[]) =>
  backend.sandbox.run(['helper', 'install', 'aws', '--yes', ...args]);
const uninstall = (...args: readonly string[]) =>
  backend.sandbox.run(['helper', 'uninstall', 'aws', '--yes', ...args]);
const text = () => readFile(file, 'utf8');
const definitionOf = async (name: string) =>
  (await backend.api.getSecrets({ prefix: `aws/${name}` })).secrets.map(({ value }) => value);

describe('a role', () => {
  const role = ['--role-arn', ARN, '--account', 'own/robot', '--id-token', '--region', 'eu-central-1'];

  test('is a definition and a profile; both are taken away, and twice changes nothing', async () => {
    await writeFile(file, CONFIG);
    expect(await install('--profile', 'work', ...role)).toMatchObject({ code: 0 });
    const written = await text();
    expect(written.startsWith(`${CONFIG}\n`)).toBe(true);
    expect(written).toMatch(
      /\[profile work\]\ncredential_process = \S.* aws-credentials work\nregion = eu-central-1\n/,
    );
    expect((await definitionOf('work')).map((value) => JSON.parse(value))).toEqual([
      { role_arn: ARN, account: 'own/robot', token: 'id_token', region: 'eu-central-1' },
    ]);
    await install('--profile', 'work', ...role);
    expect(await text()).toBe(written);
    await backend.api.setSecret({ key: 'aws/work/cached', value: '{}' });
    expect(await uninstall('--profile', 'work')).toMatchObject({ code: 0 });
    expect(await text()).toBe(CONFIG);
    expect(await definitionOf('work')).toEqual([]);
    await uninstall('--profile', 'work');
    expect(await text()).toBe(CONFIG);
  });

  test('that changes takes what was kept with it', async () => {
    await writeFile(file, CONFIG);
    await install('--profile', 'work', ...role);
    await backend.api.setSecret({ key: 'aws/work/cached', value: '{}' });
    await install('--profile', 'work', '--role-arn', `${ARN}2`, '--account', 'own/robot');
    expect(await definitionOf('work')).toEqual([`{"role_arn":"${ARN}2","account":"own/robot"}`]);
    await uninstall('--profile', 'work');
  });
});

test('keys are the person’s: the profile is written, and the secret stays', async () => {
  const keys = '{"AccessKeyId":"AKIAKEPT","SecretAccessKey":"x"}';
  await backend.api.setSecret({ key: 'aws/kept', value: keys });
  const fresh = join(backend.sandbox.home, 'fresh', 'config');
  const { stderr } = await install('--profile', 'kept', '--file', fresh);
  expect(stderr).toContain('The keys are the secret aws/kept');
  expect(await readFile(fresh, 'utf8')).toContain('[profile kept]\n');
  await uninstall('--profile', 'kept', '--file', fresh);
  expect(existsSync(fresh)).toBe(false);
  expect(await definitionOf('kept')).toEqual([keys]);
  const refused = await install('--profile', 'kept', '--role-arn', ARN, '--account', 'own/robot');
  expect(refused.stderr).toContain('The secret aws/kept is not one that helper install wrote.');
  expect(await definitionOf('kept')).toEqual([keys]);
});

test.each([
  [['--profile', 'other'], 'has a profile other already'],
  [['--profile', 'default'], 'has a profile default already'],
  [[], 'Which profile is it for?'],
  [['--profile', 'a]\n[b'], 'This is not a name for a profile.'],
  [['--profile', 'x', '--role-arn', ARN], 'Which account assumes the role?'],
  [['--profile', 'x', '--account', 'own/robot'], 'An account needs a role that it assumes.'],
  [['--profile', 'x', '--role-arn', 'reader', '--account', 'own/robot'], 'role_arn is not the ARN of a role'],
  [
    ['--profile', 'x', '--role-arn', ARN, '--account', 'own/robot', '--endpoint', 'http://localhost/'],
    'endpoint is not an https address',
  ],
  [
    ['--profile', 'x', '--role-arn', ARN, '--account', 'own/robot', '--region', 'a\nb'],
    '--region is not the name of a region.',
  ],
  [['--profile', 'x', '--region', 'a\n[b]'], '--region is not the name of a region.'],
])('%j is refused: %s', async (args, sentence) => {
  await writeFile(file, CONFIG);
  const { code, stderr } = await install(...args);
  expect(stderr).toContain(sentence);
  expect(code).toBe(2);
  expect(await text()).toBe(CONFIG);
  expect(await definitionOf('x')).toEqual([]);
});

test('list says whose role it is, and whether that account is there', async () => {
  await writeFile(file, '');
  await install('--profile', 'gone', '--role-arn', ARN, '--account', 'own/gone');
  const { stdout } = await backend.sandbox.run(['helper', 'list', '--json'], {
    env: { PATH: '/usr/bin:/bin' },
  });
  const { helpers } = JSON.parse(stdout);
  const [aws] = helpers.filter(({ name }: { name: string }) => name === 'aws');
  expect(aws.setups).toEqual([
    expect.objectContaining({ file, serves: 'profile gone', account: 'own/gone', works: false }),
  ]);
});
