import { describe, expect, test } from 'vitest';
import type { ParamsOf } from '../../shared/contract/index.js';
import { type Begun, begin, completed } from '../support/accounts.js';
import type { ReceivedRequest, Route } from '../support/provider/fake-provider.js';
import { openPage } from '../support/provider/person.js';
import { startScripted } from '../support/start/scripted.js';

// Providers whose requests differ from the standards in names and signs. The scripted server behaves as each of them does.

const good = { access_token: 'a', refresh_token: 'r', token_type: 'bearer', expires_in: 3600 };
const CLIENT_SECRET = 'secret:of +client/&=';
const SECRET = { client_secret: CLIENT_SECRET, client_auth: 'client_secret_post' } as const;

const { fake, api, own: known } = await startScripted();

let providers = 0;

/** Each has a refresh token of its own, as no two accounts may have the same one. */
function own(settings: Partial<ParamsOf<'set_provider'>>): Promise<string> {
  providers++;
  return known({ revocation_endpoint: `${fake.url}/revoke`, default_scopes: ['a:read', 'b'], ...settings });
}

/** Answers tokens to a request that has all it needs, and refuses any other. */
function tokensIf(isRight: (request: ReceivedRequest) => boolean): Route {
  return (request) =>
    isRight(request)
      ? { body: { ...good, refresh_token: `r${providers}` } }
      : { status: 400, body: { error: 'invalid_request' } };
}

const address = ({ redirectUri }: Pick<Begun, 'redirectUri'>, response: Record<string, string>): string => {
  const url = new URL(redirectUri);
  url.search = new URLSearchParams(response).toString();
  return url.href;
};

const last = (route: string): ReceivedRequest => {
  const request = fake.sentTo(route).at(-1);
  if (request) return request;
  throw new Error(`Nothing came to ${route}.`);
};

