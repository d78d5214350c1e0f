import { expect, test } from 'vitest';
import { SERVICE } from '../support/accounts.js';
import { startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

const damaged = { id: 'damaged', issuer: 'https://id.example.org', client_id: 'id', client_secret: 'hush' };

test.each([
  ['are no JSON', '{"issuer":42'],
  ['are of another type', '[]'],
  ['name an address without https', '{"issuer":"http://id.example.org","client_id":"id"}'],
  ['have a field that no version knows', '{"issuer":"https://id.example.org","client_id":"id","more":1}'],
])('a provider whose settings %s is named, hides no other, and can be removed', async (_, text) => {
  const { api, sandbox } = await stopAfter(startScene());
  await api.setProvider(damaged);
  stored.damageProvider(sandbox.home, damaged.id, text);

  const { providers } = await api.listProviders();
  expect(providers.find(({ id }) => id === damaged.id)).toMatchObject({
    source: 'stored',
    configured: false,
  });
  expect(providers.find(({ id }) => id === SERVICE)).toMatchObject({ source: 'stored', configured: true });
  const refused = {
    kind: 'integrity',
    message: 'The stored settings for the provider damaged are damaged.',
    hint: expect.stringContaining('sigilforge provider remove damaged'),
  };
  await expect(api.getProvider({ id: damaged.id })).rejects.toMatchObject(refused);
  await expect(api.setProvider({ id: damaged.id, client_id: 'other' })).rejects.toMatchObject(refused);

  expect(await api.removeProvider({ id: damaged.id })).toEqual({ removed: true });
  expect(await api.setProvider(damaged)).toMatchObject({ provider: { client_id: 'id' } });
});
