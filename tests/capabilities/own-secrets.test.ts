import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { MAX_SECRET_BYTES } from '../../shared/limits.js';
import * as stored from '../support/stored.js';
import { type CapabilityScene, capabilityScene } from './scene.js';

const CANARY = 'canary-5f2e-of-a-capability';
const HASHES =
  'return json.dumps({k: hashlib.sha256(v.encode()).hexdigest() for k, v in context["secrets"].items()})';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What a run got, each hashed: in its response they would be redacted. */
async function gotBy(scene: CapabilityScene, name = 'holder'): Promise<unknown> {
  const { response, run } = await scene.run(name);
  expect(run).toMatchObject({ status: 'completed', error: null });
  return JSON.parse(response ?? '');
}

async function holding(): Promise<CapabilityScene> {
  const scene = await capabilityScene();
  await scene.add('holder', HASHES);
  return scene;
}

test('only a run gets its value; lists have the name and dates', async () => {
  const scene = await holding();
  const { api } = scene;
  const name = 'holder';
  expect(await api.setCapabilitySecret({ name, key: 'API_KEY', value: CANARY })).toEqual({ key: 'API_KEY' });
  expect(await gotBy(scene)).toEqual({ API_KEY: sha256(CANARY) });
  const { secrets } = await api.listCapabilitySecrets({ name });
  expect(secrets).toEqual([
    { key: 'API_KEY', created_at: expect.any(String), updated_at: secrets[0]?.created_at },
  ]);
  await api.setCapabilitySecret({ name, key: 'API_KEY', value: 'another one' });
  const [changed] = (await api.listCapabilitySecrets({ name })).secrets;
  expect(changed?.created_at).toBe(secrets[0]?.created_at);
  expect(String(changed?.updated_at) > String(changed?.created_at)).toBe(true);
  expect(await gotBy(scene)).toEqual({ API_KEY: sha256('another one') });
});

test('of one capability only, and gone with it', async () => {
  const scene = await holding();
  const { api, sandbox } = scene;
  await scene.add('other', HASHES);
  await api.setCapabilitySecret({ name: 'holder', key: 'API_KEY', value: CANARY });
  expect(await gotBy(scene, 'other')).toEqual({});
  await api.removeCapability({ name: 'holder' });
  await api.registerCapability({ path: `${sandbox.home}/made-holder` });
  expect(await gotBy(scene)).toEqual({});
});

test('a run without one that it needs does not start, and says which', async () => {
  const scene = await capabilityScene();
  const needed = ['ONE', 'TWO'].map((name) => ({ name }));
  await scene.add('needy', HASHES, { required_secrets: needed });
  await expect(scene.run('needy')).rejects.toMatchObject({
    kind: 'not_found',
    message: 'needy cannot run without the secrets ONE, TWO.',
  });
  await scene.api.setCapabilitySecret({ name: 'needy', key: 'TWO', value: CANARY });
  await expect(scene.run('needy')).rejects.toMatchObject({
    kind: 'not_found',
    message: 'needy cannot run without the secret ONE.',
  });
  await scene.api.setCapabilitySecret({ name: 'needy', key: 'ONE', value: '' });
  expect(await gotBy(scene, 'needy')).toEqual({ ONE: sha256(''), TWO: sha256(CANARY) });
});

test('is text, given as it is or as base64, of at most 256 KiB', async () => {
  const scene = await holding();
  const { api } = scene;
  const set = (value: string, encoding?: 'utf8' | 'base64', key = 'KEY') =>
    api.setCapabilitySecret({ name: 'holder', key, value, ...(encoding && { encoding }) });
  await set(Buffer.from('größe \u0000 \u{1f511}').toString('base64'), 'base64');
  expect(await gotBy(scene)).toEqual({ KEY: sha256('größe \u0000 \u{1f511}') });
  const longest = 'x'.repeat(MAX_SECRET_BYTES);
  await set(longest);
  await expect(set(`${longest}x`)).rejects.toMatchObject({ kind: 'limit_exceeded' });
  await expect(set('not base64!', 'base64')).rejects.toMatchObject({ kind: 'invalid_params' });
  await expect(set(Buffer.from([0xff, 0x00]).toString('base64'), 'base64')).rejects.toMatchObject({
    kind: 'invalid_params',
    message: 'A secret of a capability is text, and this value is not UTF-8.',
  });
  for (const key of ['', 'A-B', '1A', 'A'.repeat(129), '__proto__\n'])
    await expect(set('x', 'utf8', key)).rejects.toMatchObject({ kind: 'invalid_params' });
  expect(await gotBy(scene)).toEqual({ KEY: sha256(longest) });
  // These names are as good as any.
  await api.deleteCapabilitySecret({ name: 'holder', key: 'KEY' });
  for (const key of ['__proto__', 'constructor']) await set('x', 'utf8', key);
  expect(Object.keys((await gotBy(scene)) as object).sort()).toEqual(['__proto__', 'constructor']);
});

