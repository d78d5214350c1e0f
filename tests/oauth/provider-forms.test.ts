import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { begin, callback } from '../support/accounts.js';
import {
  type FakeProvider,
  type ReceivedRequest,
  startFakeProvider,
} from '../support/provider/fake-provider.js';
import { type Backend, startLibrary } from '../support/start/backends.js';

/** How a sign-in at a built-in provider differs from the standards, as its documentation has it. */
interface Form {
  readonly id: string;
  readonly what: string;
  /** What the authorization request has; `null` where it must not be. */
  readonly asks: Readonly<Record<string, string | null>>;
  /** What the browser comes back with besides the code. */
  readonly comesBack?: Readonly<Record<string, string>>;
  /** What the token answer brings besides tokens. */
  readonly brings?: object;
  /** How the client proves itself, and in what form. */
  readonly proves: 'basic' | 'post' | 'basic in json';
  /** What is kept with the account. */
  readonly keeps?: Readonly<Record<string, string>>;
  /** Settings besides addresses and the client, such as a redirect URI that nothing needs to listen on. */
  readonly settings?: object;
}

const forms: readonly Form[] = [
  {
    id: 'strava',
    what: 'separates scopes by commas, and says who signed in',
    asks: { scope: 'read,activity:read' },
    brings: { athlete: { id: 227615 } },
    proves: 'post',
    keeps: { 'athlete.id': '227615' },
  },
  {
    id: 'todoist',
    what: 'separates scopes by commas',
    asks: { scope: 'data:read' },
    proves: 'post',
  },
  {
    id: 'clickup',
    what: 'knows no scopes',
    asks: { scope: null, response_type: 'code' },
    proves: 'post',
  },
  {
    id: 'linkedin',
    what: 'is sent no PKCE',
    asks: { code_challenge: null, code_challenge_method: null, scope: 'openid profile email' },
    proves: 'post',
    settings: { redirect_uri: 'https://localhost:8484/callback' },
  },
  {
    id: 'monday',
    what: 'has no response_type',
    asks: { response_type: null, scope: 'me:read boards:read', code_challenge_method: 'S256' },
    proves: 'post',
  },
  {
    id: 'quickbooks',
    what: 'says the company in the redirect',
    asks: { scope: 'com.intuit.quickbooks.accounting' },
    comesBack: { realmId: '9130347596842384' },
    proves: 'basic',
    keeps: { realmId: '9130347596842384' },
  },
  {
    id: 'pipedrive',
    what: 'says where its API is',
    asks: { scope: null },
    brings: { api_domain: 'https://acme.pipedrive.com' },
    proves: 'basic',
    keeps: { api_domain: 'https://acme.pipedrive.com' },
  },
  {
    id: 'calendly',
    what: 'says whose calendar it is',
    asks: { code_challenge_method: 'S256' },
    brings: {
      owner: 'https://api.calendly.com/users/A',
      organization: 'https://api.calendly.com/organizations/B',
    },
    proves: 'post',
    keeps: {
      owner: 'https://api.calendly.com/users/A',
      organization: 'https://api.calendly.com/organizations/B',
    },
  },
  {
    id: 'miro',
    what: 'says which team it is',
    asks: { scope: null },
    brings: { team_id: '12', user_id: '98' },
    proves: 'post',
    keeps: { team_id: '12', user_id: '98' },
  },
  {
    id: 'zoho',
    what: 'says in the redirect where the account is, and in the answer where its API is',
    asks: { scope: 'AaaServer.profile.Read', access_type: 'offline', region: null },
    comesBack: { location: 'eu', 'accounts-server': 'https://accounts.zoho.eu' },
    brings: { api_domain: 'https://www.zohoapis.eu' },
    proves: 'post',
    keeps: {
      location: 'eu',
      'accounts-server': 'https://accounts.zoho.eu',
      api_domain: 'https://www.zohoapis.eu',
    },
  },
  {
    id: 'notion',
    what: 'takes JSON',
    asks: { owner: 'user' },
    brings: { workspace_id: 'w', workspace_name: 'Acme', bot_id: 'b' },
    proves: 'basic in json',
    keeps: { workspace_id: 'w', workspace_name: 'Acme', bot_id: 'b' },
  },
  {
    id: 'x',
    what: 'asks for a refresh token by a scope',
    asks: { scope: 'users.read tweet.read offline.access', code_challenge_method: 'S256' },
    proves: 'basic',
  },
];

const SECRET = 'the-client-secret';

describe('a sign-in at a provider that has its own form', () => {
  let backend: Backend;
  let fake: FakeProvider;

  beforeAll(async () => {
    backend = await startLibrary();
  });
  afterAll(() => backend?.stop());
  beforeEach(async () => {
    fake = await startFakeProvider();
    return () => fake.stop();
  });

  test.each(forms)('$id $what', async (form) => {
    const { api } = backend;
    fake.route('POST /token', () => ({
      body: {
        access_token: `at of ${form.id}`,
        refresh_token: `rt of ${form.id}`,
        token_type: 'bearer',
        expires_in: 3600,
        ...form.brings,
      },
    }));
    await api.setProvider({
      id: form.id,
      authorization_endpoint: `${fake.url}/authorize`,
      token_endpoint: `${fake.url}/token`,
      client_id: 'client',
      client_secret: SECRET,
      redirect_uri: 'http://127.0.0.1/callback',
      ...form.settings,
    });
    const names = { service: form.id, account: 'work' };
    const begun = await begin(api, names);
    const query = new URL(begun.address).searchParams;
    for (const [name, value] of Object.entries(form.asks))
      expect([name, query.get(name)]).toEqual([name, value]);
    expect(query.get('client_id')).toBe('client');

    const redirect_url = callback(begun, { code: 'the code', ...form.comesBack });
    await api.completeFlow({ flow_id: begun.flowId, redirect_url });
    const [request] = fake.sentTo('POST /token');
    expect(request && sentBy(request)).toEqual({
      proves: form.proves,
      code: 'the code',
      verifier: form.asks['code_challenge'] !== null,
    });
    expect((await api.getAccount(names)).fields).toEqual(form.keeps ?? {});
    expect((await api.getToken(names)).access_token).toBe(`at of ${form.id}`);
  });
});

/** How the client of a token request proved itself, and what it sent. */
function sentBy({ headers, form, json }: ReceivedRequest): {
  proves: Form['proves'];
  code: unknown;
  verifier: boolean;
} {
  const inJson = typeof json === 'object' && json !== null;
  const fields: Record<string, unknown> = inJson ? { ...json } : form;
  const isBasic = headers.authorization === `Basic ${btoa(`client:${SECRET}`)}`;
  const isPost = fields['client_secret'] === SECRET && headers.authorization === undefined;
  if (!isBasic && !isPost) throw new Error('The client did not prove itself.');
  return {
    proves: isPost ? 'post' : inJson ? 'basic in json' : 'basic',
    code: fields['code'],
    verifier: typeof fields['code_verifier'] === 'string',
  };
}
