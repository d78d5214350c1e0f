import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const ADA = 12345;
const BOB = 12346;

const isRoot = process.getuid?.() === 0;
const canBecome = isRoot && spawnSync('setpriv', ['--version']).status === 0;

/** A machine with two users besides root: the homes and runtime folders of both, below a folder of root's. */
interface Machine {
  readonly sandbox: Sandbox;
  readonly ada: { readonly home: string; readonly runtime: string };
  readonly bob: { readonly home: string };
}

async function machine(): Promise<Machine> {
  const sandbox = await stopAfter(createSandbox());
  chmodSync(sandbox.home, 0o755);
  const folder = (name: string, owner: number): string => {
    const path = join(sandbox.home, name);
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, owner, owner);
    return path;
  };
  return {
    sandbox,
    ada: { home: folder('ada', ADA), runtime: folder('run-ada', ADA) },
    bob: { home: folder('bob', BOB) },
  };
}

/** Who runs a command, and the whole of the environment besides the PATH. */
interface Use {
  readonly uid: number;
  readonly env: NodeJS.ProcessEnv;
}

const as = (uid: number): string[] =>
  uid === 0 ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];

/** Runs a command as a user, with nothing of the environment of this process. */
function run({ sandbox }: Machine, { uid, env }: Use, args: readonly string[], tty = false) {
  const variables = Object.entries({ PATH: process.env['PATH'], ...env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const command = [...as(uid), 'env', '-i', ...variables, ...program('sigilforge'), ...args];
  return sandbox.spawn(command, { cwd: '/', ...(tty ? { tty } : { input: 'a value' }) }).exited;
}

const COMMANDS = [
  ['status'],
  ['get-token', 'example', 'one'],
  ['secret', 'set', 'a'],
  ['exec', '--env', 'A=secret://a', '--', 'true'],
  ['daemon', 'start'],
  ['--direct', 'list-accounts'],
  ['vault', 'status'],
];

/** Every folder and file below the machine's, with owner and mode. */
function tree({ sandbox }: Machine): string[] {
  return readdirSync(sandbox.home, { recursive: true, encoding: 'utf8' })
    .map((name) => ({ name, stats: lstatSync(join(sandbox.home, name)) }))
    .map(({ name, stats }) => `${name} ${stats.uid} ${(stats.mode & 0o7777).toString(8)}`)
    .sort();
}

interface Refusal {
  readonly who: string;
  readonly use: (machine: Machine) => Use;
  readonly code: number;
  readonly says: RegExp;
  readonly advises: string;
}

const OWN_HOME =
  'take your own home (HOME leads there: sudo -H, su -), or name a folder of your own in SIGILFORGE_HOME.';

const refusals: readonly Refusal[] = [
  {
    who: 'root with the HOME of a user, as by sudo',
    use: ({ ada }) => ({ uid: 0, env: { HOME: ada.home, USER: 'root', SUDO_USER: 'ada' } }),
    code: 7,
    says: /ada belongs to another user \(uid 12345\)\./,
    advises: OWN_HOME,
  },
  {
    who: 'root with the whole environment of a user, as by sudo -E',
    use: ({ ada }) => ({
      uid: 0,
      env: { HOME: ada.home, XDG_DATA_HOME: join(ada.home, 'x'), XDG_RUNTIME_DIR: ada.runtime, USER: 'ada' },
    }),
    code: 7,
    says: /ada belongs to another user \(uid 12345\)\./,
    advises: 'Run as that user, ',
  },
  {
    who: 'root with a home below that of a user',
    use: ({ ada }) => ({ uid: 0, env: { HOME: '/root', SIGILFORGE_HOME: join(ada.home, 'a', 'b') } }),
    code: 7,
    says: /ada belongs to another user \(uid 12345\)\./,
    advises: 'Run as that user, or: unset SIGILFORGE_HOME',
  },
  {
    who: 'a user with the HOME of another, as by su -m',
    use: ({ ada }) => ({ uid: BOB, env: { HOME: ada.home } }),
    code: 7,
    says: /ada belongs to another user \(uid 12345\)\./,
    advises: OWN_HOME,
  },
  {
    who: 'a user without a home',
    use: () => ({ uid: ADA, env: {} }),
    code: 2,
    says: /This user has no home: HOME is not set, and the system knows none\./,
    advises: 'in SIGILFORGE_HOME.',
  },
  {
    who: 'a user without a home and with an empty HOME',
    use: () => ({ uid: ADA, env: { HOME: '' } }),
    code: 2,
    says: /This user has no home/,
    advises: 'in SIGILFORGE_HOME.',
  },
  {
    who: 'a user whose home is not there and cannot be made',
    use: () => ({ uid: ADA, env: { HOME: '/nonexistent' } }),
    code: 10,
    says: /\/nonexistent cannot be used: you have no permission\./,
    advises: 'HOME led there: correct it, or name another folder in SIGILFORGE_HOME.',
  },
  {
    who: 'a user whose home is /',
    use: () => ({ uid: ADA, env: { HOME: '/' } }),
    code: 10,
    says: /\/\.local cannot be used: you have no permission\./,
    advises: 'HOME led there: correct it, or name another folder in SIGILFORGE_HOME.',
  },
];

describe.skipIf(!canBecome)('refused, and nothing is made or changed:', () => {
  test.each(refusals)('$who', async ({ use, code, says, advises }) => {
    const here = await machine();
    const before = tree(here);
    for (const args of COMMANDS) {
      const end = await run(here, use(here), args);
      expect({ args, code: end.code, stdout: end.stdout }).toEqual({ args, code, stdout: '' });
      expect(end.stderr).toMatch(says);
      expect(end.stderr).toContain(advises);
      // Nothing of what is another's is to be taken over, or opened.
      expect(end.stderr).not.toMatch(/chown|chmod|\brm\b|\bmv\b/);
    }
    expect(tree(here)).toEqual(before);
  });

  test('a user with the XDG_RUNTIME_DIR of another, as by su', async () => {
    const here = await machine();
    const use = { uid: BOB, env: { HOME: here.bob.home, XDG_RUNTIME_DIR: here.ada.runtime } };
    const before = tree(here);
    for (const args of COMMANDS.filter(([first]) => first !== '--direct' && first !== 'vault')) {
      const { code, stderr } = await run(here, use, args);
      expect({ args, code, stderr }).toEqual({
        args,
        code: 7,
        stderr: expect.stringContaining('run-ada belongs to'),
      });
      expect(stderr).toContain('hint: Run as that user, or: unset XDG_RUNTIME_DIR\n');
    }
    // The log of the daemon that did not start is the only thing that was made, and it is the user's own.
    const made = tree(here).filter((line) => !before.includes(line));
    expect(made.filter((line) => !/^bob\/\S+ 12346 [67]00$/.test(line))).toEqual([]);
  });

  test('a note that something was said once, in the home of another', async () => {
    const here = await machine();
    const { socket } = await here.sandbox.startDaemon();
    const use = { uid: 0, env: { HOME: here.ada.home, SIGILFORGE_SOCKET: socket, TERM: 'xterm' } };
    await run(here, use, ['secret', 'set', 'a']);
    const before = tree(here);
    const { code, stdout } = await run(here, use, ['secret', 'get', 'a'], true);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('a value') });
    expect(tree(here)).toEqual(before);
  });
});

