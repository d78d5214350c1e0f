import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { createSandbox, program, type RunningDaemon, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const REFUSING = fileURLToPath(new URL('../support/start/programs/refusing.py', import.meta.url));

/** Skipped without python3, and where a process may not filter its own system calls. */
function canRefuse(): boolean {
  try {
    execFileSync('python3', [REFUSING, 'socket', 'EPERM', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canRefuse())('a program that the kernel lets use no Unix socket', () => {
  let sandbox: Sandbox;
  let daemon: RunningDaemon;

  beforeAll(async () => {
    sandbox = await createSandbox();
    daemon = await sandbox.startDaemon();
    return () => sandbox.stop();
  });

  const run = (call: string, code: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    sandbox.spawn(['python3', REFUSING, call, code, ...program('sigilforge'), ...args], { input: '', env })
      .exited;

  test.each(['EPERM', 'EAFNOSUPPORT', 'EPROTONOSUPPORT'])(
    'is told that a sandbox forbids it (%s at socket), and what helps',
    async (code) => {
      for (const args of [['list-accounts'], ['get-token', 'example', 'one'], ['events']]) {
        const { code: exit, stderr } = await run('socket', code, args);
        expect(exit).toBe(9);
        expect(stderr).toContain(`a sandbox that forbids Unix sockets (${code})`);
        expect(stderr).toContain('Allow AF_UNIX and this path');
        expect(stderr).toContain(sandbox.socket);
      }
      expect(await run('socket', code, ['--direct', 'list-accounts'])).toMatchObject({ code: 0 });
    },
  );

  test('is not sent to --direct where its environment names the socket', async () => {
    const { code, stderr } = await run('socket', 'EPERM', ['list-accounts'], {
      SIGILFORGE_SOCKET: daemon.socket,
    });
    expect(code).toBe(9);
    expect(stderr).toContain('a sandbox that forbids Unix sockets');
    expect(stderr).not.toContain('--direct');
  });

  test.each([
    ['EACCES', 'AppArmor or SELinux forbid it'],
    ['EPERM', 'a sandbox that forbids Unix sockets'],
    ['EMFILE', 'Too many files are open'],
    ['ENFILE', 'Too many files are open'],
    ['ETIMEDOUT', 'fails with ETIMEDOUT'],
  ])('is told what %s at connect means', async (code, sentence) => {
    const { code: exit, stderr } = await run('connect', code, ['list-accounts']);
    expect(exit).toBe(9);
    expect(stderr).toContain(sentence);
  });

  test('falls back where no daemon has a socket', async () => {
    const other = await stopAfter(createSandbox());
    const command = ['python3', REFUSING, 'socket', 'EPERM', ...program('sigilforge'), 'list-accounts'];
    expect(await other.spawn(command, { input: '' }).exited).toMatchObject({ code: 0 });
  });
});