test('deleted, none is left in any file', async () => {
  const scene = await holding();
  const { api, sandbox } = scene;
  const name = 'holder';
  await api.setCapabilitySecret({ name, key: 'API_KEY', value: CANARY });
  const [sealed = expect.fail()] = stored.sealedOwn(sandbox.home, 'capability_secrets');
  const data = path.join(sandbox.home, 'data');
  const files = () =>
    readdirSync(data, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name: file }) => readFileSync(path.join(data, file)));
  expect(files().some((bytes) => bytes.includes(sealed))).toBe(true);
  expect(files().some((bytes) => bytes.includes(CANARY))).toBe(false);
  expect(await api.deleteCapabilitySecret({ name, key: 'API_KEY' })).toEqual({ deleted: true });
  expect(await api.deleteCapabilitySecret({ name, key: 'API_KEY' })).toEqual({ deleted: false });
  expect(files().some((bytes) => bytes.includes(sealed))).toBe(false);
  expect(await api.listCapabilitySecrets({ name })).toEqual({ secrets: [], cursor: null });
});

test('a capability has at most 256, which come by page', async () => {
  const { api } = await holding();
  const name = 'holder';
  const keys = Array.from({ length: 256 }, (_, index) => `KEY_${String(index).padEnd(100, '_')}`);
  for (const key of keys) await api.setCapabilitySecret({ name, key, value: 'x' });
  await expect(api.setCapabilitySecret({ name, key: 'LAST', value: 'x' })).rejects.toMatchObject({
    kind: 'limit_exceeded',
  });
  await api.setCapabilitySecret({ name, key: keys[7] ?? '', value: 'y' });
  const listed = (await api.listCapabilitySecrets({ name })).secrets.map(({ key }) => key);
  expect(listed).toEqual([...keys].sort());
});

test('of a capability that is not there, and while the vault is locked', async () => {
  const { api } = await holding();
  const key = 'KEY';
  const absent = { name: 'absent', key };
  for (const call of [
    api.setCapabilitySecret({ ...absent, value: CANARY }),
    api.deleteCapabilitySecret(absent),
    api.listCapabilitySecrets({ name: 'absent' }),
  ])
    await expect(call).rejects.toMatchObject({ kind: 'not_found' });
  await api.setCapabilitySecret({ name: 'holder', key, value: CANARY });
  await api.lock();
  await expect(api.setCapabilitySecret({ name: 'holder', key, value: 'x' })).rejects.toMatchObject({
    kind: 'vault_locked',
  });
  expect((await api.listCapabilitySecrets({ name: 'holder' })).secrets).toHaveLength(1);
  expect(await api.deleteCapabilitySecret({ name: 'holder', key })).toEqual({ deleted: true });
});

test.each<[what: string, set: string]>([
  ['a damaged value', 'value = randomblob(length(value))'],
  ['no value', "value = x''"],
  ['another name', "key = 'SECOND'"],
  ['another capability', 'other'],
])('%s in a database that was altered is given to no run, and is named', async (_, set) => {
  const scene = await holding();
  await scene.add('other', HASHES);
  await scene.api.setCapabilitySecret({ name: 'holder', key: 'FIRST', value: CANARY });
  if (set === 'other') stored.giveOwn(scene.sandbox.home, 'capability_secrets', set);
  else stored.alterOwn(scene.sandbox.home, 'capability_secrets', set);
  const [name, key] = [
    set.includes('other') ? 'other' : 'holder',
    set.includes('SECOND') ? 'SECOND' : 'FIRST',
  ];
  await expect(scene.run(name)).rejects.toMatchObject({
    kind: 'integrity',
    message: `The secret ${key} of the capability is not what was stored.`,
  });
  await scene.api.setCapabilitySecret({ name, key, value: 'set again' });
  expect(await gotBy(scene, name)).toEqual({ [key]: sha256('set again') });
});
