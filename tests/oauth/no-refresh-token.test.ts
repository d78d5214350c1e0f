import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api, ParamsOf, ResultOf } from '../../shared/contract/index.js';
import { begin, callback } from '../support/accounts.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { openPage } from '../support/provider/person.js';
import { type Backend, startLibrary } from '../support/start/backends.js';
import * as stored from '../support/stored.js';

let fake: FakeProvider;
let backend: Backend;
let api: Api;
let count = 0;

beforeAll(async () => {
  fake = await startFakeProvider();
  fake.route('GET /.well-known/openid-configuration', () => ({
    body: {
      issuer: fake.url,
      authorization_endpoint: `${fake.url}/authorize`,
      token_endpoint: `${fake.url}/token`,
      device_authorization_endpoint: `${fake.url}/device`,
      revocation_endpoint: `${fake.url}/revoke`,
    },
  }));
  backend = await startLibrary();
  api = backend.api;
  await api.setProvider({ id: 'own', issuer: fake.url, client_id: 'client' });
  await api.setProvider({
    id: 'github',
    ...{ authorization_endpoint: `${fake.url}/authorize`, token_endpoint: `${fake.url}/token` },
    client_id: 'client',
    client_secret: 'a-client-secret-of-a-test',
  });
});
afterAll(async () => {
  await backend.stop();
  await fake.stop();
});

type Answer = Record<string, unknown>;
type Params = Partial<ParamsOf<'add_account'>>;

const short = { access_token: 'at', token_type: 'Bearer', expires_in: 3600 };

/** A whole sign-in whose token answer is this one. */
async function signInWith(answer: Answer, params: Params): Promise<ResultOf<'wait_flow'>> {
  fake.route('POST /token', () => ({ body: answer }));
  const begun = await begin(api, { service: 'own', ...params });
  const ended = api.waitFlow({ flow_id: begun.flowId, timeout_s: 60 });
  ended.catch(() => undefined);
  await openPage(callback(begun, { code: 'the code' }));
  return ended;
}

/** An account with a refresh token of its own. */
async function signedIn(): Promise<{ service: string; account: string }> {
  count += 1;
  const account = `kept${count}`;
  await signInWith({ ...short, refresh_token: `rt-${account}` }, { account });
  return { service: 'own', account };
}

describe('the authorization request', () => {
  const queryOf = async (params: Params): Promise<URLSearchParams> => {
    const { address, flowId } = await begin(api, { service: 'own', account: 'query', ...params });
    await api.cancelFlow({ flow_id: flowId });
    return new URL(address).searchParams;
  };

  test('asks for `openid offline_access`, and for consent with it', async () => {
    const query = await queryOf({});
    expect(query.get('scope')).toBe('openid offline_access');
    expect(query.get('prompt')).toBe('consent');
  });

  test('without `offline_access` it asks for no consent', async () => {
    expect((await queryOf({ scopes: ['openid'] })).has('prompt')).toBe(false);
  });

  test.each([
    ['login consent', 'login consent'],
    ['select_account', 'select_account'],
    ['', null],
  ])('a prompt of one’s own (%j) is what counts', async (prompt, sent) => {
    expect((await queryOf({ params: { prompt } })).get('prompt')).toBe(sent);
  });

  test.each([
    ['login', 'login'],
    ['', null],
  ])('the prompt of the settings (%j) is what counts', async (prompt, sent) => {
    await api.setProvider({
      id: 'prompting',
      issuer: fake.url,
      client_id: 'client',
      authorize_params: { prompt },
    });
    expect((await queryOf({ service: 'prompting' })).get('prompt')).toBe(sent);
  });

  test('a provider whose entry says how refresh tokens come gets what its entry says', async () => {
    await api.setProvider({ id: 'microsoft', client_id: 'client' });
    const query = await queryOf({ service: 'microsoft' });
    expect(query.get('scope')).toContain('offline_access');
    expect(query.has('prompt')).toBe(false);
  });

  test('an empty parameter is left out', async () => {
    expect([...(await queryOf({ params: { hd: '', ui_locales: 'de' } })).keys()]).toEqual(
      expect.not.arrayContaining(['hd']),
    );
  });
});

