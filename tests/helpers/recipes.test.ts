import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';

// The recipes of cli/helpers/README.md, with programs that take a secret and need no server.

const PASSWORD = 'correct horse battery staple';
const HOST = 'packages.example.org';
const SECRETS = {
  'backup/restic': PASSWORD,
  'rclone/conf': '[kept]\ntype = local\n',
  'npm/npmrc': `//${HOST}/:_authToken=${PASSWORD}\ninit-license=from-the-vault\n`,
  'pip/conf': `[global]\nindex-url = https://user:pass@${HOST}/simple\n`,
};

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.startDaemon();
  for (const [key, input] of Object.entries(SECRETS)) {
    expect(await sandbox.run(['secret', 'set', key, '--exact'], { input })).toMatchObject({ code: 0 });
  }
  return () => sandbox.stop();
});

const isThere = (program: string) => spawnSync(program, ['version']).error === undefined;

/** What a program prints under `exec`, once it has ended well. */
async function printed(options: readonly string[], command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await sandbox.run(['exec', '--no-mask', ...options, '--', ...command]);
  expect({ command, code, stderr }).toMatchObject({ command, code: 0 });
  return stdout;
}

describe.skipIf(!isThere('restic'))('restic', () => {
  const restic = (...args: string[]) => [
    'restic',
    '--no-cache',
    '-r',
    path.join(sandbox.home, 'kept'),
    ...args,
  ];

  test('opens a repository by a variable, and by a file', async () => {
    await printed(['--env', 'RESTIC_PASSWORD=secret://backup/restic'], restic('init'));
    const keys = await printed(
      ['--file', 'RESTIC_PASSWORD_FILE=secret://backup/restic'],
      restic('key', 'list'),
    );
    expect(keys).toContain('ID');
    const wrong = sandbox.spawn(restic('key', 'list'), { input: '', env: { RESTIC_PASSWORD: 'another' } });
    expect((await wrong.exited).code).toBeGreaterThan(0);
  }, 120_000);
});

test.skipIf(!isThere('rclone'))(
  'rclone reads its configuration from a file that is there for one run',
  async () => {
    // Its configuration may name programs, which exec lets through only by name.
    const allowed = ['--allow-env', 'RCLONE_CONFIG'];
    const file = [...allowed, '--file', 'RCLONE_CONFIG=secret://rclone/conf'];
    expect(await printed(file, ['rclone', 'listremotes'])).toBe('kept:\n');
  },
);

test('npm reads its settings from a file that is there for one run', async () => {
  const file = ['--file', 'NPM_CONFIG_USERCONFIG=secret://npm/npmrc'];
  expect(await printed(file, ['npm', 'config', 'get', 'init-license'])).toBe('from-the-vault\n');
});

test.skipIf(!isThere('pip'))('pip too', async () => {
  const file = ['--file', 'PIP_CONFIG_FILE=secret://pip/conf'];
  expect(await printed(file, ['pip', 'config', 'list'])).toContain(`@${HOST}/simple`);
});

test('a program reads a secret from a descriptor', async () => {
  const fd = ['--fd', '3=secret://backup/restic'];
  expect(await printed(fd, ['sh', '-c', 'cat <&3'])).toBe(PASSWORD);
});
