import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange } from '../../daemon/core/oauth/exchange.js';
import { revoke } from '../../daemon/core/oauth/revocation.js';
import { systemClock } from '../../daemon/core/platform/clock.js';
import { builtinProviders } from '../../daemon/core/providers/builtin/index.js';
import type { Api } from '../../shared/contract/index.js';
import { ProviderQuirk } from '../../shared/provider.js';
import { Secret } from '../../shared/secret.js';
import { begin, callback, completed } from '../support/accounts.js';
import {
  type FakeProvider,
  type ReceivedRequest,
  startFakeProvider,
} from '../support/provider/fake-provider.js';
import { answerOf, clientOf, recordHttp, type SentRequest } from '../support/provider/oauth-clients.js';
import { openPage } from '../support/provider/person.js';
import { makeEd25519Key } from '../support/provider/signing-keys.js';
import { type Backend, startLibrary } from '../support/start/backends.js';

const SECRET = 'secret:of +client/&=';
/** HTTP Basic as RFC 6749, section 2.3.1 has it: id and secret form-encoded first. */
const BASIC = `Basic ${btoa(`client:${encodeURIComponent(SECRET).replaceAll('%20', '+')}`)}`;
const FORM = 'application/x-www-form-urlencoded';

describe('quirks, by whole sign-ins', () => {
  const tested = new Set<string>();
  let fake: FakeProvider;
  let backend: Backend;
  let api: Api;

  beforeAll(async () => {
    fake = await startFakeProvider();
    backend = await startLibrary();
    api = backend.api;
  });
  afterAll(async () => {
    await backend.stop();
    await fake.stop();
  });

  /** A built-in provider by the address of the scripted one, with any free port for the browser to come back to. */
  const know = async (id: string, quirk: ProviderQuirk, client_secret?: string): Promise<void> => {
    expect(builtinProviders.get(id)?.quirks).toContain(quirk);
    tested.add(quirk);
    await api.setProvider({
      id,
      authorization_endpoint: `${fake.url}/authorize`,
      token_endpoint: `${fake.url}/token`,
      device_authorization_endpoint: `${fake.url}/device`,
      revocation_endpoint: `${fake.url}/revoke`,
      redirect_uri: 'http://127.0.0.1/callback',
      client_id: 'client',
      ...(client_secret === undefined ? {} : { client_secret }),
    });
  };

  const signIn = async (service: string, body: object, iss?: string) => {
    fake.route('POST /token', () => ({ body }));
    const begun = await begin(api, { service });
    await openPage(callback(begun, { code: 'the code', ...(iss === undefined ? {} : { iss }) }));
    const account = await completed(api, begun.flowId);
    return { begun, account, name: { service, account: account.account } };
  };

  const lastTokenRequest = (): ReceivedRequest => {
    const request = fake.sentTo('POST /token').at(-1);
    if (request) return request;
    throw new Error('No token request came.');
  };

  test('GitHub separates scopes by commas in its answer', async () => {
    await know('github', 'comma_scopes_in_answer', SECRET);
    const { account } = await signIn('github', {
      access_token: 'gho',
      token_type: 'bearer',
      scope: 'repo,gist',
    });
    expect(account.scopes).toEqual(['repo', 'gist']);
    const { form, headers } = lastTokenRequest();
    expect([form['client_id'], form['client_secret'], headers.authorization]).toEqual([
      'client',
      SECRET,
      undefined,
    ]);
    // Without it GitHub answers with a form.
    expect(headers.accept).toBe('application/json');
  });

  test('Slack nests the token of a person, asks for scopes with commas, and hides refusals behind status 200', async () => {
    await know('slack', 'nested_user_token', SECRET);
    const authed_user = { access_token: 'xoxp', refresh_token: 'xoxe', expires_in: 43_200, scope: 'a,b' };
    const { begun, account, name } = await signIn('slack', { ok: true, authed_user });
    expect(new URL(begun.address).searchParams.get('scope')).toBe('channels:read,chat:write,users:read');
    expect(account.scopes).toEqual(['a', 'b']);
    expect((await api.getToken(name)).access_token).toBe('xoxp');
    fake.route('POST /token', () => ({
      body: { ok: true, authed_user: { ...authed_user, access_token: 'next' } },
    }));
    expect((await api.refreshToken(name)).access_token).toBe('next');
    expect(lastTokenRequest().form).toEqual({ grant_type: 'refresh_token', refresh_token: 'xoxe' });
    fake.route('POST /token', () => ({ body: { ok: false, error: 'ratelimited' } }));
    await expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'refresh_failed' });
    // A bot's token counts where there is one.
    await api.removeAccount(name);
    await signIn('slack', { ok: true, access_token: 'xoxb', authed_user });
    expect((await api.getToken(name)).access_token).toBe('xoxb');
  });

  test('Twitch calls the scopes of the device grant `scopes`', async () => {
    await know('twitch', 'device_scopes_plural');
    fake.route('POST /device', () => ({
      body: { device_code: 'd', user_code: 'U', verification_uri: 'https://t.example/', expires_in: 900 },
    }));
    const { flow_id } = await api.addAccount({ service: 'twitch', account: 'me', scopes: ['a', 'b'] });
    expect(fake.sentTo('POST /device')[0]?.body).toBe('scopes=a+b&client_id=client');
    await api.cancelFlow({ flow_id: flow_id ?? '' });
  });

  test('Reddit wants HTTP Basic with an empty password of a client without a secret', async () => {
    await know('reddit', 'basic_without_secret');
    const { name } = await signIn('reddit', { access_token: 'a', refresh_token: 'r', expires_in: 3600 });
    expect(lastTokenRequest().headers.authorization).toBe(`Basic ${btoa('client:')}`);
    expect(lastTokenRequest().form).not.toHaveProperty('client_secret');
    await api.refreshToken(name);
    expect(lastTokenRequest().headers.authorization).toBe(`Basic ${btoa('client:')}`);
    expect(lastTokenRequest().body).toBe('refresh_token=r&grant_type=refresh_token');
    await api.setProvider({ id: 'reddit', client_secret: SECRET });
    await api.refreshToken(name);
    expect(lastTokenRequest().headers.authorization).toBe(BASIC);
  });

  test('Notion takes a JSON body', async () => {
    await know('notion', 'json_token_requests', SECRET);
    const { begun, name } = await signIn('notion', { access_token: 'a', refresh_token: 'nrt' });
    const { json, headers } = lastTokenRequest();
    expect(headers).toMatchObject({ 'content-type': 'application/json', authorization: BASIC });
    expect(json).toEqual({
      grant_type: 'authorization_code',
      code: 'the code',
      redirect_uri: begun.redirectUri,
      code_verifier: expect.any(String),
    });
    await api.refreshToken(name);
    expect(lastTokenRequest().body).toBe('{"refresh_token":"nrt","grant_type":"refresh_token"}');
  });

  test('Microsoft names another issuer for each tenant', async () => {
    await know('microsoft', 'issuer_varies');
    const iss = 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0';
    const claims = Buffer.from(JSON.stringify({ iss, aud: 'client' })).toString('base64url');
    const tokens = { access_token: 'a', refresh_token: 'mrt', id_token: `e30.${claims}.x` };
    const { account } = await signIn('microsoft', tokens, iss);
    expect(account.state).toBe('ok');
  });

  test('a provider whose issuer does not vary is held to it', async () => {
    await api.setProvider({
      id: 'gitlab',
      authorization_endpoint: `${fake.url}/authorize`,
      token_endpoint: `${fake.url}/token`,
      client_id: 'client',
    });
    await expect(signIn('gitlab', { access_token: 'a' }, 'https://other.example.org')).rejects.toMatchObject({
      kind: 'denied',
    });
    const { account } = await signIn('gitlab', { access_token: 'a' }, 'https://gitlab.com');
    expect(account.state).toBe('ok');
  });

  test.each(['device_code', 'authorization_code'] as const)(
    'a GitHub App refreshes a grant of the %s flow with its secret or without it',
    async (flow) => {
      await know('github-app', 'device_refresh_without_secret', SECRET);
      const tokens = { access_token: 'a', refresh_token: `ghr-${flow}`, expires_in: 28_800 };
      const name = { service: 'github-app', account: flow };
      fake.route('POST /token', () => ({ body: tokens }));
      if (flow === 'device_code') {
        fake.route('POST /device', () => ({
          body: { device_code: 'd', user_code: 'U', verification_uri: 'https://g.example/', interval: 0.01 },
        }));
        const { flow_id } = await api.addAccount({ ...name, flow });
        await completed(api, flow_id ?? '');
      } else {
        const begun = await begin(api, { ...name, flow });
        await openPage(callback(begun, { code: 'the code' }));
        await completed(api, begun.flowId);
      }
      await api.refreshToken(name);
      expect(lastTokenRequest().form).toEqual({
        grant_type: 'refresh_token',
        refresh_token: `ghr-${flow}`,
        client_id: 'client',
        ...(flow === 'device_code' ? {} : { client_secret: SECRET }),
      });
    },
  );

  test('Google reads the scopes of a service account in its assertion, which names no subject', async () => {
    await know('google', 'scope_in_assertion', SECRET);
    fake.route('POST /token', () => ({
      body: { access_token: 'a', token_type: 'Bearer', expires_in: 3599 },
    }));
    const credential = { private_key: makeEd25519Key().pem, issuer: 'robot' };
    await api.addAccount({ service: 'google', account: 'robot', credential, scopes: ['a', 'b'] });
    const { form, headers } = lastTokenRequest();
    expect(Object.keys(form).sort()).toEqual(['assertion', 'grant_type']);
    expect(headers).not.toHaveProperty('authorization');
    const [, payload = ''] = form['assertion']?.split('.') ?? [];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    expect(claims).toMatchObject({ iss: 'robot', scope: 'a b', aud: `${fake.url}/token` });
    expect(claims).not.toHaveProperty('sub');
  });

  test.each(['google', 'discord'])('%s ends every grant of a client with one of them', async (id) => {
    await know(id, 'revokes_all_grants');
    await api.setProvider({ id, client_id: `client-of-${id}`, client_secret: SECRET });
    fake.route('POST /token', () => ({
      body: { access_token: 'a', refresh_token: `${id}-${fake.received.length}` },
    }));
    for (const account of ['one', 'other']) {
      const begun = await begin(api, { service: id, account });
      await openPage(callback(begun, { code: 'the code' }));
      await completed(api, begun.flowId);
    }
    expect((await api.getAccount({ service: id, account: 'one' })).revoked_with).toEqual([`${id}/other`]);
  });

  test('each quirk that there is has been tested', () => {
    // A client that signs is tested in private-key-jwt.test.ts.
    const elsewhere = ['endpoint_as_audience'];
    expect([...tested, ...elsewhere].sort()).toEqual([...ProviderQuirk.options].sort());
  });
});

