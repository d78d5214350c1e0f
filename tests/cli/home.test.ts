import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

/** A path below the sandbox in which nothing can be made, or one of the system's. */
type Made = (sandbox: Sandbox) => string;

/** What the kernel says of its own file systems depends on the user and on the container. */
const NOT_THERE = /nothing can be made there|does not permit it|is read-only|have no permission/;

const impossible: readonly [what: string, make: Made, reason: RegExp][] = [
  ['below /proc', () => '/proc/nope', NOT_THERE],
  ['below a folder of descriptors', () => '/proc/self/fd/x', NOT_THERE],
  ['below /sys', () => '/sys/x', NOT_THERE],
  ['below a device', () => '/dev/null/x', /: a file is on the way\./],
  ['that is a device', () => '/dev/null', /: a file is on the way\./],
  ['below a file', ({ home }) => withFile(home, 'x'), /: a file is on the way\./],
  ['below a file, with a slash at its end', ({ home }) => withFile(home, 'x/'), /: a file is on the way\./],
  [
    'behind a link that leads nowhere',
    ({ home }) => withLinks(home, 'dangling'),
    /a link on the way leads nowhere\./,
  ],
  ['behind links in a circle', ({ home }) => withLinks(home, 'one'), /: links on the way lead in a circle\./],
  ['with a name of 256 bytes', ({ home }) => join(home, 'n'.repeat(256)), /: it is too long\./],
  ['of 5000 bytes', ({ home }) => join(home, 'n/'.repeat(2500)), /: it is too long\./],
];

function withFile(home: string, below: string): string {
  const file = join(home, 'file');
  writeFileSync(file, '');
  return `${file}/${below}`;
}

function withLinks(home: string, name: string): string {
  for (const [from, to] of [
    ['dangling', 'nowhere'],
    ['one', 'two'],
    ['two', 'one'],
  ] as const)
    symlinkSync(to, join(home, from));
  return join(home, name);
}

const COMMANDS = [
  ['status'],
  ['--direct', 'get-token', 'example', 'one'],
  ['daemon', 'start'],
  ['daemon', 'run'],
];

