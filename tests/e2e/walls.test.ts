import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createSandbox, isRoot, OTHER_USER, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The examples of SECURITY.md, as they stand there. */
const examples = [...readFileSync(path.join(ROOT, 'SECURITY.md'), 'utf8').matchAll(/```sh\n(.*)\n```/g)].map(
  ([, command = '']) => command,
);

const hasBubblewrap = spawnSync('bwrap', ['--ro-bind', '/', '/', 'true']).status === 0;
const hasSetpriv = spawnSync('setpriv', ['--version']).status === 0;

/** A home with an account and a secret, and a project whose agent tries what it was not granted. */
async function startProject(user: number): Promise<{ sandbox: Sandbox; project: string }> {
  const sandbox = await stopAfter(createSandbox({ user }));
  const { pid } = await sandbox.startDaemon();
  await sandbox.run(['add-account', 'github', 'work', '--api-key'], { input: 'the granted key' });
  await sandbox.run(['secret', 'set', 'other'], { input: 'another value' });
  const project = path.join(sandbox.home, 'project');
  mkdirSync(project);
  writeFileSync(path.join(project, 'agent'), agent(sandbox, pid), { mode: 0o755 });
  for (const owned of [project, path.join(project, 'agent')]) chownSync(owned, user, user);
  return { sandbox, project };
}

/** It says for each way whether it led anywhere. */
function agent({ home, socket }: Sandbox, daemon: number): string {
  const cli = program('sigilforge').join(' ');
  const ways = {
    granted: `${cli} resolve auth://github/work/token`,
    other: `${cli} resolve secret://other`,
    list: `${cli} secret list`,
    usual: `env -u SIGILFORGE_FD ${cli} --no-fallback resolve secret://other`,
    socket: `test -e ${socket}`,
    doors: `ls ${path.dirname(socket)}`,
    database: `cat ${home}/data/sigilforge.db`,
    key: `cat ${home}/data/vault.key`,
    memory: `dd if=/proc/${daemon}/mem bs=1 count=1`,
    environment: `cat /proc/${daemon}/environ`,
    // Last, because it makes a vault of its own if it finds none.
    direct: `env -u SIGILFORGE_FD ${cli} --direct resolve secret://other`,
  };
  const lines = Object.entries(ways).map(
    ([name, way]) => `${way} >out 2>err && echo "${name}: yes $(head -c 15 out)" || echo "${name}: no"`,
  );
  return ['#!/bin/sh', 'cd "$(mktemp -d)" || exit 1', ...lines, ''].join('\n');
}

/** Runs an example in a shell, whose `sigilforge` is the built one. */
async function run(sandbox: Sandbox, project: string, command: string): Promise<string[]> {
  const shell = `sigilforge() { ${program('sigilforge').join(' ')} "$@"; }\n${command}`;
  const { stdout, stderr, code } = await sandbox.spawn(['sh', '-c', shell], { cwd: project, input: '' })
    .exited;
  expect(`${code} ${stderr}`).toBe('0 ');
  return stdout.trim().split('\n');
}

const ONLY_THE_GRANT = [
  'granted: yes the granted key',
  ...['other', 'list', 'usual', 'socket', 'doors', 'database', 'key', 'memory', 'environment', 'direct'].map(
    (way) => `${way}: no`,
  ),
];

test('SECURITY.md has an example for a sandbox and one for another user', () => {
  expect(examples.map((command) => / -- (\S+) /.exec(command)?.[1])).toEqual(['bwrap', 'setpriv']);
});

// Without these the agent finds the ways that it looks for: it does not fail for another reason.
test('outside of a wall, a program of the same user gets around its grant', async () => {
  const { sandbox, project } = await startProject(isRoot ? OTHER_USER : (process.getuid?.() ?? 0));
  const plain = 'sigilforge exec --grant auth://github/work/token -- env -u SIGILFORGE_SOCKET ./agent';
  const found = (await run(sandbox, project, plain)).filter((line) => line.includes(': yes'));
  expect(found.map((line) => line.split(':')[0])).toEqual([
    ...['granted', 'usual', 'socket', 'doors', 'database', 'key', 'direct'],
  ]);
});

test.skipIf(!hasBubblewrap)('a program in a sandbox has what was granted, and no way around it', async () => {
  const { sandbox, project } = await startProject(isRoot ? OTHER_USER : (process.getuid?.() ?? 0));
  const [example = ''] = examples;
  // This checkout may be below a folder that is hidden there, and the command is in it.
  const command = example.replace(' --unshare-all', ` --ro-bind ${ROOT} ${ROOT} --unshare-all`);
  expect(await run(sandbox, project, command)).toEqual(ONLY_THE_GRANT);
});

test.skipIf(!isRoot || !hasSetpriv)(
  'a program of another user has what was granted, and no way around it',
  async () => {
    const { sandbox, project } = await startProject(0);
    chmodSync(sandbox.home, 0o711);
    chmodSync(project, 0o755);
    const [, example = ''] = examples;
    // No user is called that here.
    expect(await run(sandbox, project, example.replaceAll('=agent', `=${OTHER_USER}`))).toEqual(
      ONLY_THE_GRANT,
    );
  },
);
