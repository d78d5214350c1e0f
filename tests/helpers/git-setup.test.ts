import { existsSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { withSection } from '../../cli/helpers/git-config.js';
import { shellLine } from '../../cli/helpers/our-command.js';
import { account, otherAccount } from '../support/samples.js';
import type { RunResult } from '../support/start/running.js';
import { isRoot, OTHER_USER } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

// What `helper install git` writes, as git itself reads it, and that `helper uninstall git` leaves what was there before.

const TEXT =
  '# of Ada\r\n[user]\n\tname = Ada ; me\n\n[credential "https://github.com"]\n\thelper = cache\n[alias]\n\tl = log';

let stub: StubDaemon;
let file: string;

beforeEach(async () => {
  const parked = { ...otherAccount, state: 'needs_auth' as const };
  stub = await stopAfter(startStubDaemon({ list_accounts: { accounts: [account, parked], cursor: null } }));
  file = path.join(stub.home, '.gitconfig');
});

const env = { GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' };
const helper = (args: readonly string[], options = {}): Promise<RunResult> =>
  stub.run(['helper', ...args], { env, ...options });
const install = (...options: string[]): Promise<RunResult> => helper(['install', 'git', '--yes', ...options]);
const uninstall = (...options: string[]): Promise<RunResult> =>
  helper(['uninstall', 'git', '--yes', ...options]);
const git = (args: readonly string[], cwd = stub.home, input = ''): Promise<RunResult> =>
  stub.spawn(['git', ...args], { input, cwd, env }).exited;
const text = (): Promise<string> => readFile(file, 'utf8');
const copy = (): string => `${file}.before-sigilforge`;

describe('installed and uninstalled', () => {
  test('the file is what it was, byte for byte, and twice changes nothing', async () => {
    await writeFile(file, TEXT);
    await chmod(file, 0o640);
    for (const options of [[], ['--host', 'github.com', '--account', 'github/work']]) {
      expect(await install('--global', ...options)).toMatchObject({ code: 0, stdout: '' });
      const written = await text();
      const again = await install('--global', ...options);
      expect(again.stderr).toBe('sigilforge: git is set up like this already.\n');
      expect(await text()).toBe(written);
    }
    expect(await readFile(copy(), 'utf8')).toBe(TEXT);
    expect((await stat(copy())).mode & 0o777).toBe(0o600);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(await uninstall('--global')).toMatchObject({ code: 0, stdout: '' });
    expect(await text()).toBe(TEXT);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(existsSync(copy())).toBe(false);
    expect((await uninstall('--global')).stderr).toBe(
      'sigilforge: Nothing of Sigilforge is set up for git there.\n',
    );
    expect(await text()).toBe(TEXT);
  });

  test('a file that was not there is gone again', async () => {
    await install('--global');
    await install('--global', '--host', 'github.com');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(existsSync(copy())).toBe(false);
    await uninstall('--global', '--host', 'github.com');
    expect(existsSync(file)).toBe(true);
    await uninstall('--global');
    expect(existsSync(file)).toBe(false);
  });

  test('an empty file stays, and so does what is added meanwhile', async () => {
    await writeFile(file, '');
    await install('--global');
    await uninstall('--global');
    expect(await text()).toBe('');
    await install('--global', '--host', 'github.com', '--account', 'github/work');
    await git(['config', '--global', 'credential.https://github.com.username', 'ada']);
    await git(['config', '--global', 'user.name', 'Ada']);
    const { stderr } = await uninstall('--global');
    expect(stderr).toContain(`The file as it was before helper install is left: ${copy()}`);
    expect((await git(['config', '--global', '--list'])).stdout).toBe(
      'credential.https://github.com.username=ada\nuser.name=Ada\n',
    );
  });

  test('a link stays a link', async () => {
    const real = path.join(stub.home, 'dotfiles');
    await writeFile(real, TEXT);
    await symlink('dotfiles', file);
    await install('--global');
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect(await readFile(`${real}.before-sigilforge`, 'utf8')).toBe(TEXT);
    await uninstall('--global');
    expect(await readFile(real, 'utf8')).toBe(TEXT);
  });
});

describe('where it is written', () => {
  test('for all projects in the file that git itself would write', async () => {
    const xdg = path.join(stub.home, '.config', 'git');
    await mkdir(xdg, { recursive: true });
    await writeFile(path.join(xdg, 'config'), TEXT);
    await install('--global');
    expect(existsSync(file)).toBe(false);
    const said = await git(['config', '--show-origin', '--get', 'credential.helper']);
    expect(said.stdout).toContain(path.join(xdg, 'config'));
    expect(said.stdout).toMatch(/\/sigilforge'? git-credential\n$|\.cjs'? git-credential\n$/);
    const named = path.join(stub.home, 'named');
    await helper(['install', 'git', '--global', '--yes'], { env: { ...env, GIT_CONFIG_GLOBAL: named } });
    expect(existsSync(named)).toBe(true);
  });

  test('for one project, from a folder or another worktree of it', async () => {
    const project = path.join(stub.home, 'project');
    await git(['init', '--quiet', project]);
    await mkdir(path.join(project, 'below'));
    const options = ['--yes', '--host', 'github.com', '--account', 'github/work'];
    await helper(['install', 'git', ...options], { cwd: path.join(project, 'below') });
    const said = await git(
      ['config', '--local', '--get-urlmatch', 'credential.helper', 'https://github.com/a'],
      project,
    );
    expect(said.stdout).toMatch(/^!.* git-credential --account github\/work\n$/);
    const list = await helper(['list'], { cwd: path.join(project, 'below') });
    expect(list.stdout).toBe(
      `git\thttps://github.com\tgithub/work\tok\t${path.join(project, '.git', 'config')}\n`,
    );
    expect(await helper(['install', 'git', '--yes'])).toMatchObject({ code: 2 });
  });

  test('in a file that is named', async () => {
    const named = path.join(stub.home, 'a file');
    await install('--file', named);
    const said = await git(['config', '--file', named, '--list']);
    expect(said.stdout).toMatch(/^credential\.helper=!.* git-credential\n$/);
  });

  test.skipIf(!isRoot)('never in a file of another user', async () => {
    await writeFile(file, TEXT);
    await chown(file, OTHER_USER, OTHER_USER);
    expect(await install('--global')).toMatchObject({ code: 7, stdout: '' });
    expect(await text()).toBe(TEXT);
  });

  test('never in what is not text', async () => {
    await writeFile(file, Buffer.from([0x5b, 0xff, 0x5d, 0x0a]));
    const { code, stderr } = await install('--global');
    expect([code, stderr]).toEqual([2, expect.stringContaining('is not text in UTF-8')]);
  });
});

describe('it is shown first', () => {
  test('with --print, and nothing is written', async () => {
    await writeFile(file, `${TEXT}\n`);
    const { code, stdout } = await helper(['install', 'git', '--global', '--print']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `^# ${file}\n\\+\\[credential\\]\t# sigilforge\n\\+\thelper = "!.* git-credential"\t# sigilforge\n$`,
      ),
    );
    expect(stdout).not.toContain('Ada');
    expect(await text()).toBe(`${TEXT}\n`);
    const json = JSON.parse((await helper(['install', 'git', '--global', '--print', '--json'])).stdout);
    expect(json.changes).toEqual([{ file, lines: stdout.trimEnd().split('\n').slice(1) }]);
  });

  test('what other lines hold is not shown: the last one, or the helper of another', async () => {
    await writeFile(file, '[credential]\n\thelper = "!echo password=hunter2 #"');
    const { stdout } = await helper(['install', 'git', '--global', '--print']);
    const { stderr } = await install('--global');
    expect(stdout).toContain('+[credential]');
    expect(stderr).toContain('git asks credential.helper=!… as well');
    expect(stdout + stderr).not.toContain('hunter2');
  });

  test('without a terminal, --yes is needed', async () => {
    for (const command of ['install', 'uninstall']) {
      const { code, stdout, stderr } = await helper([command, 'git', '--global']);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^sigilforge: There is no terminal to ask on\.\n {2}hint: .*--yes\.\n$/);
    }
    expect(existsSync(file)).toBe(false);
  });

  test.each([
    ['y', 0, true],
    ['n', 7, false],
  ])('on a terminal it asks, and %s is an answer', async (key, code, written) => {
    const asking = stub.start(['helper', 'install', 'git', '--global'], { tty: true, env });
    await asking.seen(/Set up git like this\?/, 'stdout');
    asking.write(key);
    expect((await asking.exited).code).toBe(code);
    expect(existsSync(file)).toBe(written);
  });
});

