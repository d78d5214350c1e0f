import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api, ParamsOf } from '../../shared/contract/index.js';
import { begin } from '../support/accounts.js';
import { type FakeAnswer, type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { type Backend, startLibrary } from '../support/start/backends.js';

let fake: FakeProvider;
let other: FakeProvider;
let backend: Backend;
let api: Api;

beforeAll(async () => {
  fake = await startFakeProvider();
  other = await startFakeProvider();
  backend = await startLibrary();
  api = backend.api;
});
afterAll(async () => {
  await backend.stop();
  await other.stop();
  await fake.stop();
});

const missing: FakeAnswer = { status: 404 };
let tenants = 0;

interface Tenant {
  readonly id: string;
  readonly issuer: string;
  /** The addresses of its metadata, without the server. */
  readonly oidc: string;
  readonly oauth: string;
}

/** A provider of which nothing is known but its issuer, a tenant of the scripted server. */
async function tenant(
  answers: (tenant: Tenant) => { oidc?: FakeAnswer; oauth?: FakeAnswer },
  settings: Partial<ParamsOf<'set_provider'>> = {},
  slash = '',
): Promise<Tenant> {
  const name = `t${tenants++}`;
  const made = {
    id: name,
    issuer: `${fake.url}/${name}${slash}`,
    oidc: `/${name}/.well-known/openid-configuration`,
    oauth: `/.well-known/oauth-authorization-server/${name}`,
  };
  const { oidc = missing, oauth = missing } = answers(made);
  fake.route(`GET ${made.oidc}`, () => oidc);
  fake.route(`GET ${made.oauth}`, () => oauth);
  await api.setProvider({ id: name, issuer: made.issuer, client_id: 'client', ...settings });
  return made;
}

const metadata = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${fake.url}/authorize`,
  token_endpoint: `${fake.url}/token`,
});

/** Begins a sign-in, which needs the metadata, and gives it up. */
async function discovered({ id }: Tenant): Promise<URL> {
  const { address, flowId } = await begin(api, { service: id });
  await api.cancelFlow({ flow_id: flowId });
  return new URL(address);
}

const moved = (location: string, status = 302): FakeAnswer => ({ status, headers: { location } });

describe('what keeps a provider from being discovered is said in a sentence of its own', () => {
  const html: FakeAnswer = { body: '<h1>Welcome</h1>', headers: { 'content-type': 'text/html' } };
  const cases: [
    what: string,
    answers: (tenant: Tenant) => { oidc?: FakeAnswer; oauth?: FakeAnswer },
    message: (tenant: Tenant) => string,
    hint: (tenant: Tenant) => string,
  ][] = [
    [
      'nothing there',
      () => ({}),
      ({ oidc, oauth }) => `there is no metadata at ${fake.url}${oidc} or ${fake.url}${oauth} (status 404).`,
      ({ id }) => `Check the issuer. You can also name the endpoints: sigilforge provider set ${id} --auth`,
    ],
    [
      'status 503',
      () => ({ oidc: { status: 503 } }),
      () => 'it is not well now (status 503).',
      () => 'Try again in a minute.',
    ],
    [
      'status 500 at the second address',
      () => ({ oauth: { status: 500, headers: { 'retry-after': '30' } } }),
      () => 'it is not well now (status 500).',
      () => 'Try again in 30 seconds.',
    ],
    [
      'status 429',
      () => ({ oidc: { status: 429, headers: { 'retry-after': '600' } }, oauth: { status: 429 } }),
      () => 'it has had too many requests (status 429).',
      () => 'Try again in 10 minutes.',
    ],
    [
      'status 403',
      () => ({ oidc: { status: 403 } }),
      ({ oidc }) => `it answered with status 403 at ${fake.url}${oidc}.`,
      () => 'Check the issuer.',
    ],
    [
      'status 401',
      () => ({ oauth: { status: 401 } }),
      ({ oauth }) => `it answered with status 401 at ${fake.url}${oauth}.`,
      () => 'Check the issuer.',
    ],
    [
      'another issuer',
      () => ({ oidc: { body: metadata('https://id.example.org/realms/one') } }),
      () => 'its metadata names another issuer, https://id.example.org/realms/one.',
      ({ id }) => `provider set ${id} --issuer https://id.example.org/realms/one`,
    ],
    [
      'another host as issuer',
      () => ({ oidc: { body: metadata('https://other.example.org') } }),
      () => 'its metadata names another issuer, https://other.example.org.',
      ({ id }) => `provider set ${id} --issuer https://other.example.org`,
    ],
    [
      'the issuer of another tenant, at the second address',
      ({ issuer }) => ({ oidc: { status: 503 }, oauth: { body: metadata(`${issuer}x`) } }),
      ({ issuer }) => `its metadata names another issuer, ${issuer}x.`,
      ({ id, issuer }) => `provider set ${id} --issuer ${issuer}x`,
    ],
    [
      'an issuer with control characters',
      () => ({ oidc: { body: metadata('https://id.example.org/\u001b[31m\u202eevil') } }),
      () => 'names another issuer, https://id.example.org/%1B[31m%E2%80%AEevil.',
      () => '%1B[31m',
    ],
    [
      'no issuer',
      () => ({ oidc: { body: { token_endpoint: 'x' } } }),
      () => 'its metadata names no issuer.',
      () => 'Check the issuer',
    ],
    [
      'an issuer that is not an address',
      () => ({ oidc: { body: metadata('me') } }),
      () => 'its metadata names no issuer.',
      () => 'Check the issuer',
    ],
    [
      'a page',
      () => ({ oidc: html }),
      ({ oidc }) => `what is at ${fake.url}${oidc} is not JSON.`,
      () => 'Open that address in a browser',
    ],
    [
      'half of it',
      () => ({ oauth: { body: '{"issuer":"https://' } }),
      ({ oauth }) => `what is at ${fake.url}${oauth} is not JSON.`,
      () => 'Open that address in a browser',
    ],
    [
      'a list',
      () => ({ oidc: { body: [] } }),
      ({ oidc }) => `what is at ${fake.url}${oidc} is not JSON.`,
      () => 'Open that address',
    ],
    [
      'a redirect to another place',
      () => ({ oidc: moved('https://login.example.org/oauth?session=hunter2') }),
      () => 'it redirects to another place, https://login.example.org/oauth, which is not followed.',
      ({ id }) => `provider set ${id} --issuer https://login.example.org`,
    ],
    [
      'a redirect to nowhere',
      () => ({ oidc: { status: 301 } }),
      () => 'it redirects to no address.',
      () => 'Check the issuer.',
    ],
    [
      'a redirect to itself',
      ({ oidc }) => ({ oidc: moved(oidc) }),
      ({ oidc }) => `it redirects again and again, at last to ${fake.url}${oidc}.`,
      () => 'Check the issuer.',
    ],
  ];

  test.each(cases)('%s', async (_, answers, message, hint) => {
    const made = await tenant(answers);
    const failed = await discovered(made).catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({ kind: 'refresh_failed', exitCode: 5 });
    const error = failed as { message: string; hint: string };
    expect(error.message).toContain(`The provider at ${made.issuer} cannot be discovered: `);
    expect(error.message).toContain(message(made));
    expect(error.hint).toContain(hint(made));
    expect(`${error.message}${error.hint}`).not.toContain('hunter2');
  });

  test('no server there, which is asked once', async () => {
    const gone = await startFakeProvider();
    await gone.stop();
    await api.setProvider({ id: 'gone', issuer: gone.url, client_id: 'client' });
    await expect(begin(api, { service: 'gone' })).rejects.toMatchObject({
      kind: 'network',
      message: `The provider at ${gone.url} cannot be asked where its endpoints are: ${new URL(gone.url).host} refused the connection.`,
      hint: expect.stringContaining('provider set gone --authorization-endpoint URL --token-endpoint URL'),
    });
  });

  test('a server of another origin is never asked', async () => {
    const made = await tenant(() => ({ oidc: moved(`${other.url}/x`), oauth: moved(`${other.url}/y`) }));
    await expect(discovered(made)).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect(other.received).toEqual([]);
  });
});

