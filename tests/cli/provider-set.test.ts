import { afterAll, beforeAll, expect, test } from 'vitest';
import { account, flow, provider } from '../support/samples.js';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon({
    set_provider: { provider },
    add_account: { ...flow, flow_id: null, account },
  });
});
afterAll(() => daemon.stop());

const everywhere = (params: object) => ({
  authorize_params: params,
  device_params: params,
  token_params: params,
});

const settings: [args: string[], params: object][] = [
  [['--param', 'audience=api'], everywhere({ audience: 'api' })],
  [['--param', 'a=1', '--param', 'b=x=y'], everywhere({ a: '1', b: 'x=y' })],
  [['--param', 'authorize:prompt=login'], { authorize_params: { prompt: 'login' } }],
  [['--param', 'device:tenant=one'], { device_params: { tenant: 'one' } }],
  [
    ['--param', 'token:scope=read', '--param', 'refresh:scope='],
    { token_params: { scope: 'read' }, refresh_params: { scope: '' } },
  ],
  [
    ['--param', 'mode=1', '--param', 'token:mode=2'],
    { ...everywhere({ mode: '1' }), token_params: { mode: '2' } },
  ],
  [['--refresh-endpoint', 'https://x.org/renew'], { refresh_endpoint: 'https://x.org/renew' }],
  [['--name', 'The company'], { name: 'The company' }],
  [['--flows', 'device_code,import'], { flows: ['device_code', 'import'] }],
  [['--scope-separator', 'comma'], { scope_separator: ',' }],
  [['--scope-separator', 'space'], { scope_separator: ' ' }],
  [['--scope-separator', '+'], { scope_separator: '+' }],
  [['--scope-separator', ', '], { scope_separator: ', ' }],
  [['--register-url', 'https://x.org/apps'], { register_url: 'https://x.org/apps' }],
  [['--registration-endpoint', 'https://x.org/reg'], { registration_endpoint: 'https://x.org/reg' }],
  [
    ['--answer-field', 'instance_url', '--answer-field', 'team.id', '--redirect-field', 'realmId'],
    { answer_fields: ['instance_url', 'team.id'], redirect_fields: ['realmId'] },
  ],
  [['--answer-field', 'none', '--redirect-field', 'none'], { answer_fields: [], redirect_fields: [] }],
  [
    ['--param-name', 'client_id=client_key', '--param-name', 'response_type='],
    { param_names: { client_id: 'client_key', response_type: '' } },
  ],
  [['--unset', 'scopes', '--unset', '--base-url'], { unset: ['default_scopes', 'base_url'] }],
  [['--unset', 'refresh_params', '--unset', 'client-secret'], { unset: ['refresh_params', 'client_secret'] }],
  [
    ['--unset', 'param'],
    { unset: ['authorize_params', 'device_params', 'token_params', 'refresh_params', 'address_params'] },
  ],
  [
    ['--token-endpoint', 'https://{region}.x.org/token', '--param', 'region=eu'],
    { token_endpoint: 'https://{region}.x.org/token', ...everywhere({ region: 'eu' }) },
  ],
  [['--pkce', 'off'], { pkce: 'unsupported' }],
  [['--pkce', 'on'], { pkce: 'supported' }],
  [['--client-secret-rule', 'forbidden'], { client_secret_rule: 'forbidden' }],
  [
    ['--dead-grant-error', 'session_over', '--dead-grant-error', 'gone'],
    { dead_grant_errors: ['session_over', 'gone'] },
  ],
  [
    ['--quirk', 'issuer_varies', '--quirk', 'json_token_requests'],
    { quirks: ['issuer_varies', 'json_token_requests'] },
  ],
  [
    ['--quirk', 'none', '--iss', 'none', '--dead-grant-error', 'none'],
    { quirks: [], iss: [], dead_grant_errors: [] },
  ],
  [['--base-url', 'https://git.example.org'], { base_url: 'https://git.example.org' }],
  [['--iss', 'https://y.org'], { iss: ['https://y.org'] }],
  [['--revocation-endpoint', 'https://x.org/r'], { revocation_endpoint: 'https://x.org/r' }],
  [
    [
      ...['--revocation-endpoint', 'https://x.org/r', '--revocation', 'token=access'],
      ...['--revocation', 'field=', '--revocation', 'auth=bearer', '--revocation', 'method=DELETE'],
    ],
    {
      revocation: {
        endpoint: 'https://x.org/r',
        ...{ token: 'access', field: null, auth: 'bearer', method: 'DELETE' },
      },
    },
  ],
  [
    ['--refresh', 'rotates=always', '--refresh', 'idle_s=86400', '--refresh', 'lifetime_s='],
    { refresh: { rotates: 'always', idle_s: 86_400, lifetime_s: null } },
  ],
];

