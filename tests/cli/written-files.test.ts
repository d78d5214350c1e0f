import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { canMount } from '../faults/small-disk.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

// One rule for every file that a command writes: what happens, the exit code, and what is left.

/** A command that writes a file, and what its content begins with. */
interface Writer {
  readonly name: string;
  readonly args: (file: string) => readonly string[];
  readonly input: string;
  readonly begins: string;
}

const writers: readonly Writer[] = [
  { name: 'inject -o', args: (file) => ['inject', '-o', file], input: 'the new one', begins: 'the new one' },
  {
    name: 'vault export --force',
    args: (file) => ['vault', 'export', file, '--force'],
    input: 'staple of another horse',
    begins: '{"format":"sigilforge export"',
  },
];

const IN_NAMESPACE = ['unshare', '--mount', '--propagation', 'private'];
const isRoot = process.getuid?.() === 0;
const OTHER = 61_234;
const hasMounts = canMount();
const hasSetpriv = spawnSync('setpriv', ['--version']).status === 0;

describe.each(writers)('$name', ({ args, input, begins }) => {
  let sandbox: Sandbox;
  let folder: string;
  let file: string;

  beforeEach(async () => {
    sandbox = await stopAfter(createSandbox());
    mkdirSync(path.join(sandbox.home, 'config'), { mode: 0o700 });
    writeFileSync(path.join(sandbox.home, 'config', 'config.toml'), '[vault]\nkey = "key_file"\n');
    folder = path.join(sandbox.home, 'folder');
    mkdirSync(folder);
    file = path.join(folder, 'file');
    writeFileSync(file, 'old');
    chmodSync(file, 0o644);
  });

  const write = (name: string, options = {}) => sandbox.run(args(name), { input, ...options });

  /** Runs a script of a shell in which `"$@"` is the command. */
  const shell = (script: string, name: string, before: readonly string[] = []) =>
    sandbox.spawn([...before, 'sh', '-c', script, 'sh', ...program('sigilforge'), ...args(name)], { input })
      .exited;

  const mounted = (script: string, name: string) => shell(script, name, IN_NAMESPACE);

  function expectWritten(place: string): void {
    expect(readFileSync(place, 'latin1').startsWith(begins)).toBe(true);
    expect(statSync(place).mode & 0o777).toBe(0o600);
  }

  /** The file is as it was, and nothing lies beside it. */
  function expectOld(names: readonly string[] = ['file']): void {
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder).sort()).toEqual([...names].sort());
  }

  test('a regular file is replaced whole and private; its other names keep the old content', async () => {
    const other = path.join(folder, 'other');
    linkSync(file, other);
    expect(await write(file)).toMatchObject({ code: 0 });
    expectWritten(file);
    expect(readFileSync(other, 'utf8')).toBe('old');
    expect(readdirSync(folder).sort()).toEqual(['file', 'other']);
  });

  test('a file that is not there is made, also with the longest name there is', async () => {
    for (const name of ['new', 'n'.repeat(255)]) {
      expect(await write(path.join(folder, name))).toMatchObject({ code: 0 });
      expectWritten(path.join(folder, name));
    }
  });

  test.each(['file', 'new'])('a chain of links stays, and the %s that it ends at is written', async (end) => {
    const link = path.join(sandbox.home, 'link');
    symlinkSync(end, path.join(folder, 'second'));
    symlinkSync('folder/second', link);
    expect(await write(link)).toMatchObject({ code: 0 });
    expect(readlinkSync(link)).toBe('folder/second');
    expect(readlinkSync(path.join(folder, 'second'))).toBe(end);
    expectWritten(path.join(folder, end));
  });

  test('the vault is not replaced, by a link either', async () => {
    expect(await sandbox.run(['secret', 'set', 'k'], { input: 'kept-value' })).toMatchObject({ code: 0 });
    symlinkSync('data/sigilforge.db', path.join(sandbox.home, 'link'));
    for (const name of ['data/sigilforge.db', 'data/vault.key', 'data/new', 'link']) {
      expect(await write(name)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('keeps the vault'),
      });
    }
    expect(await sandbox.run(['resolve', 'secret://k'])).toMatchObject({ code: 0, stdout: 'kept-value\n' });
  });

  test('a draft that a killed writer has left is removed, and no other file', async () => {
    const others = ['.file.swp', '.file.0123456789ab.bak', '.file.00000000000f'];
    for (const name of ['.file.0123456789ab', ...others]) writeFileSync(path.join(folder, name), 'a secret');
    for (const name of ['.file.0123456789ab', '.file.swp']) utimesSync(path.join(folder, name), 0, 0);
    expect(await write(file)).toMatchObject({ code: 0 });
    expect(readdirSync(folder).sort()).toEqual([...others, 'file'].sort());
  });

  test('a named pipe stays one, and its reader gets the content', async () => {
    const pipe = path.join(folder, 'pipe');
    const script = `mkfifo ${pipe} && cat ${pipe} > ${pipe}.read & while [ ! -p ${pipe} ]; do :; done; "$@"; code=$?; wait; exit $code`;
    expect(await shell(script, pipe)).toMatchObject({ code: 0 });
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(readFileSync(`${pipe}.read`, 'latin1').startsWith(begins)).toBe(true);
    expectOld(['file', 'pipe', 'pipe.read']);
  });

  test('a named pipe without a reader can be left with Ctrl-C', async () => {
    const pipe = path.join(folder, 'pipe');
    spawnSync('mkfifo', [pipe]);
    const running = sandbox.start(args(pipe), { input });
    await expect.poll(() => opensFile(running.pid), { timeout: 20_000 }).toBe(true);
    running.child.kill('SIGINT');
    expect((await running.exited).code).not.toBe(0);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });

  test.each(['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1', 'link-to-stdout'])(
    '%s is standard output: a pipe gets the content and nothing else',
    async (name) => {
      symlinkSync('/dev/stdout', path.join(sandbox.home, 'link-to-stdout'));
      const { code, stdout } = await write(name);
      expect(code).toBe(0);
      expect(stdout.startsWith(begins)).toBe(true);
      expect(stdout).not.toContain('\tsecrets');
      expect(existsSync(path.join(sandbox.home, '-'))).toBe(false);
    },
  );

  test.each(['-', '/dev/stdout'])('%s into a file of the shell goes on where that is', async (name) => {
    const script = `{ echo before; "$@" || exit; echo after; } > ${file}`;
    expect(await shell(script, name)).toMatchObject({ code: 0 });
    const content = readFileSync(file, 'latin1');
    expect(content.startsWith(`before\n${begins}`) && content.endsWith('after\n')).toBe(true);
  });

  test.each(['/dev/stderr', '/dev/fd/3', '/proc/self/fd/3'])(
    '%s is written into where it is',
    async (name) => {
      const script = `{ echo before >&3; "$@" || exit; echo after >&3; } 3> ${file} 2>&3`;
      expect(await shell(script, name)).toMatchObject({ code: 0 });
      const content = readFileSync(file, 'latin1');
      expect(content.startsWith('before\n') && content.endsWith('after\n')).toBe(true);
      expect(content).toContain(begins);
    },
  );

  test('a descriptor that is not open is a slip', async () => {
    expect(await write('/dev/fd/99')).toMatchObject({ code: 2, stdout: '' });
  });

  test.skipIf(!hasMounts)('devices stay devices, for root too', async () => {
    const script =
      'mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3 && mknod /dev/full c 1 7 && mknod /dev/urandom c 1 9 && ln -s null /dev/link && "$@" && [ -c /dev/null ] && [ -L /dev/link ] && [ ! -s /dev/null ]';
    for (const name of ['/dev/null', '/dev/link']) {
      expect(await mounted(script, name)).toMatchObject({ code: 0 });
    }
    const full = await mounted(
      `${script.replace('"$@"', '! "$@"')}; [ -c /dev/full ] || exit 99`,
      '/dev/full',
    );
    expect(full).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('/dev/full cannot be written (ENOSPC)'),
    });
  });

  test('/dev/null takes everything', async () => {
    if (isRoot && !hasMounts) return;
    if (!isRoot) expect(await write('/dev/null')).toMatchObject({ code: 0 });
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test.skipIf(!hasMounts)('a file that is mounted by itself is written in place, and private', async () => {
    const script = `echo inside > ${folder}/mounted && chmod 644 ${folder}/mounted && mount --bind ${folder}/mounted ${file} && "$@"`;
    expect(await mounted(script, file)).toMatchObject({ code: 0 });
    expectWritten(path.join(folder, 'mounted'));
    expectOld(['file', 'mounted']);
  });

  test.skipIf(!hasMounts)('a full disk leaves the old file', async () => {
    const script = `mkdir ${folder}/disk && mount -t tmpfs -o size=8k tmpfs ${folder}/disk && printf kept > ${folder}/disk/file && ! cat /dev/zero 2>&- > ${folder}/disk/filling && "$@"; code=$?; cat ${folder}/disk/*file; ls -A ${folder}/disk; exit $code`;
    const { code, stdout, stderr } = await mounted(script, path.join(folder, 'disk', 'file'));
    expect({ code, stdout }, stderr).toEqual({ code: 10, stdout: 'keptfile\nfilling\n' });
    expect(stderr).toContain('(ENOSPC)');
  });

  test.skipIf(!hasMounts)('a read-only file system leaves the old file', async () => {
    const script = `mount --bind ${folder} ${folder} && mount -o remount,ro,bind ${folder} && "$@"`;
    expect(await mounted(script, file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(EROFS)'),
    });
    expectOld();
  });

  test.skipIf(!hasMounts)(
    'a file that can be written on a read-only file system is written in place',
    async () => {
      const script = `mkdir ${sandbox.home}/rw && cp ${file} ${sandbox.home}/rw/file && mount --bind ${folder} ${folder} && mount --bind ${sandbox.home}/rw/file ${file} && mount -o remount,ro,bind ${folder} && "$@"`;
      expect(await mounted(script, file)).toMatchObject({ code: 0 });
      expectWritten(path.join(sandbox.home, 'rw', 'file'));
    },
  );

  test.each(['folder', 'folder/', 'folder/.', 'folder/..', '/', 'folder/new/', 'file-link/'])(
    '%s is a folder, or named like one',
    async (name) => {
      symlinkSync('new/', path.join(sandbox.home, 'file-link'));
      expect(await write(name)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('hint:'),
      });
      expectOld();
    },
  );

  test.each([
    ['', 'ENOENT'],
    ['none/new', 'ENOENT'],
    ['folder/file/new', 'ENOTDIR'],
    [`folder/${'n'.repeat(256)}`, 'ENAMETOOLONG'],
    ['round', 'ELOOP'],
    ['to-none', 'ENOENT'],
    ['/proc/new', 'ENOENT'],
    ['/proc/self/fd/pipe:[1]', 'ENOENT'],
  ])('%s is a slip', async (name, reason) => {
    symlinkSync('round', path.join(sandbox.home, 'round'));
    symlinkSync('none/new', path.join(sandbox.home, 'to-none'));
    const { code, stdout, stderr } = await write(name);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`(${reason})`);
    expectOld();
  });

  test('a socket is left alone', async () => {
    const script =
      'import net from "node:net"; net.createServer().listen(process.argv[1], () => process.stdout.write("ready"));';
    const at = path.join(sandbox.home, 's');
    await sandbox.spawn([process.execPath, '--input-type=module', '-e', script, at]).seen(/ready/, 'stdout');
    expect(await write(at)).toMatchObject({ code: 2, stderr: expect.stringContaining('is a socket') });
    expect(lstatSync(at).isSocket()).toBe(true);
  });

  describe.skipIf(isRoot && !hasSetpriv)('where permissions count', () => {
    const setpriv = ['setpriv', '--bounding-set=-dac_override,-dac_read_search,-fowner', '--'];
    const plain = isRoot ? setpriv : [];

    test('a folder that may not be written: a new file is a slip', async () => {
      chmodSync(folder, 0o500);
      expect(await shell('"$@"', path.join(folder, 'new'), plain)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('(EACCES)'),
      });
      expectOld();
    });

    test('a folder that may not be written: a file in it that may be is written in place', async () => {
      chmodSync(folder, 0o500);
      expect(await shell('"$@"', file, plain)).toMatchObject({ code: 0 });
      expectWritten(file);
    });

    test('a folder and a file that may not be written', async () => {
      chmodSync(folder, 0o500);
      chmodSync(file, 0o444);
      expect(await shell('"$@"', file, plain)).toMatchObject({ code: 2, stdout: '' });
      chmodSync(file, 0o644);
      expectOld();
    });
  });

  describe.skipIf(!isRoot || !hasSetpriv)('files of others', () => {
    const asOther = ['setpriv', `--reuid=${OTHER}`, `--regid=${OTHER}`, '--clear-groups', '--'];
    /** The home and all that the command needs belong to the other user. */
    const giveAway = () => spawnSync('chown', ['-R', '--no-dereference', `${OTHER}:${OTHER}`, sandbox.home]);

    test('root leaves a file to its owner, and closes it to all others', async () => {
      chownSync(file, OTHER, OTHER);
      expect(await write(file)).toMatchObject({ code: 0 });
      expectWritten(file);
      expect(statSync(file)).toMatchObject({ uid: OTHER, gid: OTHER });
    });

    test("in a folder of one's own, the file becomes one's own", async () => {
      giveAway();
      chownSync(file, 0, 0);
      expect(await shell('"$@"', file, asOther)).toMatchObject({ code: 0 });
      expectWritten(file);
      expect(statSync(file).uid).toBe(OTHER);
    });

    test.each(['link', 'file', 'pipe'])(
      'a %s that another user has put into /tmp is refused',
      async (kind) => {
        chmodSync(folder, 0o1777);
        const planted = path.join(folder, 'planted');
        if (kind === 'link') symlinkSync('file', planted);
        if (kind === 'file') writeFileSync(planted, '');
        if (kind === 'pipe') spawnSync('mkfifo', [planted]);
        spawnSync('chown', ['--no-dereference', String(OTHER), planted]);
        const { code, stdout, stderr } = await write(planted);
        expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
        expect(stderr).toContain('belongs to another user');
        expectOld(['file', 'planted']);
      },
    );
  });
});