describe('a server that refuses what no person asked for', () => {
  /** The requests of a browser that comes back to a sign-in until it is not sent on. */
  async function browse(params: Params, refuse: (query: URLSearchParams) => Record<string, string>) {
    count += 1;
    fake.route('POST /token', () => ({ body: short }));
    const begun = await begin(api, { service: 'own', account: `refused${count}`, ...params });
    const ended = api.waitFlow({ flow_id: begun.flowId, timeout_s: 60 });
    ended.catch(() => undefined);
    const opened: URLSearchParams[] = [];
    for (let address: string | null = begun.address; address !== null; ) {
      const query = new URL(address).searchParams;
      opened.push(query);
      const back = callback(begun, refuse(query));
      address = (await fetch(back, { redirect: 'manual' })).headers.get('location');
    }
    return { opened, ended };
  }
  const has = (query: URLSearchParams, scope: string) =>
    query.get('scope')?.split(' ').includes(scope) === true;
  const code = { code: 'the code' };

  test.each<[string, Record<string, string>]>([
    ['invalid_scope', { error: 'invalid_scope' }],
    [
      'invalid_scope in words',
      { error: 'invalid_scope', error_description: 'Unknown scope: offline_access' },
    ],
    [
      'invalid_request',
      { error: 'invalid_request', error_description: 'Scope offline_access is not allowed' },
    ],
    ['another word', { error: 'unauthorized_scope_error' }],
  ])('offline_access, by %s, is asked without it in the same browser', async (_, refusal) => {
    const { opened, ended } = await browse({}, (query) => (has(query, 'offline_access') ? refusal : code));
    expect(opened.map((query) => [query.get('scope'), query.get('prompt')])).toEqual([
      ['openid offline_access', 'consent'],
      ['openid', null],
    ]);
    for (const name of ['state', 'nonce', 'code_challenge', 'redirect_uri', 'client_id'])
      expect([name, opened[1]?.get(name)]).toEqual([name, opened[0]?.get(name)]);
    const { account, notices } = await ended;
    expect(account).toMatchObject({ scopes: ['openid'] });
    // Not to be tried again.
    expect(notices).toEqual([
      expect.stringMatching(
        /^No refresh token came.*--replace --param access_type=offline --param prompt=consent\./,
      ),
    ]);
  });

  test('every scope, is asked for none', async () => {
    const { opened, ended } = await browse({}, (query) =>
      query.has('scope') ? { error: 'invalid_scope' } : code,
    );
    expect(opened.map((query) => query.get('scope'))).toEqual(['openid offline_access', 'openid', null]);
    expect(await ended).toMatchObject({ state: 'complete' });
  });

  test.each(['invalid_request', 'consent_required', 'interaction_required'])(
    'the prompt, by %s, is asked without it',
    async (error) => {
      const { opened, ended } = await browse({}, (query) => (query.has('prompt') ? { error } : code));
      expect(opened.map((query) => [query.get('scope'), query.get('prompt')])).toEqual([
        ['openid offline_access', 'consent'],
        ['openid offline_access', null],
      ]);
      expect(await ended).toMatchObject({ state: 'complete' });
    },
  );

  test.each<[string, Params, Record<string, string>]>([
    ['scopes that were named', { scopes: ['openid', 'offline_access'] }, { error: 'invalid_scope' }],
    ['a prompt that was named', { params: { prompt: 'consent' } }, { error: 'invalid_request' }],
    ['the person', {}, { error: 'access_denied' }],
    ['the client', {}, { error: 'unauthorized_client' }],
    ['something else', { scopes: ['openid'] }, { error: 'invalid_request' }],
  ])('but %s, is not asked again', async (_, params, refusal) => {
    const { opened, ended } = await browse(params, () => refusal);
    expect(opened).toHaveLength(1);
    await expect(ended).rejects.toThrow();
  });

  test('is asked once more for each, and no more', async () => {
    const { opened, ended } = await browse({}, (query) => ({
      error: query.has('prompt') ? 'invalid_request' : 'invalid_scope',
    }));
    expect(opened).toHaveLength(4);
    await expect(ended).rejects.toMatchObject({ message: expect.stringContaining('invalid_scope') });
  });

  test.each([
    [
      'invalid_scope',
      /^No scopes were named, so Sigilforge asked for openid and offline_access\..*provider set own --scopes/,
    ],
    ['consent_required', /prompt=consent is sent.*--param prompt=$/],
  ])('says so where the address is pasted: %s', async (error, hint) => {
    const begun = await begin(api, { service: 'own', account: 'pasted-refusal' });
    const redirect_url = callback(begun, { error });
    await expect(api.completeFlow({ flow_id: begun.flowId, redirect_url })).rejects.toMatchObject({
      hint: expect.stringMatching(hint),
    });
  });

  test('on another device is asked without it at once', async () => {
    const device = { device_code: 'd', user_code: 'U', verification_uri: `${fake.url}/v`, interval: 0.01 };
    fake.route('POST /device', ({ form }) =>
      form['scope']?.includes('offline_access')
        ? { status: 400, body: { error: 'invalid_scope' } }
        : { body: device },
    );
    fake.route('POST /token', () => ({ body: { ...short, refresh_token: 'rt-asked-again' } }));
    const { flow_id } = await api.addAccount({ service: 'own', account: 'device2', flow: 'device_code' });
    const { account } = await api.waitFlow({ flow_id: flow_id ?? '', timeout_s: 60 });
    expect(account).toMatchObject({ scopes: ['openid'] });
    const named = { service: 'own', account: 'device3', flow: 'device_code' as const };
    await expect(api.addAccount({ ...named, scopes: ['offline_access'] })).rejects.toMatchObject({
      message: expect.stringContaining('invalid_scope'),
    });
  });
});

