import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Api } from '../../shared/contract/index.js';
import {
  addAccount,
  begin,
  callback,
  completed,
  isPending,
  knowProvider,
  SERVICE,
  work,
} from '../support/accounts.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import type { FaultProxy } from '../support/provider/fault-proxy.js';
import { answerWith, changeJson, cutBefore, holdRequest } from '../support/provider/faults.js';
import type { OpenIdProvider } from '../support/provider/openid-provider.js';
import { authorize, openPage, signIn } from '../support/provider/person.js';
import { startProxiedProvider } from '../support/provider/proxied-provider.js';
import { type Backend, openBeside, startLibrary } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import { rawRequest } from '../support/wire/requests.js';

const hasIPv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

describe('with a real provider', () => {
  let provider: OpenIdProvider;
  let proxy: FaultProxy;
  let stop: () => Promise<void>;
  let backend: Backend;
  let api: Api;

  beforeAll(async () => {
    ({ provider, proxy, stop } = await startProxiedProvider());
    backend = await startLibrary();
    api = backend.api;
    await knowProvider(api, provider);
  });
  afterAll(async () => {
    await backend.stop();
    await stop();
  });

  /** Nothing of the account may be there after a sign-in that failed. */
  const nothingStored = async (account: string): Promise<void> => {
    await expect(api.getAccount({ service: SERVICE, account })).rejects.toMatchObject({ kind: 'not_found' });
  };

  test.each(['native', 'basic', 'post'] as const)('a %s client signs in', async (name) => {
    const own = await stopAfter(startLibrary());
    await knowProvider(own.api, provider, provider.clients[name]);
    expect(await addAccount(own.api)).toMatchObject({ ...work, state: 'ok' });
    const { access_token } = await own.api.getToken(work);
    const claims = { active: true, sub: 'ada', client_id: provider.clients[name].clientId };
    expect(await provider.introspect(access_token)).toMatchObject(claims);
    expect((await own.api.refreshToken(work)).access_token).not.toBe(access_token);
  });

  test('asks with state, PKCE, and a redirect address of the loopback interface', async () => {
    const { flowId, address } = await begin(api, {
      params: { prompt: 'login' },
    });
    const { origin, searchParams } = new URL(address);
    expect(origin).toBe(provider.issuer);
    expect(Object.fromEntries(searchParams)).toEqual({
      response_type: 'code',
      client_id: 'native',
      scope: 'openid profile',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      prompt: 'login',
    });
    await api.cancelFlow({ flow_id: flowId });
  });

  test('a code of another sign-in is refused, because its verifier is another one', async () => {
    const one = await begin(api, { account: 'one' });
    const other = await begin(api, { account: 'other' });
    const code = (await authorize(one.address)).searchParams.get('code') ?? '';
    const page = await openPage(callback(other, { code, iss: provider.issuer }));
    expect(page.status).toBe(400);
    await expect(completed(api, other.flowId)).rejects.toMatchObject({
      kind: 'refresh_failed',
      message: expect.stringContaining('invalid_grant'),
    });
    await nothingStored('other');
    expect(await isPending(api, one.flowId)).toBe(true);
    await api.cancelFlow({ flow_id: one.flowId });
  });

  test('what is not the answer changes nothing, and the sign-in still ends well', async () => {
    const begun = await begin(api, { account: 'patient' });
    const { href } = await authorize(begun.address);
    const { host, port } = new URL(begun.redirectUri);
    const change = (name: string, value: string | null): string => {
      const url = new URL(href);
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
      return url.href;
    };
    const wrong: [string, { method?: string; host?: string }, number][] = [
      [change('state', 'x'.repeat(43)), {}, 400],
      [change('state', ''), {}, 400],
      [change('state', null), {}, 400],
      [`${href}&state=${begun.state}`, {}, 400],
      [`${change('state', 'another')}&state=${begun.state}`, {}, 400],
      [href, { host: `evil.example:${port}` }, 400],
      [href, { host: '127.0.0.1' }, 400],
      [href, { host: `localhost:${port}` }, 400],
      [href, { method: 'POST' }, 404],
      [href, { method: 'HEAD' }, 404],
      [href.replace('/callback', '/'), {}, 404],
      [href.replace('/callback', '/callback/'), {}, 404],
      [href.replace('/callback', '/favicon.ico'), {}, 404],
    ];
    for (const [address, options, status] of wrong) {
      expect([address, options, (await rawRequest(address, options)).status]).toEqual([
        address,
        options,
        status,
      ]);
      expect(await isPending(api, begun.flowId)).toBe(true);
    }
    expect((await rawRequest(href, { host })).status).toBe(200);
    expect(await completed(api, begun.flowId)).toMatchObject({ account: 'patient' });
  });

  test('only the first answer counts', async () => {
    const begun = await begin(api, { account: 'twice' });
    const { href } = await authorize(begun.address);
    let release = () => {};
    const signal = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { reached } = proxy.plan(holdRequest(signal), { grantType: 'authorization_code' });
    const first = openPage(href);
    await reached;
    expect((await openPage(href)).status).toBe(400);
    release();
    expect((await first).status).toBe(200);
    expect(await completed(api, begun.flowId)).toMatchObject({ account: 'twice' });
    // Nobody listens any more.
    await expect(openPage(href)).rejects.toThrow();
  });

  test.each([
    ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://other.example.org')],
    ['no issuer, though one is announced', (url: URL) => url.searchParams.delete('iss')],
    ['two issuers', (url: URL) => url.searchParams.append('iss', 'https://other.example.org')],
  ])('an answer with %s is refused', async (_, change) => {
    const before = provider.counts.token['authorization_code'];
    const begun = await begin(api, { account: 'mixed-up' });
    const url = await authorize(begun.address);
    change(url);
    const page = await openPage(url);
    expect(page.status).toBe(400);
    await expect(completed(api, begun.flowId)).rejects.toMatchObject({ kind: 'denied' });
    expect(provider.counts.token['authorization_code']).toBe(before);
    await nothingStored('mixed-up');
  });

  test('a person may say no', async () => {
    const begun = await begin(api, { account: 'no' });
    const page = await signIn(begun.address, { deny: true });
    expect(page).toMatchObject({ status: 400, text: expect.stringContaining('Not signed in') });
    await expect(completed(api, begun.flowId)).rejects.toMatchObject({ kind: 'denied', exitCode: 7 });
    await nothingStored('no');
  });

  test('scopes that the provider refuses are named, with what to do', async () => {
    const begun = await begin(api, { account: 'greedy', scopes: ['openid', 'admin'] });
    const page = await signIn(begun.address);
    expect(page.status).toBe(400);
    await expect(completed(api, begun.flowId)).rejects.toMatchObject({
      kind: 'refresh_failed',
      message: expect.stringContaining('invalid_scope'),
      hint: expect.stringContaining('scopes'),
    });
    await nothingStored('greedy');
  });

  test('takes the pasted address, and a wrong one changes nothing', async () => {
    const begun = await begin(api, { account: 'elsewhere' });
    const { href } = await authorize(begun.address);
    const paste = (redirect_url: string) => api.completeFlow({ flow_id: begun.flowId, redirect_url });
    const wrong = [
      'not an address',
      begun.redirectUri,
      // What was opened, with the right state in it.
      begun.address,
      href.replace(begun.state, 'x'.repeat(43)),
      `${href}&state=${begun.state}`,
    ];
    for (const address of wrong) {
      await expect(paste(address)).rejects.toMatchObject({ kind: 'invalid_params' });
      expect(await isPending(api, begun.flowId)).toBe(true);
    }
    expect(await paste(`  ${href}\n`)).toMatchObject({ account: { account: 'elsewhere' } });
    // Again is as good as once.
    expect(await paste(href)).toMatchObject({ account: { account: 'elsewhere' } });
  });

  test('two that ask for the same share one sign-in, and the last one to leave ends it', async () => {
    const [one, other] = await Promise.all([
      begin(api, { account: 'shared' }),
      begin(api, { account: 'shared' }),
    ]);
    expect(other).toEqual(one);
    const wait = completed(api, one.flowId);
    await api.cancelFlow({ flow_id: one.flowId });
    expect(await isPending(api, one.flowId)).toBe(true);
    await api.cancelFlow({ flow_id: one.flowId });
    await expect(wait).rejects.toMatchObject({ kind: 'cancelled', exitCode: 8 });
    await expect(openPage(one.redirectUri)).rejects.toThrow();
    const again = await begin(api, { account: 'shared' });
    expect(again.flowId).not.toBe(one.flowId);
    await api.cancelFlow({ flow_id: again.flowId });
  });

  test('a caller that waits for a year is not told after a moment that the sign-in is pending', async () => {
    const { flowId, address } = await begin(api, { account: 'year' });
    const wait = api.waitFlow({ flow_id: flowId, timeout_s: 31_536_000 });
    await signIn(address);
    expect(await wait).toMatchObject({ state: 'complete', account: { account: 'year' } });
  });

  test('one that asks for something else meanwhile is told about the sign-in that is under way', async () => {
    const { flowId } = await begin(api, { account: 'busy' });
    for (const other of [{ scopes: ['openid'] }, { replace: true }, { client_id: 'basic' }]) {
      await expect(begin(api, { account: 'busy', ...other })).rejects.toMatchObject({
        kind: 'already_exists',
        message: expect.stringContaining(flowId),
      });
    }
    expect(await isPending(api, flowId)).toBe(true);
    await api.cancelFlow({ flow_id: flowId });
  });

  test('an account that exists is only replaced where that was asked for, and keeps its grant until then', async () => {
    const kept = { service: SERVICE, account: 'kept' };
    const before = await addAccount(api, kept);
    const { access_token } = await api.getToken(kept);
    await expect(begin(api, kept)).rejects.toMatchObject({ kind: 'already_exists' });

    const refused = await begin(api, { ...kept, replace: true });
    await signIn(refused.address, { deny: true });
    await expect(completed(api, refused.flowId)).rejects.toMatchObject({ kind: 'denied' });
    expect((await api.getToken(kept)).access_token).toBe(access_token);

    const begun = await begin(api, { ...kept, replace: true, scopes: ['openid'] });
    const { href } = await authorize(begun.address, { login: 'grace' });
    expect((await api.getToken(kept)).access_token).toBe(access_token);
    await openPage(href);
    const { id, created_at } = before;
    expect(await completed(api, begun.flowId)).toMatchObject({
      id,
      created_at,
      scopes: ['openid'],
      state: 'ok',
    });
    const { access_token: after } = await api.getToken(kept);
    expect(await provider.introspect(after)).toMatchObject({ active: true, sub: 'grace' });
  });

  test.each([
    [
      'HTML in its place',
      answerWith(200, '<h1>Busy</h1>', { 'content-type': 'text/html' }),
      'refresh_failed',
    ],
    ['an error page', answerWith(502, '<h1>Busy</h1>', { 'content-type': 'text/html' }), 'refresh_failed'],
    ['no connection', cutBefore, 'network'],
    ['no token', changeJson(({ id_token }) => ({ id_token })), 'refresh_failed'],
    [
      'the ID token of another sign-in',
      changeJson((json) => ({ ...json, id_token: foreign(json) })),
      'refresh_failed',
    ],
  ])('a token request that brings %s ends the sign-in, and nothing is stored', async (_, fault, kind) => {
    proxy.plan(fault, { grantType: 'authorization_code' });
    const begun = await begin(api, { account: 'failed' });
    const page = await signIn(begun.address);
    expect(page).toMatchObject({ status: 400, text: expect.stringContaining('Not signed in') });
    await expect(completed(api, begun.flowId)).rejects.toMatchObject({ kind });
    await nothingStored('failed');
  });

  test('metadata that names another issuer is not believed, and none at all is said so', async () => {
    for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
      proxy.plan(
        changeJson((json) => ({ ...json, issuer: 'https://other.example.org' })),
        { path },
      );
    }
    await expect(begin(api, { account: 'lost' })).rejects.toMatchObject({
      kind: 'refresh_failed',
      message: expect.stringContaining('another issuer'),
    });
    proxy.plan(answerWith(404), { times: 2 });
    await expect(begin(api, { account: 'lost' })).rejects.toMatchObject({
      kind: 'refresh_failed',
      message: expect.stringContaining('no metadata'),
    });
    proxy.plan(cutBefore, { times: 2 });
    await expect(begin(api, { account: 'lost' })).rejects.toMatchObject({ kind: 'network' });
    // A fault on the way there leaves no sign-in behind.
    const { flowId } = await begin(api, { account: 'lost' });
    await api.cancelFlow({ flow_id: flowId });
  });
});

