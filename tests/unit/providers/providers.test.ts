import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type BuiltinProvider, defineProvider } from '../../../daemon/core/providers/builtin/define.js';
import { builtinProviders } from '../../../daemon/core/providers/builtin/index.js';
import { Provider } from '../../../shared/provider.js';
import { ServiceName } from '../../../shared/schemas.js';

const providers = [...builtinProviders.values()];

/** A line for each provider, so that no fact changes unseen. Columns are those of `factsOf`. */
const FACTS = `
github      | device_code        | http://127.0.0.1/callback       | any   | space | post, optional  | supported   | never/never         |                                    |
github-app  | device_code        | http://127.0.0.1:8484/callback  | fixed | space | post, optional  | supported   | always/always       |                                    | bad_refresh_token; unauthorized_client
gitlab      | authorization_code | http://127.0.0.1/callback       | any   | space | basic, optional | supported   | always/always       |                                    |
bitbucket   | authorization_code | http://127.0.0.1:8484/callback  | fixed | space | basic, required | unknown     | always/always       |                                    | Invalid refresh_token
google      | authorization_code | http://127.0.0.1/callback       | any   | space | post, required  | supported   | with_params/never   | access_type=offline prompt=consent |
microsoft   | authorization_code | http://localhost/callback       | any   | space | post, optional  | supported   | with_params/always  | +offline_access                    | interaction_required; consent_required
spotify     | authorization_code | http://127.0.0.1/callback       | any   | space | basic, optional | supported   | always/sometimes    |                                    |
discord     | authorization_code | http://127.0.0.1:8484/callback  | fixed | space | basic, optional | supported   | always/always       |                                    | Invalid "refresh_token" in request.
slack       | authorization_code | https://localhost:8484/callback | fixed | comma | basic, required | unknown     | unknown/always      |                                    | invalid_refresh_token
slack-user  | authorization_code | http://localhost:8484/callback  | fixed | comma | basic, optional | supported   | unknown/always      |                                    | invalid_refresh_token
twitch      | device_code        | http://localhost:8484/callback  | fixed | space | post, optional  | unknown     | always/sometimes    |                                    | Invalid refresh token
reddit      | authorization_code | http://localhost:8484/callback  | fixed | space | basic, optional | unknown     | with_params/never   | duration=permanent                 | invalid_request
dropbox     | authorization_code | http://localhost:8484/callback  | fixed | space | basic, optional | supported   | with_params/never   | token_access_type=offline          |
notion      | authorization_code | http://localhost:8484/callback  | fixed | space | basic, required | unknown     | unknown/always      | owner=user                         |
atlassian   | authorization_code | http://localhost:8484/callback  | fixed | space | post, required  | unknown     | with_params/always  | audience=api.atlassian.com prompt=consent +offline_access | unauthorized_client
linear      | authorization_code | http://localhost:8484/callback  | fixed | comma | post, optional  | supported   | always/always       |                                    |
huggingface | authorization_code | http://127.0.0.1/callback       | any   | space | basic, optional | supported   | unknown/sometimes   |                                    |
zoom        | authorization_code | http://127.0.0.1/callback       | any   | space | basic, optional | supported   | always/always       |                                    |
box         | authorization_code | http://127.0.0.1/callback       | any   | space | post, required  | unknown     | always/always       |                                    | Invalid refresh token
figma       | authorization_code | http://localhost:8484/callback  | fixed | space | basic, required | unknown     | always/never        |                                    |
asana       | authorization_code | urn:ietf:wg:oauth:2.0:oob       | fixed | space | post, required  | supported   | always/never        |                                    |
salesforce  | authorization_code | http://localhost:8484/callback  | fixed | space | post, optional  | supported   | with_params/sometimes | +refresh_token                   |
hubspot     | authorization_code | http://localhost:8484/callback  | fixed | space | post, required  | unknown     | always/unknown      |                                    | BAD_REFRESH_TOKEN; missing or invalid refresh token
airtable    | authorization_code | http://localhost:8484/callback  | fixed | space | basic, optional | required    | always/always       |                                    |
x           | authorization_code | http://127.0.0.1:8484/callback  | fixed | space | basic, optional | required    | with_params/always  | +offline.access                    |
linkedin    | authorization_code | https://localhost:8484/callback | fixed | space | post, required  | unsupported | unknown/never       |                                    |
forgejo     | authorization_code | http://127.0.0.1/callback       | any   | space | basic, optional | supported   | always/always       |                                    |
strava      | authorization_code | http://127.0.0.1/callback       | any   | comma | post, required  | unknown     | always/sometimes    |                                    |
todoist     | authorization_code | http://localhost:8484/callback  | fixed | comma | post, optional  | supported   | unknown/always      |                                    |
clickup     | authorization_code | http://localhost:8484/callback  | fixed | space | post, required  | unknown     | never/never         |                                    |
monday      | authorization_code | http://localhost:8484/callback  | fixed | space | post, required  | required    | always/unknown      |                                    |
quickbooks  | authorization_code | http://localhost:8484/callback  | fixed | space | basic, required | unknown     | always/sometimes    |                                    |
xero        | authorization_code | http://localhost:8484/callback  | fixed | space | basic, optional | supported   | with_params/always  | +offline_access                    |
zoho        | authorization_code | http://localhost:8484/callback  | fixed | comma | post, required  | unknown     | with_params/never   | access_type=offline prompt=consent |
pipedrive   | authorization_code | http://localhost:8484/callback  | fixed | space | basic, required | unknown     | always/never        |                                    |
calendly    | authorization_code | http://localhost:8484/callback  | fixed | space | post, optional  | supported   | always/always       |                                    |
miro        | authorization_code | http://127.0.0.1:8484/callback  | fixed | space | post, required  | unknown     | unknown/always      |                                    |
digitalocean | authorization_code | http://127.0.0.1:8484/callback | fixed | space | post, required  | supported   | always/unknown      |                                    |
canva       | authorization_code | http://127.0.0.1:8484/callback  | fixed | space | basic, required | required    | always/always       |                                    |
`;

