import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addAccount, work } from '../support/accounts.js';
import type { RunResult } from '../support/start/running.js';
import { type Scene, startScene } from '../support/start/scene.js';
import { type GitServer, startGitServer } from './git-server.js';

// The real git against its own server program, which asks for the token of an account.

const ADA = '[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n';
/** One that was there before: it answers nothing, and leaves a trace. */
const BEFORE = '[credential]\n\thelper = "!f() { echo $1 >> \\"$HOME/asked\\"; }; f"\n';

let scene: Scene;
let server: GitServer;
let home: string;

beforeAll(async () => {
  scene = await startScene();
  home = scene.sandbox.home;
  server = await startGitServer(path.join(home, 'served'));
  await addAccount(scene.api);
  await addAccount(scene.api, { account: 'home' });
});
afterAll(async () => {
  await server?.stop();
  await scene?.stop();
});

let count = 0;
/** A folder of its own, for each test. */
let folder: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = path.join(home, `projects-${count++}`);
  await mkdir(folder);
  const config = path.join(folder, 'gitconfig');
  await writeFile(config, BEFORE + ADA);
  env = { GIT_CONFIG_GLOBAL: config, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
  server.valid.clear();
});

const git = (...args: string[]): Promise<RunResult> =>
  scene.sandbox.spawn(['git', ...args], { input: '', cwd: folder, env }).exited;
const helper = (...args: string[]): Promise<RunResult> =>
  scene.sandbox.run(['helper', ...args], { cwd: folder, env });
const tokenOf = async (account: string): Promise<string> =>
  (await scene.api.getToken({ service: work.service, account })).access_token;

async function setUp(account: string, where = server.address): Promise<void> {
  const installed = await helper(
    ...['install', 'git', '--global', '--yes', '--host', where, '--account', `${work.service}/${account}`],
  );
  expect(installed).toMatchObject({ code: 0, stdout: '' });
}

test('clone, commit, push and fetch by the token of an account', async () => {
  await setUp('work');
  server.valid.add(await tokenOf('work'));
  expect(await git('clone', `${server.address}/project.git`)).toMatchObject({ code: 0 });
  const project = path.join(folder, 'project');
  await writeFile(path.join(project, 'file'), 'text\n');
  expect(await git('-C', project, 'add', 'file')).toMatchObject({ code: 0 });
  expect(await git('-C', project, 'commit', '-m', 'first')).toMatchObject({ code: 0 });
  expect(await git('-C', project, 'push', '-u', 'origin', 'main')).toMatchObject({ code: 0 });
  expect(await git('-C', project, 'fetch')).toMatchObject({ code: 0, stderr: '' });
  expect((await git('clone', `${server.address}/project.git`, 'again')).code).toBe(0);
  expect(await readFile(path.join(folder, 'again', 'file'), 'utf8')).toBe('text\n');
  expect(await readFile(path.join(project, '.git', 'config'), 'utf8')).not.toContain(await tokenOf('work'));
});

test('a token that the server refuses is replaced: the next try works', async () => {
  await setUp('work');
  const first = await tokenOf('work');
  const refused = await git('ls-remote', `${server.address}/project.git`);
  expect(refused.code).toBe(128);
  expect(refused.stderr).toContain('Authentication failed');
  expect(server.seen.at(-1)).toEqual({ username: 'oauth2', password: first });
  const second = await tokenOf('work');
  expect(second).not.toBe(first);
  server.valid.add(second);
  expect(await git('ls-remote', `${server.address}/project.git`)).toMatchObject({ code: 0 });
});

test('the wrong account is refused by the server, and nothing waits for a person', async () => {
  await setUp('home');
  server.valid.add(await tokenOf('work'));
  const { code, stderr } = await git('ls-remote', `${server.address}/project.git`);
  expect([code, stderr]).toEqual([128, expect.stringContaining('Authentication failed')]);
});

test('an account that is not there is said by git, which then cannot ask', async () => {
  await setUp('other');
  const { code, stderr } = await git('ls-remote', `${server.address}/project.git`);
  expect(code).toBe(128);
  expect(stderr).toContain('There is no account example/other.');
  expect(stderr).toContain('terminal prompts disabled');
});

test('within a grant git gets the token that is granted, and no other', async () => {
  await setUp('work');
  await setUp('home', `${server.address}/org`);
  for (const account of ['work', 'home']) server.valid.add(await tokenOf(account));
  const granted = (place: string): Promise<RunResult> => {
    const command = ['exec', '--grant', 'auth://example/work/token', '--', 'git', 'ls-remote', place];
    return scene.sandbox.run(command, { cwd: folder, env });
  };
  expect(await granted(`${server.address}/project.git`)).toMatchObject({ code: 0 });
  const { code, stderr } = await granted(`${server.address}/org/project.git`);
  expect(code).toBe(128);
  expect(stderr).toContain('may use only what was granted to it');
});

test.each([
  ['first', 'home'],
  ['second', 'work'],
])('an account for a path, and one for the rest of the host that is set up %s', async (_, first) => {
  const places: Record<string, string> = { home: server.address, work: `${server.address}/org` };
  for (const account of [first, first === 'home' ? 'work' : 'home']) await setUp(account, places[account]);
  for (const account of ['work', 'home']) server.valid.add(await tokenOf(account));
  expect(await git('ls-remote', `${server.address}/project.git`)).toMatchObject({ code: 0 });
  expect(server.seen.at(-1)?.password).toBe(await tokenOf('home'));
  expect(await git('ls-remote', `${server.address}/org/project.git`)).toMatchObject({ code: 0 });
  expect(server.seen.at(-1)?.password).toBe(await tokenOf('work'));
});

describe('a helper that was there before', () => {
  const asked = (): boolean => existsSync(path.join(home, 'asked'));

  test('is asked for other hosts, and not given a token', async () => {
    await setUp('work');
    server.valid.add(await tokenOf('work'));
    expect(await git('ls-remote', `${server.address}/project.git`)).toMatchObject({ code: 0 });
    expect(asked()).toBe(false);
    const fill = scene.sandbox.spawn(['git', 'credential', 'fill'], {
      input: 'protocol=https\nhost=git.example.com\n\n',
      cwd: folder,
      env,
    });
    expect((await fill.exited).code).toBe(128);
    expect(asked()).toBe(true);
  });

  test('is asked besides the one for all hosts, and is named', async () => {
    const { stderr } = await helper('install', 'git', '--global', '--yes');
    expect(stderr).toContain('which may keep the tokens it sees');
    const all = await git('config', '--get-all', 'credential.helper');
    expect(all.stdout.split('\n')).toHaveLength(3);
  });
});
