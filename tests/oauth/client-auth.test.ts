import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exchange } from '../../daemon/core/oauth/exchange.js';
import { systemClock } from '../../daemon/core/platform/clock.js';
import type { Api, ParamsOf, ResultOf } from '../../shared/contract/index.js';
import { Secret } from '../../shared/secret.js';
import { begin, callback } from '../support/accounts.js';
import type { ReceivedRequest } from '../support/provider/fake-provider.js';
import { type FakeAnswer, type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { answerOf, clientOf, recordHttp } from '../support/provider/oauth-clients.js';
import { openPage } from '../support/provider/person.js';
import { type Backend, startLibrary } from '../support/start/backends.js';

/** What HTTP Basic carries, still encoded. */
function pairOf(header: string | undefined): string {
  return Buffer.from(header?.replace(/^Basic /, '') ?? '', 'base64').toString();
}

describe('HTTP Basic, encoded as in a form', () => {
  const sent = async (client_id: string, secret: string): Promise<string> => {
    const { http, sent: requests } = recordHttp(() => answerOf({ access_token: 'a' }));
    const registration = clientOf('example', { client_id });
    const client = { registration, secret: new Secret(secret) };
    await exchange({ http, clock: systemClock }, client, 'authorization_code', { code: 'c' });
    return pairOf(requests[0]?.headers['authorization']);
  };

  test.each([
    ['my-client_1.apps.example.org', 'GOCSPX-a_b.c~d*e', 'my-client_1.apps.example.org:GOCSPX-a_b.c~d*e'],
    ['0oa-1b.2', 'AbC-_.~*019', '0oa-1b.2:AbC-_.~*019'],
    ['9b2f1c34-77a0-4d0e-8f11-2b0c3d4e5f60', 'x~y', '9b2f1c34-77a0-4d0e-8f11-2b0c3d4e5f60:x~y'],
    ['a:b', 'c d+e', 'a%3Ab:c+d%2Be'],
    ['id', "/=&?%!'()", 'id:%2F%3D%26%3F%25%21%27%28%29'],
    ['https://client.example', 'é€', 'https%3A%2F%2Fclient.example:%C3%A9%E2%82%AC'],
  ])('%s with %s', async (clientId, secret, pair) => {
    expect(await sent(clientId, secret)).toBe(pair);
  });

  test('is what a form decoder reads as the same pair', async () => {
    const [id, secret] = ["c-1.2_3~4*5 6:7/8'9(0)!", 's+e%c&r=e;t'];
    const [one = '', other = ''] = (await sent(id ?? '', secret ?? '')).split(':');
    const decoded = new URLSearchParams(`id=${one}&secret=${other}`);
    expect([decoded.get('id'), decoded.get('secret')]).toEqual([id, secret]);
  });
});

describe('with a server that', () => {
  const SECRET = 'a-client-secret_of.tests';
  let fake: FakeProvider;
  let backend: Backend;
  let api: Api;
  let count = 0;
  /** What the server answers to a client that it recognizes, by request. */
  let accepted: (request: ReceivedRequest) => FakeAnswer;
  let takes: 'basic' | 'post' | 'neither';
  /** What it answers to a client that it does not recognize. */
  let refusal: FakeAnswer;

  const wayOf = ({ headers, form }: ReceivedRequest): 'basic' | 'post' | 'none' => {
    if (headers.authorization !== undefined) return 'basic';
    return form['client_secret'] === undefined ? 'none' : 'post';
  };
  const guarded = (request: ReceivedRequest): FakeAnswer =>
    wayOf(request) === takes ? accepted(request) : refusal;
  const ways = (route = 'POST /token'): string[] => fake.sentTo(route).map(wayOf);

  beforeAll(async () => {
    backend = await startLibrary();
    api = backend.api;
  });
  afterAll(async () => {
    await backend.stop();
    await fake.stop();
  });

  beforeEach(async () => {
    await fake?.stop();
    fake = await startFakeProvider();
    fake.route('POST /token', guarded);
    fake.route('POST /device', guarded);
    takes = 'post';
    refusal = { status: 401, body: { error: 'invalid_client' } };
    accepted = ({ path, form }) => {
      const device = { device_code: 'd', user_code: 'U', verification_uri: `${fake.url}/v`, interval: 0.01 };
      if (path === '/device') return { body: device };
      const again = form['grant_type'] === 'refresh_token';
      return { body: { access_token: again ? 'b' : 'a', refresh_token: `rt-${count}`, expires_in: 3600 } };
    };
  });

  /** A provider of its own, whose metadata lists these methods. */
  async function know(
    methods: string[] | undefined,
    settings: Partial<ParamsOf<'set_provider'>> = {},
  ): Promise<{ service: string; account: string }> {
    count += 1;
    fake.route('GET /.well-known/openid-configuration', () => ({
      body: {
        issuer: fake.url,
        authorization_endpoint: `${fake.url}/authorize`,
        token_endpoint: `${fake.url}/token`,
        device_authorization_endpoint: `${fake.url}/device`,
        token_endpoint_auth_methods_supported: methods,
      },
    }));
    const service = `own${count}`;
    const client = { client_id: 'client-1.example', client_secret: SECRET };
    await api.setProvider({ id: service, issuer: fake.url, ...client, ...settings });
    return { service, account: 'work' };
  }

  async function signIn(name: { service: string; account: string }): Promise<ResultOf<'wait_flow'>> {
    const begun = await begin(api, name);
    const ended = api.waitFlow({ flow_id: begun.flowId, timeout_s: 60 });
    ended.catch(() => undefined);
    await openPage(callback(begun, { code: 'the code' }));
    return ended;
  }

  test.each<[string[] | undefined, 'basic' | 'post']>([
    [['client_secret_post'], 'post'],
    [['private_key_jwt', 'client_secret_post', 'none'], 'post'],
    [['client_secret_post', 'client_secret_basic'], 'basic'],
    [['client_secret_basic'], 'basic'],
    [['private_key_jwt'], 'basic'],
    [undefined, 'basic'],
  ])('lists %j is sent the secret by %s', async (methods, way) => {
    takes = way;
    const name = await know(methods);
    expect(await signIn(name)).toMatchObject({ state: 'complete' });
    await api.refreshToken(name);
    expect(ways()).toEqual([way, way]);
  });

  test('lists one way is sent the secret in another where a person says so', async () => {
    takes = 'basic';
    const name = await know(['client_secret_post'], { client_auth: 'client_secret_basic' });
    await signIn(name);
    expect(ways()).toEqual(['basic']);
  });

  test.each(['basic', 'post'] as const)(
    'takes %s, and lists the other: a code is sent once more',
    async (way) => {
      takes = way;
      const name = await know([way === 'basic' ? 'client_secret_post' : 'client_secret_basic']);
      expect(await signIn(name)).toMatchObject({ state: 'complete' });
      const other = way === 'basic' ? 'post' : 'basic';
      expect(ways()).toEqual([other, way]);
      const [first, second] = fake.sentTo('POST /token').map(({ form }) => form);
      for (const field of ['grant_type', 'code', 'redirect_uri', 'code_verifier'])
        expect([field, second?.[field]]).toEqual([field, first?.[field]]);
      // The account keeps the way that worked.
      expect((await api.refreshToken(name)).access_token).toBe('b');
      expect(ways()).toEqual([other, way, way]);
    },
  );

  /** As servers and the frameworks that they are made with say it. */
  const REFUSALS: [string, FakeAnswer][] = [
    ['a bare 401', { status: 401 }],
    ['a bare 401 with a challenge', { status: 401, headers: { 'www-authenticate': 'Basic realm="oauth2"' } }],
    ['a page', { status: 401, headers: { 'content-type': 'text/html' }, body: '<h1>401 Unauthorized</h1>' }],
    ['plain text', { status: 401, headers: { 'content-type': 'text/plain' }, body: 'Bad credentials' }],
    ['Spring', { status: 401, body: { error: 'unauthorized', error_description: 'Bad credentials' } }],
    [
      'Spring Boot',
      { status: 401, body: { timestamp: 1, status: 401, error: 'Unauthorized', path: '/token' } },
    ],
    ['Auth0', { status: 401, body: { error: 'access_denied', error_description: 'Unauthorized' } }],
    [
      'Keycloak',
      {
        status: 401,
        body: { error: 'unauthorized_client', error_description: 'Invalid client credentials' },
      },
    ],
    [
      'Keycloak, earlier',
      { status: 400, body: { error: 'unauthorized_client', error_description: 'Invalid client secret' } },
    ],
    [
      'X',
      {
        status: 400,
        body: { error: 'unauthorized_client', error_description: 'Missing valid authorization header' },
      },
    ],
    [
      'LinkedIn',
      {
        status: 400,
        body: { error: 'invalid_request', error_description: 'A required parameter "client_id" is missing' },
      },
    ],
    ['Slack', { status: 200, body: { ok: false, error: 'invalid_client_id' } }],
    ['GitHub', { status: 200, body: { error: 'incorrect_client_credentials' } }],
    ['Zoho', { status: 200, body: { error: 'invalid_client_secret' } }],
    [
      'Fitbit',
      { status: 401, body: { errors: [{ errorType: 'invalid_client', message: 'No' }], success: false } },
    ],
    [
      'Strava',
      { status: 400, body: { message: 'Bad Request', errors: [{ field: 'client_id', code: 'invalid' }] } },
    ],
    ['Discord', { status: 401, body: { message: '401: Unauthorized', code: 0 } }],
    ['Facebook', { status: 400, body: { error: { message: 'Missing client_id parameter.', code: 101 } } }],
    ['AWS', { status: 400, body: { __type: 'InvalidClientException' } }],
    ['XML', { status: 400, body: '<Map><error>invalid_client</error></Map>' }],
  ];

  test.each(REFUSALS)('takes the other way and refuses in words of its own: %s', async (_, answer) => {
    refusal = answer;
    const name = await know(undefined);
    expect(await signIn(name)).toMatchObject({ state: 'complete' });
    expect(ways()).toEqual(['basic', 'post']);
  });

  test.each(REFUSALS)('refuses a refresh in words of its own names the secret: %s', async (_, answer) => {
    takes = 'basic';
    const name = await know(undefined);
    await signIn(name);
    [takes, refusal] = ['neither', answer];
    await expect(api.refreshToken(name)).rejects.toMatchObject({
      kind: 'refresh_failed',
      hint: expect.stringMatching(/--client-id CLIENT_ID --client-secret.*--client-auth METHOD/),
    });
    expect(ways()).toEqual(['basic', 'basic']);
  });

  test('takes neither way, by a bare 401 or a person’s no, ends the polling of a device', async () => {
    fake.route('POST /device', accepted);
    for (const answer of [{ status: 401 }, { status: 401, body: { error: 'access_denied' } }]) {
      [takes, refusal] = ['neither', answer];
      const name = await know(undefined);
      const { flow_id } = await api.addAccount({ ...name, flow: 'device_code' });
      await expect(api.waitFlow({ flow_id: flow_id ?? '', timeout_s: 60 })).rejects.toMatchObject({
        hint: expect.stringContaining('--client-secret'),
      });
    }
  });

  test('does not allow the client this grant says so, after one more request', async () => {
    takes = 'basic';
    accepted = () => ({ status: 400, body: { error: 'unauthorized_client' } });
    refusal = { status: 400, body: { error: 'invalid_grant' } };
    const name = await know(undefined);
    await expect(signIn(name)).rejects.toMatchObject({
      message: expect.stringContaining('unauthorized_client'),
      hint: expect.stringContaining('Allow this client the authorization code flow'),
    });
    expect(ways()).toEqual(['basic', 'post']);
  });

  test('takes the other way at its device endpoint is asked once more, and is polled in that way', async () => {
    const name = await know(undefined);
    const { flow_id } = await api.addAccount({ ...name, flow: 'device_code' });
    expect(await api.waitFlow({ flow_id: flow_id ?? '', timeout_s: 60 })).toMatchObject({
      state: 'complete',
    });
    expect([ways('POST /device'), ways()]).toEqual([['basic', 'post'], ['post']]);
    await api.refreshToken(name);
    expect(ways()).toEqual(['post', 'post']);
  });

  test('takes the other way where tokens are polled for keeps getting it', async () => {
    fake.route('POST /device', accepted);
    let polls = 0;
    const tokens = accepted;
    accepted = (request) =>
      request.path === '/token' && request.form['grant_type'] !== 'refresh_token' && ++polls < 2
        ? { status: 400, body: { error: 'authorization_pending' } }
        : tokens(request);
    const name = await know(undefined);
    const { flow_id } = await api.addAccount({ ...name, flow: 'device_code' });
    expect(await api.waitFlow({ flow_id: flow_id ?? '', timeout_s: 60 })).toMatchObject({
      state: 'complete',
    });
    expect(ways()).toEqual(['basic', 'post', 'post']);
  });

  test('takes the other way for the client’s own credentials', async () => {
    const name = await know(undefined);
    const credential = { client_id: 'robot', client_secret: SECRET };
    expect(await api.addAccount({ ...name, credential })).toMatchObject({ account: name });
    expect(ways()).toEqual(['basic', 'post']);
    await api.refreshToken(name);
    expect(ways()).toEqual(['basic', 'post', 'post']);
  });

  test.each<[string, (name: { service: string; account: string }) => Promise<unknown>]>([
    ['a code', (name) => signIn(name)],
    ['a device', (name) => api.addAccount({ ...name, flow: 'device_code' })],
    [
      'credentials',
      (name) => api.addAccount({ ...name, credential: { client_id: 'robot', client_secret: SECRET } }),
    ],
  ])('takes neither way ends a sign-in with %s, and the hint says what to set', async (_, attempt) => {
    takes = 'neither';
    const name = await know(undefined);
    await expect(attempt(name)).rejects.toMatchObject({
      kind: 'refresh_failed',
      message: expect.stringContaining('invalid_client'),
      hint: expect.stringMatching(
        new RegExp(`provider set ${name.service} --client-id .* provider set ${name.service} --client-auth`),
      ),
    });
    expect([...ways(), ...ways('POST /device')]).toEqual(['basic', 'post']);
  });

  test.each([
    [['private_key_jwt']],
    [['tls_client_auth', 'self_signed_tls_client_auth']],
    [['client_secret_jwt', 'private_key_jwt']],
  ])('lists only %j and refuses a secret says that no secret helps', async (methods) => {
    takes = 'neither';
    const name = await know(methods);
    const hint = expect.stringContaining(`lists only ${methods.join(', ')} to authenticate a client by`);
    await expect(signIn(name)).rejects.toMatchObject({ hint });
    const publicClient = await know(methods, { client_secret: undefined });
    await expect(signIn(publicClient)).rejects.toMatchObject({ hint });
  });

  test('spends the code on the first way: the hint names the right one', async () => {
    accepted = () => ({ status: 400, body: { error: 'invalid_grant' } });
    const name = await know(undefined);
    await expect(signIn(name)).rejects.toMatchObject({
      message: expect.stringContaining('invalid_grant'),
      hint: expect.stringContaining(
        `sigilforge provider set ${name.service} --client-auth client_secret_post`,
      ),
    });
    expect(ways()).toEqual(['basic', 'post']);
  });

  test('refuses a refresh is never sent the refresh token twice', async () => {
    takes = 'basic';
    const name = await know(undefined);
    await signIn(name);
    takes = 'post';
    await expect(api.refreshToken(name)).rejects.toMatchObject({
      kind: 'refresh_failed',
      hint: expect.stringContaining('--client-auth'),
    });
    const imported = { ...name, account: 'imported', credential: { refresh_token: 'an imported one' } };
    await expect(api.addAccount(imported)).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect(ways()).toEqual(['basic', 'basic', 'basic']);
  });

  test.each([
    ['without a secret', { client_secret_rule: 'optional' as const, client_auth: undefined }, undefined],
    ['that is not to send its secret', { client_auth: 'none' as const }, SECRET],
  ])('refuses a client %s is not asked again', async (_, settings, secret) => {
    const name = await know(undefined, settings);
    if (secret === undefined) {
      await api.setProvider({ id: name.service, client_id: 'another' });
    }
    await expect(signIn(name)).rejects.toMatchObject({ message: expect.stringContaining('invalid_client') });
    expect(ways()).toEqual(['none']);
  });

  test('fails otherwise is not asked again', async () => {
    takes = 'basic';
    for (const [status, error] of [
      [400, 'invalid_request'],
      [400, 'redirect_uri_mismatch'],
      [401, 'invalid_grant'],
      [401, 'invalid_dpop_proof'],
    ] as const) {
      accepted = () => ({ status, body: { error } });
      await expect(signIn(await know(undefined))).rejects.toMatchObject({ kind: 'refresh_failed' });
    }
    expect(ways()).toEqual(Array(4).fill('basic'));
  });
});