describe('token requests that go elsewhere, or carry more', () => {
  const request = async (
    id: string,
    grantType: string,
    parameters: Record<string, string>,
  ): Promise<SentRequest> => {
    const { http, sent } = recordHttp(() => answerOf({ access_token: 'a' }));
    const client = { registration: clientOf(id), secret: new Secret(SECRET) };
    await exchange({ http, clock: systemClock }, client, grantType, parameters);
    expect(sent).toHaveLength(1);
    return sent[0] ?? unsent();
  };

  test('Figma has an address of its own for refreshes', async () => {
    const refreshed = await request('figma', 'refresh_token', { refresh_token: 'r' });
    expect(refreshed).toMatchObject({
      url: 'https://api.figma.com/v1/oauth/refresh',
      body: 'refresh_token=r&grant_type=refresh_token',
      headers: { authorization: BASIC },
    });
    const signedIn = await request('figma', 'authorization_code', { code: 'c' });
    expect(signedIn.url).toBe('https://api.figma.com/v1/oauth/token');
  });

  test.each([...builtinProviders.keys()])('%s is asked at its token endpoint, by https', async (id) => {
    const { url, method, headers } = await request(id, 'authorization_code', { code: 'c' });
    expect(url).toBe(clientOf(id).token_endpoint);
    expect(url).toMatch(/^https:\/\/[^{}]+$/);
    expect(method).toBe('POST');
    expect(headers['accept']).toBe('application/json');
  });
});

