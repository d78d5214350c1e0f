import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Api } from '../../shared/contract/index.js';
import { begin, callback, completed } from '../support/accounts.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { openPage } from '../support/provider/person.js';
import { type Backend, startLibrary } from '../support/start/backends.js';

/** What a test makes of the ID token that would be right. */
interface Odd {
  readonly header?: object;
  readonly claims?: Record<string, unknown>;
  readonly token?: string;
  /** The nonce as its digest, written so. */
  readonly digest?: 'hex' | 'base64url' | 'base64';
}

const now = Math.floor(Date.now() / 1000);
const minutes = (count: number): number => now + count * 60;

let fake: FakeProvider;
let backend: Backend;
let api: Api;
let account = 0;

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
  await api.setProvider({ id: 'own', issuer: fake.url, client_id: 'client', default_scopes: ['openid'] });
});
beforeEach(() => {
  fake.route('POST /revoke', () => ({ status: 200 }));
});
afterAll(async () => {
  await backend.stop();
  await fake.stop();
});

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function idToken({ header = {}, claims = {}, token, digest }: Odd, sent: string | null): string {
  const nonce = digest
    ? createHash('sha256')
        .update(sent ?? '')
        .digest(digest)
    : sent;
  const usual = { iss: fake.url, aud: 'client', sub: 'ada', iat: now, exp: minutes(5) };
  const whole = { ...usual, ...(nonce === null ? {} : { nonce }), ...claims };
  return token ?? `${part({ alg: 'RS256', typ: 'JWT', ...header })}.${part(whole)}.c2lnbmF0dXJl`;
}

/** A whole sign-in whose answer has this ID token, for an account of its own. */
async function signInWith(odd: Odd, scopes = ['openid']): Promise<{ name: string; ended: Promise<unknown> }> {
  account += 1;
  const name = `n${account}`;
  const begun = await begin(api, { service: 'own', account: name, scopes });
  const nonce = new URL(begun.address).searchParams.get('nonce');
  fake.route('POST /token', () => ({
    body: {
      ...{ access_token: `at-${name}`, refresh_token: `rt-${name}`, token_type: 'Bearer', expires_in: 60 },
      id_token: idToken(odd, nonce),
    },
  }));
  const ended = completed(api, begun.flowId);
  ended.catch(() => undefined);
  await openPage(callback(begun, { code: 'the code' }));
  return { name, ended };
}

describe('an ID token costs no grant where it', () => {
  test.each<[string, Odd]>([
    ['is signed with ES256', { header: { alg: 'ES256' } }],
    ['is signed with EdDSA', { header: { alg: 'EdDSA', crv: 'Ed25519' } }],
    ['is signed with PS512', { header: { alg: 'PS512' } }],
    ['is signed with HS256', { header: { alg: 'HS256' } }],
    ['is not signed', { header: { alg: 'none' } }],
    ['has an unknown extension', { header: { crit: ['b64'], b64: true } }],
    ['was issued minutes from now', { claims: { iat: minutes(7), exp: minutes(12), nbf: minutes(7) } }],
    ['expired minutes ago', { claims: { iat: minutes(-20), exp: minutes(-15) } }],
    ['expired years ago', { claims: { iat: 1, exp: 2 } }],
    ['has times that are text', { claims: { iat: 'now', exp: 'later' } }],
    ['has no times', { claims: { iat: undefined, exp: undefined } }],
    ['has no nonce', { claims: { nonce: undefined } }],
    ['has no issuer', { claims: { iss: undefined } }],
    ['has no audience', { claims: { aud: undefined } }],
    ['has no subject', { claims: { sub: undefined } }],
    ['is for several, us among them', { claims: { aud: ['other', 'client'] } }],
    ['is for several, and was issued to us', { claims: { aud: ['api', 'other'], azp: 'client' } }],
    ['is for us, and was issued to another', { claims: { aud: 'client', azp: 'phone' } }],
    ['is encrypted', { token: 'eyJlbmMiOiJBMjU2R0NNIn0.a2V5.aXY.Y2lwaGVy.dGFn' }],
    ['is no token', { token: 'nonsense' }],
    ['has claims that are no object', { token: 'e30.WzFd.x' }],
    ['has claims that are cut off', { token: 'e30.eyJpc3MiOiJo.x' }],
  ])('%s', async (_, odd) => {
    const { name, ended } = await signInWith(odd);
    expect(await ended).toMatchObject({ account: name, state: 'ok' });
    expect((await api.getToken({ service: 'own', account: name })).access_token).toBe(`at-${name}`);
    expect(fake.sentTo('POST /revoke')).toEqual([]);
  });

  test('has a final slash after its issuer', async () => {
    const { name, ended } = await signInWith({ claims: { iss: `${fake.url}/` } });
    expect(await ended).toMatchObject({ account: name });
  });

  test.each(['hex', 'base64url', 'base64'] as const)('has the digest of its nonce, in %s', async (form) => {
    const { name, ended } = await signInWith({ digest: form });
    expect(await ended).toMatchObject({ account: name });
  });

  test('has a nonce that was not asked for', async () => {
    const { name, ended } = await signInWith({ claims: { nonce: 'the server’s own' } }, ['profile']);
    expect(await ended).toMatchObject({ account: name });
  });

  test('has a nonce that was not asked for, after a sign-in by code on another device', async () => {
    const device = { device_code: 'd', user_code: 'U', verification_uri: `${fake.url}/v`, interval: 0.01 };
    fake.route('POST /device', () => ({ body: device }));
    fake.route('POST /token', () => ({
      body: { access_token: 'at', refresh_token: 'rt-device', id_token: idToken({}, 'the server’s own') },
    }));
    const { flow_id } = await api.addAccount({ service: 'own', account: 'device', flow: 'device_code' });
    expect(await completed(api, flow_id ?? '')).toMatchObject({ account: 'device', state: 'ok' });
  });
});

