import { expect, test } from 'vitest';
import { asSigilforgeError } from '../../shared/errors.js';
import { startDaemon } from '../support/start/backends.js';
import { endProcess } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';

test('a client that was narrowed stays so when the daemon is started again', async () => {
  const { api, connect, daemon, sandbox } = await stopAfter(startDaemon());
  for (const key of ['team/one', 'team/two', 'other']) await api.setSecret({ key, value: key });
  const client = await connect();
  await client.restrict({ grants: ['secret://team/*'], name: 'tests' });
  await client.restrict({ grants: ['secret://*/one'] });
  await endProcess(daemon.pid);
  await sandbox.startDaemon();
  // Many calls at once, none of which may come before the connection is narrowed again.
  const asked = await Promise.allSettled([
    client.getSecret({ key: 'team/one' }),
    client.getSecret({ key: 'team/two' }),
    client.getSecret({ key: 'other' }),
    client.listSecrets(),
  ]);
  expect(asked).toMatchObject([
    { status: 'fulfilled', value: { value: 'team/one' } },
    ...Array.from({ length: 3 }, () => ({ status: 'rejected', reason: { kind: 'denied' } })),
  ]);
  expect(await client.status()).toMatchObject({ secret_count: null });
  expect(await client.restrict({ grants: ['secret://*/*'] })).toEqual({ grants: ['secret://team/one'] });
  expect(await api.status()).toMatchObject({ secret_count: 3 });
});

test('and what is left of its time ends it over another connection', async () => {
  const { api, connect, daemon, sandbox } = await stopAfter(startDaemon());
  await api.setSecret({ key: 'team/one', value: 'one' });
  const client = await connect();
  await client.restrict({ grants: ['secret://team/*'], expires_in_s: 1 });
  // The first end counts.
  await client.restrict({ grants: ['secret://team/*'], expires_in_s: 3600 });
  await endProcess(daemon.pid);
  await sandbox.startDaemon();
  const asked = () => client.getSecret({ key: 'team/one' }).then(({ value }) => value, asSigilforgeError);
  await expect.poll(asked, { timeout: 10_000 }).toMatchObject({ kind: 'denied' });
});