describe('a home', () => {
  test.each(impossible)(
    '%s is refused at once, with the path, the reason and the variable',
    async (_, make, reason) => {
      const sandbox = await stopAfter(createSandbox());
      const place = make(sandbox);
      const before = readdirSync(sandbox.home);
      for (const variable of ['HOME', 'SIGILFORGE_HOME']) {
        const env = { HOME: sandbox.home, SIGILFORGE_HOME: undefined, [variable]: place };
        for (const args of variable === 'HOME' ? COMMANDS : [['status']]) {
          const { code, stderr } = await sandbox.run(args, { env });
          expect({ variable, args, code, stderr }).toEqual({
            variable,
            args,
            code: 10,
            stderr: expect.any(String),
          });
          expect(stderr).toContain(` ${place.slice(0, 100).replace(/\/$/, '')}`);
          expect(stderr).toMatch(reason);
          expect(stderr).toContain(`hint: ${variable} led there`);
        }
      }
      expect(readdirSync(sandbox.home)).toEqual(before);
    },
  );

  test.each(['XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR'])(
    'whose %s cannot be has that variable named',
    async (variable) => {
      const sandbox = await stopAfter(createSandbox());
      const env = { SIGILFORGE_HOME: undefined, [variable]: '/dev/null/x' };
      const { code, stderr } = await sandbox.run(['daemon', 'start'], { env });
      expect({ code, stderr }).toEqual({
        code: 10,
        stderr: expect.stringContaining(`hint: ${variable} led there`),
      });
    },
  );

  test.each(['XDG_STATE_HOME', 'XDG_RUNTIME_DIR'])(
    'whose %s is a file is said to be so',
    async (variable) => {
      const sandbox = await stopAfter(createSandbox());
      const file = withFile(sandbox.home, '').slice(0, -1);
      const env = { HOME: sandbox.home, SIGILFORGE_HOME: undefined, [variable]: file };
      for (const args of [['status'], ['secret', 'list']]) {
        const { code, stderr } = await sandbox.run(args, { env });
        const [expected, said] =
          variable === 'XDG_STATE_HOME' ? [10, 'a file is on the way.'] : [7, 'is not a folder.'];
        expect({ args, code, stderr }).toEqual({
          args,
          code: expected,
          stderr: expect.stringContaining(said),
        });
      }
    },
  );

  test.each(['HOME', 'SIGILFORGE_HOME', 'XDG_DATA_HOME', 'XDG_RUNTIME_DIR'])(
    'whose %s is not UTF-8 is refused, because Node would make another folder',
    async (variable) => {
      const sandbox = await stopAfter(createSandbox());
      const command = `export ${variable}="$(printf '%s/\\377' "$PWD")"; exec "$@"`;
      const env = { HOME: sandbox.home, SIGILFORGE_HOME: undefined };
      for (const args of COMMANDS.filter(([first]) => variable !== 'XDG_RUNTIME_DIR' || first !== 'daemon')) {
        const whole = ['sh', '-c', command, 'sh', ...program('sigilforge'), ...args];
        const { code, stderr } = await sandbox.spawn(whole, { cwd: sandbox.home, input: '', env }).exited;
        expect({ args, code, stderr }).toEqual({
          args,
          code: 2,
          stderr: expect.stringContaining(`${variable} has bytes that are not UTF-8`),
        });
      }
      expect(readdirSync(sandbox.home)).toEqual([]);
    },
  );

  test('that cannot be used and is named by a relative path has its variable named', async () => {
    const sandbox = await stopAfter(createSandbox());
    withFile(sandbox.home, '');
    const command = [...program('sigilforge'), 'status'];
    const env = { SIGILFORGE_HOME: 'file' };
    const { stderr } = await sandbox.spawn(command, { cwd: sandbox.home, input: '', env }).exited;
    expect(stderr).toContain('hint: SIGILFORGE_HOME led there: name another folder in it.');
  });

  test.each(['relative', './x', '~', '~/x', '.'])('%s makes nothing where the program runs', async (home) => {
    const sandbox = await stopAfter(createSandbox());
    for (const args of COMMANDS) {
      const end = await sandbox.run(args, { env: { HOME: home, SIGILFORGE_HOME: undefined } });
      expect(end).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`HOME is not an absolute path (${home}).`),
      });
      expect(end.stderr).toContain('SIGILFORGE_HOME');
    }
    expect(readdirSync(sandbox.home)).toEqual([]);
  });

  test.each(['~', '~/x', '~root/x'])('%s in SIGILFORGE_HOME is what no shell has replaced', async (home) => {
    const sandbox = await stopAfter(createSandbox());
    for (const args of COMMANDS) {
      expect(await sandbox.run(args, { env: { SIGILFORGE_HOME: home } })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(
          `SIGILFORGE_HOME begins with ~ (${home}), which only a shell replaces.`,
        ),
      });
    }
    expect(readdirSync(sandbox.home)).toEqual([]);
  });

  test('that is relative, in a folder that is gone, is said to be so', async () => {
    const sandbox = await stopAfter(createSandbox());
    const gone = join(sandbox.home, 'gone');
    for (const args of COMMANDS) {
      mkdirSync(gone);
      const command = ['sh', '-c', 'rmdir "$PWD" && exec "$@"', 'sh', ...program('sigilforge'), ...args];
      const end = await sandbox.spawn(command, { cwd: gone, input: '', env: { SIGILFORGE_HOME: 'x' } })
        .exited;
      expect(end).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('the current folder no longer exists'),
      });
    }
  });

  test('with a slash at its end is the same home', async () => {
    const sandbox = await stopAfter(createSandbox());
    const env = { SIGILFORGE_HOME: `${sandbox.home}//` };
    await sandbox.run(['secret', 'set', 'a'], { env, input: 'value' });
    expect(await sandbox.run(['secret', 'get', 'a'])).toMatchObject({ code: 0, stdout: 'value\n' });
  });

  test('that is missing is made, and each folder is closed to others', async () => {
    const sandbox = await stopAfter(createSandbox());
    const env = { HOME: join(sandbox.home, 'a', 'b'), SIGILFORGE_HOME: undefined };
    expect(await sandbox.run(['--direct', 'status'], { env })).toMatchObject({ code: 0 });
    for (const name of ['a', 'a/b', 'a/b/.local', 'a/b/.local/share', 'a/b/.local/share/sigilforge'])
      expect([name, statSync(join(sandbox.home, name)).mode & 0o777]).toEqual([name, 0o700]);
  });
});

test('a socket is enough: then no home is needed', async () => {
  const sandbox = await stopAfter(createSandbox());
  const { socket } = await sandbox.startDaemon();
  const env = { HOME: 'relative', SIGILFORGE_HOME: undefined, SIGILFORGE_SOCKET: socket };
  await sandbox.run(['secret', 'set', 'a'], { env, input: 'value' });
  for (const args of [
    ['resolve', 'secret://a'],
    ['secret', 'get', 'a'],
    ['--json', 'resolve', 'secret://a'],
  ])
    expect(await sandbox.run(args, { env })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('value'),
    });
});

test('help and the version need no home', async () => {
  const sandbox = await stopAfter(createSandbox());
  for (const args of [['--help'], ['--version'], ['secret', '--help'], ['no-such-command']]) {
    const { code, stderr } = await sandbox.run(args, { env: { HOME: '~', SIGILFORGE_HOME: undefined } });
    expect({ args, code, said: stderr.includes('HOME') }).toEqual({
      args,
      code: args[0] === 'no-such-command' ? 2 : 0,
      said: false,
    });
  }
});
