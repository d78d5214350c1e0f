import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, watch } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { SigilforgeError } from '../../shared/errors.js';
import { weather, writeCapability } from '../support/capabilities.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { program } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';
import { type ZipEntry, zipOf } from '../support/zip-archives.js';

// What becomes of `capability add` with an archive. tests/unit/archive has what is refused in one, case by case.

const entries: readonly ZipEntry[] = Object.entries(weather).map(([name, content]) => ({ name, content }));
const manifest: ZipEntry = { name: 'manifest.json', content: weather['manifest.json'] ?? '' };

describe('with a daemon', () => {
  let backend: DaemonBackend;
  let home: string;
  let archive: string;
  let before: string[];
  beforeEach(async () => {
    backend = await startDaemon();
    home = path.join(backend.sandbox.home, 'work');
    await mkdir(home, { mode: 0o700 });
    archive = path.join(home, 'a.zip');
    return () => backend.stop();
  });

  const add = (...args: string[]) => backend.sandbox.run(['capability', 'add', ...args], { cwd: home });
  const registered = async () => (await backend.api.listCapabilities()).capabilities.map(({ path }) => path);
  const pack = async (list: readonly ZipEntry[] = entries) => {
    await writeFile(archive, zipOf(list));
    before = await readdir(home);
  };

  test('an archive is unpacked here, under the name in its manifest, and registered', async () => {
    await pack();
    expect(await add('a.zip')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(
        /^sigilforge: a\.zip was unpacked into \/.*\/work\/weather\.\nsigilforge: weather 1\.2\.0 is registered, with 2 files\.\n/,
      ),
    });
    expect(await readdir(home)).toEqual(['a.zip', 'weather']);
    expect(await registered()).toEqual([path.join(home, 'weather')]);
  });

  test('its program runs', async () => {
    const run = { runner: 'command', command: ['./program'] };
    await pack([
      { name: 'manifest.json', content: JSON.stringify({ name: 'weather', version: '1', run }) },
      { name: 'program', content: RESPONDS, mode: 0o100755 },
    ]);
    expect(await add('a.zip')).toMatchObject({ code: 0 });
    expect(await backend.sandbox.run(['capability', 'run', 'weather'])).toMatchObject({
      ...{ code: 0, stdout: '7 degrees\n' },
    });
  });

  test('it is unpacked where --at says, and with --json the result is that of a folder', async () => {
    await pack();
    const { code, stdout } = await add('a.zip', '--at', 'src/mine', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      capability: (await backend.api.getCapability({ name: 'weather' })).capability,
    });
    expect(await registered()).toEqual([path.join(home, 'src', 'mine')]);
  });

  test('a folder that is there is never replaced', async () => {
    await pack();
    await mkdir(path.join(home, 'weather'));
    for (const args of [['a.zip'], ['a.zip', '--at', 'weather']])
      expect(await add(...args)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/weather is there already\.\n {2}hint: Name another folder with --at/),
      });
    expect(await readdir(path.join(home, 'weather'))).toEqual([]);
    expect(await readdir(home)).toEqual(['a.zip', 'weather']);
    expect(await registered()).toEqual([]);
  });

  test('what is not registered is removed again, with all that was made for it', async () => {
    const faulty = { ...manifest, content: JSON.stringify({ name: 'weather', version: 1 }) };
    await pack([faulty]);
    expect(await add('a.zip', '--at', 'src/mine')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('manifest.json has 2 faults'),
    });
    expect(await readdir(home)).toEqual(before);
    await pack();
    expect(await add('a.zip', '--at', 'first')).toMatchObject({ code: 0 });
    expect(await add('a.zip', '--at', 'second')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('A capability is called weather already.'),
    });
    expect((await readdir(home)).sort()).toEqual(['a.zip', 'first']);
  });

  test('a manifest without a name needs --at to be told what else is wrong with it', async () => {
    for (const content of [
      '{}',
      '{"name":"../x"}',
      '{"name":"Weather"}',
      'no JSON',
      `"${'x'.repeat(300_000)}"`,
    ]) {
      await pack([{ ...manifest, content }]);
      expect(await add('a.zip')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('The manifest.json of the archive has no name of a capability.'),
      });
      expect(await readdir(home)).toEqual(before);
    }
  });

  test('--at goes with an archive, and a folder may be called as one', async () => {
    const folder = await writeCapability(path.join(home, 'weather.zip'), weather);
    expect(await add(folder, '--at', 'elsewhere')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--at is for zip archives only'),
    });
    for (const args of [['absent.zip'], ['absent.zip', '--at', 'elsewhere']])
      expect(await add(...args)).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(
          /^sigilforge: absent\.zip is not there\.\n {2}hint: Name the zip archive/,
        ),
      });
    expect(await readdir(home)).toEqual(['weather.zip']);
    expect(await add(folder)).toMatchObject({ code: 0 });
    expect(await registered()).toEqual([folder]);
  });

  test('an archive by any other name is known by how it begins', async () => {
    await pack();
    await rename(archive, path.join(home, 'a.pkg'));
    expect(await add('a.pkg', '--at', 'first')).toMatchObject({ code: 0 });
    await writeFile(archive, 'garbage');
    expect(await add('a.zip')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^sigilforge: a\.zip is not a zip archive, is damaged.*\n {2}hint: Get it/,
      ),
    });
    await writeFile(path.join(home, 'a.txt'), 'garbage');
    expect(await add('a.txt')).toMatchObject({ code: 3 });
    execFileSync('mkfifo', [path.join(home, 'pipe.zip')]);
    expect(await add('pipe.zip')).toMatchObject({ code: 3 });
  });

  test('an archive that leads out of its folder is refused, and nothing is left', async () => {
    await pack([...entries, { name: '../../out', content: 'x' }]);
    expect(await add('a.zip')).toMatchObject({
      code: 7,
      stderr: `sigilforge: The archive has ../../out, which leads out of its folder.\n  hint: Nothing was unpacked. Do not trust this archive.\n`,
    });
    expect(await readdir(home)).toEqual(before);
    expect(existsSync(path.join(backend.sandbox.home, 'out'))).toBe(false);
  });

  test('what an archive calls its files steers no terminal', async () => {
    await pack([...entries, { name: '\u001b[2J\u202Egpj.exe' }]);
    const { code, stderr } = await add('a.zip');
    expect(code).toBe(7);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(stderr).not.toMatch(/[\u001b\u202e]/);
  });

  describe('archives of real programs', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await writeCapability(path.join(home, 'original'), {
        ...weather,
        'bin/tool': '#!/bin/sh\n',
        'für/ö.txt': 'text',
      });
      await chmod(path.join(folder, 'bin', 'tool'), 0o4775);
    });
    const zip = (...args: string[]) => execFileSync('zip', ['-q', ...args], { cwd: folder });
    const added = async () => {
      expect(await add('a.zip', '--at', 'made')).toMatchObject({ code: 0 });
      return (await readdir(path.join(home, 'made'), { recursive: true })).sort();
    };
    const ALL = ['bin', 'bin/tool', 'für', 'für/ö.txt', 'main.mjs', 'manifest.json'];

    test.each([
      ['packed', ['-r']],
      ['stored', ['-r', '-0']],
      ['without folders', ['-r', '-D']],
      ['with the fields of zip64', ['-r', '-fz']],
    ])('zip, %s', async (_, options) => {
      zip(...options, archive, '.');
      expect(await added()).toEqual(ALL);
      expect((await stat(path.join(home, 'made/bin/tool'))).mode & 0o7777).toBe(0o755);
      expect((await stat(path.join(home, 'made/main.mjs'))).mode & 0o7133).toBe(0);
      expect(await readFile(path.join(home, 'made/für/ö.txt'), 'utf8')).toBe('text');
    });

    test('zip, to a pipe, with sizes only after the files', async () => {
      execFileSync('sh', ['-c', 'zip -q -r - . | cat > ../a.zip'], { cwd: folder });
      expect(await added()).toEqual(ALL);
    });

    test('zip, of the folder itself', async () => {
      execFileSync('zip', ['-q', '-r', archive, 'original'], { cwd: home });
      expect(await added()).toEqual(ALL);
    });

    test('zipfile of Python', async () => {
      execFileSync('python3', ['-m', 'zipfile', '-c', archive, 'original/'], { cwd: home });
      expect(await added()).toEqual(ALL);
    });

    test('git archive', async () => {
      const git = (...args: string[]) =>
        execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.c', ...args], { cwd: folder });
      git('init', '-q');
      git('add', '.');
      git('commit', '-q', '-m', 'first');
      git('archive', '--prefix=weather-1.0/', '-o', archive, 'HEAD');
      expect(await added()).toEqual(ALL);
    });

    test('with links or a password they are refused', async () => {
      await symlink('main.mjs', path.join(folder, 'link'));
      zip('-r', '-y', archive, '.');
      expect(await add('a.zip')).toMatchObject({
        code: 7,
        stderr: expect.stringContaining('The archive has link, which is a link or a special file.'),
      });
      zip('-P', 'password', path.join(home, 'b.zip'), 'manifest.json');
      expect(await add('b.zip')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('The archive has manifest.json, which is encrypted.'),
      });
      expect((await readdir(home)).sort()).toEqual(['a.zip', 'b.zip', 'original']);
    });
  });
});

