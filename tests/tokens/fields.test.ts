import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import { begin, callback, completed } from '../support/accounts.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { openPage } from '../support/provider/person.js';
import { type DaemonBackend, startDaemon, startLibrary } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { WireClient } from '../support/wire/wire-client.js';

const names = { service: 'own', account: 'work' };
const HOST = 'https://acme.example.org';
const ALL = { instance_url: HOST, 'team.id': 'T1', realmId: '9130' };
const SENT = { instance_url: HOST, team: { id: 'T1' }, unnamed: 'x' };

let fake: FakeProvider;
let backend: DaemonBackend;
let api: SigilforgeClient;
let tokens = 0;

beforeEach(async () => {
  fake = await startFakeProvider();
  backend = await startDaemon();
  api = backend.api;
  await api.setProvider({
    id: 'own',
    authorization_endpoint: `${fake.url}/authorize`,
    token_endpoint: `${fake.url}/token`,
    device_authorization_endpoint: `${fake.url}/device`,
    client_id: 'client',
    client_secret: 'the client secret',
    answer_fields: ['instance_url', 'team.id'],
    redirect_fields: ['realmId'],
  });
  brings(SENT);
});
afterEach(async () => {
  await backend.stop();
  await fake.stop();
});

/** What the token endpoint answers besides tokens, which are new each time. */
function brings(more: object): void {
  fake.route('POST /token', () => {
    tokens += 1;
    return {
      body: { access_token: `at-${tokens}`, refresh_token: `rt-${tokens}`, expires_in: 3600, ...more },
    };
  });
}

async function signIn(more: object = { realmId: '9130' }): Promise<void> {
  const begun = await begin(api, names);
  const ended = completed(api, begun.flowId);
  await openPage(callback(begun, { code: 'the code', ...more }));
  await ended;
}

const fields = async (client = api) => (await client.getAccount(names)).fields;
const value = async (field: string, client = api) =>
  (await client.resolve({ reference: `auth://own/work/${field}` })).value;

describe('a sign-in keeps them', () => {
  test('in the browser, with what the redirect brings', async () => {
    await signIn();
    expect(await fields()).toEqual(ALL);
    expect(await api.resolve({ reference: 'auth://own/work/instance_url' })).toEqual({
      value: HOST,
      encoding: 'utf8',
      metadata: { kind: 'secret', source: 'vault', expires_at: null },
    });
    expect([await value('team.id'), await value('realmId')]).toEqual(['T1', '9130']);
  });

  test('by a pasted redirect', async () => {
    const begun = await begin(api, names);
    const redirect_url = callback(begun, { code: 'the code', realmId: '9130' });
    await api.completeFlow({ flow_id: begun.flowId, redirect_url });
    expect(await fields()).toEqual(ALL);
  });

  test('on another device', async () => {
    fake.route('POST /device', () => ({
      body: {
        device_code: 'd',
        user_code: 'U',
        verification_uri: `${fake.url}/v`,
        expires_in: 60,
        interval: 1,
      },
    }));
    const { flow_id } = await api.addAccount({ ...names, flow: 'device_code' });
    await completed(api, flow_id ?? '');
    expect(await fields()).toEqual({ instance_url: HOST, 'team.id': 'T1' });
  });

  test.each([
    ['an imported token', { refresh_token: 'imported' }],
    ["the client's own credentials", { client_id: 'machine', client_secret: 'its secret' }],
  ])('with %s', async (_, credential) => {
    await api.addAccount({ ...names, credential });
    expect(await fields()).toEqual({ instance_url: HOST, 'team.id': 'T1' });
  });
});

describe('a refresh', () => {
  test('leaves them as they are if it brings none', async () => {
    await signIn();
    brings({});
    await api.refreshToken(names);
    expect(await fields()).toEqual(ALL);
  });

  test('replaces those that it brings, and no others', async () => {
    await signIn();
    brings({ instance_url: 'https://moved.example.org' });
    await api.refreshToken(names);
    expect(await fields()).toEqual({ ...ALL, instance_url: 'https://moved.example.org' });
  });

  test('is not lost with an account whose fields are damaged', async () => {
    await signIn();
    stored.damageFields(backend.sandbox.home);
    await expect(api.getAccount(names)).rejects.toMatchObject({ kind: 'integrity' });
    await expect(value('realmId')).rejects.toMatchObject({ kind: 'integrity' });
    brings({ instance_url: HOST });
    const { access_token } = await api.refreshToken(names);
    expect((await api.getToken(names)).access_token).toBe(access_token);
    expect(await fields()).toEqual({ instance_url: HOST });
  });
});

test('a new sign-in keeps nothing of the one before', async () => {
  await signIn();
  brings({});
  const begun = await begin(api, { ...names, replace: true });
  await openPage(callback(begun, { code: 'the code' }));
  await completed(api, begun.flowId);
  expect(await fields()).toEqual({});
  expect(stored.anAccount(backend.sandbox.home).grant.fields).toBeNull();
});

test('they are sealed, and no token is among them', async () => {
  brings({ instance_url: `at-${tokens + 1}`, team: { id: 'T1' } });
  await signIn({ realmId: 'the code' });
  expect(await fields()).toEqual({ 'team.id': 'T1' });
  expect(stored.anAccount(backend.sandbox.home).grant.fields?.includes('T1')).toBe(false);
  await signInElsewhere();
  const database = await readFile(stored.databaseFile(backend.sandbox.home));
  expect(database.includes('canary-field')).toBe(false);
});

