import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api, ParamsOf, ResultOf } from '../../shared/contract/index.js';
import { begin, callback } from '../support/accounts.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { openPage } from '../support/provider/person.js';
import { type Backend, startLibrary } from '../support/start/backends.js';

let fake: FakeProvider;
let backend: Backend;
let api: Api;
let count = 0;

beforeAll(async () => {
  fake = await startFakeProvider();
  fake.route('POST /revoke', () => ({ status: 200 }));
  backend = await startLibrary();
  api = backend.api;
});
afterAll(async () => {
  await backend.stop();
  await fake.stop();
});

/** A provider of its own, with another client each time. */
async function know(settings: Partial<ParamsOf<'set_provider'>> = {}): Promise<string> {
  count += 1;
  const id = `own${count}`;
  await api.setProvider({
    ...{ id, client_id: `client${count}` },
    authorization_endpoint: `${fake.url}/authorize`,
    token_endpoint: `${fake.url}/token`,
    revocation_endpoint: `${fake.url}/revoke`,
    ...settings,
  });
  return id;
}

/** The ID token of this person; `undefined` for an answer without one. */
function idTokenOf(sub: string | undefined, claims: object = {}): string | undefined {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return sub === undefined ? undefined : `${part({ alg: 'ES256' })}.${part({ sub, ...claims })}.x`;
}

interface Person {
  readonly sub?: string;
  readonly claims?: object;
}

async function signIn(
  service: string,
  account: string,
  { sub, claims }: Person = {},
  params: Partial<ParamsOf<'add_account'>> = {},
): Promise<ResultOf<'wait_flow'>> {
  count += 1;
  const refresh_token = `rt-${count}`;
  fake.route('POST /token', () => ({
    body: { access_token: 'a', refresh_token, expires_in: 3600, id_token: idTokenOf(sub, claims) },
  }));
  const begun = await begin(api, { service, account, provider: service, scopes: ['openid'], ...params });
  const ended = api.waitFlow({ flow_id: begun.flowId, timeout_s: 60 });
  ended.catch(() => undefined);
  await openPage(callback(begun, { code: 'the code' }));
  return ended;
}

describe('a sign-in again by another person', () => {
  const replace = { replace: true };

  test('says so, and replaces the account', async () => {
    const id = await know();
    expect((await signIn(id, 'work', { sub: 'ada' })).notices).toEqual([]);
    const { notices, state } = await signIn(id, 'work', { sub: 'grace' }, replace);
    expect(state).toBe('complete');
    expect(notices).toEqual([
      `Another person signed in: ${id}/work is now for another user of ${id} than before. If that is wrong, sign in again: sigilforge add-account ${id} work --replace`,
    ]);
    expect((await signIn(id, 'work', { sub: 'grace' }, replace)).notices).toEqual([]);
    expect((await signIn(id, 'work', { sub: 'ada' }, replace)).notices).toHaveLength(1);
  });

  test.each<[string, Person, Person]>([
    ['it is the same person', { sub: 'ada' }, { sub: 'ada' }],
    ['it was not known before who signed in', {}, { sub: 'ada' }],
    ['it is not known any more', { sub: 'ada' }, {}],
  ])('is not said where %s', async (_, before, after) => {
    const id = await know();
    await signIn(id, 'work', before);
    expect((await signIn(id, 'work', after, replace)).notices).toEqual([]);
  });

  test('is not said where another client was signed in, which may know a person by another name', async () => {
    const id = await know();
    await signIn(id, 'work', { sub: 'pairwise-1' });
    const { notices } = await signIn(id, 'work', { sub: 'pairwise-2' }, { ...replace, client_id: 'another' });
    expect(notices).toEqual([]);
  });

  test('says so for an imported token as well, whose ID token has a number', async () => {
    const id = await know();
    await signIn(id, 'work', { sub: 'ada' });
    const id_token = idTokenOf('x', { sub: 1001 });
    fake.route('POST /token', () => ({ body: { access_token: 'a', expires_in: 3600, id_token } }));
    const imported = { service: id, account: 'work', ...replace };
    const credential = { refresh_token: `imported-${id}` };
    expect((await api.addAccount({ ...imported, credential })).notices).toEqual([
      expect.stringContaining('Another person signed in'),
    ]);
  });
});