describe('redirects within the provider are followed', () => {
  test.each([
    ['a final slash', 301, (at: string) => `${at}/`],
    ['another path', 307, () => '/moved/metadata.json'],
    ['another file', 308, () => './discovery'],
    ['the whole address', 303, (at: string) => `${fake.url}${at}/`],
  ])('to %s', async (_, status, target) => {
    const made = await tenant(({ oidc }) => ({ oidc: moved(target(oidc), status) }));
    const { pathname } = new URL(target(made.oidc), `${fake.url}${made.oidc}`);
    fake.route(`GET ${pathname}`, () => ({ body: metadata(made.issuer) }));
    expect((await discovered(made)).pathname).toBe('/authorize');
  });

  test('with a few steps', async () => {
    const made = await tenant(({ oidc }) => ({ oidc: moved(`${oidc}/1`) }));
    for (const step of [1, 2, 3])
      fake.route(`GET ${made.oidc}/${step}`, () => moved(`${made.oidc}/${step + 1}`));
    fake.route(`GET ${made.oidc}/4`, () => ({ body: metadata(made.issuer) }));
    expect((await discovered(made)).pathname).toBe('/authorize');
  });
});

test.each([
  ['without', '', '/'],
  ['with', '/', ''],
])('an issuer that was set %s a final slash is the one that the provider writes', async (_, set, written) => {
  const made = await tenant(
    ({ issuer }) => ({
      oidc: {
        body: {
          ...metadata(`${issuer.replace(/\/$/, '')}${written}`),
          authorization_response_iss_parameter_supported: true,
        },
      },
    }),
    {},
    set,
  );
  expect((await discovered(made)).pathname).toBe('/authorize');
});

