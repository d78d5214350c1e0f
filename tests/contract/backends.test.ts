import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EVERY_METHOD, methodTexts } from '../../shared/contract/docs/index.js';
import {
  type AccountEvent,
  type Api,
  camelCase,
  contract,
  type MethodName,
  methodNames,
} from '../../shared/contract/index.js';
import { VERSION } from '../../shared/version.js';
import { addAccount, begin, completed, isPending, knowProvider, SERVICE, work } from '../support/accounts.js';
import { type OpenIdProvider, startOpenIdProvider } from '../support/provider/openid-provider.js';
import { authorize, signIn } from '../support/provider/person.js';
import { type Backend, backends } from '../support/start/backends.js';
import { isRunning } from '../support/start/processes.js';

const NOBODY = { service: 'nobody', account: 'none' };
const NO_FLOW = '0197a9b2-5d5c-7cc0-8000-000000000001';
const key = { service: 'plain', account: 'key' };
const REVEALING =
  '[security]\nreveal = ["auth://example/*/client_secret", "auth://example/revealed/refresh_token"]';
/** Stands in every wrong parameter, and must not come back in an error. */
const CANARY = 'canary value?';

/** What this suite is about: the methods of accounts and tokens, and the references to them. */
const ACCOUNTS_AND_TOKENS: readonly MethodName[] = [
  'status',
  'rpc.discover',
  'list_providers',
  'get_provider',
  'set_provider',
  'remove_provider',
  'add_account',
  'wait_flow',
  'complete_flow',
  'cancel_flow',
  'list_accounts',
  'get_account',
  'remove_account',
  'get_token',
  'refresh_token',
  'token_info',
  'accounts_status',
  'resolve',
  'subscribe',
  'unsubscribe',
  'set_log_level',
  'shutdown',
];

/** What a group of tests uses. It is there once the first of them runs. */
interface Surroundings {
  readonly provider: OpenIdProvider;
  readonly backend: Backend;
  /** The answers of the backend, each of them compared with the contract. */
  readonly api: Api;
}

type Start = (typeof backends)[number]['start'];

/** The methods that the suite has asked, of each backend. */
const asked = new Map<Start, Set<MethodName>>(backends.map(({ start }) => [start, new Set()]));

/** A backend for one group of tests, with the provider `example`, `example/work` and `plain/key`, and nothing else. */
function surroundings(start: Start): Surroundings {
  const made: { -readonly [Key in keyof Surroundings]?: Surroundings[Key] } = {};
  beforeAll(async () => {
    made.provider = await startOpenIdProvider();
    made.backend = await start({ config: REVEALING });
    made.api = recording(made.backend.api, asked.get(start) ?? new Set());
    await knowProvider(made.api, made.provider);
    await addAccount(made.api);
    await made.api.addAccount({ ...key, credential: { api_key: 'an api key' } });
  });
  afterAll(async () => {
    await made.backend?.stop();
    await made.provider?.stop();
  });
  return made as Surroundings;
}

describe.each(backends)('$name: itself', ({ via, start }) => {
  const here = surroundings(start);

  test('is who it should be', async () => {
    const { api, backend } = here;
    expect(backend.api.via).toBe(via);
    expect(await api.status()).toMatchObject({
      version: VERSION,
      socket: via === 'daemon' ? backend.sandbox.socket : null,
      account_count: 2,
      secret_count: 0,
      connections: via === 'daemon' ? 1 : 0,
      vault: { state: 'unlocked', key_source: 'key_file' },
      keychain: { available: null },
    });
    const { pid } = await api.status();
    expect(pid === process.pid).toBe(via === 'direct');
  });

  test('describes itself', async () => {
    const { api } = here;
    const document = await api.rpcDiscover();
    const methods = document['methods'] as { name: string }[];
    expect(methods.map(({ name }) => name)).toEqual(methodNames.filter((name) => name !== 'rpc.discover'));
  });

  test('changes the log level', async () => {
    const { api } = here;
    expect(await api.setLogLevel({ level: 'debug' })).toEqual({ level: 'debug' });
    expect(await api.setLogLevel({ level: 'info' })).toEqual({ level: 'info' });
  });
});

