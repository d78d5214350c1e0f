import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Api, ParamsOf } from '../../shared/contract/index.js';
import { PROTOCOL_PARAMS } from '../../shared/request-params.js';
import { begin, callback, completed } from '../support/accounts.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { openPage } from '../support/provider/person.js';
import { makeEd25519Key } from '../support/provider/signing-keys.js';
import { type Backend, startLibrary } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';

// Parameters that a sign-in is given reach every request that they make sense in.

vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof import('node:timers/promises')>();
  // The pause between two polls of the device flow.
  const wait: typeof real.setTimeout = (ms = 0, value, options) =>
    real.setTimeout(ms >= 1000 && ms < 60_000 ? 10 : ms, value, options);
  return { ...real, setTimeout: wait };
});

const good = { access_token: 'a', refresh_token: 'r', token_type: 'bearer', expires_in: 3600 };

let fake: FakeProvider;
let backend: Backend;
let api: Api;

beforeAll(async () => {
  fake = await startFakeProvider({
    'POST /device': () => ({
      body: { device_code: 'd', user_code: 'U', verification_uri: 'https://t.example/', interval: 1 },
    }),
  });
  backend = await startLibrary();
  api = backend.api;
});
afterAll(async () => {
  await backend.stop();
  await fake.stop();
});

let grants = 0;
beforeEach(() => {
  fake.route('POST /token', () => ({ body: { ...good, refresh_token: `r${grants++}` } }));
});

let providers = 0;

async function own(
  settings: Partial<ParamsOf<'set_provider'>> = {},
): Promise<{ service: string; account: string }> {
  const id = `own${providers++}`;
  await api.setProvider({
    id,
    authorization_endpoint: `${fake.url}/authorize`,
    token_endpoint: `${fake.url}/token`,
    device_authorization_endpoint: `${fake.url}/device`,
    client_id: 'client',
    client_auth: 'client_secret_post',
    client_secret: 'secret',
    ...settings,
  });
  return { service: id, account: 'work' };
}

/** The parameters that the last request to an endpoint had, as far as they are asked about. */
function sent(route: string, names: readonly string[]): Record<string, string> {
  const form = fake.sentTo(route).at(-1)?.form ?? {};
  return Object.fromEntries(Object.entries(form).filter(([name]) => names.includes(name)));
}

async function browserSignIn(name: { service: string; account: string }, params: Record<string, string>) {
  const begun = await begin(api, { ...name, params });
  await openPage(callback(begun, { code: 'the code' }));
  await completed(api, begun.flowId);
  return Object.fromEntries(new URL(begun.address).searchParams);
}

async function deviceSignIn(name: { service: string; account: string }, params: Record<string, string>) {
  const { flow_id } = await api.addAccount({ ...name, flow: 'device_code', params });
  await completed(api, flow_id ?? '');
}

describe.each([
  ['audience', 'https://api.example.org'],
  ['resource', 'https://mcp.example.org/mcp'],
])('%s', (parameter, value) => {
  const params = { [parameter]: value };

  test('is in the authorization request, the exchange of the code, and every refresh', async () => {
    const name = await own();
    expect(await browserSignIn(name, params)).toMatchObject(params);
    expect(sent('POST /token', [parameter])).toEqual(params);
    for (let times = 0; times < 2; times++) {
      await api.refreshToken(name);
      expect(sent('POST /token', [parameter, 'grant_type'])).toEqual({
        ...params,
        grant_type: 'refresh_token',
      });
    }
  });

  test('is in the device authorization request, the polls, and every refresh', async () => {
    const name = await own();
    await deviceSignIn(name, params);
    expect(sent('POST /device', [parameter])).toEqual(params);
    expect(sent('POST /token', [parameter])).toEqual(params);
    await api.refreshToken(name);
    expect(sent('POST /token', [parameter, 'grant_type'])).toEqual({
      ...params,
      grant_type: 'refresh_token',
    });
  });

  test('is in every request of a client that signs in as itself', async () => {
    const name = await own();
    await api.addAccount({ ...name, flow: 'client_credentials', params });
    expect(sent('POST /token', [parameter])).toEqual(params);
    await api.refreshToken(name);
    expect(sent('POST /token', [parameter])).toEqual(params);
  });

  test('is in the import of a refresh token, and in the next refresh', async () => {
    const name = await own();
    await api.addAccount({ ...name, credential: { refresh_token: `import ${parameter}` }, params });
    expect(sent('POST /token', [parameter])).toEqual(params);
    await api.refreshToken(name);
    expect(sent('POST /token', [parameter])).toEqual(params);
  });

  test('counts more than that of the provider, also at a refresh', async () => {
    const other = { [parameter]: 'https://other.example.org' };
    const name = await own({
      authorize_params: other,
      device_params: other,
      token_params: other,
      refresh_params: other,
    });
    await deviceSignIn(name, params);
    expect(sent('POST /device', [parameter])).toEqual(params);
    expect(sent('POST /token', [parameter])).toEqual(params);
    await api.refreshToken(name);
    expect(sent('POST /token', [parameter])).toEqual(params);
  });
});