/** Scopes without which some providers give no refresh token. */
const REFRESH_SCOPES = ['offline_access', 'offline.access', 'refresh_token'];

function factsOf(provider: BuiltinProvider): string[] {
  const { redirect, refresh } = provider;
  const params = Object.entries(provider.authorize_params).map(([name, value]) => `${name}=${value}`);
  const scopes = provider.default_scopes.filter((scope) => REFRESH_SCOPES.includes(scope));
  return [
    provider.id,
    provider.flows[0] ?? '',
    redirect.uri,
    redirect.port,
    provider.scope_separator === ',' ? 'comma' : 'space',
    `${provider.client_auth.replace('client_secret_', '')}, ${provider.client_secret}`,
    provider.pkce,
    `${refresh.issued}/${refresh.rotates}`,
    [...params, ...scopes.map((scope) => `+${scope}`)].join(' '),
    provider.dead_grant_errors.join('; '),
  ];
}

/** How a grant is ended: method and body, the field with its token, and the authentication. */
const REVOCATIONS = `
github      | POST json_list | credentials | refresh      | none
github-app  | POST json_list | credentials | refresh      | none
gitlab      | POST form    | token         | refresh      | client
google      | POST form    | token         | refresh      | none
discord     | POST form    | token         | refresh      | client
slack       | POST empty   |               | access       | bearer
slack-user  | POST empty   |               | access       | bearer
twitch      | POST form    | token         | access       | client_id
reddit      | POST form    | token         | refresh      | client
dropbox     | POST empty   |               | access       | bearer
notion      | POST json    | token         | access       | basic
linear      | POST form    | refresh_token | refresh_only | none
zoom        | POST form    | token         | access       | client
box         | POST form    | token         | refresh      | client
asana       | POST form    | token         | refresh_only | client
salesforce  | POST form    | token         | refresh      | none
hubspot     | POST form    | token         | refresh_only | client
x           | POST form    | token         | refresh      | client
strava      | POST empty   |               | access       | bearer
todoist     | POST json    | token         | access       | basic
quickbooks  | POST json    | token         | refresh      | basic
xero        | POST form    | token         | refresh      | client
zoho        | POST form    | token         | refresh_only | none
pipedrive   | POST form    | token         | refresh      | client
calendly    | POST form    | token         | refresh      | client
digitalocean | POST form   | token         | access       | bearer
canva       | POST form    | token         | refresh      | client
`;

function revocationOf({ id, revocation }: BuiltinProvider): string[] {
  if (revocation === null) return [];
  const { method, body, field, token, auth } = revocation;
  return [id, `${method} ${body}`, field ?? '', token, auth];
}

const QUIRKS = `
github      | comma_scopes_in_answer
github-app  | comma_scopes_in_answer, device_refresh_without_secret
google      | scope_in_assertion, revokes_all_grants
microsoft   | issuer_varies
discord     | revokes_all_grants
slack       | comma_scopes_in_answer, nested_user_token
slack-user  | comma_scopes_in_answer, nested_user_token
twitch      | device_scopes_plural
reddit      | basic_without_secret
notion      | json_token_requests
`;

