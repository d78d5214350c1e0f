import { expect, test } from 'vitest';
import * as stored from '../support/stored.js';
import { type CapabilityScene, capabilityScene } from './scene.js';

const TABLES = [
  'capability_versions',
  'capability_grants',
  'capability_secrets',
  'capability_storage',
] as const;
const TOKEN = 'secret://team/token';
const name = 'keeper';

/** A capability that has something in each table. */
async function keeping(): Promise<CapabilityScene> {
  const scene = await capabilityScene();
  const { api } = scene;
  await api.setSecret({ key: 'team/token', value: 'the token of the team' });
  const body = 'return str([len(context["secrets"]["KEY"]), context["storage"]["n"]])';
  await scene.add(name, body, { grants: [TOKEN], required_secrets: [{ name: 'KEY' }] });
  await api.grantCapability({ name, grant: TOKEN });
  await api.setCapabilitySecret({ name, key: 'KEY', value: 'a secret of its own' });
  await api.storageSet({ capability: name, key: 'n', value: 7 });
  return scene;
}

/** The ids of the keys that the values of the four tables are sealed with, one for each value. */
function keysOf(home: string): string[] {
  const sealed = TABLES.flatMap((table) => stored.sealedOwn(home, table));
  expect(sealed).toHaveLength(4);
  return sealed.map((value) => value.subarray(1, 17).toString('hex'));
}

test('a new data key is the one of everything that belongs to a capability, and it runs on', async () => {
  const scene = await keeping();
  const { api, sandbox } = scene;
  const [before, ...others] = keysOf(sandbox.home);
  expect(new Set(others)).toEqual(new Set([before]));
  await api.vaultRotate();
  const [after, ...rest] = keysOf(sandbox.home);
  expect(after).not.toBe(before);
  expect(new Set(rest)).toEqual(new Set([after]));
  expect(stored.dataKeyIds(sandbox.home)).toHaveLength(1);
  expect(await scene.run(name)).toMatchObject({ run: { status: 'completed' }, response: '[19, 7]' });
});

test.each([
  ['capability_grants', `the grant ${TOKEN}`],
  ['capability_secrets', 'the secret KEY'],
  ['capability_storage', 'a stored value'],
] as const)(
  'what is damaged in %s is named, and keeps the older key until it is gone',
  async (table, what) => {
    const scene = await keeping();
    const { api, sandbox } = scene;
    const column = table === 'capability_grants' ? 'seal' : 'value';
    stored.alterOwn(
      sandbox.home,
      table,
      `${column} = CAST(substr(${column}, 1, length(${column}) - 1) || x'00' AS BLOB)`,
    );
    await expect(api.vaultRotate()).rejects.toMatchObject({
      kind: 'integrity',
      message: `Everything has the new key except ${what} of a capability, which is damaged, so the older key is kept.`,
    });
    expect(stored.dataKeyIds(sandbox.home)).toHaveLength(2);
    if (table === 'capability_grants') await api.revokeCapability({ name, grant: TOKEN });
    else if (table === 'capability_secrets') await api.deleteCapabilitySecret({ name, key: 'KEY' });
    else await api.storageDelete({ capability: name, key: 'n' });
    await api.vaultRotate();
    expect(stored.dataKeyIds(sandbox.home)).toHaveLength(1);
  },
);
