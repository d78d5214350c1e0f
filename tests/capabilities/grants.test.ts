import { describe, expect, test } from 'vitest';
import { MOST_GRANTS } from '../../shared/grant.js';
import { weather, writeCapability } from '../support/capabilities.js';
import { startFakeProvider } from '../support/provider/fake-provider.js';
import { openTestCore } from '../support/start/core.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { type CapabilityScene, capabilityScene } from './scene.js';

const TOKEN = 'secret://team/token';
const WISH = { grants: [TOKEN], env: { TOKEN } };

/** A capability that says what its variable has, hashed. */
async function wishing(): Promise<CapabilityScene> {
  const scene = await capabilityScene();
  await scene.api.setSecret({ key: 'team/token', value: 'the token of the team' });
  const body = 'import os\nreturn str(len(os.environ["TOKEN"]))';
  await scene.add('wisher', body, WISH);
  return scene;
}

const grantsOf = async ({ api }: CapabilityScene, name = 'wisher') =>
  (await api.getCapability({ name })).capability.grants.map(({ grant, asked_for, granted_at }) => [
    grant,
    asked_for,
    granted_at !== null,
  ]);

test('what the manifest asks for is only a wish until it is granted', async () => {
  const scene = await wishing();
  const { api } = scene;
  expect(await grantsOf(scene)).toEqual([[TOKEN, true, false]]);
  await expect(scene.run('wisher')).rejects.toMatchObject({
    kind: 'denied',
    message: `wisher cannot run without the grant ${TOKEN}.`,
  });
  expect(await api.listRuns()).toMatchObject({ runs: [] });
  expect(await api.grantCapability({ name: 'wisher', grant: TOKEN })).toEqual({ grants: [TOKEN] });
  expect(await grantsOf(scene)).toEqual([[TOKEN, true, true]]);
  expect(await scene.run('wisher')).toMatchObject({ response: '21' });
  expect(await api.revokeCapability({ name: 'wisher', grant: TOKEN })).toEqual({ revoked: true, grants: [] });
  await expect(scene.run('wisher')).rejects.toMatchObject({ kind: 'denied' });
});

test('a wider grant is enough, a narrower one or one beside it is not', async () => {
  const scene = await wishing();
  const { api } = scene;
  await scene.add('wide', 'return ""', { grants: ['secret://team/*'] });
  await api.grantCapability({ name: 'wisher', grant: 'secret://*/*' });
  expect(await scene.run('wisher')).toMatchObject({ run: { status: 'completed' } });
  await api.grantCapability({ name: 'wide', grant: TOKEN });
  await api.grantCapability({ name: 'wide', grant: 'secret://*/token' });
  await expect(scene.run('wide')).rejects.toMatchObject({ kind: 'denied' });
});

test('grants are kept in their usual spelling, each once, and more than was asked for may be granted', async () => {
  const scene = await wishing();
  const { api } = scene;
  const name = 'wisher';
  for (const grant of ['auth://GitHub/work/access_token', 'auth://github/work/token', TOKEN])
    await api.grantCapability({ name, grant });
  expect(await grantsOf(scene)).toEqual(
    expect.arrayContaining([
      [TOKEN, true, true],
      ['auth://github/work/token', false, true],
    ]),
  );
  expect(await api.revokeCapability({ name, grant: 'auth://github/*/token' })).toEqual({
    revoked: false,
    grants: ['auth://github/work/token', TOKEN],
  });
  expect(await api.revokeCapability({ name, grant: 'auth://GITHUB/work/access_token' })).toEqual({
    revoked: true,
    grants: [TOKEN],
  });
});

test('what cannot be granted, and a capability that is not there', async () => {
  const { api } = await wishing();
  for (const grant of ['nonsense', 'env://PATH', 'secret://', 'vals:ref+echo://*']) {
    await expect(api.grantCapability({ name: 'wisher', grant })).rejects.toMatchObject({
      kind: 'invalid_reference',
    });
    await expect(api.revokeCapability({ name: 'wisher', grant })).rejects.toMatchObject({
      kind: 'invalid_reference',
    });
  }
  for (const name of ['absent', 'wisher2']) {
    await expect(api.grantCapability({ name, grant: TOKEN })).rejects.toMatchObject({ kind: 'not_found' });
    await expect(api.revokeCapability({ name, grant: TOKEN })).rejects.toMatchObject({ kind: 'not_found' });
  }
});

test(`a capability has at most ${MOST_GRANTS} grants`, async () => {
  const { api } = await wishing();
  const name = 'wisher';
  for (let index = 0; index < MOST_GRANTS; index++)
    await api.grantCapability({ name, grant: `secret://many/${index}` });
  await expect(api.grantCapability({ name, grant: TOKEN })).rejects.toMatchObject({ kind: 'limit_exceeded' });
  expect((await api.grantCapability({ name, grant: 'secret://many/7' })).grants).toHaveLength(MOST_GRANTS);
  await api.revokeCapability({ name, grant: 'secret://many/7' });
  expect((await api.grantCapability({ name, grant: TOKEN })).grants).toContain(TOKEN);
});