describe('an ID token of another client or sign-in ends this one and names what differs, and what came with it is revoked', () => {
  test.each<[string, Odd, string]>([
    [
      'the issuer',
      { claims: { iss: 'https://other.example.org' } },
      'another issuer: https://other.example.org',
    ],
    ['the path of the issuer', { claims: { iss: 'http://127.0.0.1/realms/b' } }, 'another issuer'],
    ['the audience', { claims: { aud: 'other' } }, 'another client: other, not client'],
    ['the audience, of several', { claims: { aud: ['a', 'b'] } }, 'another client: a, b, not client'],
    ['whom it was issued to', { claims: { aud: ['client', 'api'], azp: 'phone' } }, 'another client: phone'],
    ['the nonce', { claims: { nonce: 'of another sign-in' } }, 'another sign-in: its nonce'],
    ['the nonce, which is a number', { claims: { nonce: 7 } }, 'another sign-in: its nonce'],
    [
      'the nonce, in an old token',
      { claims: { nonce: 'x', iat: minutes(-90) } },
      'By the clock of this machine it was issued 90 min ago',
    ],
    [
      'the nonce, by another clock',
      { claims: { nonce: 'x', iat: minutes(12) } },
      'it was issued 12 min in the future',
    ],
  ])('%s', async (_, odd, words) => {
    const { name, ended } = await signInWith(odd);
    await expect(ended).rejects.toMatchObject({
      kind: 'refresh_failed',
      message: expect.stringContaining(words),
      hint: expect.stringMatching(/were revoked.*sigilforge provider show own/),
    });
    await expect(api.getAccount({ service: 'own', account: name })).rejects.toMatchObject({
      kind: 'not_found',
    });
    expect(fake.sentTo('POST /revoke').at(-1)?.form).toMatchObject({
      token: `rt-${name}`,
      client_id: 'client',
    });
  });

  test('and where that fails, the person is told to do it', async () => {
    fake.route('POST /revoke', () => ({ status: 503 }));
    const { ended } = await signInWith({ claims: { aud: 'other' } });
    await expect(ended).rejects.toMatchObject({ hint: expect.stringContaining('could not be revoked') });
  });

  test('on another device as well', async () => {
    const device = { device_code: 'd', user_code: 'U', verification_uri: `${fake.url}/v`, interval: 0.01 };
    fake.route('POST /device', () => ({ body: device }));
    fake.route('POST /token', () => ({
      body: {
        access_token: 'at',
        refresh_token: 'rt-other',
        id_token: idToken({ claims: { aud: 'x' } }, null),
      },
    }));
    const { flow_id } = await api.addAccount({ service: 'own', account: 'tv', flow: 'device_code' });
    await expect(completed(api, flow_id ?? '')).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect(fake.sentTo('POST /revoke').at(-1)?.form).toMatchObject({ token: 'rt-other' });
  });
});

describe('the nonce', () => {
  const nonceOf = async (params: Parameters<typeof begin>[1]): Promise<string | null> => {
    const { address, flowId } = await begin(api, { service: 'own', account: 'nonce', ...params });
    await api.cancelFlow({ flow_id: flowId });
    return new URL(address).searchParams.get('nonce');
  };

  test('is sent with `openid`, another one each time', async () => {
    const one = await nonceOf({ scopes: ['profile', 'openid'] });
    const other = await nonceOf({ scopes: ['profile', 'openid'] });
    expect(one).toMatch(/^[\w-]{43}$/);
    expect(other).toMatch(/^[\w-]{43}$/);
    expect(one).not.toBe(other);
  });

  test('is not what a caller makes it', async () => {
    await expect(nonceOf({ scopes: ['openid'], params: { nonce: 'known' } })).rejects.toMatchObject({
      kind: 'invalid_params',
      message: expect.stringContaining('params.nonce is part of the protocol'),
    });
  });

  test('is not sent without `openid`', async () => {
    expect(await nonceOf({ scopes: ['profile', 'openid-like'] })).toBeNull();
  });
});