describe.each(backends)('$name: providers', ({ start }) => {
  const here = surroundings(start);

  test('knows providers, built in and its own', async () => {
    const { api } = here;
    const { providers } = await api.listProviders();
    expect(providers.find(({ id }) => id === 'github')).toMatchObject({
      source: 'builtin',
      configured: false,
    });
    expect(providers.find(({ id }) => id === SERVICE)).toMatchObject({ source: 'stored', configured: true });
    expect((await api.getProvider({ id: 'GitHub' })).provider.id).toBe('github');
  });

  test('keeps what is set of a provider, and never tells its secret', async () => {
    const { api } = here;
    const set = await api.setProvider({ id: 'github', client_id: 'id', client_secret: 'a client secret' });
    expect(set.provider).toMatchObject({ id: 'github', client_id: 'id', has_client_secret: true });
    expect(JSON.stringify(set)).not.toContain('a client secret');
    await api.setProvider({ id: 'github', default_scopes: ['repo'] });
    const { provider: both } = await api.getProvider({ id: 'github' });
    expect(both).toMatchObject({ client_id: 'id', default_scopes: ['repo'], has_client_secret: true });
    expect(await api.removeProvider({ id: 'github' })).toEqual({ removed: true });
    expect(await api.removeProvider({ id: 'github' })).toEqual({ removed: false });
    const { provider: builtin } = await api.getProvider({ id: 'github' });
    expect(builtin).toMatchObject({ client_id: null, has_client_secret: false, source: 'builtin' });
  });
});

describe.each(backends)('$name: sign-ins', ({ start }) => {
  const here = surroundings(start);

  test('signs in by an address that is pasted, and gives the grant back with the account', async () => {
    const { api } = here;
    const { flowId, address, started } = await begin(api, { account: 'pasted' });
    expect(started).toMatchObject({ flow: 'authorization_code', account: null, user_code: null });
    expect(await isPending(api, flowId)).toBe(true);
    const { href } = await authorize(address);
    const { account } = await api.completeFlow({ flow_id: flowId, redirect_url: href });
    expect(account).toMatchObject({
      service: SERVICE,
      account: 'pasted',
      kind: 'oauth',
      provider: SERVICE,
      scopes: ['openid', 'profile'],
      state: 'ok',
    });
    expect(await completed(api, flowId)).toEqual(account);
    expect((await api.removeAccount({ service: SERVICE, account: 'pasted' })).revoked).toBe(true);
  });

  test('gives up a sign-in', async () => {
    const { api } = here;
    const { flowId } = await begin(api, { account: 'given-up' });
    expect(await api.cancelFlow({ flow_id: flowId })).toEqual({ cancelled: true });
    await expect(api.waitFlow({ flow_id: flowId })).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await api.cancelFlow({ flow_id: flowId })).toEqual({ cancelled: false });
  });

  test('stores what needs no person', async () => {
    const { api, provider } = here;
    const { clientId, clientSecret } = provider.clients.machine;
    const machine = await api.addAccount({
      service: SERVICE,
      account: 'machine',
      scopes: ['read'],
      credential: { client_id: clientId, client_secret: clientSecret },
    });
    expect(machine).toMatchObject({
      flow_id: null,
      flow: 'client_credentials',
      account: { account: 'machine', state: 'ok', scopes: ['read'] },
    });
    const { access_token } = await api.getToken({ service: SERVICE, account: 'machine' });
    expect(await provider.introspect(access_token)).toMatchObject({ active: true, scope: 'read' });
    expect(await api.removeAccount({ service: SERVICE, account: 'machine' })).toMatchObject({
      removed: true,
    });
  });
});