describe.skipIf(!canBecome)('served, with everything that is made closed and their own:', () => {
  test.each<[who: string, uid: number, env: (machine: Machine) => NodeJS.ProcessEnv]>([
    ['a job of cron', ADA, ({ ada }) => ({ HOME: ada.home, LOGNAME: 'ada', SHELL: '/bin/sh' })],
    ['a user by su -', BOB, ({ bob }) => ({ HOME: bob.home, USER: 'bob', LOGNAME: 'bob', TERM: 'dumb' })],
    ['a numeric user with SIGILFORGE_HOME', ADA, ({ ada }) => ({ SIGILFORGE_HOME: ada.home })],
    [
      'a numeric user with an empty HOME and SIGILFORGE_HOME',
      ADA,
      ({ ada }) => ({ HOME: '', SIGILFORGE_HOME: ada.home }),
    ],
    ['a user with a runtime folder', ADA, ({ ada }) => ({ HOME: ada.home, XDG_RUNTIME_DIR: ada.runtime })],
    ['root with a home of its own', 0, ({ sandbox }) => ({ HOME: join(sandbox.home, 'root') })],
  ])('%s', async (_, uid, env) => {
    const here = await machine();
    const use = { uid, env: env(here) };
    await stopAfter({ stop: async () => void (await run(here, use, ['daemon', 'stop'])) });
    const before = tree(here);
    const wanted = [
      ['secret', 'set', 'a'],
      ['status'],
      ['daemon', 'start'],
      ['secret', 'set', 'b'],
      ['vault', 'status'],
    ];
    for (const args of [...wanted, ['exec', '--file', 'A=secret://a', '--', 'sh', '-c', 'cat "$A"']])
      expect({ args, ...(await run(here, use, args)) }).toMatchObject({ args, code: 0 });
    const made = tree(here).filter((line) => !before.includes(line));
    expect(made.length).toBeGreaterThan(5);
    expect(made.filter((line) => !new RegExp(` ${uid} [67]00$`).test(line))).toEqual([]);
  });
});