describe('with a stub of a daemon', () => {
  let stub: StubDaemon;
  const start = async (answer: () => Promise<never>) => {
    stub = await stopAfter(startStubDaemon({ register_capability: answer }));
    await writeFile(path.join(stub.home, 'a.zip'), zipOf(entries));
  };
  const made = async () => (await readdir(stub.home)).filter((name) => /weather|\.sigilforge/.test(name));

  test('a folder that may be registered stays, and that is said', async () => {
    await start(() => new Promise(() => undefined));
    const adding = stub.start(['capability', 'add', 'a.zip']);
    await stub.called('register_capability');
    adding.child.kill('SIGINT');
    expect(await adding.exited).toMatchObject({
      code: 8,
      stderr: expect.stringMatching(/warning: \/.*\/weather stays, because it may be registered\./),
    });
    expect(await made()).toEqual(['weather']);
  });

  test('a folder that is not registered goes', async () => {
    await start(async () => {
      throw new SigilforgeError('store_unavailable', 'The disk is full.');
    });
    expect(await stub.run(['capability', 'add', 'a.zip'])).toMatchObject({ code: 10 });
    expect(await made()).toEqual([]);
  });

  test('Ctrl-C while it is unpacked leaves nothing', async () => {
    await start(() => new Promise(() => undefined));
    const many = Array.from({ length: 9_000 }, (_, index) => ({ name: `f${index}`, method: 0 }));
    await writeFile(path.join(stub.home, 'a.zip'), zipOf([manifest, ...many]));
    const watching = watch(stub.home);
    const begun = new Promise<void>((resolve) =>
      watching.on('change', (_, name) => {
        if (String(name).startsWith('.sigilforge-')) resolve();
      }),
    );
    const adding = stub.start(['capability', 'add', 'a.zip']);
    await begun;
    watching.close();
    adding.child.kill('SIGINT');
    expect(await adding.exited).toMatchObject({ code: 8, stderr: expect.stringContaining('cancelled') });
    expect(await made()).toEqual([]);
  });

  test('memory is that for a small archive, however large it is', async () => {
    await start(async () => {
      throw new SigilforgeError('already_exists', 'There is one.');
    });
    const small = await peakOf('a.zip');
    const filler = { name: 'filler', content: randomBytes(3 * MiB), method: 0 };
    const large = { name: 'large', content: Buffer.alloc(200 * MiB) };
    await writeFile(path.join(stub.home, 'b.zip'), zipOf([manifest, filler, large]));
    expect(await peakOf('b.zip')).toBeLessThan(small + 64 * MiB);
    expect(await made()).toEqual([]);
  });

  const MiB = 1024 * 1024;

  /** The most memory, in bytes, that the command has while it adds an archive. */
  async function peakOf(archive: string): Promise<number> {
    const measured = stub.spawn(
      ['python3', '-c', PEAK, ...program('sigilforge'), 'capability', 'add', archive],
      { input: '' },
    );
    const { stdout, stderr } = await measured.exited;
    expect(stderr).toContain('There is one.');
    return Number(stdout) * 1024;
  }
});

const RESPONDS = '#!/bin/sh\necho \'{"type":"result","response":"7 degrees"}\'\n';

const PEAK = `
import resource, subprocess, sys
subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
`;