test('is taken back also while the vault is locked, and granted only while it is not', async () => {
  const { api } = await wishing();
  const name = 'wisher';
  await api.grantCapability({ name, grant: TOKEN });
  await api.lock();
  expect(await api.revokeCapability({ name, grant: TOKEN })).toEqual({ revoked: true, grants: [] });
  await expect(api.grantCapability({ name, grant: TOKEN })).rejects.toMatchObject({ kind: 'vault_locked' });
});

test('belongs to the capability, not to its name', async () => {
  const scene = await wishing();
  const { api, sandbox } = scene;
  await api.grantCapability({ name: 'wisher', grant: TOKEN });
  await api.removeCapability({ name: 'wisher' });
  await api.registerCapability({ path: `${sandbox.home}/made-wisher` });
  expect(await grantsOf(scene)).toEqual([[TOKEN, true, false]]);
});

test('is not stored for one that is removed meanwhile', async () => {
  const sandbox = await stopAfter(createSandbox());
  const core = await openTestCore(sandbox.home);
  const { registry, granted, ownSecrets } = core.capabilities;
  const folder = await writeCapability(`${sandbox.home}/weather`, weather);
  const { id } = await registry.register(folder);
  const outcomes = await Promise.allSettled([
    granted.grant('weather', TOKEN),
    ownSecrets.set({ name: 'weather', key: 'KEY', value: 'x', encoding: 'utf8' }),
    registry.remove(id),
  ]);
  expect(outcomes).toMatchObject([
    { status: 'rejected', reason: { kind: 'not_found' } },
    { status: 'rejected', reason: { kind: 'not_found' } },
    { status: 'fulfilled', value: true },
  ]);
  await core.close();
});

describe('in a database that was altered', () => {
  const damaged = (grant: string) => ({
    kind: 'integrity',
    message: `It is stored that ${grant} was granted to the capability, and that is not proven.`,
  });

  test.each<[what: string, set: string, grant: string]>([
    ['another reference', `"grant" = 'secret://team/*'`, 'secret://team/*'],
    ['another proof', 'seal = randomblob(length(seal))', TOKEN],
    ['no proof', "seal = x''", TOKEN],
  ])('%s counts as not granted, and is named', async (_, set, grant) => {
    const scene = await wishing();
    await scene.api.grantCapability({ name: 'wisher', grant: TOKEN });
    stored.alterOwn(scene.sandbox.home, 'capability_grants', set);
    await expect(scene.run('wisher')).rejects.toMatchObject(damaged(grant));
    // A person can set that right.
    await scene.api.revokeCapability({ name: 'wisher', grant });
    await scene.api.grantCapability({ name: 'wisher', grant: TOKEN });
    expect(await scene.run('wisher')).toMatchObject({ run: { status: 'completed' } });
  });

  test('the grant of another capability counts as not granted', async () => {
    const scene = await wishing();
    await scene.add('other', 'return ""', WISH);
    await scene.api.grantCapability({ name: 'other', grant: TOKEN });
    stored.giveOwn(scene.sandbox.home, 'capability_grants', 'wisher');
    await expect(scene.run('wisher')).rejects.toMatchObject(damaged(TOKEN));
  });

  test('granting again what is damaged proves it', async () => {
    const scene = await wishing();
    await scene.api.grantCapability({ name: 'wisher', grant: TOKEN });
    stored.alterOwn(scene.sandbox.home, 'capability_grants', "seal = x'02'");
    await scene.api.grantCapability({ name: 'wisher', grant: TOKEN });
    expect(await scene.run('wisher')).toMatchObject({ run: { status: 'completed' } });
  });
});

test.each(['auth://own/robot/instance_url', 'auth://own/robot/*'])(
  'a field of an account is given to a capability by the grant %s',
  async (grant) => {
    const instance_url = 'https://acme.example.org';
    const answer = { body: { access_token: 'a token', instance_url } };
    const provider = await stopAfter(startFakeProvider({ 'POST /token': () => answer }));
    const scene = await capabilityScene();
    const { api } = scene;
    const token_endpoint = `${provider.url}/token`;
    await api.setProvider({ id: 'own', token_endpoint, answer_fields: ['instance_url'] });
    const credential = { client_id: 'robot', client_secret: 'a secret' };
    await api.addAccount({ service: 'own', account: 'robot', credential });
    const reference = 'auth://own/robot/instance_url';
    const body = 'import os\nreturn str(len(os.environ["URL"]))';
    await scene.add('caller', body, { grants: [reference], env: { URL: reference } });
    await expect(scene.run('caller')).rejects.toMatchObject({ kind: 'denied' });
    await api.grantCapability({ name: 'caller', grant: 'auth://own/robot/token' });
    await expect(scene.run('caller')).rejects.toMatchObject({ kind: 'denied' });
    await api.grantCapability({ name: 'caller', grant });
    expect(await scene.run('caller')).toMatchObject({ response: String(instance_url.length) });
  },
);
