import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { isRoot, OTHER_USER } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { expectAlike } from './alike.js';
import { NATIVE, type NativeScene, type RunOptions, startNativeScene, usual } from './scene.js';

const GET_TOKEN = ['get-token', 'github', 'work'];
const INHERIT = fileURLToPath(new URL('inherit.py', import.meta.url));

type By = 'C' | 'Node';

/** What follows something that was done first. */
function after<T>(_done: unknown, then: T): T {
  return then;
}

describe.skipIf(NATIVE === undefined)('the native client and Node', () => {
  let scene: NativeScene;

  beforeEach(async () => {
    scene = await stopAfter(startNativeScene());
    scene.reply = usual;
  });

  const answeredBy = (options?: RunOptions, args: readonly string[] = GET_TOKEN) =>
    expectAlike(scene, args, options);

  /** What is done to the home or its socket, and what is the socket's path then. */
  const paths: [string, (scene: NativeScene) => string, By][] = [
    ['a socket that others may open', ({ socket }) => after(chmodSync(socket, 0o660), socket), 'Node'],
    ['a folder that others may list', ({ home, socket }) => after(chmodSync(home, 0o750), socket), 'Node'],
    ['a socket by a link', ({ home, socket }) => linked(socket, path.join(home, 'link.sock')), 'Node'],
    ['a socket in a folder by a link', ({ home }) => `${linked(home, inner(home, 'link'))}/d.sock`, 'Node'],
    ['a way by a link', ({ home }) => `${linked(inner(home, 'real/'), inner(home, 'way'))}/x/d.sock`, 'C'],
    [
      'a way by a relative link',
      ({ home }) => after(inner(home, 'real/'), `${linked('real', inner(home, 'way'))}/x/d.sock`),
      'C',
    ],
    ['a way by a link in a circle', ({ home }) => `${linked('way', inner(home, 'way'))}/x/d.sock`, 'Node'],
    [
      'a way by a folder that others may change',
      ({ home }) => after(inner(home, 'real/', 0o777), path.join(home, 'in/real/x/d.sock')),
      'Node',
    ],
    [
      'a way by a folder with the sticky bit',
      ({ home }) => after(inner(home, 'real/', 0o1777), path.join(home, 'in/real/x/d.sock')),
      'C',
    ],
    [
      'a file on the way',
      ({ home }) => after(writeFileSync(inner(home, 'file'), ''), path.join(home, 'in/file/d.sock')),
      'Node',
    ],
    [
      'a file in the place of the socket',
      ({ home }) => after(writeFileSync(inner(home, 'd'), '', { mode: 0o600 }), path.join(home, 'in/d')),
      'Node',
    ],
  ];

  /** A folder with a socket in `x`, or the path of something beside it. */
  function inner(home: string, name: string, mode = 0o700): string {
    const file = path.join(home, 'in', name);
    mkdirSync(path.join(home, 'in'), { recursive: true, mode: 0o700 });
    if (!name.endsWith('/')) return file;
    mkdirSync(path.join(file, 'x'), { recursive: true, mode: 0o700 });
    chmodSync(file, mode);
    linkSync(path.join(home, 'd.sock'), path.join(file, 'x/d.sock'));
    return file;
  }

  function linked(target: string, link: string): string {
    symlinkSync(target, link);
    return link;
  }

  test.each(paths)('do the same with %s', async (_name, prepare, by) => {
    expect(await answeredBy({ env: { SIGILFORGE_SOCKET: prepare(scene) } })).toBe(by);
  });

  const owned: [string, (scene: NativeScene) => string][] = [
    ['a socket', ({ socket }) => socket],
    ['a folder', ({ home }) => home],
    ['a folder above', ({ home }) => path.dirname(inner(home, 'real/'))],
  ];

  test.skipIf(!isRoot).each(owned)("refuse %s of another user's", async (_name, place) => {
    const foreign = place(scene);
    chownSync(foreign, OTHER_USER, OTHER_USER);
    const socket = foreign.endsWith('/in') ? path.join(foreign, 'real/x/d.sock') : scene.socket;
    expect(await answeredBy({ env: { SIGILFORGE_SOCKET: socket } })).toBe('Node');
  });

  const inHome = (): RunOptions => ({ env: { SIGILFORGE_HOME: scene.home, SIGILFORGE_SOCKET: '' } });

  /** Moves the socket to its usual place. */
  function settle(): void {
    mkdirSync(path.join(scene.home, 'run'), { mode: 0o700 });
    renameSync(scene.socket, path.join(scene.home, 'run', 'sigilforge.sock'));
  }

  const configs: [string, (file: string) => void, By][] = [
    ['that names no socket', (file) => writeFileSync(file, '[daemon]\nlog_level = "info"\n'), 'C'],
    [
      'that names a socket',
      (file) =>
        writeFileSync(file, `[daemon]\nsocket = "${path.resolve(file, '../../run/sigilforge.sock')}"\n`),
      'Node',
    ],
    ['that has the word', (file) => writeFileSync(file, '# socket\n'), 'Node'],
    ['that others may change', (file) => after(writeFileSync(file, ''), chmodSync(file, 0o666)), 'Node'],
    ['that is a folder', (file) => mkdirSync(file), 'Node'],
    ['that is a pipe', (file) => execFileSync('mkfifo', [file]), 'Node'],
    ['that is a link to nothing', (file) => symlinkSync('nothing', file), 'C'],
  ];

  test.each(configs)('do the same with a config.toml %s', async (_name, write, by) => {
    settle();
    mkdirSync(path.join(scene.home, 'config'), { mode: 0o700 });
    write(path.join(scene.home, 'config', 'config.toml'));
    expect(await answeredBy(inHome())).toBe(by);
  });

  /** What the daemon has written about itself, and whether the version of it is to be said. */
  const presences: [string, (socket: string) => unknown, number, By][] = [
    ['of the same version', (socket) => ({ socket, version: packageJson.version }), 0o600, 'C'],
    ['of another version', (socket) => ({ socket, version: '99.0.0' }), 0o600, 'Node'],
    ['of a daemon elsewhere', () => ({ socket: '/elsewhere', version: '99.0.0' }), 0o600, 'C'],
    ['that others may read', (socket) => ({ socket, version: '99.0.0' }), 0o644, 'Node'],
    ['that makes no sense', () => 'x', 0o600, 'Node'],
  ];

  test.each(presences)('say the same of a daemon.json %s', async (_name, written, mode, by) => {
    settle();
    mkdirSync(path.join(scene.home, 'data'), { mode: 0o700 });
    const value = written(path.join(scene.home, 'run', 'sigilforge.sock'));
    const presence = typeof value === 'object' ? { pid: 1, started: null, ...value } : value;
    const file = path.join(scene.home, 'data', 'daemon.json');
    writeFileSync(file, JSON.stringify(presence));
    chmodSync(file, mode);
    expect(await answeredBy(inHome())).toBe(by);
    expect(await answeredBy(inHome(), [...GET_TOKEN, '--quiet'])).toBe('C');
  });

  const descriptors: [string, string, By][] = [
    ['that is right', 'right', 'C'],
    ['with lines of others in between', 'others', 'C'],
    ['that is another file', 'other', 'Node'],
    ['that is not open', 'closed', 'Node'],
    ['of another form', 'form', 'Node'],
  ];

  test.skipIf(process.platform !== 'linux').each(descriptors)(
    'do the same with a descriptor %s',
    async (_name, kind, by) => {
      expect(
        await answeredBy({ env: { SIGILFORGE_SOCKET: '' }, by: ['/usr/bin/python3', INHERIT, kind] }),
      ).toBe(by);
    },
  );

  /** Streams of the program, by a shell. */
  const streams: [string, string, By][] = [
    ['no standard output', 'exec "$0" "$@" >&-', 'Node'],
    ['no standard input', 'exec "$0" "$@" <&-', 'Node'],
    ['no standard error', 'exec "$0" "$@" 2>&-', 'Node'],
    ['no room for its output', 'exec "$0" "$@" >/dev/full', 'Node'],
    ['a reader that has gone away', '{ "$0" "$@"; echo "$?" >&2; } | exec /bin/false', 'C'],
  ];

  test.skipIf(process.platform !== 'linux').each(streams)(
    'do the same with %s',
    async (_name, script, by) => {
      expect(await answeredBy({ by: ['/bin/sh', '-c', script] })).toBe(by);
    },
  );

  test('a client that gives way leaves Node no descriptor of its own, and the signals as they were', async () => {
    scene.reply = () => ({ bytes: 'odd\n', closes: true });
    const shown = path.join(scene.home, 'shown');
    writeFileSync(
      path.join(scene.home, 'show'),
      `#!/bin/sh\nls -l /proc/self/fd | grep -c socket: >'${shown}'; grep SigIgn /proc/self/status >>'${shown}'; grep -c token /proc/$$/environ >>'${shown}'\n`,
      { mode: 0o700 },
    );
    const bin = path.join(scene.home, 'bin');
    mkdirSync(bin);
    renameSync(path.join(scene.home, 'show'), path.join(bin, 'node'));
    await scene.native(GET_TOKEN, {
      env: { PATH: `${bin}:${process.env['PATH']}` },
      by: ['/bin/sh', '-c', 'exec "$0" "$@" </dev/null 2>/dev/null | cat'],
    });
    const [sockets, ignored, named] = readFileSync(shown, 'utf8').split('\n');
    expect([sockets, ignored?.slice(-16), named]).toEqual(['0', '0000000000000000', '0']);
  });

  test('exec is told what the native client began with', async () => {
    const script = 'trap "" INT; ulimit -S -n 123; exec "$0" "$@"';
    const bin = path.join(scene.home, 'bin');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'node'), '#!/bin/sh\necho "$SIGILFORGE_BEGAN"\n', { mode: 0o700 });
    const by = ['/bin/sh', '-c', script];
    const { stdout } = await scene.native(['--quiet', 'exec', '--', 'true'], { env: { PATH: bin }, by });
    expect(stdout).toMatch(/^0000000000000002:0000000000000000:123:(\d+|unlimited)\n$/);
    const other = await scene.native(['status'], { env: { PATH: bin }, by });
    expect(other.stdout).toBe('\n');
  });

  test('says in one sentence that Node is missing', async () => {
    const { code, stderr } = await scene.nativeOnly(['status']);
    expect(code).toBe(127);
    expect(stderr).toContain('sigilforge: This needs Node, and PATH leads to none.\n  hint: ');
  });
});