test('what only the browser is told stays out of token requests, and the rest out of refreshes', async () => {
  const name = await own();
  const hints = { kc_idp_hint: 'corp', identity_provider: 'Google', connection: 'github', user_scope: 'a' };
  const params = { login_hint: 'ada', prompt: 'login', ...hints, organization: 'one' };
  expect(await browserSignIn(name, params)).toMatchObject(params);
  expect(sent('POST /token', Object.keys(params))).toEqual({ organization: 'one' });
  await api.refreshToken(name);
  expect(sent('POST /token', Object.keys(params))).toEqual({});
});

test('a device authorization request says what the authorization request of its provider would say', async () => {
  const name = await own({
    authorize_params: { audience: 'api', prompt: 'consent', tenant: 'one' },
    device_params: { tenant: 'two' },
  });
  await deviceSignIn(name, {});
  expect(sent('POST /device', ['audience', 'prompt', 'tenant'])).toEqual({ audience: 'api', tenant: 'two' });
});

test('an empty parameter leaves that of the provider out', async () => {
  const set = { tenant: 'one', mode: '1' };
  const name = await own({ device_params: set, token_params: set, refresh_params: { mode: '' } });
  await deviceSignIn(name, { tenant: '' });
  expect(sent('POST /device', ['tenant', 'mode'])).toEqual({ mode: '1' });
  expect(sent('POST /token', ['tenant', 'mode'])).toEqual({ mode: '1' });
  await api.refreshToken(name);
  expect(sent('POST /token', ['tenant', 'mode'])).toEqual({ tenant: 'one' });
});

test('an assertion has its audience inside, and its resource beside it', async () => {
  const name = await own();
  const { pem } = makeEd25519Key();
  const params = { audience: 'https://id.example.org', resource: 'https://api.example.org' };
  await api.addAccount({ ...name, credential: { private_key: pem, issuer: 'me' }, params });
  expect(sent('POST /token', ['audience', 'resource'])).toEqual({ resource: 'https://api.example.org' });
  await api.refreshToken(name);
  expect(sent('POST /token', ['audience', 'resource'])).toEqual({ resource: 'https://api.example.org' });
});

describe('parameters of the protocol are refused', () => {
  test.each([...PROTOCOL_PARAMS, 'scope'])('%s', async (parameter) => {
    const params = { [parameter]: 'hunter2' };
    const refused = {
      kind: 'invalid_params',
      message: expect.stringMatching(
        new RegExp(`params\\.${parameter} is part of the protocol: Sigilforge sends its own\\.$`),
      ),
    };
    const name = await own();
    await expect(api.addAccount({ ...name, params })).rejects.toMatchObject(refused);
    for (const kind of ['authorize_params', 'device_params']) {
      await expect(api.setProvider({ id: name.service, [kind]: params })).rejects.toMatchObject(refused);
    }
    for (const kind of ['token_params', 'refresh_params']) {
      const set = api.setProvider({ id: name.service, [kind]: params });
      // Some providers want the scopes again with the code.
      if (parameter === 'scope') await set;
      else await expect(set).rejects.toMatchObject(refused);
    }
  });

  test('in config.toml, with the line', async () => {
    const config =
      '[providers.corp]\ntoken_endpoint = "https://x.org/t"\nrefresh_params = { client_secret = "hunter2" }';
    await expect(stopAfter(startLibrary({ config }))).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringMatching(/line \d+: .*refresh_params\.client_secret is part of the protocol/),
    });
  });
});
