import { createPrivateKey, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Api, ParamsOf } from '../../shared/contract/index.js';
import { begin, callback, completed } from '../support/accounts.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { startOpenIdProvider } from '../support/provider/openid-provider.js';
import { approveDevice, openPage, signIn } from '../support/provider/person.js';
import {
  makeEcKey,
  makeEd25519Key,
  makeRsaKey,
  type SigningKeyPair,
} from '../support/provider/signing-keys.js';
import { type Backend, startLibrary } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';

const names = { service: 'own', account: 'work' };
const rsa = makeRsaKey();
const ec = makeEcKey('prime256v1');
const ed = makeEd25519Key();

let backend: Backend;
let api: Api;

beforeEach(async () => {
  backend = await stopAfter(startLibrary());
  api = backend.api;
});

function jwkOf({ pem }: SigningKeyPair, more: object): string {
  return JSON.stringify({ ...createPrivateKey(pem).export({ format: 'jwk' }), ...more });
}

const signing = (client_secret: string, more: Partial<ParamsOf<'set_provider'>> = {}) =>
  api.setProvider({ id: 'own', client_id: 'signer', client_secret, client_auth: 'private_key_jwt', ...more });

describe('at a real OpenID provider', () => {
  interface Signer {
    readonly key: KeyObject;
    readonly kid?: string;
    readonly alg?: string;
  }

  test.each<[what: string, key: string, signer: Signer]>([
    ['an RSA key in PEM', rsa.pem, { key: rsa.publicKey }],
    ['a P-256 key in PEM', ec.pem, { key: ec.publicKey, alg: 'ES256' }],
    ['a JWK with a kid', jwkOf(rsa, { kid: 'k1', use: 'sig' }), { key: rsa.publicKey, kid: 'k1' }],
    ['a JWK for PS256', jwkOf(rsa, { alg: 'PS256' }), { key: rsa.publicKey, alg: 'PS256' }],
    ['an Ed25519 key', jwkOf(ed, { alg: 'Ed25519' }), { key: ed.publicKey, alg: 'Ed25519' }],
  ])('%s signs in, refreshes and revokes', async (_, key, signer) => {
    const provider = await stopAfter(startOpenIdProvider({ signer }));
    await signing(key, { issuer: provider.issuer, default_scopes: ['openid'] });
    const begun = await begin(api, names);
    await signIn(begun.address);
    await completed(api, begun.flowId);
    const { access_token } = await api.refreshToken(names);
    expect((await provider.introspect(access_token)).active).toBe(true);
    expect(await api.removeAccount(names)).toMatchObject({ revoked: true });
    expect((await provider.introspect(access_token)).active).toBe(false);
  });

  test('it signs in on another device, and for itself', async () => {
    const provider = await stopAfter(startOpenIdProvider({ signer: { key: rsa.publicKey } }));
    await signing(rsa.pem, { issuer: provider.issuer });
    const started = await api.addAccount({ ...names, flow: 'device_code' });
    await approveDevice(started.verification_uri_complete ?? '');
    await completed(api, started.flow_id ?? '');
    const robot = { service: 'own', account: 'robot' };
    await api.addAccount({ ...robot, flow: 'client_credentials' });
    const { access_token } = await api.refreshToken(robot);
    expect(await provider.introspect(access_token)).toMatchObject({ active: true, client_id: 'signer' });
  });

  test('a key that is not registered there is refused, and the hint is about the key', async () => {
    const provider = await stopAfter(startOpenIdProvider({ signer: { key: makeRsaKey().publicKey } }));
    await signing(rsa.pem, { issuer: provider.issuer });
    await expect(
      api.addAccount({ service: 'own', account: 'robot', flow: 'client_credentials' }),
    ).rejects.toMatchObject({
      kind: 'refresh_failed',
      hint: expect.stringContaining('--client-key-file FILE'),
    });
    expect(provider.counts.token).toEqual({ client_credentials: 1 });
  });
});