describe('parameters of other names', () => {
  const tiktok = { client_id: 'client_key', client_secret: 'client_password' } as const;

  test('TikTok calls the client `client_key`, from the sign-in to the revocation', async () => {
    const id = await own({ param_names: tiktok, ...SECRET });
    const isRight = ({ form }: ReceivedRequest): boolean =>
      form['client_key'] === 'client' && form['client_password'] === CLIENT_SECRET && !('client_id' in form);
    fake.route('POST /token', tokensIf(isRight));
    fake.route('POST /revoke', ({ form }) => ({ status: form['client_key'] === 'client' ? 200 : 400 }));
    const begun = await begin(api, { service: id });
    const { searchParams } = new URL(begun.address);
    expect(searchParams.get('client_key')).toBe('client');
    expect(searchParams.has('client_id')).toBe(false);
    await openPage(address(begun, { code: 'the code', state: begun.state }));
    await completed(api, begun.flowId);
    const name = { service: id, account: 'work' };
    await api.refreshToken(name);
    expect(last('POST /token').form).toMatchObject({ grant_type: 'refresh_token', client_key: 'client' });
    expect(await api.removeAccount(name)).toMatchObject({ revoked: true });
    expect(last('POST /revoke').form).toEqual({
      token: `r${providers}`,
      client_key: 'client',
      client_password: CLIENT_SECRET,
    });
  });

  test('so does its device flow', async () => {
    const id = await own({
      param_names: { client_id: 'client_key', device_code: 'the_code', scope: 'permissions' },
    });
    fake.route('POST /device', () => ({
      body: { device_code: 'd', user_code: 'U', verification_uri: 'https://t.example/', interval: 1 },
    }));
    fake.route(
      'POST /token',
      tokensIf(({ form }) => form['the_code'] === 'd' && form['client_key'] === 'client'),
    );
    const { flow_id } = await api.addAccount({ service: id, account: 'me', flow: 'device_code' });
    expect(last('POST /device').form).toEqual({ client_key: 'client', permissions: 'a:read b' });
    await completed(api, flow_id ?? '');
    expect(last('POST /token').form).not.toHaveProperty('device_code');
  });

  test('the client is named so in a revocation that has only its id, and the token keeps its own field', async () => {
    const id = await own({
      param_names: { client_id: 'client_key', refresh_token: 'renewal' },
      revocation: { endpoint: `${fake.url}/end`, field: 'refresh_token', auth: 'client_id', body: 'json' },
    });
    fake.route('POST /end', () => ({}));
    fake.route(
      'POST /token',
      tokensIf(({ form }) => form['renewal'] === 'imported'),
    );
    await api.addAccount({ service: id, account: 'me', credential: { refresh_token: 'imported' } });
    await api.removeAccount({ service: id, account: 'me' });
    expect(last('POST /end').json).toEqual({ refresh_token: `r${providers}`, client_key: 'client' });
  });

  test('monday refuses response_type, which an empty name leaves out', async () => {
    const id = await own({ param_names: { response_type: '' } });
    const begun = await begin(api, { service: id });
    const { searchParams } = new URL(begun.address);
    expect(searchParams.has('response_type')).toBe(false);
    expect(searchParams.get('client_id')).toBe('client');
    await api.cancelFlow({ flow_id: begun.flowId });
  });

  test.each(['browser', 'pasted'])('code and state come back under the other names, by %s', async (way) => {
    const id = await own({ param_names: { code: 'auth_code', state: 'custom_state' } });
    fake.route(
      'POST /token',
      tokensIf(({ form }) => form['auth_code'] === `by ${way}` && !('code' in form)),
    );
    const begun = await begin(api, { service: id });
    const { searchParams } = new URL(begun.address);
    const custom_state = searchParams.get('custom_state') ?? '';
    expect([custom_state.length > 20, searchParams.has('state')]).toEqual([true, false]);
    const wrong = await openPage(address(begun, { auth_code: 'x', custom_state: `${custom_state}x` }));
    expect(wrong.status).toBe(400);
    const back = address(begun, { auth_code: `by ${way}`, custom_state });
    if (way === 'browser') expect((await openPage(back)).status).toBe(200);
    else await api.completeFlow({ flow_id: begun.flowId, redirect_url: back });
    await completed(api, begun.flowId);
  });

  test('Amazon has another name for the code only in the redirect', async () => {
    const id = await own({ param_names: { redirect_code: 'spapi_oauth_code' } });
    fake.route(
      'POST /token',
      tokensIf(({ form }) => form['code'] === 'amazon' && !('redirect_code' in form)),
    );
    const begun = await begin(api, { service: id });
    await openPage(address(begun, { spapi_oauth_code: 'amazon', state: begun.state }));
    await completed(api, begun.flowId);
  });

  test('one of the protocol takes the place of any other of its name', async () => {
    const id = await own({
      ...{ param_names: { client_id: 'app' }, authorize_params: { app: 'other', k: 'v' } },
      token_params: { app: 'other', k: 'v' },
    });
    fake.route(
      'POST /token',
      tokensIf(
        ({ body }) =>
          body
            .split('&')
            .filter((pair) => pair.startsWith('app='))
            .join() === 'app=client',
      ),
    );
    await api.addAccount({ service: id, account: 'me', credential: { refresh_token: 'imported too' } });
    const begun = await begin(api, { service: id });
    expect(new URL(begun.address).searchParams.getAll('app')).toEqual(['client']);
    await api.cancelFlow({ flow_id: begun.flowId });
  });

  test('they are set one by one', async () => {
    const id = await own({ param_names: { client_id: 'app' } });
    const { provider } = await api.setProvider({ id, param_names: { response_type: '' } });
    expect(provider.param_names).toEqual({ client_id: 'app', response_type: '' });
    const back = await api.setProvider({ id, param_names: { client_id: 'client_id' } });
    expect(back.provider.param_names).toEqual({ client_id: 'client_id', response_type: '' });
  });

  test.each<[why: string, names: object, message: RegExp]>([
    ['a parameter that is not of the protocol', { prompt: 'x' }, /param_names\.prompt is not one of/],
    ['no name for state', { state: '' }, /without an empty name: .*state/],
    ['no name for the verifier', { code_verifier: '' }, /cannot be left out/],
    ['no name for the redirect', { redirect_uri: '' }, /cannot be left out/],
    ['two of one name', { client_id: 'x', scope: 'x' }, /two parameters of one name/],
    ['the name of another', { client_id: 'client_secret' }, /two parameters of one name/],
    ['code and state of one name in the redirect', { redirect_code: 'state' }, /two parameters of one name/],
    ['a name with other signs', { client_id: 'a b' }, /param_names\.client_id is not a name/],
  ])('are refused: %s', async (_, param_names, message) => {
    const refused = own({ param_names: { ...param_names } });
    await expect(refused).rejects.toMatchObject({
      kind: 'invalid_params',
      message: expect.stringMatching(message),
    });
  });

  test('two that only come to one name by and by are refused, too', async () => {
    const id = await own({ param_names: { client_id: 'x' } });
    await expect(api.setProvider({ id, param_names: { scope: 'x' } })).rejects.toMatchObject({
      kind: 'invalid_params',
      message: expect.stringMatching(/two parameters of one name/),
    });
    expect((await api.getProvider({ id })).provider.param_names).toEqual({ client_id: 'x' });
  });

  test('names may change places', async () => {
    const id = await own({ param_names: { code: 'state', state: 'code' } });
    fake.route(
      'POST /token',
      tokensIf(({ form }) => form['state'] === 'swapped'),
    );
    const begun = await begin(api, { service: id });
    const state = new URL(begun.address).searchParams.get('code') ?? '';
    await openPage(address(begun, { state: 'swapped', code: state }));
    await completed(api, begun.flowId);
  });
});

