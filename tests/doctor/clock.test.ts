import { beforeEach, describe, expect, test } from 'vitest';
import { type FakeTokenEndpoint, startFakeTokenEndpoint } from '../support/provider/fake-token-endpoint.js';
import { importAccount } from '../support/provider/imports.js';
import { type Backend, startLibrary } from '../support/start/backends.js';
import { found } from '../support/start/doctor.js';

/** Each state is a run of the whole program. */
const SLOW = { timeout: 90_000 };

const MINUTE_MS = 60_000;

describe('doctor on the clock', SLOW, () => {
  let backend: Backend;
  let fake: FakeTokenEndpoint;
  const seen = () => found(backend.sandbox, 'clock');
  const date = (text: string) => fake.route('GET /', () => ({ status: 404, headers: { date: text } }));
  const ahead = (ms: number) => date(new Date(Date.now() + ms).toUTCString());

  beforeEach(async () => {
    [backend, fake] = await Promise.all([startLibrary(), startFakeTokenEndpoint()]);
    return () => Promise.all([backend.stop(), fake.stop()]);
  });

  test('says nothing without an account, and contacts no one', async () => {
    await fake.configure(backend.api);
    expect(await seen()).toEqual([]);
    expect(fake.received).toEqual([]);
  });

  test('compares it with that of a provider', async () => {
    const { host } = new URL(fake.url);
    await fake.configure(backend.api);
    await importAccount(backend.api, fake, 'fake', 'work');
    const exchanges = fake.sentTo('POST /token').length;
    expect(await seen()).toEqual([
      { state: 'ok', sentence: `The clock agrees with that of ${host}.`, cure: null },
    ]);

    const cure = 'Have the clock set by the network: timedatectl set-ntp true';
    ahead(2.5 * MINUTE_MS);
    expect(await seen()).toEqual([
      {
        state: 'warning',
        sentence: expect.stringMatching(/^The clock of this machine is [23] minutes behind that of 127/),
        cure,
      },
    ]);
    ahead(-10.5 * MINUTE_MS);
    expect(await seen()).toEqual([
      {
        state: 'fault',
        sentence: expect.stringMatching(/^The clock of this machine is 11 minutes ahead of that of 127/),
        cure,
      },
    ]);
    date('');
    expect(await seen()).toEqual([
      {
        state: 'warning',
        sentence: `The clock could not be compared: ${host} does not say what time it is.`,
        cure,
      },
    ]);
    expect(fake.sentTo('POST /token')).toHaveLength(exchanges);

    await fake.stop();
    expect(await seen()).toEqual([
      {
        state: 'warning',
        sentence: `The clock could not be compared: ${host} refused the connection.`,
        cure: expect.stringContaining('sigilforge doctor'),
      },
    ]);
  });

  test('believes the one of two providers that agrees with it', async () => {
    await fake.configure(backend.api);
    await importAccount(backend.api, fake, 'fake', 'work');
    const other = await startFakeTokenEndpoint();
    try {
      await backend.api.setProvider({ id: 'fake', token_endpoint: `${other.url}/token` });
      await importAccount(backend.api, other, 'fake', 'home');
      ahead(10 * MINUTE_MS);
      expect(await seen()).toEqual([
        { state: 'ok', sentence: `The clock agrees with that of ${new URL(other.url).host}.`, cure: null },
      ]);
      expect(fake.sentTo('GET /')).toHaveLength(1);
    } finally {
      await other.stop();
    }
  });
});
