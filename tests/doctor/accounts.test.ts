import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type FakeTokenEndpoint, startFakeTokenEndpoint } from '../support/provider/fake-token-endpoint.js';
import { importAccount } from '../support/provider/imports.js';
import { type Backend, startLibrary } from '../support/start/backends.js';
import { doctor, found } from '../support/start/doctor.js';
import * as stored from '../support/stored.js';

/** Each state is a run of the whole program. */
const SLOW = { timeout: 90_000 };

const AN_HOUR_MS = 3_600_000;
const TIME = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z';

const matching = (pattern: string) => expect.stringMatching(new RegExp(pattern));
const lives = (name: string) => ({
  state: 'ok',
  sentence: matching(`^${name}: the token is valid until ${TIME}(, last refreshed ${TIME})?\\.$`),
  cure: null,
});

describe('doctor on accounts', SLOW, () => {
  let backend: Backend;
  let fake: FakeTokenEndpoint;
  const seen = () => found(backend.sandbox, 'accounts');
  const home = () => backend.sandbox.home;

  beforeEach(async () => {
    [backend, fake] = await Promise.all([startLibrary(), startFakeTokenEndpoint()]);
    await fake.configure(backend.api);
    return () => Promise.all([backend.stop(), fake.stop()]);
  });

  test('that work, in every way, and refreshes none', async () => {
    const { api } = backend;
    expect(await seen()).toEqual([]);
    await importAccount(api, fake, 'fake', 'idle');
    await importAccount(api, fake, 'fake', 'work');
    await api.addAccount({ service: 'fake', account: 'key', credential: { api_key: 'a key' } });
    stored.retime(home(), { issuedAgoMs: AN_HOUR_MS, endsInMs: -1_000 }, 'idle');
    const exchanges = fake.sentTo('POST /token').length;
    expect(await seen()).toEqual([
      {
        state: 'ok',
        sentence: matching(`^fake/idle: the token is over, and is refreshed when it is next needed`),
        cure: null,
      },
      { state: 'ok', sentence: 'fake/key is an API key.', cure: null },
      lives('fake/work'),
    ]);
    expect(fake.sentTo('POST /token')).toHaveLength(exchanges);
  });

  test('whose refresh fails: while the token works, after it, and when the grant is dead', async () => {
    const { api } = backend;
    const { answer, name } = await importAccount(api, fake, 'fake', 'work');
    answer({ error: 'server_error' }, { status: 503 });
    await expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'refresh_failed' });
    const again = 'Try it now: sigilforge refresh-token fake work';
    const failed = `^The last refresh of fake/work failed \\(${TIME}: .*[^.]\\), and is tried again at ${TIME}; its token`;
    expect(await seen()).toEqual([
      { state: 'warning', sentence: matching(`${failed} still works\\.$`), cure: again },
    ]);
    stored.retime(home(), { issuedAgoMs: AN_HOUR_MS, endsInMs: -1_000 });
    expect(await seen()).toEqual([
      { state: 'fault', sentence: matching(`${failed} is over\\.$`), cure: again },
    ]);
    stored.retime(home(), { nextAttemptInMs: null });
    stored.ageExchanges(home(), AN_HOUR_MS);
    answer({ error: 'invalid_grant' }, { status: 400 });
    await expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'auth_required' });
    const { code, findings } = await doctor(backend.sandbox);
    expect(findings).toContainEqual({
      name: 'accounts',
      state: 'fault',
      sentence: matching(`^fake/work needs a new sign-in \\(${TIME}: .*\\)\\.$`),
      cure: 'Sign in again: sigilforge add-account fake work --replace --flow import',
      fixed: [],
    });
    expect(code).toBe(2);
  });

  test('of which an answer could not be read', async () => {
    const { api } = backend;
    const { answer, name } = await importAccount(api, fake, 'fake', 'work');
    answer('neither JSON nor a form');
    await expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect(await seen()).toContainEqual({
      state: 'warning',
      sentence: '1 answer to a refresh of fake/work could not be read, and is kept.',
      cure: 'After an update of Sigilforge: sigilforge unread-answers --retry',
    });
    expect((await api.listUnreadAnswers()).answers).toHaveLength(1);
  });

  test('that are damaged, copied from another vault, or of a provider that is gone', async () => {
    const { api } = backend;
    for (const account of ['damaged', 'parked', 'work']) await importAccount(api, fake, 'fake', account);
    stored.damage(home(), 'damaged', 'scopes');
    stored.changeAccounts(home(), 'parked', { state: 'parked' });
    const whole = [
      {
        state: 'fault',
        sentence: expect.stringContaining('fake/damaged'),
        cure: matching('^Sign in again: sigilforge add-account fake damaged --replace'),
      },
      {
        state: 'warning',
        sentence: 'fake/parked was copied from another vault, and is not refreshed here.',
        cure: expect.stringContaining('sigilforge refresh-token fake parked'),
      },
    ];
    expect(await seen()).toEqual([...whole, lives('fake/work')]);
    await api.removeProvider({ id: 'fake' });
    const gone = (account: string) => ({
      state: 'warning',
      sentence: `fake/${account} is of the provider fake, which is no longer configured: it cannot be signed in to again.`,
      cure: 'Configure it: sigilforge provider set fake --issuer URL --client-id ID',
    });
    expect(await seen()).toEqual([...whole, gone('parked'), gone('work')]);
  });

  test('that are many: only those with something to say', async () => {
    const { api } = backend;
    await api.addAccount({ service: 'fake', account: 'key', credential: { api_key: 'a key' } });
    const { id } = await api.getAccount({ service: 'fake', account: 'key' });
    const names = Array.from({ length: 400 }, (_, number) => `copy-${number}`);
    stored.insertListed(home(), id, names);
    stored.changeAccounts(home(), 'copy-7', { state: 'needs_auth' });
    expect(await seen()).toEqual([
      {
        state: 'fault',
        sentence: 'fake/copy-7 needs a new sign-in.',
        cure: expect.stringContaining('copy-7'),
      },
      { state: 'ok', sentence: '400 accounts are all right.', cure: null },
    ]);
  });

  test('of a database that cannot be opened: only the database is reported', async () => {
    await importAccount(backend.api, fake, 'fake', 'work');
    writeFileSync(join(home(), 'config', 'config.toml'), 'nothing');
    const { findings } = await doctor(backend.sandbox);
    expect(findings.filter(({ name }) => ['accounts', 'vault', 'clock'].includes(name))).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ name: 'database', state: 'fault' }));
  });
});
