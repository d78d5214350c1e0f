import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCOUNT, addAccount, SERVICE } from '../support/accounts.js';
import { GrantedShell } from '../support/start/granted-shell.js';
import { program } from '../support/start/sandbox.js';
import { type Scene, startScene } from '../support/start/scene.js';
import * as stored from '../support/stored.js';

// A program of `exec --grant` on a system that forbids Unix sockets: only the descriptor is left.

const REFUSING = fileURLToPath(new URL('../support/start/programs/refusing.py', import.meta.url));
const CLI = program('sigilforge').join(' ');
const VALUE = 'value-of-the-key';
const RESOLVE = `${CLI} resolve secret://team/key`;
const GET_TOKEN = `${CLI} get-token ${SERVICE} ${ACCOUNT}`;

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  await addAccount(scene.api);
  await scene.api.setSecret({ key: 'team/key', value: VALUE, backend: 'vault' });
});
afterAll(() => scene.stop());

async function withShell(
  options: readonly string[],
  use: (shell: GrantedShell) => Promise<void>,
): Promise<void> {
  const filtered = ['python3', REFUSING, 'socket', 'EPERM', 'bash'];
  const shell = new GrantedShell(scene.sandbox.start(['exec', ...options, '--', ...filtered]));
  try {
    await use(shell);
  } finally {
    await shell.end();
  }
}

async function tokenBy(shell: GrantedShell, command: string = GET_TOKEN): Promise<string> {
  const { code, output } = await shell.run(command);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^\S{20,}\n$/) });
  return output.trim();
}

test('make -j8 with eight children', async () => {
  const names = '1 2 3 4 5 6 7 8';
  const makefile = `all: ${names}\n${names}:\n\t@${RESOLVE} > $@.out\n.PHONY: all ${names}\n`;
  await writeFile(path.join(scene.sandbox.home, 'Makefile'), makefile);
  await withShell(['--grant', 'secret://team/key'], async (shell) => {
    expect(await shell.run('make --silent -j8')).toEqual({ code: 0, output: '' });
    expect((await shell.run('cat ?.out | sort | uniq -c')).output.trim()).toBe(`8 ${VALUE}`);
  });
}, 120_000);

test('a token that an API refused, one that has expired, and after sigilforge daemon restart', async () => {
  await withShell(['--grant', `auth://${SERVICE}/${ACCOUNT}/token`], async (shell) => {
    const first = await tokenBy(shell);
    const second = await tokenBy(shell, `echo ${first} | ${GET_TOKEN} --rejected`);
    expect(second).not.toBe(first);
    expect(await tokenBy(shell)).toBe(second);
    stored.expire(scene.sandbox.home);
    const third = await tokenBy(shell);
    expect([first, second]).not.toContain(third);
    const restarted = await scene.sandbox.run(['daemon', 'restart', '--json']);
    expect(restarted).toMatchObject({ code: 0 });
    scene.sandbox.track((JSON.parse(restarted.stdout) as { pid: number }).pid);
    expect(await tokenBy(shell)).toBe(third);
  });
});

test('--grant-for ends it', async () => {
  await withShell(['--grant', 'secret://team/key', '--grant-for', '2s'], async (shell) => {
    await shell.run('while [ -S "$SIGILFORGE_SOCKET" ]; do sleep 0.1; done');
    expect(await shell.run(RESOLVE)).toEqual({
      code: 7,
      output: expect.stringContaining('What was granted to this program was withdrawn'),
    });
  });
});
