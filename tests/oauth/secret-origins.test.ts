import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ParamsOf } from '../../shared/contract/index.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { makeRsaKey, serviceAccountFile } from '../support/provider/signing-keys.js';
import { type Backend, backends, openBeside, startLibrary } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

// A client secret goes only to the origins that it was given for.

const SECRET = 'the-client-secret';
const ID = 'fake';
const one = { service: ID, account: 'one' };

let good: FakeProvider;
let evil: FakeProvider;

beforeEach(async () => {
  [good, evil] = await Promise.all([startProvider(), startProvider()]);
  return async () => {
    await good.stop();
    await evil.stop();
  };
});

/** `elsewhere`: the same server, by another origin. */
const elsewhere = (url: string) => url.replace('127.0.0.1', 'localhost');

async function startProvider(): Promise<FakeProvider> {
  const provider = await startFakeProvider();
  provider.route('POST /token', () => ({
    body: {
      ...{ access_token: `at-${provider.received.length}`, token_type: 'Bearer', expires_in: 3600 },
      refresh_token: `rt-${provider.received.length}`,
    },
  }));
  provider.route('POST /device', () => ({
    body: { device_code: 'd', user_code: 'u', verification_uri: `${provider.url}/a`, expires_in: 600 },
  }));
  provider.route('POST /revoke', () => ({ status: 200 }));
  provider.route('GET /.well-known/openid-configuration', () => ({
    body: {
      issuer: provider.url,
      authorization_endpoint: `${provider.url}/authorize`,
      token_endpoint: `${elsewhere(provider.url)}/token`,
      response_types_supported: ['code'],
    },
  }));
  return provider;
}

const settings = (): ParamsOf<'set_provider'> => ({
  id: ID,
  token_endpoint: `${good.url}/token`,
  client_id: 'a client',
  client_auth: 'client_secret_post',
});

const importOne = (more: Partial<ParamsOf<'add_account'>> = {}): ParamsOf<'add_account'> => ({
  ...one,
  credential: { refresh_token: `imported-${good.received.length}` },
  replace: true,
  ...more,
});

const bySecret = ({ received }: FakeProvider, secret = SECRET) =>
  received.filter(
    ({ body, headers }) => body.includes(secret) || String(headers.authorization).includes(secret),
  );

interface Way {
  readonly way: string;
  readonly change?: () => Partial<ParamsOf<'set_provider'>>;
  readonly add?: () => ParamsOf<'add_account'>;
}

/** Each names another address, once a secret is stored. */
const ways: readonly Way[] = [
  { way: 'another token endpoint', change: () => ({ token_endpoint: `${evil.url}/token` }) },
  { way: 'another port of the same host', change: () => ({ token_endpoint: 'http://127.0.0.1:9/token' }) },
  { way: 'another refresh endpoint', change: () => ({ refresh_endpoint: `${evil.url}/token` }) },
  { way: 'another revocation endpoint', change: () => ({ revocation_endpoint: `${evil.url}/revoke` }) },
  {
    way: 'another device endpoint',
    change: () => ({ device_authorization_endpoint: `${evil.url}/device` }),
    add: () => ({ ...one, flow: 'device_code' }),
  },
  { way: 'another issuer of the provider', change: () => ({ issuer: evil.url }) },
  { way: 'another issuer of the sign-in', add: () => importOne({ issuer: evil.url }) },
  {
    way: 'another issuer of a device sign-in',
    add: () => ({ ...one, flow: 'device_code', issuer: evil.url }),
  },
  {
    way: 'a key file with a token address of its own',
    add: () => ({
      ...one,
      client_id: 'a client',
      credential: { private_key: serviceAccountFile(makeRsaKey().pem, `${evil.url}/token`) },
    }),
  },
];

describe.each(backends)('by $name', ({ start }) => {
  let backend: Backend;
  let api: Backend['api'];

  beforeEach(async () => {
    backend = await start();
    api = backend.api;
    await api.setProvider({ ...settings(), client_secret: SECRET });
    return () => backend.stop();
  });

  test.each(ways)(
    '$way: the secret is not sent there, and the error says why',
    async ({ change, add = importOne }) => {
      if (change) await api.setProvider({ id: ID, ...change() });
      const error = {
        kind: 'config',
        message: expect.stringMatching(
          /^The client secret of fake was given for http:\/\/127\.0\.0\.1:\d+, and is not sent to http:\/\/127\.0\.0\.1:\d+\.$/,
        ),
        hint: expect.stringContaining('sigilforge provider set fake --client-secret'),
      };
      await expect(api.addAccount(add())).rejects.toMatchObject(error);
      expect(evil.received).toEqual([]);
      expect(good.received).toEqual([]);
    },
  );

  test('a key file whose token address has a placeholder is refused, too', async () => {
    const file = serviceAccountFile(makeRsaKey().pem, 'https://{shop}.example.org/token');
    const signIn = { ...one, client_id: 'a client', credential: { private_key: file } };
    await expect(api.addAccount(signIn)).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining('is not sent to https://{shop}.example.org.'),
    });
  });

  test('an account goes on at its own address with the secret of its sign-in', async () => {
    await api.addAccount(importOne());
    await api.setProvider({ id: ID, token_endpoint: `${evil.url}/token` });
    await api.refreshToken(one);
    expect(bySecret(good)).toHaveLength(2);
    expect(evil.received).toEqual([]);

    await api.setProvider({ id: ID, client_secret: 'another-secret' });
    await api.refreshToken(one);
    expect(bySecret(good)).toHaveLength(3);
    expect(bySecret(good, 'another-secret')).toEqual([]);
    await api.addAccount(importOne({ account: 'two' }));
    expect(bySecret(evil, 'another-secret')).toHaveLength(1);
  });

  test('a secret that is renewed at the same address reaches the accounts that are there', async () => {
    await api.addAccount(importOne());
    await api.setProvider({ id: ID, client_secret: 'renewed-secret' });
    await api.refreshToken(one);
    expect(bySecret(good, 'renewed-secret')).toHaveLength(1);
  });

  test('an account that signed in elsewhere with a secret of its own never gets the stored one', async () => {
    await api.setProvider({ id: ID, token_endpoint: `${evil.url}/token` });
    await api.addAccount({
      ...one,
      credential: { client_id: 'a client', client_secret: 'bait' },
    });
    await api.setProvider({ id: ID, token_endpoint: `${good.url}/token` });
    await api.refreshToken(one);
    await api.removeAccount(one);
    expect(bySecret(evil, 'bait')).toHaveLength(2);
    expect(bySecret(evil)).toEqual([]);
  });

  test('with the secret for it, another address works', async () => {
    await api.setProvider({ id: ID, token_endpoint: `${evil.url}/token`, client_secret: 'for-the-other' });
    await api.addAccount(importOne());
    expect(bySecret(evil, 'for-the-other')).toHaveLength(1);
    expect(bySecret(evil)).toEqual([]);
  });

  test('another client has no part in the secret', async () => {
    await api.addAccount(importOne({ issuer: evil.url, client_id: 'another client' }));
    expect(evil.received.length).toBeGreaterThan(0);
    expect(bySecret(evil)).toEqual([]);
    await api.setProvider({ id: ID, client_id: 'another client', token_endpoint: `${evil.url}/token` });
    expect(await api.getProvider({ id: ID })).toMatchObject({ provider: { has_client_secret: false } });
  });
});

