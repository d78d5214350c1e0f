import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { resolvePaths } from '../../shared/paths.js';
import { type RunScene, runScene, writeCapability } from '../runs/scene.js';
import { alterCapability, capabilityRows } from '../support/stored.js';

const PYTHON = { run: { runner: 'python', entry: 'main.py' } };
const MAIN = { 'main.py': 'def run(args): return "ok"' };

let scene: RunScene;
beforeEach(async () => {
  scene = await runScene();
});

const registry = () => scene.core.capabilities.registry;
const register = (folder: string) => registry().register(folder);
const write = (name: string, manifest: object = PYTHON, files: Readonly<Record<string, string>> = MAIN) =>
  writeCapability(scene.sandbox.home, name, { ...manifest }, files);

const refusal = (kind: string, message: string | RegExp) =>
  expect.objectContaining({ kind, message: expect.stringMatching(message) });

describe('register_capability', () => {
  test('records what the manifest says, and every file', async () => {
    const folder = write(
      'weather',
      { ...PYTHON, timeout_s: 7 },
      { ...MAIN, 'lib/a.py': '', 'lib/b/c.txt': '' },
    );
    const details = await register(folder);
    expect(details).toMatchObject({
      name: 'weather',
      version: '1.0.0',
      number: 1,
      runner: 'python',
      path: folder,
      active: true,
      timeout_s: 7,
      command: ['main.py'],
      file_count: 4,
    });
    expect(registry().list(undefined)).toMatchObject({ capabilities: [{ name: 'weather' }], cursor: null });
  });

  test('by a link it is the folder itself, whatever the link leads to later', async () => {
    const folder = write('weather');
    const link = path.join(scene.sandbox.home, 'link');
    symlinkSync(folder, link);
    expect(await register(link)).toMatchObject({ path: folder });
  });

  test('a name in use is refused, and nothing changes', async () => {
    await register(write('weather'));
    const before = capabilityRows(scene.sandbox.home);
    const other = path.join(scene.sandbox.home, 'elsewhere');
    mkdirSync(other, { mode: 0o700 });
    writeFileSync(
      path.join(other, 'manifest.json'),
      JSON.stringify({ name: 'weather', version: '2', ...PYTHON }),
    );
    writeFileSync(path.join(other, 'main.py'), '');
    await expect(register(other)).rejects.toThrow(
      refusal('already_exists', 'A capability is called weather already.'),
    );
    expect(capabilityRows(scene.sandbox.home)).toEqual(before);
  });

  test('one that is not active by its manifest does not run until it is enabled', async () => {
    await register(write('weather', { ...PYTHON, active: false }));
    await expect(scene.run('weather')).rejects.toThrow(refusal('denied', 'weather is not active.'));
    expect(await registry().setActive('weather', true)).toMatchObject({ active: true });
    expect(await scene.run('weather')).toMatchObject({ response: 'ok' });
  });

  test('what it ignores is neither recorded nor copied', async () => {
    const ignored = { '.git/config': '', '__pycache__/main.cpython-312.pyc': '', 'lib/.DS_Store': '' };
    expect(await register(write('weather', PYTHON, { ...MAIN, ...ignored }))).toMatchObject({
      file_count: 2,
    });
    const copy = await scene.core.capabilities.trust.ready(registry().find('weather'));
    expect(readdirSync(copy).sort()).toEqual(['main.py', 'manifest.json']);
  });
});