test('metadata whose issuer varies is taken, and the issuer that is known stays', async () => {
  const made = await tenant(() => ({ oidc: { body: metadata('https://id.example.org/{tenantid}/v2.0') } }), {
    quirks: ['issuer_varies'],
  });
  expect((await discovered(made)).pathname).toBe('/authorize');
});

describe('endpoints that are named count more than metadata', () => {
  const mine = () => ({
    authorization_endpoint: `${fake.url}/mine/authorize`,
    token_endpoint: `${fake.url}/mine/token`,
    device_authorization_endpoint: `${fake.url}/mine/device`,
  });

  test.each<[string, (tenant: Tenant) => { oidc?: FakeAnswer; oauth?: FakeAnswer }]>([
    ['missing', () => ({})],
    ['of another issuer', () => ({ oidc: { body: metadata('https://other.example.org') } })],
    ['not to be had now', () => ({ oidc: { status: 503 }, oauth: { status: 503 } })],
    [
      'unusable',
      ({ issuer }) => ({ oidc: { body: { ...metadata(issuer), revocation_endpoint: 'ftp://x' } } }),
    ],
  ])('that is %s', async (_, answers) => {
    const made = await tenant(answers, mine());
    expect((await discovered(made)).pathname).toBe('/mine/authorize');
    fake.route('POST /mine/device', () => ({
      body: { device_code: 'd', user_code: 'U', verification_uri: 'https://t.example/' },
    }));
    const device = await api.addAccount({ service: made.id, account: 'tv', flow: 'device_code' });
    await api.cancelFlow({ flow_id: device.flow_id ?? '' });
    fake.route('POST /mine/token', () => ({ body: { access_token: 'a', token_type: 'bearer' } }));
    await api.setProvider({ id: made.id, client_secret: 'secret' });
    const { account } = await api.addAccount({
      service: made.id,
      account: 'robot',
      flow: 'client_credentials',
    });
    expect(account).toMatchObject({ state: 'ok' });
    const log = await readFile(path.join(backend.sandbox.home, 'state', 'sigilforged.log'), 'utf8');
    const lines = log.split('\n').filter((line) => line.includes(`"provider":"${made.id}"`));
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'discovery.failed',
      'discovery.failed',
      'discovery.failed',
    ]);
  });

  test('that has others', async () => {
    const made = await tenant(({ issuer }) => ({ oidc: { body: metadata(issuer) } }), mine());
    expect((await discovered(made)).pathname).toBe('/mine/authorize');
  });

  test.each<
    [
      flow: 'authorization_code' | 'device_code',
      missing: 'authorization_endpoint' | 'token_endpoint' | 'device_authorization_endpoint',
    ]
  >([
    ['authorization_code', 'authorization_endpoint'],
    ['authorization_code', 'token_endpoint'],
    ['device_code', 'device_authorization_endpoint'],
    ['device_code', 'token_endpoint'],
  ])(
    'but a sign-in by %s that lacks its %s is ended by what keeps it from being discovered',
    async (flow, missing) => {
      const { [missing]: _, ...rest } = mine();
      const made = await tenant(() => ({ oidc: { status: 503 } }), rest);
      await expect(api.addAccount({ service: made.id, account: 'a', flow })).rejects.toMatchObject({
        message: expect.stringContaining('status 503'),
      });
    },
  );
});