describe('an issuer whose metadata names another origin', () => {
  const found = { service: 'found', account: 'one' };
  const discovered = (): ParamsOf<'set_provider'> => ({
    id: 'found',
    issuer: good.url,
    client_id: 'a client',
    client_auth: 'client_secret_post',
    client_secret: SECRET,
  });

  test('belongs together with it, for sign-ins, refreshes and renewed secrets', async () => {
    const { api } = await stopAfter(startLibrary());
    await api.setProvider(discovered());
    await api.addAccount({ ...found, credential: { refresh_token: 'imported' } });
    await api.setProvider({ id: 'found', client_secret: 'renewed-secret' });
    await api.addAccount({ ...found, account: 'two', credential: { refresh_token: 'imported too' } });
    await api.refreshToken(found);
    expect(bySecret(good, 'renewed-secret')).toHaveLength(2);
  });

  test('does not bring in what a person names beside it', async () => {
    const { api } = await stopAfter(startLibrary());
    await api.setProvider(discovered());
    await api.setProvider({ id: 'found', token_endpoint: `${evil.url}/token` });
    const refused = { kind: 'config', message: expect.stringContaining(`not sent to ${evil.url}`) };
    await expect(
      api.addAccount({ ...found, credential: { refresh_token: 'imported' } }),
    ).rejects.toMatchObject(refused);
    expect(evil.received).toEqual([]);
  });
});

test('a config.toml that moves the provider does not move its secret', async () => {
  const { api, sandbox } = await stopAfter(
    startLibrary({
      config: `[providers.corp]\ntoken_endpoint = "${good.url}/token"\nclient_id = "a client"`,
    }),
  );
  await api.setProvider({ id: 'corp', client_secret: SECRET });
  await writeFile(
    path.join(sandbox.home, 'config', 'config.toml'),
    `[vault]\nkey = "key_file"\n[providers.corp]\ntoken_endpoint = "${evil.url}/token"\nclient_id = "a client"\n`,
  );
  const later = await openBeside(sandbox);
  await expect(
    later.addAccount({ service: 'corp', account: 'one', credential: { refresh_token: 'imported' } }),
  ).rejects.toMatchObject({ kind: 'config', message: expect.stringContaining(`was given for ${good.url}`) });
  expect(evil.received).toEqual([]);
});

test('nor does a database that names another origin for it', async () => {
  const { api, sandbox } = await stopAfter(startLibrary());
  await api.setProvider({ ...settings(), client_secret: SECRET });
  await api.addAccount(importOne({ account: 'before' }));
  stored.changeSecretOrigins(sandbox.home, ID, (json) => json.replace(good.url, evil.url));
  await api.setProvider({ id: ID, token_endpoint: `${evil.url}/token` });
  await expect(api.addAccount(importOne())).rejects.toMatchObject({
    kind: 'integrity',
    message: 'The stored client secret of fake is damaged.',
    hint: 'Give it again: sigilforge provider set fake --client-secret',
  });
  expect(evil.received).toEqual([]);
  // An account has its own, and goes on.
  await api.refreshToken({ service: ID, account: 'before' });
  expect(bySecret(good)).toHaveLength(2);
  await api.setProvider({ ...settings(), client_secret: SECRET });
  await api.addAccount(importOne());
});

test('an exported file takes along what a secret was given for', async () => {
  const { api, sandbox } = await stopAfter(startLibrary());
  await api.setProvider({ ...settings(), client_secret: SECRET });
  await api.setProvider({ id: ID, token_endpoint: `${evil.url}/token` });
  const file = path.join(sandbox.home, 'exported');
  const input = 'a passphrase for the file';
  expect(await sandbox.run(['vault', 'export', file], { input })).toMatchObject({ code: 0 });
  const other = await stopAfter(startLibrary());
  expect(await other.sandbox.run(['vault', 'import', file], { input })).toMatchObject({ code: 0 });
  await expect(other.api.addAccount(importOne())).rejects.toMatchObject({
    kind: 'config',
    message: expect.stringContaining(`was given for ${good.url}`),
  });
  expect(evil.received).toEqual([]);
});
