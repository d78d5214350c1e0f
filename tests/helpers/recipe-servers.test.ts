import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';

// The recipes of cli/helpers/README.md that take a server or a playbook.

const PASSWORD = 'correct horse battery staple';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox();
  await sandbox.startDaemon();
  return () => sandbox.stop();
});

async function keep(key: string, input: string): Promise<void> {
  expect(await sandbox.run(['secret', 'set', key, '--exact'], { input })).toMatchObject({ code: 0 });
}

/** What a program prints under `exec`. */
function run(options: readonly string[], command: readonly string[]) {
  return sandbox.run(['exec', '--no-mask', ...options, '--', ...command]);
}

const POSTGRES = folderOfPostgres();

/** Debian keeps the programs of the server, by its version, outside of PATH. */
function folderOfPostgres(): string | undefined {
  const all = '/usr/lib/postgresql';
  try {
    const [version] = readdirSync(all);
    return version === undefined ? undefined : path.join(all, version, 'bin');
  } catch {
    return undefined;
  }
}

describe.skipIf(POSTGRES === undefined)('psql', () => {
  /** The folder with the socket of a server whose user `app` has the password; it refuses to run as root. */
  async function startServer(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'sf-pg-'));
    const data = path.join(folder, 'data');
    const asUser = (name: string, ...args: string[]) => {
      const command = [path.join(POSTGRES ?? '', name), ...args];
      const isRoot = process.getuid?.() === 0;
      const [program = '', ...rest] = isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command;
      return execFileSync(program, rest, { cwd: folder, stdio: 'ignore' });
    };
    onTestFinished(async () => {
      asUser('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop');
      await rm(folder, { recursive: true, force: true });
    });
    const password = path.join(folder, 'password');
    await writeFile(password, PASSWORD);
    mkdirSync(data, { mode: 0o700 });
    if (process.getuid?.() === 0) {
      const { uid, gid } = ownerOf('postgres');
      for (const place of [folder, data, password]) chownSync(place, uid, gid);
    }
    asUser('initdb', '-D', data, '-U', 'app', '--auth=scram-sha-256', `--pwfile=${password}`, '--no-sync');
    const options = `-c listen_addresses='' -k ${folder}`;
    asUser('pg_ctl', '-D', data, '-l', path.join(folder, 'log'), '-o', options, '-w', 'start');
    return folder;
  }

  function ownerOf(user: string): { uid: number; gid: number } {
    const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
    return { uid: id('-u'), gid: id('-g') };
  }

  test('logs in by a variable, and by a password file for several servers', {
    timeout: 120_000,
  }, async () => {
    const folder = await startServer();
    await keep('db/app', PASSWORD);
    await keep('db/pgpass', `*:*:*:app:${PASSWORD}\n`);
    await keep('db/wrong', 'another');
    const psql = ['psql', '-h', folder, '-U', 'app', '-w', '-At', '-c', 'select 40 + 2', 'postgres'];
    expect(await run(['--env', 'PGPASSWORD=secret://db/app'], psql)).toMatchObject({
      code: 0,
      stdout: '42\n',
    });
    expect(await run(['--file', 'PGPASSFILE=secret://db/pgpass'], psql)).toMatchObject({
      code: 0,
      stdout: '42\n',
    });
    expect(await run(['--env', 'PGPASSWORD=secret://db/wrong'], psql)).toMatchObject({ code: 2, stdout: '' });
  });
});

const hasAnsible = spawnSync('ansible-playbook', ['--version']).status === 0;

test.skipIf(!hasAnsible)('ansible opens a vault by a password file', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-ansible-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await keep('ansible/vault', PASSWORD);
  const [secrets, playbook] = [path.join(folder, 'secrets.yml'), path.join(folder, 'site.yml')];
  await writeFile(secrets, 'word: from-the-vault\n');
  await writeFile(
    playbook,
    `- hosts: localhost
  connection: local
  gather_facts: false
  vars_files: [secrets.yml]
  tasks: [{ debug: { msg: "{{ word }}" } }]
`,
  );
  const file = ['--file', 'ANSIBLE_VAULT_PASSWORD_FILE=secret://ansible/vault'];
  expect(await run(file, ['ansible-vault', 'encrypt', secrets])).toMatchObject({ code: 0 });
  const played = await run(file, ['ansible-playbook', '-i', 'localhost,', playbook]);
  expect(played).toMatchObject({ code: 0, stdout: expect.stringContaining('from-the-vault') });
  const closed = sandbox.spawn(['ansible-playbook', '-i', 'localhost,', playbook], { input: '' });
  expect((await closed.exited).code).not.toBe(0);
});
