import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stopAfter } from '../start/stop-after.js';
import { startFakeProvider } from './fake-provider.js';
import { CALLBACK, pkcePair, postForm, refreshByHand, signInByHand } from './hand-client.js';
import { DEVICE_GRANT } from './openid-clients.js';
import { type OpenIdProvider, startOpenIdProvider } from './openid-provider.js';
import { approveDevice, authorize, signIn } from './person.js';

describe('the OpenID provider and the person', () => {
  let provider: OpenIdProvider;
  beforeAll(async () => {
    provider = await startOpenIdProvider({ accessTokenLife: 120 });
  });
  afterAll(() => provider.stop());

  test.each(['native', 'basic', 'post'] as const)('signs in, refreshes and introspects: %s', async (name) => {
    const client = provider.clients[name];
    const first = await signInByHand(provider, client);
    expect(first).toMatchObject({ status: 200, expires_in: 120 });
    const second = await refreshByHand(provider, client, first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await provider.introspect(second.access_token)).toMatchObject({ active: true, sub: 'ada' });
  });

  test('the callback carries state and issuer', async () => {
    const { challenge } = pkcePair();
    const url = provider.signInUrl({ redirectUri: CALLBACK, codeChallenge: challenge, state: 'here' });
    const callback = await authorize(url, { login: 'grace' });
    expect(callback.searchParams.get('state')).toBe('here');
    expect(callback.searchParams.get('iss')).toBe(provider.issuer);
  });

  test('the person may say no', async () => {
    const { challenge } = pkcePair();
    const url = provider.signInUrl({ redirectUri: CALLBACK, codeChallenge: challenge });
    expect((await authorize(url, { deny: true })).searchParams.get('error')).toBe('access_denied');
  });

  test('a sign-in without PKCE is refused', async () => {
    const callback = await authorize(provider.signInUrl({ redirectUri: CALLBACK }));
    expect(callback.searchParams.get('error')).toBe('invalid_request');
  });

  test('the person is led back to the program', async () => {
    const program = await stopAfter(startFakeProvider({ 'GET /callback': () => ({ body: 'Signed in.' }) }));
    const { challenge } = pkcePair();
    const url = provider.signInUrl({ redirectUri: `${program.url}/callback`, codeChallenge: challenge });
    expect(await signIn(url)).toMatchObject({ status: 200, text: 'Signed in.' });
    expect(program.sentTo('GET /callback')).toHaveLength(1);
  });

  test('both metadata documents name the issuer', async () => {
    for (const name of ['openid-configuration', 'oauth-authorization-server']) {
      const metadata = await (await fetch(`${provider.issuer}/.well-known/${name}`)).json();
      expect(metadata).toMatchObject({
        issuer: provider.issuer,
        authorization_response_iss_parameter_supported: true,
        device_authorization_endpoint: `${provider.issuer}/device/auth`,
        revocation_endpoint: `${provider.issuer}/token/revocation`,
      });
    }
  });

  test('client credentials', async () => {
    const fields = { grant_type: 'client_credentials', scope: 'read' };
    const answer = await postForm(`${provider.issuer}/token`, provider.clients.machine, fields);
    expect(await provider.introspect(answer.access_token)).toMatchObject({ active: true, scope: 'read' });
  });

  test('a revoked refresh token takes its access token along', async () => {
    const client = provider.clients.native;
    const { access_token, refresh_token = '' } = await signInByHand(provider, client);
    await postForm(`${provider.issuer}/token/revocation`, client, { token: refresh_token });
    expect(await provider.introspect(access_token)).toEqual({ active: false });
  });

  test.each([false, true])('device grant, the person refuses: %s', async (deny) => {
    const client = provider.clients.native;
    const started = await postForm(`${provider.issuer}/device/auth`, client, { scope: 'openid' });
    const poll = { grant_type: DEVICE_GRANT, device_code: started.device_code ?? '' };
    expect((await postForm(`${provider.issuer}/token`, client, poll)).error).toBe('authorization_pending');
    await approveDevice(started.verification_uri_complete ?? '', { deny });
    const answer = await postForm(`${provider.issuer}/token`, client, poll);
    expect(answer).toMatchObject(deny ? { error: 'access_denied' } : { status: 200, token_type: 'Bearer' });
  });
});

describe('what the provider counts', () => {
  test('of many refreshes at once with one token, one is answered and the reuse ends the grant', async () => {
    const provider = await stopAfter(startOpenIdProvider());
    const client = provider.clients.native;
    const { refresh_token } = await signInByHand(provider, client);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => refreshByHand(provider, client, refresh_token)),
    );
    const [good, ...others] = answers.filter(({ status }) => status === 200);
    expect(others).toEqual([]);
    expect(provider.counts).toEqual({ token: { authorization_code: 1, refresh_token: 5 }, reuse: 4 });
    expect((await refreshByHand(provider, client, good?.refresh_token)).error).toBe('invalid_grant');
    expect(await provider.introspect(good?.access_token ?? '')).toEqual({ active: false });
  });

  test('an ended grant refuses refreshes without being a reuse', async () => {
    const provider = await stopAfter(startOpenIdProvider());
    const client = provider.clients.native;
    const { refresh_token } = await signInByHand(provider, client);
    await provider.endGrants();
    for (const _ of [1, 2]) {
      expect((await refreshByHand(provider, client, refresh_token)).error).toBe('invalid_grant');
    }
    expect(provider.counts).toMatchObject({ token: { refresh_token: 2 }, reuse: 0 });
  });

  test('two providers know nothing of each other', async () => {
    const one = await stopAfter(startOpenIdProvider());
    const other = await stopAfter(startOpenIdProvider());
    const { access_token } = await signInByHand(one, one.clients.native);
    expect(await other.introspect(access_token)).toEqual({ active: false });
  });
});