test.each(settings)('provider set %j sets just that', async (args, params) => {
  const end = await daemon.run(['provider', 'set', 'corp', ...args]);
  expect(end).toMatchObject({ code: 0, stdout: '', stderr: 'sigilforge: The provider github is set.\n' });
  expect(daemon.calls.at(-1)).toEqual({ method: 'set_provider', params: { id: 'corp', ...params } });
});

test('add-account hands its parameters on', async () => {
  const args = ['--param', 'audience=https://api.example.org', '--param', 'organization=one=two'];
  expect(await daemon.run(['add-account', 'corp', 'me', ...args])).toMatchObject({ code: 0 });
  expect(daemon.calls.at(-1)?.params).toMatchObject({
    params: { audience: 'https://api.example.org', organization: 'one=two' },
  });
});

/** Values that a person typed stay out of every error: one may be a secret. */
const SECRET = 'hunter2';

const mistakes: [args: string[], message: RegExp][] = [
  [
    ['--param', `client_secret=${SECRET}`],
    /--param client_secret: .*Sigilforge sends its own.*--client-secret/s,
  ],
  [['--param', `redirect_uri=${SECRET}`], /--param redirect_uri: .*--redirect-uri URL/s],
  [['--param', `refresh:refresh_token=${SECRET}`], /--param refresh_token: .*--flow import/s],
  [
    ['--param', `token:code_verifier=${SECRET}`],
    /--param code_verifier: this parameter is part of the protocol/,
  ],
  [['--param', `scope=${SECRET}`], /--param scope: .*--scopes A,B/s],
  [['--param', `authorize:state=${SECRET}`], /--param state: /],
  [['--param', `logout:a=${SECRET}`], /one of authorize, device, token, refresh\./],
  [['--param', SECRET], /--param is written as NAME=VALUE\./],
  [['--param', `=${SECRET}`], /--param is written as NAME=VALUE\./],
  [['--param', `a=${SECRET}`, '--param', 'a=2'], /--param names a twice\./],
  [['--scope-separator', SECRET], /--scope-separator is space, comma, or up to three signs/],
  [['--scope-separator', ''], /--scope-separator is space, comma, or/],
  [['--param-name', `prompt=${SECRET}`], /--param-name is one of response_type, client_id, /],
  [['--param-name', SECRET], /--param-name is written as NAME=VALUE\./],
  [['--unset', SECRET], /--unset is one of answer-field, authorization-endpoint, /],
  [['--pkce', SECRET], /--pkce is one of on, off\./],
  [['--quirk', SECRET], /--quirk is one of comma_scopes_in_answer, /],
  [['--flows', `import,${SECRET}`], /--flows is one of authorization_code, /],
  [['--revocation', 'token=access'], /--revocation is about the address in --revocation-endpoint\./],
  [
    ['--revocation-endpoint', 'https://x.org/r', '--revocation', `token=${SECRET}`],
    /--revocation token is one of refresh, /,
  ],
  [['--refresh', `idle=${SECRET}`], /--refresh is one of issued, rotates, lifetime_s, idle_s\./],
  [['--refresh', `idle_s=${SECRET}`], /whole seconds\./],
];

test.each(mistakes)('provider set %j is a mistake that asks no daemon', async (args, message) => {
  const before = daemon.calls.length;
  const end = await daemon.run(['provider', 'set', 'corp', ...args]);
  expect(end).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
  expect(end.stderr).not.toContain(SECRET);
  expect(daemon.calls).toHaveLength(before);
});

test.each(['client_id', 'state', 'grant_type', 'nonce', 'scope'])(
  'add-account --param %s is a mistake, too',
  async (name) => {
    const end = await daemon.run(['add-account', 'corp', 'me', '--param', `${name}=${SECRET}`]);
    expect(end).toMatchObject({ code: 2, stderr: expect.stringContaining(`--param ${name}: `) });
    expect(end.stderr).not.toContain(SECRET);
  },
);