describe.each(backends)('$name: accounts and tokens', ({ start }) => {
  const here = surroundings(start);

  test('lists accounts', async () => {
    const { api } = here;
    const { accounts } = await api.listAccounts();
    expect(accounts.map(({ service, account }) => `${service}/${account}`)).toEqual([
      'example/work',
      'plain/key',
    ]);
    const { revoked_with, issued_by, fields, ...key } = await api.getAccount({
      service: 'plain',
      account: 'key',
    });
    expect([revoked_with, issued_by, fields]).toEqual([[], null, {}]);
    expect((await api.getAccount(work)).issued_by).toBe(new URL(here.provider.issuer).origin);
    expect((await api.listAccounts({ service: 'PLAIN' })).accounts).toEqual([key]);
    expect(await api.listAccounts({ service: 'nothing' })).toEqual({ accounts: [], cursor: null });
  });

  test('gives tokens, and new ones on demand', async () => {
    const { api, provider } = here;
    const first = await api.getToken(work);
    expect(await provider.introspect(first.access_token)).toMatchObject({ active: true });
    expect(first.scopes).toEqual(['openid', 'profile']);
    expect((await api.getAccount(work)).last_used).not.toBeNull();
    const second = await api.refreshToken(work);
    expect(second.access_token).not.toBe(first.access_token);
    expect(await api.getToken(work)).toEqual(second);
    expect(await api.tokenInfo(work)).toEqual({
      token_type: 'Bearer',
      expires_at: second.expires_at,
      scopes: second.scopes,
      is_expired: false,
      has_refresh_token: true,
      refresh_expires_at: null,
      last_refreshed_at: expect.any(String),
      last_error: null,
      next_attempt_at: null,
    });
    expect(await api.accountsStatus()).toEqual({
      accounts: [
        { ...work, token_valid: true, expires_soon: false, expires_at: second.expires_at },
        { service: 'plain', account: 'key', token_valid: true, expires_soon: false, expires_at: null },
      ],
      all_valid: true,
      any_expiring_soon: false,
      cursor: null,
    });
  });

  test('an API key is a token that nothing refreshes', async () => {
    const { api } = here;
    const key = { service: 'plain', account: 'key' };
    expect(await api.getToken(key)).toEqual({
      access_token: 'an api key',
      token_type: 'api_key',
      expires_at: null,
      scopes: [],
    });
    await expect(api.refreshToken(key)).rejects.toMatchObject({ kind: 'auth_required' });
  });

  test('a sign-in and a removal leave the grant of another account alone', async () => {
    const { api, provider } = here;
    await addAccount(api, { account: 'second' });
    const { access_token } = await api.getToken({ service: SERVICE, account: 'second' });
    await api.removeAccount({ service: SERVICE, account: 'second' });
    expect(await provider.introspect(access_token)).toEqual({ active: false });
    expect(await provider.introspect((await api.getToken(work)).access_token)).toMatchObject({
      active: true,
    });
  });
});

describe.each(backends)('$name: references', ({ start }) => {
  const here = surroundings(start);

  test('resolves references, and keeps inside what belongs inside', async () => {
    const { api } = here;
    const { access_token, expires_at } = await api.getToken(work);
    expect(await api.resolve({ reference: 'auth://Example/work/access_token' })).toEqual({
      value: access_token,
      encoding: 'utf8',
      metadata: { kind: 'token', source: 'vault', expires_at },
    });
    expect((await api.resolve({ reference: 'auth://example/work/client_id' })).value).toBe('native');
    expect((await api.resolve({ reference: 'auth://plain/key/api_key' })).value).toBe('an api key');
    expect(await api.resolve({ reference: 'auth://example/work/token', explain: true })).toEqual({
      value: null,
      encoding: 'utf8',
      metadata: {
        kind: 'token',
        source: 'vault',
        expires_at,
        sources: [
          { source: 'vault', outcome: 'found' },
          { source: 'env://SIGILFORGE_EXAMPLE_WORK_TOKEN', outcome: 'absent' },
        ],
      },
    });
  });

  test.each([
    ['auth://example/work/refresh_token', 'denied', 'denied'],
    // Named by a pattern of security.reveal, so only its absence hinders.
    ['auth://example/work/client_secret', 'not_found', 'absent'],
    ['auth://example/work/api_key', 'not_found', 'absent'],
    ['auth://plain/key/client_id', 'not_found', 'absent'],
    ['auth://nobody/none/token', 'not_found', 'absent'],
    ['auth://nobody/none/refresh_token', 'not_found', 'absent'],
  ])('%s is %s', async (reference, kind, outcome) => {
    const { api } = here;
    await expect(api.resolve({ reference })).rejects.toMatchObject({ kind });
    const { metadata } = await api.resolve({ reference, explain: true });
    expect(metadata.sources).toEqual([
      { source: 'vault', outcome },
      { source: expect.stringMatching(/^env:\/\/SIGILFORGE_/), outcome: 'absent' },
    ]);
  });

  test('a refresh token that the config names may be resolved', async () => {
    const { api, provider } = here;
    await addAccount(api, { account: 'revealed' });
    const reference = 'auth://example/revealed/refresh_token';
    const { value } = await api.resolve({ reference });
    expect(await provider.introspect(value ?? '')).toMatchObject({ active: true });
    await api.removeAccount({ service: SERVICE, account: 'revealed' });
  });
});