describe('scopes', () => {
  test.each([
    [' ', 'scope=a%3Aread+b', 'a:read b'],
    // As in the documents of Workable and Pennylane, where a plus sign is how a form writes a blank.
    ['+', 'scope=a%3Aread+b', 'a:read+b'],
    [',', 'scope=a%3Aread%2Cb', 'a:read,b'],
    [';', 'scope=a%3Aread%3Bb', 'a:read;b'],
    ['|', 'scope=a%3Aread%7Cb', 'a:read|b'],
    [', ', 'scope=a%3Aread%2C+b', 'a:read, b'],
  ])('are separated by %j, in requests and in answers', async (scope_separator, sent, answered) => {
    const id = await own({ scope_separator });
    const body = { ...good, refresh_token: `separated by ${scope_separator}`, scope: answered };
    fake.route('POST /token', ({ form }) => ({
      body: form['grant_type'] === 'client_credentials' ? { ...body, refresh_token: undefined } : body,
    }));
    const begun = await begin(api, { service: id });
    expect(begun.address.split(/[?&]/)).toContain(sent);
    await openPage(address(begun, { code: 'the code', state: begun.state }));
    expect((await completed(api, begun.flowId)).scopes).toEqual(['a:read', 'b']);
    await api.addAccount({
      ...{ service: id, account: 'robot', flow: 'client_credentials', scopes: ['a:read', 'b'] },
      credential: { client_id: 'robot', client_secret: 'x' },
    });
    expect(last('POST /token').body.split('&')).toContain(sent);
  });
});