describe('at a provider that ends every grant of a client at once', () => {
  const wide = { quirks: ['revokes_all_grants' as const] };
  const details = (service: string, account: string) => api.getAccount({ service, account });

  test.each<[string, Person, Person, boolean]>([
    ['of the same person', { sub: 'ada' }, { sub: 'ada' }, true],
    ['of people who are not known', {}, {}, true],
    ['of a person, and of one who is not known', { sub: 'ada' }, {}, true],
    ['of different people', { sub: 'ada' }, { sub: 'grace' }, false],
  ])('accounts %s', async (_, one, other, together) => {
    const id = await know(wide);
    await signIn(id, 'work', one);
    await signIn(id, 'home', other);
    expect((await details(id, 'work')).revoked_with).toEqual(together ? [`${id}/home`] : []);
    expect(await api.removeAccount({ service: id, account: 'work' })).toEqual({
      ...{ removed: true, revoked: true },
      notices: together ? [expect.stringContaining(`may have ended as well: ${id}/home.`)] : [],
    });
    // The last one ends alone.
    expect((await details(id, 'home')).revoked_with).toEqual([]);
    expect(await api.removeAccount({ service: id, account: 'home' })).toMatchObject({ notices: [] });
  });

  test('a client of another id, one at another server, and one without a person do not end with it', async () => {
    const id = await know(wide);
    await signIn(id, 'work');
    await signIn(id, 'other', {}, { client_id: 'another' });
    const elsewhere = await know({
      ...wide,
      token_endpoint: `${fake.url.replace('127.0.0.1', 'localhost')}/token`,
    });
    await signIn(elsewhere, 'work', {}, { client_id: `client${count}` });
    const { client_id } = (await api.getProvider({ id })).provider;
    const credential = { client_id: client_id ?? '', client_secret: 'a-client-secret-of-a-test' };
    fake.route('POST /token', () => ({ body: { access_token: 'a', expires_in: 3600 } }));
    await api.addAccount({ service: id, account: 'robot', credential });
    expect((await details(id, 'work')).revoked_with).toEqual([]);
    expect((await details(id, 'robot')).revoked_with).toEqual([]);
  });

  test('the same client counts by whatever name its provider has', async () => {
    const id = await know(wide);
    const { client_id } = (await api.getProvider({ id })).provider;
    const alias = await know({ ...wide, client_id: client_id ?? '' });
    await signIn(id, 'work');
    await signIn(alias, 'work');
    expect((await details(id, 'work')).revoked_with).toEqual([`${alias}/work`]);
  });

  test('an account that is not revoked takes no other with it', async () => {
    const id = await know(wide);
    await signIn(id, 'work');
    await signIn(id, 'home');
    const before = fake.sentTo('POST /revoke').length;
    expect(await api.removeAccount({ service: id, account: 'work', revoke: false })).toMatchObject({
      notices: [],
    });
    expect(fake.sentTo('POST /revoke')).toHaveLength(before);
  });

  test('tokens of another sign-in are not revoked beside an account, which would end with them', async () => {
    const id = await know(wide);
    const before = fake.sentTo('POST /revoke').length;
    await signIn(id, 'work', { sub: 'ada' });
    const foreign = { sub: 'ada', claims: { nonce: 'of another sign-in' } };
    await expect(signIn(id, 'home', foreign)).rejects.toMatchObject({
      hint: expect.stringContaining(`were not revoked, because that would end ${id}/work as well`),
    });
    await expect(signIn(id, 'work', foreign, { replace: true })).rejects.toMatchObject({
      hint: expect.stringContaining(`would end ${id}/work`),
    });
    expect(fake.sentTo('POST /revoke')).toHaveLength(before);
    await api.removeAccount({ service: id, account: 'work', revoke: false });
    await expect(signIn(id, 'home', foreign)).rejects.toMatchObject({
      hint: expect.stringContaining('were revoked'),
    });
  });
});

test('where one grant ends by itself, no account ends with another', async () => {
  const id = await know();
  await signIn(id, 'work', { sub: 'ada' });
  await signIn(id, 'home', { sub: 'ada' });
  expect((await api.getAccount({ service: id, account: 'work' })).revoked_with).toEqual([]);
  expect(await api.removeAccount({ service: id, account: 'work' })).toMatchObject({ notices: [] });
});