/** Whether one of its threads is in openat(2), where it stays until a named pipe has a reader. */
function opensFile(pid: number): boolean {
  const openat = process.arch === 'x64' ? '257' : '56';
  return readdirSync(`/proc/${pid}/task`).some((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/syscall`, 'utf8').startsWith(`${openat} `),
  );
}

test.each([
  ['{}\n', 7, 'not a file that sigilforge vault export has written'],
  ['[vault]\nkey = 1\n', 7, 'not a file that sigilforge vault export has written'],
  [
    '{"format":"sigilforge export","version":99}\n',
    10,
    'Another version of Sigilforge has exported this file',
  ],
])('an import of %j says what the file is', async (content, code, sentence) => {
  const sandbox = await stopAfter(createSandbox());
  writeFileSync(path.join(sandbox.home, 'file'), content);
  const end = await sandbox.run(['vault', 'import', 'file'], { input: 'phrase' });
  expect(end).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(sentence) });
  expect(end.stderr).not.toContain('sign in again');
});

test('vault export does not replace a file, at the end of a link either, unless it is told to', async () => {
  const sandbox = await stopAfter(createSandbox());
  mkdirSync(path.join(sandbox.home, 'config'), { mode: 0o700 });
  writeFileSync(path.join(sandbox.home, 'config', 'config.toml'), '[vault]\nkey = "key_file"\n');
  const run = (name: string) => sandbox.run(['vault', 'export', name], { input: 'staple of another horse' });
  writeFileSync(path.join(sandbox.home, 'file'), 'old');
  symlinkSync('file', path.join(sandbox.home, 'link'));
  symlinkSync('new', path.join(sandbox.home, 'to-new'));
  for (const name of ['file', 'link']) {
    expect(await run(name)).toMatchObject({ code: 1, stderr: expect.stringContaining('already exists') });
  }
  expect(readFileSync(path.join(sandbox.home, 'file'), 'utf8')).toBe('old');
  expect(await run('to-new')).toMatchObject({ code: 0, stdout: expect.stringContaining('secrets\t0') });
  expect(await run('to-new')).toMatchObject({ code: 1 });
  expect(await run('-')).toMatchObject({ code: 0, stderr: expect.stringContaining('Exported: 0 secrets') });
});

test.skipIf(!hasMounts)('a mounted file on a full disk has its old content and its mode again', async () => {
  const sandbox = await stopAfter(createSandbox());
  const script =
    'mkdir disk && mount -t tmpfs -o size=8k tmpfs disk && printf kept > disk/inner && chmod 644 disk/inner && head -c 4096 /dev/zero > disk/filling && : > file && mount --bind disk/inner file && "$@"; code=$?; cat file; stat -c %a file; ls -A; exit $code';
  const { code, stdout, stderr } = await sandbox.spawn(
    [...IN_NAMESPACE, 'sh', '-c', script, 'sh', ...program('sigilforge'), 'inject', '-o', 'file'],
    { input: 'x'.repeat(8192) },
  ).exited;
  expect({ code, stdout }, stderr).toEqual({ code: 10, stdout: 'kept644\ndisk\nfile\n' });
  expect(stderr).toContain('file cannot be written (ENOSPC)');
});