describe('constants and bodies', () => {
  test('Basecamp wants type=web_server with a code, and type=refresh with a refresh token', async () => {
    const id = await own({
      ...{ authorize_params: { type: 'web_server' }, token_params: { type: 'web_server' } },
      ...{ refresh_params: { type: 'refresh' }, param_names: { grant_type: '' }, ...SECRET },
    });
    fake.route(
      'POST /token',
      tokensIf(({ form }) => form['type'] === (form['code'] === undefined ? 'refresh' : 'web_server')),
    );
    const begun = await begin(api, { service: id });
    expect(new URL(begun.address).searchParams.get('type')).toBe('web_server');
    await openPage(address(begun, { code: 'the code', state: begun.state }));
    await completed(api, begun.flowId);
    await api.refreshToken({ service: id, account: 'work' });
    expect(last('POST /token').form).toEqual({
      type: 'refresh',
      refresh_token: expect.any(String),
      client_id: 'client',
      client_secret: CLIENT_SECRET,
    });
  });

  test.each(['client_secret_basic', 'client_secret_post'] as const)(
    'JSON goes to both endpoints, with other names and %s (Notion, Atlassian and Canva differ in these)',
    async (client_auth) => {
      const id = await own({
        ...{ quirks: ['json_token_requests'], refresh_endpoint: `${fake.url}/renew`, client_auth },
        ...{
          client_secret: CLIENT_SECRET,
          param_names: { client_id: 'client_key', refresh_token: 'renewal' },
        },
      });
      const isJson = ({ json }: ReceivedRequest): boolean => typeof json === 'object';
      fake.route('POST /token', tokensIf(isJson));
      fake.route('POST /renew', tokensIf(isJson));
      const begun = await begin(api, { service: id });
      await openPage(address(begun, { code: 'the code', state: begun.state }));
      await completed(api, begun.flowId);
      await api.refreshToken({ service: id, account: 'work' });
      const { headers, json } = last('POST /renew');
      const basic = client_auth === 'client_secret_basic';
      expect(json).toEqual({
        ...{ grant_type: 'refresh_token', renewal: expect.any(String) },
        ...(basic ? {} : { client_key: 'client', client_secret: CLIENT_SECRET }),
      });
      expect(headers.authorization?.startsWith('Basic ') ?? false).toBe(basic);
      expect(last('POST /token').json).toMatchObject({ grant_type: 'authorization_code', code: 'the code' });
    },
  );
});

describe('taking settings back', () => {
  test('brings back what was known without them', async () => {
    const id = await own({ scope_separator: ',', quirks: ['issuer_varies'], authorize_params: { a: '1' } });
    const { provider } = await api.setProvider({
      id,
      unset: ['scope_separator', 'quirks', 'authorize_params'],
    });
    expect(provider).toMatchObject({ scope_separator: ' ', quirks: [], authorize_params: {} });
  });

  test('of a built-in one brings back its entry', async () => {
    const { provider: before } = await api.getProvider({ id: 'gitlab' });
    await api.setProvider({
      id: 'gitlab',
      default_scopes: ['x'],
      revocation_endpoint: `${fake.url}/r`,
      client_id: 'c',
    });
    const { provider } = await api.setProvider({
      id: 'gitlab',
      unset: ['default_scopes', 'revocation', 'client_id'],
    });
    expect(provider).toEqual(before);
  });

  test('comes before what the same call sets', async () => {
    const id = await own({ token_params: { a: '1', b: '2' } });
    const { provider } = await api.setProvider({ id, unset: ['token_params'], token_params: { c: '3' } });
    expect(provider.token_params).toEqual({ c: '3' });
  });

  test('takes back a secret, and the one of a client that is taken back', async () => {
    const id = await own(SECRET);
    expect((await api.getProvider({ id })).provider.has_client_secret).toBe(true);
    await api.setProvider({ id, unset: ['client_secret'] });
    expect((await api.getProvider({ id })).provider.has_client_secret).toBe(false);
    await api.setProvider({ id, ...SECRET });
    const { provider } = await api.setProvider({ id, unset: ['client_id'] });
    expect(provider).toMatchObject({ client_id: null, has_client_secret: false });
  });

  test('leaves a provider of its own with an address', async () => {
    const id = await own({});
    await expect(api.setProvider({ id, unset: ['token_endpoint'] })).rejects.toMatchObject({
      kind: 'invalid_params',
    });
  });
});