/** Where a private key signs in. */
const KEY_FLOWS = `
github      | github_app
github-app  | github_app
google      | jwt_bearer
`;

/** What is kept of token answers and of redirects; and names of parameters that it has of its own. */
const FORMS = `
slack       | team.id, team.name, bot_user_id, authed_user.id | |
slack-user  | team.id, team.name, authed_user.id  | |
notion      | workspace_id, workspace_name, bot_id | |
salesforce  | instance_url, id    |         |
hubspot     | hub_id, user_id     |         |
strava      | athlete.id          |         |
monday      |                     |         | response_type=
quickbooks  |                     | realmId |
zoho        | api_domain          | location, accounts-server |
pipedrive   | api_domain          |         |
calendly    | owner, organization |         |
miro        | team_id, user_id    |         |
`;

function formsOf({ id, answer_fields, redirect_fields, param_names }: BuiltinProvider): string[] {
  const names = Object.entries(param_names).map(([name, other]) => `${name}=${other}`);
  return [id, answer_fields.join(', '), redirect_fields.join(', '), names.join(', ')];
}

/** Deadlines of refresh tokens in days: from the sign-in, and unused. */
const DEADLINES = `
github-app  |     | 180
bitbucket   |     | 90
google      |     | 180
microsoft   |     | 90
spotify     | 180 |
slack-user  |     | 30
twitch      |     | 30
atlassian   | 365 | 90
zoom        |     | 90
box         |     | 60
airtable    |     | 60
linkedin    | 365 |
quickbooks  |     | 100
xero        |     | 60
pipedrive   |     | 60
miro        |     | 60
`;

function deadlinesOf({ id, refresh }: BuiltinProvider): string[] {
  const days = [refresh.lifetime_s, refresh.idle_s].map((seconds) =>
    seconds === null ? '' : `${seconds / 86_400}`,
  );
  return days.join('') === '' ? [] : [id, ...days];
}

/** Requests that belong to an entry with a base address and lie elsewhere all the same. */
const OUTSIDE_BASE = [
  ['github', 'https://api.github.com/credentials/revoke'],
  ['github-app', 'https://api.github.com/credentials/revoke'],
];

describe('the facts of each provider', () => {
  test.each(rowsOf(FACTS))('%s', (id, ...facts) => {
    expect(factsOf(named(id))).toEqual([id, ...facts]);
  });

  test('stand in the table for every provider', () => {
    expect(rowsOf(FACTS).map(([id]) => id)).toEqual([...builtinProviders.keys()]);
  });

  test('revocations', () => {
    expect(providers.map(revocationOf).filter((row) => row.length > 0)).toEqual(rowsOf(REVOCATIONS));
  });

  test('quirks', () => {
    const quirks = providers.filter((provider) => provider.quirks.length > 0);
    expect(quirks.map((provider) => [provider.id, provider.quirks.join(', ')])).toEqual(rowsOf(QUIRKS));
  });

  test('flows of private keys, which are never the best one for a person', () => {
    const rows = providers.flatMap(({ id, flows }) => {
      const byKey = flows.filter((flow) => flow === 'jwt_bearer' || flow === 'github_app');
      return byKey.length === 0 ? [] : [[id, byKey.join(', ')]];
    });
    expect(rows).toEqual(rowsOf(KEY_FLOWS));
    expect(providers.map(({ flows }) => flows[0])).not.toContain('jwt_bearer');
    expect(providers.map(({ flows }) => flows[0])).not.toContain('github_app');
  });

  test('fields that are kept, and names of its own', () => {
    const rows = providers.map(formsOf).filter(([, ...forms]) => forms.join('') !== '');
    expect(rows).toEqual(rowsOf(FORMS));
  });

  test('deadlines of refresh tokens', () => {
    expect(providers.map(deadlinesOf).filter((row) => row.length > 0)).toEqual(rowsOf(DEADLINES));
  });

  test('only these requests lie outside of the base address of their entry', () => {
    const outside = providers.flatMap((provider) => {
      const base = provider.base_url;
      if (base === null) return [];
      return endpointsOf(provider)
        .filter((endpoint) => !`${endpoint}/`.startsWith(`${base}/`))
        .map((endpoint) => [provider.id, endpoint]);
    });
    expect(outside).toEqual(OUTSIDE_BASE);
  });
});

