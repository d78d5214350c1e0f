import { describe, expect, test } from 'vitest';
import { begin, callback, completed } from '../support/accounts.js';
import { importAccount } from '../support/provider/imports.js';
import { openPage } from '../support/provider/person.js';
import { startLibrary } from '../support/start/backends.js';
import { startScripted } from '../support/start/scripted.js';
import { stopAfter } from '../support/start/stop-after.js';

// Whatever a built-in entry can state of its provider, a person can state of another one.

const good = { access_token: 'a', refresh_token: 'r', token_type: 'bearer', expires_in: 3600 };

const { fake, api, own } = await startScripted();

const lastForm = (route: string) => fake.sentTo(route).at(-1)?.form;

describe('requests', () => {
  test('refreshes go to the refresh endpoint, with the parameters of every token request and their own on top', async () => {
    const id = await own({
      refresh_endpoint: `${fake.url}/renew`,
      token_params: { tenant: 'one', mode: 'code' },
      refresh_params: { mode: 'refresh', keep: 'yes' },
    });
    fake.route('POST /token', () => ({ body: good }));
    fake.route('POST /renew', () => ({ body: { ...good, access_token: 'renewed' } }));
    const begun = await begin(api, { service: id });
    await openPage(callback(begun, { code: 'the code' }));
    await completed(api, begun.flowId);
    const granted = lastForm('POST /token');
    expect(granted).toMatchObject({ grant_type: 'authorization_code', tenant: 'one', mode: 'code' });
    expect(granted).not.toHaveProperty('keep');
    const { access_token } = await api.refreshToken({ service: id, account: 'work' });
    expect(access_token).toBe('renewed');
    expect(lastForm('POST /renew')).toMatchObject({
      grant_type: 'refresh_token',
      ...{ tenant: 'one', mode: 'refresh', keep: 'yes' },
    });
  });

  test('the device authorization request has its own parameters', async () => {
    const id = await own({ device_params: { audience: 'api' }, authorize_params: { prompt: 'consent' } });
    fake.route('POST /device', () => ({
      body: { device_code: 'd', user_code: 'U', verification_uri: 'https://t.example/' },
    }));
    const { flow_id } = await api.addAccount({ service: id, account: 'me', flow: 'device_code' });
    expect(lastForm('POST /device')).toEqual({ audience: 'api', client_id: 'client' });
    await api.cancelFlow({ flow_id: flow_id ?? '' });
  });

  test.each([
    ['unsupported', false],
    ['supported', true],
    ['unknown', true],
  ] as const)('with PKCE that is %s', async (pkce, isSent) => {
    const id = await own({ pkce });
    fake.route('POST /token', () => ({ body: { ...good, refresh_token: `r ${pkce}` } }));
    const begun = await begin(api, { service: id });
    const { searchParams } = new URL(begun.address);
    expect(searchParams.has('code_challenge')).toBe(isSent);
    expect(searchParams.has('code_challenge_method')).toBe(isSent);
    await openPage(callback(begun, { code: 'the code' }));
    await completed(api, begun.flowId);
    expect(Object.hasOwn(lastForm('POST /token') ?? {}, 'code_verifier')).toBe(isSent);
  });

  test('an issuer of an account moves the endpoints below the base address', async () => {
    const id = await own({
      base_url: 'https://git.example.org',
      authorization_endpoint: 'https://git.example.org/authorize',
    });
    const { provider } = await api.getProvider({ id });
    expect(provider).toMatchObject({ base_url: 'https://git.example.org', discovery: false });
    await api.setProvider({ id, token_endpoint: 'https://git.example.org/token' });
    const { address, flowId } = await begin(api, { service: id, issuer: fake.url });
    expect(address).toMatch(`${fake.url}/authorize?`);
    await api.cancelFlow({ flow_id: flowId });
  });

  test('quirks', async () => {
    const id = await own({ quirks: ['json_token_requests'] });
    await importAccount(api, fake, id, 'json');
    const request = fake.sentTo('POST /token').at(-1);
    expect(request?.headers['content-type']).toBe('application/json');
    expect(request?.json).toMatchObject({ grant_type: 'refresh_token' });
  });
});