describe('a manifest that is not good', () => {
  test('has all its faults listed, a line each', async () => {
    const folder = write('weather', {
      run: { runner: 'python', entry: '/main.py' },
      timeout_s: 0,
      colour: 1,
    });
    await expect(register(folder)).rejects.toThrow(
      refusal(
        'config',
        /manifest\.json has 3 faults:\n {2}\$\.run\.entry: .+\n {2}\$\.timeout_s: .+\n {2}\$\.colour: this is not known$/,
      ),
    );
    expect(capabilityRows(scene.sandbox.home)).toMatchObject({ capabilities: 0, capability_files: 0 });
  });

  test.each([
    [
      'an entry that is not there',
      { run: { runner: 'node', entry: 'main.mjs' } },
      '$.run.entry: there is no file main.mjs',
    ],
    [
      'a program that is not there',
      { run: { runner: 'command', command: ['./no'] } },
      '$.run.command[0]: there is no file no',
    ],
    [
      'one that is not executable',
      { run: { runner: 'command', command: ['./main.py'] } },
      '$.run.command[0]: main.py is not executable',
    ],
    [
      'one above the folder',
      { run: { runner: 'command', command: ['../main.py'] } },
      '$.run.command[0]: there is no file ../main.py',
    ],
    [
      'one of the system by its path',
      { run: { runner: 'command', command: ['/bin/sh'] } },
      '$.run.command[0]: there is no file /bin/sh',
    ],
  ])('%s', async (_, manifest, fault) => {
    await expect(register(write('weather', manifest))).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining(fault),
    });
  });

  test('a program without a folder is looked up when it runs', async () => {
    const command = ['no-such-program-anywhere'];
    expect(await register(write('weather', { run: { runner: 'command', command } }))).toMatchObject({
      command,
    });
  });

  test('one that is not UTF-8, too long, or not there', async () => {
    const folder = write('weather');
    const manifest = path.join(folder, 'manifest.json');
    writeFileSync(manifest, Buffer.from('{"name":"\xff"}', 'latin1'));
    await expect(register(folder)).rejects.toThrow(refusal('config', /\$: this is not UTF-8/));
    writeFileSync(manifest, ' '.repeat(256 * 1024 + 1));
    await expect(register(folder)).rejects.toThrow(refusal('limit_exceeded', /more than 256 KiB/));
    rmSync(manifest);
    await expect(register(folder)).rejects.toThrow(refusal('not_found', /manifest\.json is not there/));
    await expect(register(path.join(folder, 'none'))).rejects.toThrow(refusal('not_found', /is not there/));
    await expect(register('weather')).rejects.toThrow(refusal('invalid_params', /not a whole path/));
  });
});