describe.each(backends)('$name: events', ({ start }) => {
  const here = surroundings(start);

  test('every subscriber hears what happens to accounts, until its subscription ends', async () => {
    const { api, backend } = here;
    const events: AccountEvent[] = [];
    const quiet = backend.api.onEvent((event) => event.topic === 'accounts' && events.push(event));
    const { subscription } = await api.subscribe({ topics: ['accounts'] });
    const { account } = await api.addAccount({
      service: 'plain',
      account: 'passing',
      credential: { api_key: 'a passing key' },
    });
    await api.removeAccount({ service: 'plain', account: 'passing' });
    // Whatever was sent before this answer has arrived with it.
    expect(await api.unsubscribe({ subscription })).toEqual({ removed: true });
    expect(await api.unsubscribe({ subscription })).toEqual({ removed: false });
    await api.addAccount({ service: 'plain', account: 'later', credential: { api_key: 'a later key' } });
    await api.removeAccount({ service: 'plain', account: 'later' });
    const about = {
      subscription,
      topic: 'accounts',
      account_id: account?.id,
      service: 'plain',
      account: 'passing',
    };
    expect(events).toEqual([
      { ...about, type: 'account_added', at: expect.any(String) },
      { ...about, type: 'account_removed', at: expect.any(String) },
    ]);
    expect(JSON.stringify(events)).not.toContain('a passing key');
    quiet();
  });
});