describe('answers', () => {
  test.each([
    ['session_over', 400],
    ['Der Zugang ist erloschen', 403],
  ])('%j means that the grant is dead, if the provider says so', async (word, status) => {
    const body = { error: 'custom', message: word };
    const ordinary = await importAccount(api, fake, await own({}), 'work');
    ordinary.answer(body, { status });
    await expect(api.refreshToken(ordinary.name)).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect(await api.getAccount(ordinary.name)).toMatchObject({ state: 'ok' });

    const named = await importAccount(api, fake, await own({ dead_grant_errors: [word] }), 'work');
    named.answer(body, { status });
    await expect(api.refreshToken(named.name)).rejects.toMatchObject({ kind: 'auth_required' });
    expect(await api.getAccount(named.name)).toMatchObject({ state: 'needs_auth' });
  });
});

describe('revocation', () => {
  const route = 'DELETE /sessions';
  const revocation = (url: string) =>
    ({
      endpoint: `${url}/sessions`,
      token: 'access',
      body: 'empty',
      auth: 'bearer',
      method: 'DELETE',
    }) as const;

  test('in the own form of the provider', async () => {
    const id = await own({ revocation: revocation(fake.url) });
    fake.route(route, () => ({ status: 204 }));
    const { name } = await importAccount(api, fake, id, 'work');
    expect(await api.removeAccount(name)).toMatchObject({ revoked: true });
    const sent = fake.sentTo(route).at(-1);
    expect([sent?.body, sent?.headers.authorization?.split(' ')[0]]).toEqual(['', 'Bearer']);
  });

  test('its two settings replace each other', async () => {
    const id = await own({ revocation: revocation(fake.url) });
    const standard = await api.setProvider({ id, revocation_endpoint: `${fake.url}/revoke` });
    expect(standard.provider.revocation).toMatchObject({ endpoint: `${fake.url}/revoke`, auth: 'client' });
    const again = await api.setProvider({ id, revocation: revocation(fake.url) });
    expect(again.provider.revocation).toMatchObject({ endpoint: `${fake.url}/sessions`, auth: 'bearer' });
  });
});

test('parameters are set by name: the others stay, and an empty value leaves one out', async () => {
  const google = async (authorize_params: Record<string, string>) =>
    (await api.setProvider({ id: 'google', authorize_params })).provider.authorize_params;
  expect(await google({ hd: 'example.org' })).toEqual({
    access_type: 'offline',
    prompt: 'consent',
    hd: 'example.org',
  });
  expect(await google({ prompt: '' })).toEqual({ access_type: 'offline', prompt: '', hd: 'example.org' });
  expect(await google({ prompt: 'select_account', hd: '' })).toEqual({
    access_type: 'offline',
    prompt: 'select_account',
    hd: '',
  });
  const { address, flowId } = await begin(api, {
    service: 'google',
    provider: await own({ authorize_params: { a: '1', b: '' } }),
    params: { a: '', c: '3' },
  });
  const { searchParams } = new URL(address);
  expect(['a', 'b', 'c'].map((name) => searchParams.get(name))).toEqual([null, null, '3']);
  await api.cancelFlow({ flow_id: flowId });
});

test('config.toml has the same settings', async () => {
  const { api: configured } = await stopAfter(
    startLibrary({
      config: `[providers.corp]
name = "The company"
token_endpoint = "https://id.example.org/token"
refresh_endpoint = "https://id.example.org/renew"
quirks = ["comma_scopes_in_answer"]
pkce = "unsupported"
dead_grant_errors = ["session_over"]
client_secret_rule = "required"
device_params = { audience = "api" }
refresh_params = { keep = "yes" }
iss = ["https://other.example.org"]
base_url = "https://{region}.example.org"
address_params = { region = "eu" }
param_names = { client_id = "client_key", response_type = "" }
scope_separator = "+"
revocation = { endpoint = "https://id.example.org/end", token = "access", auth = "bearer" }
refresh = { issued = "always", rotates = "always", idle_s = 86400 }`,
    }),
  );
  const { provider } = await configured.getProvider({ id: 'corp' });
  expect(provider).toMatchObject({
    name: 'The company',
    refresh_endpoint: 'https://id.example.org/renew',
    quirks: ['comma_scopes_in_answer'],
    pkce: 'unsupported',
    dead_grant_errors: ['session_over'],
    client_secret: 'required',
    device_params: { audience: 'api' },
    refresh_params: { keep: 'yes' },
    iss: ['https://other.example.org'],
    base_url: 'https://{region}.example.org',
    address_params: { region: 'eu' },
    param_names: { client_id: 'client_key', response_type: '' },
    scope_separator: '+',
    revocation: { endpoint: 'https://id.example.org/end', token: 'access', auth: 'bearer', body: 'form' },
    refresh: { issued: 'always', rotates: 'always', idle_s: 86_400, lifetime_s: null },
  });
});