describe('get_provider with `discover`', () => {
  const shown = async ({ id }: Tenant, discover = true) => (await api.getProvider({ id, discover })).provider;

  test('fills in what the metadata says, and nothing that was set', async () => {
    const made = await tenant(
      ({ issuer }) => ({
        oidc: {
          body: {
            ...metadata(issuer),
            revocation_endpoint: `${fake.url}/revoke`,
            scopes_supported: ['openid', 'offline_access'],
            code_challenge_methods_supported: ['plain', 'S256'],
            grant_types_supported: ['authorization_code', 'refresh_token'],
            token_endpoint_auth_methods_supported: ['client_secret_post'],
          },
        },
      }),
      { token_endpoint: `${fake.url}/mine` },
    );
    expect(await shown(made)).toMatchObject({
      authorization_endpoint: `${fake.url}/authorize`,
      token_endpoint: `${fake.url}/mine`,
      device_authorization_endpoint: null,
      revocation: { endpoint: `${fake.url}/revoke`, auth: 'client' },
      flows: ['authorization_code', 'import', 'api_key'],
      pkce: 'supported',
      default_scopes: ['openid', 'offline_access'],
      client_auth: 'client_secret_post',
    });
    const before = fake.received.length;
    expect(await shown(made, false)).toMatchObject({ authorization_endpoint: null, pkce: 'unknown' });
    expect(fake.received).toHaveLength(before);
  });

  test('leaves flows that were set, and shows those whose endpoints are there', async () => {
    const device = (issuer: string) => ({
      oauth: { body: { ...metadata(issuer), device_authorization_endpoint: `${fake.url}/device` } },
    });
    const open = await tenant(({ issuer }) => device(issuer));
    expect((await shown(open)).flows).toEqual([
      'authorization_code',
      'device_code',
      'client_credentials',
      'import',
      'api_key',
    ]);
    const set = await tenant(({ issuer }) => device(issuer), {
      flows: ['client_credentials', 'device_code'],
    });
    expect((await shown(set)).flows).toEqual(['client_credentials', 'device_code']);
  });

  test('says what keeps it from being discovered', async () => {
    const made = await tenant(() => ({ oidc: { status: 503 } }), { token_endpoint: `${fake.url}/mine` });
    await expect(shown(made)).rejects.toMatchObject({ message: expect.stringContaining('status 503') });
  });

  test('asks no provider whose endpoints are known', async () => {
    const { provider } = await api.getProvider({ id: 'github', discover: true });
    expect(provider).toEqual((await api.getProvider({ id: 'github' })).provider);
  });
});