describe.each(backends)('$name: wrong calls', ({ start }) => {
  const here = surroundings(start);

  /** A call, its parameters, and the error that it must end with. */
  const wrong: [MethodName, object, string][] = [
    ['status', { unknown: CANARY }, 'invalid_params'],
    ['get_provider', { id: 'unheard-of' }, 'not_found'],
    ['get_provider', { id: CANARY }, 'invalid_params'],
    ['set_provider', { id: 'unheard-of', client_id: 'no address' }, 'invalid_params'],
    ['set_provider', { id: 'own', issuer: 'http://id.example.org' }, 'invalid_params'],
    ['set_provider', { id: 'own', issuer: 'https://id.example.org/?canary value?' }, 'invalid_params'],
    ['set_provider', { id: 'own', client_auth: CANARY }, 'invalid_params'],
    ['remove_provider', {}, 'invalid_params'],
    ['add_account', NOBODY, 'not_found'],
    ['add_account', work, 'already_exists'],
    ['add_account', { ...work, account: CANARY }, 'invalid_params'],
    ['add_account', { ...work, account: 'other', flow: CANARY }, 'invalid_params'],
    ['add_account', { ...work, account: 'other', flow: 'api_key' }, 'invalid_params'],
    ['add_account', { ...work, account: 'other', flow: 'import' }, 'invalid_params'],
    ['add_account', { ...work, account: 'other', flow: 'jwt_bearer' }, 'invalid_params'],
    ['add_account', { ...work, account: 'other', credential: { password: CANARY } }, 'invalid_params'],
    ['add_account', { ...work, account: 'other', scopes: [CANARY] }, 'invalid_params'],
    ['add_account', { service: 'google', account: 'other' }, 'config'],
    ['wait_flow', { flow_id: NO_FLOW }, 'not_found'],
    ['wait_flow', { flow_id: CANARY }, 'invalid_params'],
    ['complete_flow', { flow_id: NO_FLOW, redirect_url: CANARY }, 'not_found'],
    ['complete_flow', { flow_id: NO_FLOW }, 'invalid_params'],
    ['cancel_flow', { flow_id: NO_FLOW }, 'not_found'],
    ['list_accounts', { service: CANARY }, 'invalid_params'],
    ['get_account', NOBODY, 'not_found'],
    ['get_account', { service: SERVICE }, 'invalid_params'],
    ['remove_account', NOBODY, 'not_found'],
    ['remove_account', { ...work, revoke: CANARY }, 'invalid_params'],
    ['get_token', NOBODY, 'not_found'],
    ['get_token', { ...work, min_valid_s: -1 }, 'invalid_params'],
    ['get_token', { ...work, min_valid_s: 1.5 }, 'invalid_params'],
    ['refresh_token', NOBODY, 'not_found'],
    ['token_info', NOBODY, 'not_found'],
    ['resolve', { reference: CANARY }, 'invalid_reference'],
    ['resolve', { reference: 'env://NOT SET' }, 'invalid_reference'],
    ['resolve', { reference: 'ref+echo://x' }, 'denied'],
    ['resolve', { reference: 'auth://example/work/password' }, 'not_found'],
    ['subscribe', { topics: [] }, 'invalid_params'],
    ['subscribe', { topics: [CANARY] }, 'invalid_params'],
    ['unsubscribe', { subscription: CANARY }, 'invalid_params'],
    ['set_log_level', { level: CANARY }, 'invalid_params'],
    ['shutdown', { now: true }, 'invalid_params'],
  ];

  test.each(wrong)('%s %j is %s', async (name, params, kind) => {
    const call: (params: never) => Promise<unknown> = here.api[camelCase(name)];
    const fault = await call(params as never).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(fault).toMatchObject({
      name: 'SigilforgeError',
      kind,
      message: expect.stringMatching(/^\S.*\.$/s),
    });
    expect(JSON.stringify([fault, String(fault)])).not.toContain(CANARY);
    expect([...methodTexts[name].errors, ...EVERY_METHOD]).toContain(kind);
  });

  test('a wrong call changes nothing', async () => {
    const { api } = here;
    const { accounts } = await api.listAccounts();
    expect(accounts).toHaveLength(2);
    await expect(api.getProvider({ id: 'own' })).rejects.toMatchObject({ kind: 'not_found' });
    expect(await api.getToken(work)).toMatchObject({ token_type: 'Bearer' });
  });
});

describe.each(backends)('$name: shutdown', ({ start }) => {
  const here = surroundings(start);

  test('says that it stops, and leaves no caller waiting for a person', async () => {
    const { api, backend } = here;
    const { flowId, address, redirectUri } = await begin(api, { account: 'late' });
    const waiting = api.waitFlow({ flow_id: flowId });
    const { pid } = await api.status();
    const stopped = waiting.catch((thrown: unknown) => thrown);
    expect(await api.shutdown()).toEqual({ stopping: true });
    if (backend.daemon === undefined) {
      // The library belongs to its program, which goes on.
      await signIn(address);
      expect(await stopped).toMatchObject({ state: 'complete' });
      return;
    }
    expect(await stopped).toMatchObject({ name: 'SigilforgeError' });
    expect((await backend.daemon.exited).code).toBe(0);
    expect(await isRunning(pid)).toBe(false);
    await expect(fetch(redirectUri)).rejects.toThrow();
  });
});

test.each(backends)('$name was asked every method about accounts and tokens', ({ start }) => {
  expect([...(asked.get(start) ?? [])].sort()).toEqual([...ACCOUNTS_AND_TOKENS].sort());
});

/** The same answers, each of them compared with the contract. */
function recording(api: Api, asked: Set<MethodName>): Api {
  const calls = methodNames.map((name) => {
    const call: (params: never) => Promise<unknown> = api[camelCase(name)];
    const recorded = async (params: never): Promise<unknown> => {
      const result = v.parse(contract[name].result, await call(params));
      asked.add(name);
      return result;
    };
    return [camelCase(name), recorded];
  });
  return Object.fromEntries(calls) as Api;
}