describe('with endpoints of one’s own', () => {
  let fake: FakeProvider;
  let backend: Backend;
  let api: Api;

  beforeAll(async () => {
    fake = await startFakeProvider();
    backend = await startLibrary();
    api = backend.api;
    await api.setProvider({
      id: SERVICE,
      authorization_endpoint: `${fake.url}/authorize?tenant=1`,
      token_endpoint: `${fake.url}/token`,
      client_id: 'client',
    });
  });
  afterAll(async () => {
    await backend.stop();
    await fake.stop();
  });

  test('sends the verifier that its challenge was made of', async () => {
    fake.route('POST /token', () => ({ body: { access_token: 'an access token' } }));
    const begun = await begin(api, { account: 'pkce' });
    const { pathname, searchParams } = new URL(begun.address);
    expect([pathname, searchParams.get('tenant')]).toEqual(['/authorize', '1']);
    const page = await openPage(callback(begun, { code: 'the code' }));
    expect(page.status).toBe(200);
    const form = fake.sentTo('POST /token')[0]?.form ?? {};
    expect(form).toEqual({
      grant_type: 'authorization_code',
      code: 'the code',
      redirect_uri: begun.redirectUri,
      client_id: 'client',
      code_verifier: expect.stringMatching(/^[\w.~-]{43,128}$/),
    });
    const digest = createHash('sha256')
      .update(form['code_verifier'] ?? '')
      .digest('base64url');
    expect(searchParams.get('code_challenge')).toBe(digest);
    expect(await completed(api, begun.flowId)).toMatchObject({ account: 'pkce', expires_at: null });
  });

  test('a code of 20,000 characters is taken whole, from the browser and from a paste', async () => {
    fake.route('POST /token', () => ({ body: { access_token: 'an access token' } }));
    const code = 'c0de'.repeat(5_000);
    const opened = await begin(api, { account: 'long-opened' });
    expect((await openPage(callback(opened, { code }))).status).toBe(200);
    const pasted = await begin(api, { account: 'long-pasted' });
    await api.completeFlow({ flow_id: pasted.flowId, redirect_url: callback(pasted, { code }) });
    const sent = fake.sentTo('POST /token').slice(-2);
    expect(sent.map(({ form }) => form['code'])).toEqual([code, code]);
  });

  test('without an issuer to compare it with, `iss` may be anything', async () => {
    fake.route('POST /token', () => ({ body: { access_token: 'an access token' } }));
    const begun = await begin(api, { account: 'any-issuer' });
    await openPage(callback(begun, { code: 'c', iss: 'https://id.example.org' }));
    expect(await completed(api, begun.flowId)).toMatchObject({ account: 'any-issuer' });
  });

  test('an issuer that does not announce `iss` may leave it out, but not send another one', async () => {
    const plain = await stopAfter(startFakeProvider());
    const metadata = {
      issuer: plain.url,
      authorization_endpoint: `${plain.url}/authorize`,
      token_endpoint: `${plain.url}/token`,
    };
    plain.route('GET /.well-known/openid-configuration', () => ({ body: metadata }));
    plain.route('POST /token', () => ({ body: { access_token: 'an access token' } }));
    await api.setProvider({ id: 'plain', issuer: plain.url, client_id: 'client' });
    const wrong = await begin(api, { service: 'plain' });
    await openPage(callback(wrong, { code: 'c', iss: 'https://other.example.org' }));
    await expect(completed(api, wrong.flowId)).rejects.toMatchObject({ kind: 'denied' });
    expect(plain.sentTo('POST /token')).toEqual([]);
    for (const iss of [{}, { iss: plain.url }, { iss: `${plain.url}/` }]) {
      const right = await begin(api, { service: 'plain', replace: true });
      await openPage(callback(right, { code: 'c', ...iss }));
      expect(await completed(api, right.flowId)).toMatchObject({ service: 'plain' });
    }
  });

  test('a browser that comes back without a code ends the sign-in', async () => {
    const begun = await begin(api, { account: 'empty' });
    expect((await openPage(callback(begun, {}))).status).toBe(400);
    await expect(completed(api, begun.flowId)).rejects.toMatchObject({ kind: 'refresh_failed' });
  });

  test('the page that the browser ends on is whole in itself, and says what to do next', async () => {
    fake.route('POST /token', () => ({ body: { access_token: 'an access token' } }));
    const begun = await begin(api, { account: 'page' });
    const { headers, text } = await openPage(callback(begun, { code: 'c' }));
    await completed(api, begun.flowId);
    expect(text).toContain('Signed in to example');
    expect(text).toContain('return to the terminal');
    expect(text).not.toMatch(/<script|\bsrc=|\bhref=|url\(|@import|https?:/i);
    expect(text).not.toContain('an access token');
    expect(text).not.toContain(begun.state);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  const HOSTILE = `<img src=x onerror="alert(1)">'&amp;</p><script>`;
  test.each([
    ['the browser brings', { error: `e${HOSTILE}`, error_description: HOSTILE }],
    ['the token endpoint sends', { code: 'a-secret-code' }],
  ])('escapes what %s', async (_, response) => {
    fake.route('POST /token', () => ({
      status: 400,
      body: { error: `e${HOSTILE}`, error_description: HOSTILE },
    }));
    const begun = await begin(api, { account: 'hostile' });
    const { status, text } = await openPage(callback(begun, response));
    await expect(completed(api, begun.flowId)).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect(status).toBe(400);
    expect(text).toContain(
      '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;amp;&lt;/p&gt;&lt;script&gt;',
    );
    expect(text).not.toMatch(/<img|<script/i);
  });

  test('a code is not quoted back out of a refusal', async () => {
    fake.route('POST /token', ({ form }) => ({
      status: 400,
      body: { error: 'invalid_grant', error_description: `${form['code']} and ${form['code_verifier']}` },
    }));
    const begun = await begin(api, { account: 'quoted' });
    const { text } = await openPage(callback(begun, { code: 'a-secret-code' }));
    const verifier = fake.sentTo('POST /token').at(-1)?.form['code_verifier'] ?? '?';
    const fault = await completed(api, begun.flowId).catch((thrown: unknown) => String(thrown));
    for (const shown of [text, fault]) {
      expect(shown).toContain('[redacted]');
      expect(shown).not.toContain('a-secret-code');
      expect(shown).not.toContain(verifier);
    }
  });

  test.each<[string, string]>([
    ['127.0.0.1', '127.0.0.1'],
    ['localhost', '127.0.0.1'],
    ...(hasIPv6 ? [['localhost', '::1'] as [string, string]] : []),
  ])(
    'a fixed port of %s that another process uses on %s is named, and taken once it is free',
    async (host, taken) => {
      const other = createServer();
      const port = await new Promise<number>((resolve) => {
        other.listen(0, taken, () => resolve((other.address() as { port: number }).port));
      });
      await api.setProvider({ id: SERVICE, redirect_uri: `http://${host}:${port}/back` });
      await expect(begin(api, { account: 'fixed' })).rejects.toMatchObject({
        kind: 'config',
        message: expect.stringContaining(String(port)),
        hint: expect.stringContaining('--redirect-uri'),
      });
      await new Promise((resolve) => other.close(resolve));
      const begun = await begin(api, { account: 'fixed' });
      expect(begun.redirectUri).toBe(`http://${host}:${port}/back`);
      expect((await openPage(callback(begun, { error: 'access_denied' }))).status).toBe(400);
      await expect(completed(api, begun.flowId)).rejects.toMatchObject({ kind: 'denied' });
    },
  );
  test.each([
    ['user_cancelled_login', 'denied', /^Start again, and approve it there/],
    ['invalid_scope', 'refresh_failed', /--scopes SCOPE,SCOPE$/],
    ['unauthorized_client', 'refresh_failed', /^Allow this client the authorization code flow/],
    ['invalid_target', 'refresh_failed', /resource or audience/],
    ['temporarily_unavailable', 'refresh_failed', /has a problem of its own: try again/],
    ['redirect_uri_mismatch', 'refresh_failed', /^Register this redirect URI/],
    ['consent_required', 'refresh_failed', /administrator/],
    ['never_heard_of', 'refresh_failed', /provider show example$/],
  ])('the browser comes back with %s: the hint says what helps', async (error, kind, hint) => {
    const begun = await begin(api, { account: 'came-back' });
    const page = await openPage(callback(begun, { error }));
    const thrown = await completed(api, begun.flowId).catch((thrown: unknown) => thrown);
    expect(thrown).toMatchObject({ kind, hint: expect.stringMatching(hint) });
    expect(page.text).toContain(String(Object(thrown).message));
  });

  test.each([
    [
      'Okta',
      'User is not assigned to the client application.',
      'User is not assigned to the client application',
    ],
    ['Auth0', 'Please verify your email\nfirst', 'Please verify your email first'],
    ['Entra', 'AADSTS90094: An administrator must consent.', 'AADSTS90094: An administrator must consent'],
  ])('a refusal by %s says the reason', async (_, error_description, reason) => {
    const begun = await begin(api, { account: 'refused' });
    await openPage(callback(begun, { error: 'access_denied', error_description }));
    await expect(completed(api, begun.flowId)).rejects.toMatchObject({
      kind: 'denied',
      message: `The sign-in was refused in the browser: ${reason}.`,
      hint: expect.stringMatching(/^Start again, and approve it there\..*administrator/),
    });
  });

  test('a fixed port on which another sign-in waits: the second one is told which', async () => {
    const port = await freePort();
    await api.setProvider({ id: SERVICE, redirect_uri: `http://127.0.0.1:${port}/back` });
    const first = await begin(api, { account: 'first' });
    const sentence = (whose: string) =>
      `Another sign-in of Sigilforge, ${whose}, is waiting on port ${port} for its browser.`;
    await expect(begin(api, { account: 'second' })).rejects.toMatchObject({
      kind: 'already_exists',
      message: sentence('for example/first'),
      hint: expect.stringContaining('Finish or cancel that sign-in'),
    });
    // The same from another process, which does not know whose it is.
    const beside = await openBeside(backend.sandbox);
    await expect(begin(beside, { account: 'third' })).rejects.toMatchObject({
      kind: 'already_exists',
      message: sentence('in another program'),
    });
    await api.cancelFlow({ flow_id: first.flowId });
    await expect(completed(api, first.flowId)).rejects.toMatchObject({ kind: 'cancelled' });
    const third = await begin(beside, { account: 'third' });
    await beside.cancelFlow({ flow_id: third.flowId });
  });

  test('an out-of-band redirect takes the bare code, or an address with the right state', async () => {
    fake.route('POST /token', () => ({ body: { access_token: 'an access token' } }));
    const redirect_uri = 'urn:ietf:wg:oauth:2.0:oob';
    await api.setProvider({ id: SERVICE, redirect_uri });
    const begun = await begin(api, { account: 'oob' });
    expect(begun.redirectUri).toBe(redirect_uri);
    for (const wrong of ['two words', 'https://example.org/?code=c&state=wrong', '?code=c']) {
      await expect(api.completeFlow({ flow_id: begun.flowId, redirect_url: wrong })).rejects.toMatchObject({
        kind: 'invalid_params',
      });
    }
    const { account } = await api.completeFlow({ flow_id: begun.flowId, redirect_url: ' 1/bare-code \n' });
    expect(account).toMatchObject({ account: 'oob' });
    expect(fake.sentTo('POST /token').at(-1)?.form).toMatchObject({ code: '1/bare-code', redirect_uri });
  });

  test('with any other redirect address the bare code is not enough', async () => {
    const redirect_uri = 'https://app.example.org/back';
    await api.setProvider({ id: SERVICE, redirect_uri });
    const begun = await begin(api, { account: 'https' });
    expect(begun.redirectUri).toBe(redirect_uri);
    const paste = (redirect_url: string) => api.completeFlow({ flow_id: begun.flowId, redirect_url });
    await expect(paste('bare-code')).rejects.toMatchObject({ kind: 'invalid_params' });
    expect(await paste(callback(begun, { code: 'c' }))).toMatchObject({ account: { account: 'https' } });
  });

  test('without an authorization endpoint there is nothing to open', async () => {
    await api.setProvider({ id: 'machines', token_endpoint: `${fake.url}/token`, client_id: 'client' });
    await expect(begin(api, { service: 'machines' })).rejects.toMatchObject({ kind: 'config' });
    await expect(begin(api, { service: 'machines', flow: 'device_code' })).rejects.toMatchObject({
      kind: 'config',
    });
  });
});

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The ID token of an answer as another provider would have issued it. Its signature is nobody's business here. */
function foreign(json: Record<string, unknown>): string {
  const [header, payload = '', signature] = String(json['id_token']).split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  const changed = Buffer.from(JSON.stringify({ ...claims, iss: 'https://other.example.org' }));
  return [header, changed.toString('base64url'), signature].join('.');
}