describe.each(providers)('the entry $id', (provider) => {
  test('names the host of each address, of which a sign-in says at most a part', () => {
    const addresses = Object.values({ ...provider, ...provider.revocation }).filter(
      (value) => typeof value === 'string' && /^https?:/.test(value),
    );
    for (const address of addresses) expect(address).not.toMatch(/^https?:\/\/\{[^}]*\}(?:[:/]|$)/);
  });

  test('is a whole provider once it has a client', () => {
    const whole = {
      ...provider,
      client_id: null,
      has_client_secret: false,
      source: 'builtin',
      configured: false,
    };
    expect(v.parse(Provider, whole)).toEqual(whole);
  });

  test('is found by its own name, which is the name of a service', () => {
    expect(v.parse(ServiceName, provider.id)).toBe(provider.id);
    expect(builtinProviders.get(provider.id)).toBe(provider);
  });

  test('talks only to https addresses, and names its sources', () => {
    expect(endpointsOf(provider).filter((endpoint) => !endpoint.startsWith('https://'))).toEqual([]);
    expect(provider.sources.length).toBeGreaterThan(0);
  });

  test('can be begun without asking the network for an endpoint', () => {
    const { flows, discovery } = provider;
    expect(discovery).toBe(false);
    expect(provider.token_endpoint).not.toBeNull();
    expect(provider.authorization_endpoint !== null).toBe(flows.includes('authorization_code'));
    expect(provider.device_authorization_endpoint !== null).toBe(flows.includes('device_code'));
  });

  test('is sent PKCE, unless only an endpoint of its own takes it', () => {
    expect(provider.pkce === 'unsupported').toBe(provider.id === 'linkedin');
  });

  test('says where a client is registered, and how, in a few short steps', () => {
    const { register_url, register_steps, public_client_id } = provider;
    // A page that a person opens has no part left to fill in.
    expect(register_url).toMatch(/^https:\/\/[^{}]+$/);
    expect(register_steps.length).toBeGreaterThanOrEqual(3);
    expect(register_steps.length).toBeLessThanOrEqual(6);
    for (const step of register_steps) {
      expect(step.length).toBeLessThanOrEqual(200);
      expect(step).toMatch(/^[A-Z].*[.?]$/);
      expect(step.replaceAll('{redirect_uri}', '')).not.toMatch(/[{}]/);
    }
    expect(public_client_id).toBeNull();
  });

  test('names the redirect URI once where a browser comes back to it, and what to copy at the end', () => {
    const steps = provider.register_steps.join('\n');
    const times = provider.flows.includes('authorization_code') ? 1 : 0;
    expect(steps.split('{redirect_uri}')).toHaveLength(times + 1);
    expect(steps).toMatch(/[Cc]opy/);
  });

  test('says whether a secret is needed', () => {
    const steps = provider.register_steps.join('\n');
    expect(steps).toMatch(provider.client_secret === 'required' ? /[Bb]oth are needed/ : /secret/i);
  });

  test('offers each flow once, and keeps what a person already has', () => {
    expect(provider.flows.slice(-2)).toEqual(['import', 'api_key']);
    expect(new Set(provider.flows).size).toBe(provider.flows.length);
    expect(provider.flows.length).toBeGreaterThan(2);
  });

  test('names a port to register exactly where the provider compares it', () => {
    const { uri, port } = provider.redirect;
    const { port: named, protocol } = new URL(uri);
    expect(named).toBe(port === 'fixed' && protocol !== 'urn:' ? '8484' : '');
  });
});

test('an entry of nothing but a name has no flows and reaches nowhere', () => {
  const bare = defineProvider({ id: 'example', name: 'Example' });
  expect(bare.flows).toEqual([]);
  expect(endpointsOf(bare)).toEqual([]);
  const whole = { ...bare, client_id: null, has_client_secret: false, source: 'stored', configured: false };
  expect(v.parse(Provider, whole)).toEqual(whole);
});

function endpointsOf(provider: BuiltinProvider): string[] {
  return [
    provider.issuer,
    provider.authorization_endpoint,
    provider.token_endpoint,
    provider.refresh_endpoint,
    provider.device_authorization_endpoint,
    provider.revocation?.endpoint ?? null,
  ].filter((endpoint) => endpoint !== null);
}

function named(id: string | undefined): BuiltinProvider {
  const provider = builtinProviders.get(id ?? '');
  if (!provider) throw new Error(`No built-in provider is named ${id}.`);
  return provider;
}

function rowsOf(table: string): string[][] {
  const lines = table.trim().split('\n');
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}