async function signInElsewhere(): Promise<void> {
  brings({ instance_url: 'https://canary-field.example.org' });
  await api.addAccount({ ...names, account: 'other', credential: { refresh_token: 'one more' } });
}

test('those of one account do not open in another', async () => {
  await signIn();
  await signInElsewhere();
  stored.swap(backend.sandbox.home, 'accounts', ['fields']);
  await expect(value('instance_url')).rejects.toMatchObject({ kind: 'integrity' });
});

test('a rotation seals them again', async () => {
  await signIn();
  const before = stored.anAccount(backend.sandbox.home).grant.fields;
  await api.vaultRotate();
  expect(stored.anAccount(backend.sandbox.home).grant.fields).not.toEqual(before);
  expect(await fields()).toEqual(ALL);
});

test('an export takes them along', async () => {
  await signIn();
  const file = path.join(backend.sandbox.home, 'exported');
  const input = 'a passphrase for the file';
  const exported = await backend.sandbox.run(['vault', 'export', file, '--with-grants'], { input });
  expect(exported).toMatchObject({ code: 0 });
  const other = await stopAfter(startLibrary());
  expect(await other.sandbox.run(['vault', 'import', file], { input })).toMatchObject({ code: 0 });
  expect(await fields(other.api)).toEqual(ALL);
});

test('a locked vault leaves them out of the account, and opens none', async () => {
  await signIn();
  await api.lock();
  expect(await api.getAccount(names)).not.toHaveProperty('fields');
  await expect(value('realmId')).rejects.toMatchObject({ kind: 'vault_locked' });
});

describe('what an account does not have', () => {
  const slip = async (reference: string) => {
    const error = await api.resolve({ reference }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'not_found', message: expect.not.stringContaining('refresh') });
    return (error as { hint: string }).hint;
  };

  test.each(['tokn', 'Token', 'tokens', 'private_key', 'constructor', 'team'])(
    '%s is not found, and the hint lists what there is',
    async (type) => {
      await signIn();
      expect(await slip(`auth://own/work/${type}`)).toContain(
        'It has: token, client_id, instance_url, realmId, team.id.',
      );
    },
  );

  test('an API key has no fields', async () => {
    await api.addAccount({ service: 'plain', account: 'key', credential: { api_key: 'x' } });
    expect(await slip('auth://plain/key/instance_url')).toContain('It has: api_key, token.');
  });

  test('a field that the provider did not send may come with the next sign-in', async () => {
    await signIn({});
    expect(await slip('auth://own/work/realmId')).toContain('sigilforge add-account own work --replace');
  });

  test('one that the entry names since then needs a new sign-in', async () => {
    await signIn();
    await api.setProvider({ id: 'own', answer_fields: ['instance_url', 'team.id', 'unnamed'] });
    expect(await slip('auth://own/work/unnamed')).toBe(
      'Sign in again: sigilforge add-account own work --replace',
    );
  });

  test('explain says that it is absent', async () => {
    await signIn();
    const { metadata } = await api.resolve({ reference: 'auth://own/work/tokn', explain: true });
    expect(metadata.sources).toMatchObject([{ source: 'vault', outcome: 'absent' }, {}]);
  });
});

test.each([
  ['a token', ['access_token']],
  ['a token in an object', ['data.refresh_token']],
  ['a secret', ['client_secret']],
  ['a password', ['Password']],
  ['an API key', ['api_key']],
  ['the code', ['code']],
  ['what a reference has for something else', ['client_id']],
])('a provider cannot name %s', async (_, answer_fields) => {
  const refused = { kind: 'invalid_params', message: expect.stringContaining('not secret') };
  await expect(api.setProvider({ id: 'own', answer_fields })).rejects.toMatchObject(refused);
  await expect(api.setProvider({ id: 'own', redirect_fields: answer_fields })).rejects.toMatchObject(refused);
});

test.each([
  ['its own grant', 'auth://own/work/instance_url', HOST],
  ['a grant of everything of the account', 'auth://own/work/*', HOST],
  ['a grant of the token', 'auth://own/work/token', undefined],
  ['a grant of another field', 'auth://own/work/realmId', undefined],
])('a narrowed connection gets one by %s', async (_, grant, expected) => {
  await signIn();
  const narrowed = await stopAfter(WireClient.connect(backend.daemon.socket));
  await narrowed.call('restrict', { grants: [grant] });
  const { result, error } = await narrowed.call('resolve', { reference: 'auth://own/work/instance_url' });
  expect([(result as { value?: string } | undefined)?.value, error?.data?.kind]).toEqual([
    expected,
    expected === undefined ? 'denied' : undefined,
  ]);
});

test('the command line resolves them, shows them and puts them into an environment and a template', async () => {
  await signIn();
  const { sandbox } = backend;
  const reference = 'auth://own/work/instance_url';
  expect((await sandbox.run(['resolve', reference])).stdout).toBe(`${HOST}\n`);
  expect((await sandbox.run(['get-account', 'own', 'work'])).stdout).toContain(
    `fields.instance_url\t${HOST}\n`,
  );
  const printed = ['--no-mask', '--env', `URL=${reference}`, '--', 'sh', '-c', 'printf %s "$URL"'];
  expect((await sandbox.run(['exec', ...printed])).stdout).toBe(HOST);
  const filled = await sandbox.run(['inject'], { input: `url: {{ ${reference} }}\n` });
  expect(filled.stdout).toBe(`url: ${HOST}\n`);
});
