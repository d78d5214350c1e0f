import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';

test('the lock of an account goes with it, and no other', async () => {
  const { api, sandbox } = await stopAfter(startDaemon());
  const locks = () => readdir(path.join(sandbox.home, 'data', 'locks'));
  const apiKey = { flow: 'api_key', credential: { api_key: 'k' } } as const;
  for (const replace of [false, true]) {
    for (const account of ['stays', 'goes']) {
      await api.addAccount({ service: 'example', account, replace, ...apiKey });
    }
  }
  const ids = (await api.listAccounts()).accounts.map(({ id }) => id);
  const before = await locks();
  expect(ids.filter((id) => before.includes(id))).toHaveLength(2);
  await api.removeAccount({ service: 'example', account: 'goes' });
  const [kept] = (await api.listAccounts()).accounts;
  expect((await locks()).filter((name) => ids.includes(name))).toEqual([kept?.id]);
  expect((await api.getToken({ service: 'example', account: 'stays' })).access_token).toBe('k');
});