describe('a sign-in that brings no refresh token', () => {
  test('says until when the account works, and what to try', async () => {
    const { account, notices } = await signInWith(short, { account: 'a', scopes: ['profile'] });
    const end = account?.expires_at?.slice(0, 16).replace('T', ' ');
    expect(notices).toEqual([
      `No refresh token came: own/a works until ${end} UTC, and then needs a new sign-in. Try: sigilforge add-account own a --replace --scopes openid,profile,offline_access or --param access_type=offline --param prompt=consent. If that does not help, check that the provider lets this client have refresh tokens.`,
    ]);
  });

  test('says it to each caller, and to one that pastes the address', async () => {
    fake.route('POST /token', () => ({ body: short }));
    const begun = await begin(api, { service: 'own', account: 'pasted' });
    const redirect_url = callback(begun, { code: 'the code' });
    const { notices } = await api.completeFlow({ flow_id: begun.flowId, redirect_url });
    expect(notices).toEqual([expect.stringMatching(/^No refresh token came: own\/pasted works until/)]);
    expect(await api.waitFlow({ flow_id: begun.flowId })).toMatchObject({ state: 'complete', notices });
  });

  test('does not name a scope again that was asked for', async () => {
    const { notices } = await signInWith(short, { account: 'asked' });
    expect(notices[0]).toContain('--replace --param access_type=offline --param prompt=consent.');
  });

  test('says it on another device as well', async () => {
    const device = { device_code: 'd', user_code: 'U', verification_uri: `${fake.url}/v`, interval: 0.01 };
    fake.route('POST /device', () => ({ body: device }));
    fake.route('POST /token', () => ({ body: short }));
    const { flow_id } = await api.addAccount({ service: 'own', account: 'tv', flow: 'device_code' });
    const { notices } = await api.waitFlow({ flow_id: flow_id ?? '', timeout_s: 60 });
    expect(notices).toEqual([expect.stringContaining('own/tv works until')]);
  });

  test('says that the end is not known where the provider does not name it', async () => {
    const { notices } = await signInWith({ access_token: 'at' }, { account: 'endless' });
    expect(notices).toEqual([expect.stringContaining('own does not say when this token ends')]);
  });

  test.each<[string, Params, Answer]>([
    ['a refresh token came', { account: 'fine' }, { ...short, refresh_token: 'rt-fine' }],
    ['the provider gives tokens without end', { service: 'github', account: 'me' }, { access_token: 'gho' }],
  ])('says nothing where %s', async (_, params, answer) => {
    expect((await signInWith(answer, params)).notices).toEqual([]);
  });

  test('says nothing of a flow that needs no person', async () => {
    fake.route('POST /token', () => ({ body: short }));
    const credential = { client_id: 'robot', client_secret: 'a-client-secret-of-a-test' };
    const added = await api.addAccount({ service: 'own', account: 'robot', credential });
    expect(added.notices).toEqual([]);
  });
});

describe('a replacement that brings no refresh token', () => {
  test('is not made: the account keeps the grant that it has', async () => {
    const name = await signedIn();
    await expect(signInWith(short, { ...name, replace: true })).rejects.toMatchObject({
      kind: 'already_exists',
      message: `No refresh token came, so own/${name.account} keeps the one that it has: nothing was replaced.`,
      hint: expect.stringMatching(/^Try: .*--without-refresh\.$/),
    });
    expect(fake.sentTo('POST /revoke')).toEqual([]);
    fake.route('POST /token', () => ({ body: { ...short, access_token: 'refreshed' } }));
    expect((await api.refreshToken(name)).access_token).toBe('refreshed');
    expect(fake.sentTo('POST /token').at(-1)?.form).toMatchObject({ refresh_token: `rt-${name.account}` });
  });

  test('is made where that is asked for', async () => {
    const name = await signedIn();
    const answer = { ...short, access_token: 'short-lived' };
    const { notices } = await signInWith(answer, { ...name, replace: true, without_refresh: true });
    expect(notices).toEqual([expect.stringContaining('No refresh token came')]);
    expect((await api.getToken(name)).access_token).toBe('short-lived');
    await expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'auth_required' });
  });

  test('is made where the account has a refresh token that is dead', async () => {
    const name = await signedIn();
    fake.route('POST /token', () => ({ status: 400, body: { error: 'invalid_grant' } }));
    await expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'auth_required' });
    const { account } = await signInWith(short, { ...name, replace: true });
    expect(account).toMatchObject({ ...name, state: 'ok' });
  });

  test('is made where the account has a refresh token that is past its end', async () => {
    const name = { service: 'own', account: 'past' };
    await signInWith({ ...short, refresh_token: 'rt-past', refresh_expires_in: 60 }, name);
    stored.expireRefresh(backend.sandbox.home, name.account);
    const { account } = await signInWith(short, { ...name, replace: true });
    expect(account).toMatchObject({ ...name, state: 'ok' });
  });

  test('is made where the account has none either', async () => {
    const name = { service: 'own', account: 'short' };
    await signInWith(short, name);
    const { notices } = await signInWith({ ...short, access_token: 'next' }, { ...name, replace: true });
    expect(notices).toHaveLength(1);
    expect((await api.getToken(name)).access_token).toBe('next');
  });
});
