import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../build/settings.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';

// client/examples/any-language: one request by the standard library of each language.

const FOLDER = path.join(ROOT, 'client/examples/any-language');
/** More than one read from a socket gives. */
const LONG_KEY = `sk-${'0123456789abcdef'.repeat(3500)}`;
const LINES = 40;

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.startDaemon();
  for (const [account, input] of Object.entries({ short: 'a-short-key', long: LONG_KEY })) {
    const added = await sandbox.run(['add-account', 'example', account, '--api-key'], { input });
    expect(added).toMatchObject({ code: 0 });
  }
  return () => sandbox.stop();
});

const isThere = (program: string) => spawnSync(program, ['--help']).error === undefined;

describe.each([
  { file: 'ask.py', command: ['python3'] },
  { file: 'ask.go', command: ['go', 'run'] },
  { file: 'ask.rb', command: ['ruby'] },
  { file: 'ask.sh', command: ['sh'] },
])('$file', ({ file, command }) => {
  const program = path.join(FOLDER, file);

  function ask(account: string, env: NodeJS.ProcessEnv) {
    const go = { GOCACHE: path.join(sandbox.home, 'go'), GOFLAGS: '' };
    const options = { input: '', env: { ...go, ...env } };
    return sandbox.spawn([...command, program, 'example', account], options).exited;
  }

  test(`has at most ${LINES} lines`, async () => {
    expect((await readFile(program, 'utf8')).trimEnd().split('\n').length).toBeLessThanOrEqual(LINES);
  });

  test.skipIf(!isThere(command[0] ?? ''))(
    'prints tokens, short and long, from the socket that each variable leads to, and says what is wrong',
    async () => {
      const named = { SIGILFORGE_HOME: '', SIGILFORGE_SOCKET: sandbox.socket };
      const session = { SIGILFORGE_HOME: '', XDG_RUNTIME_DIR: path.dirname(sandbox.socket) };
      for (const env of [{}, named, session]) {
        expect(await ask('short', env)).toMatchObject({ code: 0, stdout: 'a-short-key\n', stderr: '' });
      }
      const long = await ask('long', {});
      expect({ ...long, stdout: long.stdout === `${LONG_KEY}\n` }).toMatchObject({ code: 0, stdout: true });
      const missing = await ask('none', {});
      expect(missing).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('not_found: ') });
      const away = await ask('short', { SIGILFORGE_SOCKET: path.join(sandbox.home, 'away.sock') });
      expect({ ...away, stderr: away.stderr.length > 0 }).toMatchObject({
        code: 1,
        stdout: '',
        stderr: true,
      });
    },
    180_000,
  );
});
