import { expect, test } from 'vitest';
import { SERVICE } from '../support/accounts.js';
import { startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

const damaged = { id: 'damaged', issuer: 'https://id.example.org', client_id: 'id', client_secret: 'hush' };

test('a provider whose settings cannot be read is named, hides no other, and can be removed', async () => {
  const { api, sandbox } = await stopAfter(startScene());
  await api.setProvider(damaged);
  stored.damageProvider(sandbox.home, damaged.id);

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