describe('mistakes', () => {
  test.each([
    [['--role-arn', 'arn'], 'The helper for git does not take --role-arn.'],
    [['--account', 'github/work'], 'An account is for one host.'],
    [['--host', 'github.com', '--account', 'github'], '--account is written as SERVICE/ACCOUNT.'],
    [['--host', 'http://github.com', '--account', 'github/work'], 'A token is sent over https only.'],
    [['--host', 'http://127.0.0.1:3000'], 'A token is sent over https only.'],
    [['--host', 'a b'], '--host is a host, with a port or a path if needed.'],
    [['--host', 'x"]\n[core]'], '--host is a host, with a port or a path if needed.'],
    [['--host', 'user@github.com'], '--host is a host, with a port or a path if needed.'],
    [['--file', 'x'], '--file and --global cannot be combined.'],
  ])('%j is refused', async (options, sentence) => {
    const { code, stderr } = await install('--global', ...options);
    expect([code, stderr]).toEqual([2, expect.stringContaining(sentence)]);
    expect(existsSync(file)).toBe(false);
  });

  test('a helper of another name', async () => {
    const { code, stderr } = await helper(['install', 'svn', '--yes']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('There is no helper of this name.')]);
  });
});

describe('helper list', () => {
  test('says what is set up, and what is wrong with it', async () => {
    for (const [host, name] of [
      ['one.example', 'work'],
      ['two.example', 'home'],
      ['three.example', 'gone'],
    ]) {
      await install('--global', '--host', host ?? '', '--account', `github/${name}`);
    }
    const lost = {
      url: 'https://four.example',
      variables: [{ name: 'helper', value: "!'/no/such 1' git-credential" }],
    };
    await writeFile(file, withSection(await text(), lost));
    const { stdout } = await helper(['list', '--json']);
    const { helpers } = JSON.parse(stdout);
    const [found] = helpers;
    expect(found).toMatchObject({ name: 'git', found: true });
    expect(found.setups).toEqual([
      { file, serves: 'https://one.example', account: 'github/work', works: true, problem: null },
      {
        ...{ file, serves: 'https://two.example', account: 'github/home', works: false },
        problem: 'The account needs a new sign-in.',
      },
      {
        ...{ file, serves: 'https://three.example', account: 'github/gone', works: false },
        problem: 'There is no such account.',
      },
      {
        ...{ file, serves: 'https://four.example', account: null, works: false },
        problem: '/no/such 1 is not there any more; install it again.',
      },
    ]);
    expect(stub.calls.every(({ method }) => method === 'list_accounts')).toBe(true);
    const withoutGit = await helper(['list'], { env: { ...env, PATH: '/nonexistent' } });
    expect(withoutGit.stdout.split('\n')[0]).toContain('git is not in PATH.');
  });

  test('says so where nothing is set up', async () => {
    const { code, stdout, stderr } = await helper(['list']);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('Nothing is set up yet.');
  });
});

test('a path with blanks, quotes and signs of the shell is started by git', async () => {
  const folder = path.join(stub.home, `it's "a b" $HOME;#\\ ü`);
  await mkdir(folder);
  const program = path.join(folder, 'sig');
  await writeFile(program, '#!/bin/sh\necho username="$1:$2"\necho password=x\n', { mode: 0o700 });
  const value = `!${shellLine([program, 'git-credential'])}`;
  await writeFile(file, withSection('', { url: '', variables: [{ name: 'helper', value }] }));
  const { stdout } = await git(['credential', 'fill'], stub.home, 'protocol=https\nhost=a.example\n\n');
  expect(stdout).toContain('username=git-credential:get\n');
  const { helpers } = JSON.parse((await helper(['list', '--json'])).stdout);
  expect(helpers[0].setups).toMatchObject([{ works: true }]);
  expect(() => shellLine(['/a\nb'])).toThrow('control characters');
});
