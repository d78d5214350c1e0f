import { chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type RunScene, runScene, writeCapability } from '../runs/scene.js';
import { capabilityRows } from '../support/stored.js';

const MANIFEST = { run: { runner: 'python', entry: 'main.py' } };
const FILES = { 'main.py': 'def run(args): return "first"' };

let scene: RunScene;
let folder: string;

beforeEach(async () => {
  scene = await runScene();
  folder = writeCapability(scene.sandbox.home, 'weather', MANIFEST, FILES);
  await scene.core.capabilities.registry.register(folder);
});

const trust = () => scene.core.capabilities.trust;
const file = (name: string) => path.join(folder, name);
const write = (name: string, text: string) => writeFileSync(file(name), text, { mode: 0o600 });
const manifest = (changes: object) =>
  JSON.stringify({ name: 'weather', version: '1.0.0', ...MANIFEST, ...changes });
const latest = () => scene.core.capabilities.registry.describe('weather');

test('a change is shown, and runs once it is trusted, as a new version', async () => {
  write('main.py', 'def run(args): return "second"');
  write('more.txt', '');
  const text = manifest({ version: '2.0.0' });
  write('manifest.json', text);
  const shown = await trust().check('weather');
  expect(shown).toEqual({
    changes: [
      { path: 'main.py', change: 'changed' },
      { path: 'manifest.json', change: 'changed' },
      { path: 'more.txt', change: 'added' },
    ],
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    trusted_manifest: manifest({}),
    manifest: text,
  });
  expect(await trust().trust('weather', shown.digest)).toMatchObject({
    number: 2,
    version: '2.0.0',
    file_count: 3,
  });
  expect((await trust().check('weather')).changes).toEqual([]);
  expect(await scene.run('weather')).toMatchObject({ response: 'second' });
});

test('the manifests of earlier versions stay, the newest first', async () => {
  for (const version of ['2.0.0', '3.0.0']) {
    write('manifest.json', manifest({ version }));
    await trust().trust('weather', undefined);
  }
  const { versions, cursor } = trust().versions('weather', undefined);
  expect(cursor).toBeNull();
  expect(versions.map(({ number, version }) => [number, version])).toEqual([
    [3, '3.0.0'],
    [2, '2.0.0'],
    [1, '1.0.0'],
  ]);
  expect(versions.map((version) => version.manifest)).toEqual([
    manifest({ version: '3.0.0' }),
    manifest({ version: '2.0.0' }),
    manifest({}),
  ]);
  expect(versions.map(({ file_count }) => file_count)).toEqual([2, 2, 2]);
});

test('what changed after it was shown is not trusted', async () => {
  write('main.py', 'def run(args): return "second"');
  const { digest } = await trust().check('weather');
  write('main.py', 'def run(args): return "third"');
  await expect(trust().trust('weather', digest)).rejects.toMatchObject({
    kind: 'integrity',
    message: 'The files of the capability weather were changed after they were shown.',
  });
  expect(latest()).toMatchObject({ number: 1 });
  await expect(scene.run('weather')).rejects.toMatchObject({ kind: 'integrity' });
});

test('a file that became a program after it was shown is not trusted either', async () => {
  const { digest } = await trust().check('weather');
  chmodSync(file('main.py'), 0o700);
  await expect(trust().trust('weather', digest)).rejects.toMatchObject({ kind: 'integrity' });
});

test('where nothing changed there is no new version', async () => {
  const before = capabilityRows(scene.sandbox.home);
  expect(await trust().trust('weather', undefined)).toMatchObject({ number: 1 });
  expect(capabilityRows(scene.sandbox.home)).toEqual(before);
});

test('two who trust the same at once make one version', async () => {
  write('main.py', 'def run(args): return "second"');
  const both = await Promise.all([trust().trust('weather', undefined), trust().trust('weather', undefined)]);
  expect(both.map(({ number }) => number)).toEqual([2, 2]);
  expect(trust().versions('weather', undefined).versions).toHaveLength(2);
});

test('going back is a version as well, and runs', async () => {
  write('main.py', 'def run(args): return "second"');
  await trust().trust('weather', undefined);
  expect(await scene.run('weather')).toMatchObject({ response: 'second' });
  write('main.py', FILES['main.py']);
  expect(await trust().trust('weather', undefined)).toMatchObject({ number: 3 });
  expect(await scene.run('weather')).toMatchObject({ response: 'first' });
});

test('grants, secrets, storage and whether it is active stay', async () => {
  const { granted, ownSecrets, storage, registry } = scene.core.capabilities;
  write('manifest.json', manifest({ grants: ['secret://k'], required_secrets: [{ name: 'K' }] }));
  await trust().trust('weather', undefined);
  await granted.grant('weather', 'secret://k');
  await ownSecrets.set({ name: 'weather', key: 'K', value: 'x', encoding: 'utf8' });
  await storage.set({ capability: 'weather', key: 'k', value: 1 });
  await registry.setActive('weather', false);
  write(
    'manifest.json',
    manifest({ grants: ['secret://k', 'secret://l'], required_secrets: [{ name: 'K' }, { name: 'L' }] }),
  );
  expect(await trust().trust('weather', undefined)).toMatchObject({
    active: false,
    grants: [
      { grant: 'secret://k', asked_for: true, granted_at: expect.any(String) },
      { grant: 'secret://l', asked_for: true, granted_at: null },
    ],
    required_secrets: [
      { name: 'K', is_set: true },
      { name: 'L', is_set: false },
    ],
  });
  expect(capabilityRows(scene.sandbox.home)).toMatchObject({ capability_storage: 1 });
});

test.each<[what: string, change: () => void, error: object]>([
  [
    'another name',
    () => write('manifest.json', JSON.stringify({ name: 'other', version: '1', ...MANIFEST })),
    { kind: 'config', message: 'The manifest calls it other, and it is registered as weather.' },
  ],
  [
    'faults',
    () => write('manifest.json', manifest({ timeout_s: 0, colour: 1 })),
    { kind: 'config', message: expect.stringMatching(/has 2 faults:\n {2}\$\.timeout_s.*\n {2}\$\.colour/) },
  ],
  [
    'an entry that is gone',
    () => rmSync(file('main.py')),
    { kind: 'config', message: expect.stringContaining('$.run.entry: there is no file main.py') },
  ],
  ['no manifest', () => rmSync(file('manifest.json')), { kind: 'not_found' }],
  ['a link that leads out', () => symlinkSync('/etc/hostname', file('odd')), { kind: 'unsafe_path' }],
  ['files that others can change', () => chmodSync(file('main.py'), 0o666), { kind: 'unsafe_path' }],
])('a folder with %s is not trusted, and what was trusted stays', async (_, change, error) => {
  const before = capabilityRows(scene.sandbox.home);
  change();
  await expect(trust().trust('weather', undefined)).rejects.toMatchObject(error);
  expect(capabilityRows(scene.sandbox.home)).toEqual(before);
  expect(latest()).toMatchObject({ number: 1, version: '1.0.0' });
});

test.each<[what: string, change: () => void]>([
  ['missing', () => rmSync(file('manifest.json'))],
  ['too long', () => write('manifest.json', ' '.repeat(256 * 1024 + 1))],
  ['not UTF-8', () => writeFileSync(file('manifest.json'), Buffer.from([0xff]))],
])('a manifest that is %s is null beside the one that was trusted', async (_, change) => {
  change();
  expect(await trust().check('weather')).toMatchObject({
    changes: [{ path: 'manifest.json' }],
    trusted_manifest: manifest({}),
    manifest: null,
  });
});