describe('revocation, to the byte', () => {
  const grant = { accessToken: new Secret('AT/+'), refreshToken: new Secret('RT/+') };
  const basicHeader = { authorization: BASIC, 'content-type': FORM };
  const post = encodeURIComponent(SECRET).replaceAll('%20', '+');

  const table: Record<string, { url: string; headers: Record<string, string>; body?: string }> = {
    github: {
      url: 'https://api.github.com/credentials/revoke',
      headers: { 'content-type': 'application/json' },
      body: '{"credentials":["RT/+","AT/+"]}',
    },
    'github-app': {
      url: 'https://api.github.com/credentials/revoke',
      headers: { 'content-type': 'application/json' },
      body: '{"credentials":["RT/+","AT/+"]}',
    },
    gitlab: { url: 'https://gitlab.com/oauth/revoke', headers: basicHeader, body: 'token=RT%2F%2B' },
    google: {
      url: 'https://oauth2.googleapis.com/revoke',
      headers: { 'content-type': FORM },
      body: 'token=RT%2F%2B',
    },
    discord: {
      url: 'https://discord.com/api/oauth2/token/revoke',
      headers: basicHeader,
      body: 'token=RT%2F%2B',
    },
    slack: { url: 'https://slack.com/api/auth.revoke', headers: { authorization: 'Bearer AT/+' } },
    'slack-user': { url: 'https://slack.com/api/auth.revoke', headers: { authorization: 'Bearer AT/+' } },
    twitch: {
      url: 'https://id.twitch.tv/oauth2/revoke',
      headers: { 'content-type': FORM },
      body: 'token=AT%2F%2B&client_id=client',
    },
    reddit: {
      url: 'https://www.reddit.com/api/v1/revoke_token',
      headers: basicHeader,
      body: 'token=RT%2F%2B',
    },
    dropbox: {
      url: 'https://api.dropboxapi.com/2/auth/token/revoke',
      headers: { authorization: 'Bearer AT/+' },
    },
    notion: {
      url: 'https://api.notion.com/v1/oauth/revoke',
      headers: {
        authorization: `Basic ${btoa(`client:${SECRET}`)}`,
        'content-type': 'application/json',
      },
      body: '{"token":"AT/+"}',
    },
    linear: {
      url: 'https://api.linear.app/oauth/revoke',
      headers: { 'content-type': FORM },
      body: 'refresh_token=RT%2F%2B',
    },
    zoom: { url: 'https://zoom.us/oauth/revoke', headers: basicHeader, body: 'token=AT%2F%2B' },
    box: {
      url: 'https://api.box.com/oauth2/revoke',
      headers: { 'content-type': FORM },
      body: `token=RT%2F%2B&client_id=client&client_secret=${post}`,
    },
    asana: {
      url: 'https://app.asana.com/-/oauth_revoke',
      headers: { 'content-type': FORM },
      body: `token=RT%2F%2B&client_id=client&client_secret=${post}`,
    },
    salesforce: {
      url: 'https://login.salesforce.com/services/oauth2/revoke',
      headers: { 'content-type': FORM },
      body: 'token=RT%2F%2B',
    },
    hubspot: {
      url: 'https://api.hubapi.com/oauth/2026-03/token/revoke',
      headers: { 'content-type': FORM },
      body: `token=RT%2F%2B&client_id=client&client_secret=${post}`,
    },
    x: { url: 'https://api.x.com/2/oauth2/revoke', headers: basicHeader, body: 'token=RT%2F%2B' },
    strava: {
      url: 'https://www.strava.com/oauth/deauthorize',
      headers: { authorization: 'Bearer AT/+' },
    },
    todoist: {
      url: 'https://api.todoist.com/api/v1/revoke',
      headers: {
        authorization: `Basic ${btoa(`client:${SECRET}`)}`,
        'content-type': 'application/json',
      },
      body: '{"token":"AT/+"}',
    },
    quickbooks: {
      url: 'https://developer.api.intuit.com/v2/oauth2/tokens/revoke',
      headers: {
        authorization: `Basic ${btoa(`client:${SECRET}`)}`,
        'content-type': 'application/json',
      },
      body: '{"token":"RT/+"}',
    },
    xero: {
      url: 'https://identity.xero.com/connect/revocation',
      headers: basicHeader,
      body: 'token=RT%2F%2B',
    },
    pipedrive: {
      url: 'https://oauth.pipedrive.com/oauth/revoke',
      headers: basicHeader,
      body: 'token=RT%2F%2B',
    },
    calendly: {
      url: 'https://auth.calendly.com/oauth/revoke',
      headers: { 'content-type': FORM },
      body: `token=RT%2F%2B&client_id=client&client_secret=${post}`,
    },
    digitalocean: {
      url: 'https://cloud.digitalocean.com/v1/oauth/revoke',
      headers: { authorization: 'Bearer AT/+', 'content-type': FORM },
      body: 'token=AT%2F%2B',
    },
    zoho: {
      url: 'https://accounts.zoho.com/oauth/v2/token/revoke',
      headers: { 'content-type': FORM },
      body: 'token=RT%2F%2B',
    },
    canva: {
      url: 'https://api.canva.com/rest/v1/oauth/revoke',
      headers: basicHeader,
      body: 'token=RT%2F%2B',
    },
  };

  test.each(Object.entries(table))('%s', async (id, expected) => {
    const { http, sent } = recordHttp();
    const client = { registration: clientOf(id), secret: new Secret(SECRET) };
    expect(await revoke({ http, clock: systemClock }, client, grant)).toBe(true);
    expect(sent).toEqual([{ method: 'POST', ...expected }]);
  });

  test('stands in the table for every provider that has one, and sends nothing for the others', async () => {
    for (const [id, { revocation }] of builtinProviders) {
      expect([id, revocation !== null]).toEqual([id, id in table]);
      const { http, sent } = recordHttp();
      if (revocation !== null) continue;
      const client = { registration: clientOf(id), secret: undefined };
      expect(await revoke({ http, clock: systemClock }, client, grant)).toBe(false);
      expect(sent).toEqual([]);
    }
  });

  test.each([
    ['google', 'token=AT%2F%2B'],
    ['github', '{"credentials":["AT/+"]}'],
    ['asana', undefined],
    ['linear', undefined],
  ])('%s with only an access token', async (id, body) => {
    const { http, sent } = recordHttp();
    const only = { accessToken: grant.accessToken, refreshToken: undefined };
    const done = await revoke(
      { http, clock: systemClock },
      { registration: clientOf(id), secret: undefined },
      only,
    );
    expect(done).toBe(body !== undefined);
    expect(sent.map((request) => request.body)).toEqual(body === undefined ? [] : [body]);
  });

  test.each([
    [
      'Reddit',
      'reddit',
      { authorization: `Basic ${btoa('client:')}`, 'content-type': FORM },
      'token=RT%2F%2B',
    ],
    ['GitLab', 'gitlab', { 'content-type': FORM }, 'token=RT%2F%2B&client_id=client'],
  ])('%s by a client without a secret', async (_, id, headers, body) => {
    const { http, sent } = recordHttp();
    await revoke({ http, clock: systemClock }, { registration: clientOf(id), secret: undefined }, grant);
    expect(sent).toMatchObject([{ headers, body }]);
  });

  test.each([
    ['status 400', () => answerOf('', 400), false],
    ['status 302', () => answerOf('', 302), false],
    ['status 204', () => answerOf('', 204), true],
    ['HTML with status 200', () => answerOf('<h1>Revoked</h1>'), true],
    ['ok that is false', () => answerOf({ ok: false, error: 'token_revoked' }), false],
    [
      'no answer',
      () => {
        throw new Error('gone');
      },
      false,
    ],
  ])('%s', async (_, answer, done) => {
    const { http } = recordHttp(answer);
    const client = { registration: clientOf('slack'), secret: undefined };
    expect(await revoke({ http, clock: systemClock }, client, grant)).toBe(done);
  });
});

function unsent(): never {
  throw new Error('Nothing was sent.');
}