describe('what may not be in a folder is refused with its path', () => {
  const place = (folder: string) => path.join(folder, 'lib', 'odd');

  function folderWithLib(): string {
    return write('weather', PYTHON, { ...MAIN, 'lib/a.py': '' });
  }

  test.each([
    ['a link to a file elsewhere', 'leads out', (odd: string) => symlinkSync('/etc/hostname', odd)],
    ['a link above the folder', 'leads out', (odd: string) => symlinkSync('../..', odd)],
    ['a link to the folder itself', 'leads out', (odd: string) => symlinkSync('..', odd)],
    ['a link that leads nowhere', 'leads nowhere', (odd: string) => symlinkSync('none', odd)],
    ['links in a circle', 'leads nowhere', (odd: string) => symlinkSync('odd', odd)],
    ['a FIFO', 'is neither a file nor a folder', (odd: string) => void spawnSync('mkfifo', [odd])],
  ])('%s', async (_, reason, make) => {
    const folder = folderWithLib();
    make(place(folder));
    await expect(register(folder)).rejects.toMatchObject({
      kind: 'unsafe_path',
      message: expect.stringMatching(new RegExp(`^${place(folder)} .*${reason}`)),
    });
  });

  test('a socket', async () => {
    const folder = folderWithLib();
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(place(folder), resolve));
    try {
      await expect(register(folder)).rejects.toThrow(
        refusal('unsafe_path', /odd is neither a file nor a folder/),
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('a link to a folder', async () => {
    const folder = folderWithLib();
    symlinkSync('lib', path.join(folder, 'odd'));
    await expect(register(folder)).rejects.toThrow(
      refusal('unsafe_path', /odd is neither a file nor a folder/),
    );
  });

  test('a link to a file of the folder counts as that file', async () => {
    const folder = folderWithLib();
    symlinkSync('../main.py', place(folder));
    expect(await register(folder)).toMatchObject({ file_count: 4 });
    expect(await scene.run('weather')).toMatchObject({ response: 'ok' });
  });

  test.each([
    ['the folder', ''],
    ['a folder in it', 'lib'],
    ['a file', 'lib/a.py'],
    ['the manifest', 'manifest.json'],
  ])('what other users could change: %s', async (_, name) => {
    const folder = folderWithLib();
    const file = path.join(folder, name);
    for (const others of [0o020, 0o002]) {
      chmodSync(file, 0o700 | others);
      await expect(register(folder)).rejects.toMatchObject({
        kind: 'unsafe_path',
        message: expect.stringMatching(new RegExp(`^${file} may be changed by`)),
        hint: expect.stringContaining('chmod -R go-w'),
      });
    }
    chmodSync(file, 0o755);
    expect(await register(folder)).toMatchObject({ name: 'weather' });
  });

  test('more files, or more in them, than a capability has', async () => {
    const folder = folderWithLib();
    const large = path.join(folder, 'large');
    writeFileSync(large, '');
    truncateSync(large, 256 * 1024 * 1024);
    await expect(register(folder)).rejects.toThrow(
      refusal('limit_exceeded', /at most 10000 files, of 256 MiB/),
    );
    rmSync(large);
    for (let index = 0; index < 10_000 - 2; index += 1) writeFileSync(path.join(folder, `${index}`), '');
    await expect(register(folder)).rejects.toThrow(refusal('limit_exceeded', /at most 10000 files/));
  });
});

describe('remove_capability', () => {
  test('takes all that is its own, and its copies, and leaves its folder', async () => {
    const folder = write('weather', { ...PYTHON, grants: ['secret://k'] });
    const { id } = await register(folder);
    await scene.add('other', PYTHON, MAIN);
    const { granted, ownSecrets, storage, trust } = scene.core.capabilities;
    await granted.grant('weather', 'secret://k');
    await ownSecrets.set({ name: 'weather', key: 'K', value: 'x', encoding: 'utf8' });
    await storage.set({ capability: 'weather', key: 'k', value: 1 });
    const { capabilities: copies } = resolvePaths({ SIGILFORGE_HOME: scene.sandbox.home });
    await trust.ready(registry().find('weather'));
    expect(Object.values(capabilityRows(scene.sandbox.home))).toEqual([2, 2, 4, 1, 1, 1]);
    expect(await registry().remove(id)).toBe(true);
    trust.forget(id);
    expect(Object.values(capabilityRows(scene.sandbox.home))).toEqual([1, 1, 2, 0, 0, 0]);
    expect(existsSync(path.join(copies, id))).toBe(false);
    expect(existsSync(path.join(folder, 'main.py'))).toBe(true);
    expect(() => registry().find('weather')).toThrow(refusal('not_found', 'There is no such capability.'));
    expect(await registry().remove(id)).toBe(false);
  });

  test('its name may be used again, and nothing is left of the one before', async () => {
    const folder = write('weather');
    const { id } = await register(folder);
    await scene.core.capabilities.storage.set({ capability: 'weather', key: 'k', value: 1 });
    await registry().remove(id);
    await register(folder);
    expect(await scene.core.capabilities.storage.get({ capability: 'weather', key: 'k' })).toMatchObject({
      value: null,
      version: null,
    });
  });
});

test('a stored manifest that cannot be read, or is that of another, is said to be damaged', async () => {
  await register(write('weather'));
  for (const manifest of ['{', JSON.stringify({ name: 'other', version: '1', ...PYTHON })]) {
    alterCapability(scene.sandbox.home, 'manifest', manifest);
    expect(() => registry().find('weather')).toThrow(
      refusal('integrity', 'What is stored about the capability weather is damaged.'),
    );
  }
});

test('one that is damaged hides no other, and can be removed', async () => {
  await register(write('weather'));
  alterCapability(scene.sandbox.home, 'manifest', '{');
  await register(write('whole'));
  expect(registry().list(undefined)).toMatchObject({
    capabilities: [{ name: 'whole' }],
    damaged: ['weather'],
  });
  expect(await registry().remove(registry().idOf('weather'))).toBe(true);
  expect(registry().list(undefined)).not.toHaveProperty('damaged');
});
