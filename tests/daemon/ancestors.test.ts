import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const isRoot = process.getuid?.() === 0;
const OTHER = 12345;

/** What makes another user of a program. */
const AS_OTHER = ['setpriv', `--reuid=${OTHER}`, `--regid=${OTHER}`, '--clear-groups', '--'];
const LIST = [process.execPath, path.resolve('dist/sigilforge.cjs'), '--direct', 'list-accounts'];

/** Commands that start a daemon, use the library, and connect as a client. */
const COMMANDS = [
  ['daemon', 'run'],
  ['daemon', 'start'],
  ['--direct', 'list-accounts'],
  ['--no-fallback', 'list-accounts'],
];

async function expectRefused(sandbox: Sandbox, env: NodeJS.ProcessEnv, sentence: string): Promise<void> {
  for (const args of COMMANDS) {
    const { code, stderr } = await sandbox.run(args, { env });
    expect({ args, code, stderr }).toEqual({ args, code: 7, stderr: expect.stringContaining(sentence) });
  }
}

describe('a home below a folder', () => {
  test('that others may write to is refused by daemon, library and client, before anything is made', async () => {
    const sandbox = await stopAfter(createSandbox());
    const open = path.join(sandbox.home, 'open');
    const home = path.join(open, 'mine');
    mkdirSync(open);
    chmodSync(open, 0o775);
    await expectRefused(sandbox, { SIGILFORGE_HOME: home }, `hint: Close it: chmod go-w '${open}'`);
    expect(existsSync(home)).toBe(false);
    chmodSync(open, 0o755);
    expect(
      await sandbox.run(['--direct', 'list-accounts'], { env: { SIGILFORGE_HOME: home } }),
    ).toMatchObject({
      code: 0,
    });
  });

  test.skipIf(!isRoot)('of another user is refused, even if the home itself is good', async () => {
    const sandbox = await stopAfter(createSandbox());
    const theirs = path.join(sandbox.home, 'theirs');
    const home = path.join(theirs, 'mine');
    for (const name of ['', 'run', 'data', 'state', 'config'])
      mkdirSync(path.join(home, name), { recursive: true, mode: 0o700 });
    chownSync(theirs, OTHER, OTHER);
    await expectRefused(
      sandbox,
      { SIGILFORGE_HOME: home },
      `${theirs} belongs to another user (uid ${OTHER}).\n  hint: Run as that user, or: unset SIGILFORGE_HOME`,
    );
  });

  test.skipIf(!isRoot)('of root is good for every user', async () => {
    const sandbox = await stopAfter(createSandbox());
    const home = path.join(sandbox.home, 'theirs');
    mkdirSync(home, { mode: 0o700 });
    chownSync(home, OTHER, OTHER);
    chmodSync(sandbox.home, 0o711);
    const env = { HOME: home, SIGILFORGE_HOME: home };
    expect(await sandbox.spawn([...AS_OTHER, ...LIST], { cwd: '/', env }).exited).toMatchObject({ code: 0 });
    // What that user has made is nothing to obey, not even for root.
    await expectRefused(sandbox, env, `${home} belongs to another user (uid ${OTHER}).`);
  });
});

test('a state folder behind a link is judged at both ends', async () => {
  const sandbox = await stopAfter(createSandbox());
  const open = path.join(sandbox.home, 'open');
  mkdirSync(path.join(open, 'state'), { recursive: true, mode: 0o700 });
  chmodSync(open, 0o777);
  symlinkSync(path.join(open, 'state'), path.join(sandbox.home, 'link'));
  const env = {
    SIGILFORGE_HOME: undefined,
    XDG_STATE_HOME: path.join(sandbox.home, 'link'),
    XDG_RUNTIME_DIR: sandbox.home,
  };
  const { code, stderr } = await sandbox.run(['--direct', 'list-accounts'], { env });
  expect({ code, stderr }).toEqual({ code: 7, stderr: expect.stringContaining(`chmod go-w '${open}'`) });
});