describe('at a server that keeps what it is sent', () => {
  let fake: FakeProvider;

  beforeEach(async () => {
    fake = await stopAfter(startFakeProvider());
    fake.route('POST /token', () => ({
      body: { access_token: 'a', refresh_token: `rt-${fake.received.length}`, expires_in: 3600 },
    }));
    fake.route('POST /revoke', () => ({ status: 200 }));
  });

  const addresses = () => ({
    authorization_endpoint: `${fake.url}/authorize`,
    token_endpoint: `${fake.url}/token`,
    revocation_endpoint: `${fake.url}/revoke`,
  });

  async function signInThere(): Promise<void> {
    const begun = await begin(api, names);
    const ended = completed(api, begun.flowId);
    ended.catch(() => undefined);
    await openPage(callback(begun, { code: 'the code' }));
    await ended;
  }

  const forms = (route = 'POST /token') => fake.sentTo(route).map(({ form }) => form);

  /** The key in whatever form it might be sent. */
  function expectNoKey(key: string): void {
    const sent = JSON.stringify(fake.received.map(({ headers, form, path }) => [headers, form, path]));
    const authorizations = fake.received.map(({ headers }) => headers.authorization ?? '');
    expect(authorizations.join('')).toBe('');
    for (const line of key.split('\n').filter((line) => line.length > 20)) expect(sent).not.toContain(line);
  }

  test('each request has an assertion of its own, for a minute at most and for this server only', async () => {
    await signing(rsa.pem, addresses());
    await signInThere();
    await api.refreshToken(names);
    await api.removeAccount(names);
    const sent = [...forms(), ...forms('POST /revoke')];
    expect(sent).toHaveLength(3);
    const ids = new Set<string>();
    for (const form of sent) {
      expect(form).toMatchObject({
        client_id: 'signer',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      });
      expect(form).not.toHaveProperty('client_secret');
      const { payload } = await jwtVerify(form['client_assertion'] ?? '', rsa.publicKey);
      const { iat = 0, exp = 0, jti = '', ...claims } = payload;
      expect(claims).toEqual({ iss: 'signer', sub: 'signer', aud: `${fake.url}/token` });
      expect(exp - iat).toBeLessThanOrEqual(60);
      ids.add(jti);
    }
    expect(ids.size).toBe(3);
    expectNoKey(rsa.pem);
  });

  test.each([
    ['the issuer', [], 'issuer'],
    ['the token endpoint, where the entry says so', ['endpoint_as_audience' as const], 'token'],
  ])('the audience is %s', async (_, quirks, audience) => {
    fake.route('GET /.well-known/openid-configuration', () => ({
      body: { issuer: fake.url, ...addresses() },
    }));
    await signing(jwkOf(ec, { kid: 'k 1' }), { issuer: fake.url, quirks });
    await signInThere();
    const assertion = forms()[0]?.['client_assertion'] ?? '';
    expect(decodeJwt(assertion).aud).toBe(audience === 'issuer' ? fake.url : `${fake.url}/token`);
    expect(decodeProtectedHeader(assertion)).toEqual({ alg: 'ES256', typ: 'JWT', kid: 'k 1' });
  });

  test('a client that the server does not recognize is tried in no other way', async () => {
    await signing(rsa.pem, addresses());
    fake.route('POST /token', () => ({ status: 401, body: { error: 'invalid_client' } }));
    await expect(signInThere()).rejects.toMatchObject({
      hint: expect.stringContaining('endpoint_as_audience'),
    });
    expect(forms()).toHaveLength(1);
    expectNoKey(rsa.pem);
  });

  test('an account that signed in with a secret signs once its client has a key instead', async () => {
    await api.setProvider({
      id: 'own',
      client_id: 'signer',
      client_secret: 'a plain secret',
      ...addresses(),
    });
    await signInThere();
    await signing(rsa.pem);
    await api.refreshToken(names);
    expect(forms()[1]).toHaveProperty('client_assertion');
    expect(JSON.stringify(fake.received)).not.toContain('PRIVATE KEY');
  });

  test('a revocation that has HTTP Basic of its own signs as well', async () => {
    const { revocation_endpoint: endpoint, ...others } = addresses();
    await signing(rsa.pem, { ...others, revocation: { endpoint, auth: 'basic' } });
    await signInThere();
    expect(await api.removeAccount(names)).toMatchObject({ revoked: true });
    expect(forms('POST /revoke')[0]).toHaveProperty('client_assertion');
    expectNoKey(rsa.pem);
  });

  test('a key that is given for one account signs for it', async () => {
    await api.setProvider({ id: 'own', client_id: 'x', ...addresses() });
    const credential = { client_id: 'robot', client_secret: rsa.pem };
    await api.addAccount({ ...names, credential });
    expect(decodeJwt(forms()[0]?.['client_assertion'] ?? '').iss).toBe('robot');
    expectNoKey(rsa.pem);
  });

  test('without a key no sign-in is begun, and a secret that was there is not sent', async () => {
    await api.setProvider({ id: 'own', client_id: 'signer', client_auth: 'private_key_jwt', ...addresses() });
    const missing = { kind: 'config', hint: expect.stringContaining('--client-key-file FILE') };
    await expect(begin(api, names)).rejects.toMatchObject(missing);
    await api.setProvider({ id: 'own', client_auth: 'client_secret_post', client_secret: 'a plain secret' });
    await api.setProvider({ id: 'own', client_auth: 'private_key_jwt' });
    await expect(signInThere()).rejects.toMatchObject(missing);
    expect(forms()).toEqual([]);
  });

  test('the hint of a server that lists nothing else names the option', async () => {
    fake.route('GET /.well-known/openid-configuration', () => ({
      body: { issuer: fake.url, ...addresses(), token_endpoint_auth_methods_supported: ['private_key_jwt'] },
    }));
    fake.route('POST /token', () => ({ status: 401, body: { error: 'invalid_client' } }));
    await api.setProvider({
      id: 'own',
      issuer: fake.url,
      client_id: 'signer',
      client_secret: 'a plain secret',
    });
    await expect(signInThere()).rejects.toMatchObject({
      hint: expect.stringContaining('--client-auth private_key_jwt --client-key-file FILE'),
    });
  });

  test('the command line takes the key from a file', async () => {
    await api.setProvider({ id: 'own', client_id: 'signer', ...addresses() });
    const file = path.join(backend.sandbox.home, 'key.pem');
    await writeFile(file, rsa.pem, { mode: 0o600 });
    const set = await backend.sandbox.run(['provider', 'set', 'own', '--client-key-file', file]);
    expect(set).toMatchObject({ code: 0, stderr: expect.not.stringContaining('warning') });
    expect((await api.getProvider({ id: 'own' })).provider).toMatchObject({
      client_auth: 'private_key_jwt',
      has_client_secret: true,
    });
    await signInThere();
    expect(forms()[0]).toHaveProperty('client_assertion');
    const both = ['provider', 'set', 'own', '--client-key-file', file, '--client-secret'];
    expect(await backend.sandbox.run(both)).toMatchObject({ code: 2 });
  });
});

test.each([
  ['a text', 'no key', 'This is not a private key in PEM.'],
  ['a public key', rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'not a private key'],
  ['half of a JWK', '{"kty":"RSA","d":"AQAB"}', 'not a private key as a JWK'],
  ['another algorithm', jwkOf(ec, { alg: 'RS256' }), 'cannot sign with the algorithm'],
])('%s is refused as a key, and not repeated', async (_, key, message) => {
  const error = await signing(key, { token_endpoint: 'https://id.example.org/token' }).catch(
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ kind: 'invalid_params', message: expect.stringContaining(message) });
  expect(JSON.stringify(error)).not.toContain(key);
});

test('a key is refused as a secret that would be sent', async () => {
  const known = { id: 'own', token_endpoint: 'https://id.example.org/token', client_id: 'x' };
  for (const client_secret of [rsa.pem, jwkOf(ec, {})]) {
    await expect(api.setProvider({ ...known, client_secret })).rejects.toMatchObject({
      kind: 'invalid_params',
      hint: expect.stringContaining('--client-auth private_key_jwt'),
    });
  }
});