describe('a pipe in the place of', () => {
  test.each([
    ['data/vault.key', 7, 'is not a regular file.'],
    ['data/sigilforge.db', 7, 'is not a regular file.'],
    ['state/sigilforged.log', 7, 'is not a regular file.'],
    ['config/config.toml', 2, 'cannot be read.'],
  ])('%s is refused, and nothing waits for a program that writes into it', async (name, code, sentence) => {
    const sandbox = await stopAfter(createSandbox());
    await sandbox.run(['--direct', 'add-account', 'example', 'one', '--api-key'], { input: 'a key' });
    const file = path.join(sandbox.home, name);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    rmSync(file, { force: true });
    execFileSync('mkfifo', ['-m', '600', file]);
    const start = await sandbox.run(['daemon', 'start']);
    await stopAfter({ stop: async () => void (await sandbox.run(['daemon', 'stop'])) });
    const get = await sandbox.run(['--direct', 'get-token', 'example', 'one']);
    const said = { code, stderr: expect.stringContaining(`${file} ${sentence}`) };
    // A program goes on without its log, and a daemon opens the vault only when it is needed.
    if (name.startsWith('data/vault')) expect(get).toMatchObject(said);
    else if (name.startsWith('state')) expect(start).toMatchObject(said);
    else expect([start, get]).toMatchObject([said, said]);
  });
});

test('a file in the place of the folder of unstored answers keeps no token from being served', async () => {
  const sandbox = await stopAfter(createSandbox());
  await sandbox.run(['--direct', 'add-account', 'example', 'one', '--api-key'], { input: 'a key' });
  const rescue = path.join(sandbox.home, 'state', 'rescue');
  mkdirSync(path.dirname(rescue), { recursive: true, mode: 0o700 });
  writeFileSync(rescue, 'no folder');
  expect(await sandbox.run(['--direct', 'get-token', 'example', 'one'])).toMatchObject({ code: 0 });
});

test.each([
  ['with the mode 755', 0o755, false, 'chmod 700'],
  ['with the mode 733', 0o733, false, 'chmod go-w'],
  ['behind a link, with the mode 755', 0o755, true, 'chmod 700'],
  ['behind a link, with the mode 777', 0o777, true, 'chmod go-w'],
])('a folder of unstored answers %s is refused', async (_, mode, isLink, hint) => {
  const sandbox = await stopAfter(createSandbox());
  const rescue = path.join(sandbox.home, 'state', 'rescue');
  const folder = isLink ? path.join(sandbox.home, 'elsewhere') : rescue;
  mkdirSync(path.dirname(rescue), { mode: 0o700 });
  mkdirSync(folder, { mode: 0o700 });
  if (isLink) symlinkSync(folder, rescue);
  const listed = () => sandbox.run(['--direct', 'list-accounts']);
  expect(await listed()).toMatchObject({ code: 0 });
  chmodSync(folder, mode);
  const refused = { code: 7, stderr: expect.stringContaining(`Close it: ${hint} '`) };
  expect(await sandbox.run(['daemon', 'start'])).toMatchObject(refused);
  expect(await listed()).toMatchObject(refused);
});

test('the client obeys no config.toml that others may change, nor one on a way of theirs', async () => {
  const sandbox = await stopAfter(createSandbox());
  const config = path.join(sandbox.home, 'config');
  const file = path.join(config, 'config.toml');
  mkdirSync(config, { mode: 0o755 });
  writeFileSync(file, '[daemon]\nsocket = "/elsewhere/s.sock"\n');
  const listed = () => sandbox.run(['--no-fallback', 'list-accounts']);
  expect((await listed()).stderr).toContain('/elsewhere/s.sock');
  chmodSync(file, 0o666);
  expect(await listed()).toMatchObject({
    code: 7,
    stderr: expect.stringContaining(`hint: Close it: chmod go-w '${file}'`),
  });
  chmodSync(file, 0o644);
  chmodSync(config, 0o777);
  expect(await listed()).toMatchObject({
    code: 7,
    stderr: expect.stringContaining(`hint: Close it: chmod go-w '${config}'`),
  });
});
