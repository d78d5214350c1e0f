import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stateOf } from '../../cli/provider/state.js';
import type { SigilforgeClient } from '../../client/index.js';
import { ACCOUNT, addAccount, begin, completed, SERVICE, work } from '../support/accounts.js';
import { gate } from '../support/gate.js';
import { type BetterAuth, startBetterAuth } from '../support/provider/better-auth.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { startFaultProxy } from '../support/provider/fault-proxy.js';
import {
  answerWith,
  cutAfter,
  cutBefore,
  type Fault,
  halfAnswer,
  holdRequest,
} from '../support/provider/faults.js';
import { startMcpDemo, startMcpServer, TOOL_SCOPE } from '../support/provider/mcp-server.js';
import { startOpenIdProvider } from '../support/provider/openid-provider.js';
import { signIn } from '../support/provider/person.js';
import { backends, openBeside, startDaemon } from '../support/start/backends.js';
import { crash } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

const REGISTER = 'POST /reg';

/** A server of its own, whose address is that of a proxy. */
async function startRegistrar() {
  const proxy = await stopAfter(startFaultProxy());
  const provider = await stopAfter(startOpenIdProvider({ registration: true, issuer: proxy.url }));
  proxy.pointAt(provider.address);
  const count = (wanted: string): number =>
    proxy.requests.filter(({ method, path }) => `${method} ${path}`.startsWith(wanted)).length;
  return { proxy, provider, issuer: proxy.url, count };
}

/** The id of the client in the address that a person opens. */
async function clientIn(api: SigilforgeClient, issuer: string, account = ACCOUNT): Promise<string> {
  const { address } = await begin(api, { issuer, account });
  return new URL(address).searchParams.get('client_id') ?? '';
}

describe.each(backends)('by $name, an OpenID provider', ({ start }) => {
  test('needs nothing but its issuer: the client registers itself, once for all accounts', async () => {
    const { issuer, provider, count } = await startRegistrar();
    const { api, sandbox } = await stopAfter(start());
    const scopes = ['openid', 'offline_access'];
    expect(await addAccount(api, { issuer, scopes })).toMatchObject({ state: 'ok' });
    await addAccount(api, { issuer, account: 'other', scopes: [...scopes, 'profile'] });
    // Another service of the same issuer has the same client.
    await addAccount(api, { service: 'another', issuer, scopes });
    expect(count(REGISTER)).toBe(1);
    const [id = ''] = stored.registeredClients(sandbox.home).map(({ client_id }) => client_id);
    expect(await provider.knows(id)).toBe(true);
    stored.expire(sandbox.home);
    const { access_token } = await api.getToken(work);
    expect(await provider.introspect(access_token)).toMatchObject({ active: true, client_id: id });
  });

  test('loses the client with its last account', async () => {
    const { issuer, provider } = await startRegistrar();
    const { api, sandbox } = await stopAfter(start());
    await addAccount(api, { issuer });
    await addAccount(api, { issuer, account: 'other' });
    const [id = ''] = stored.registeredClients(sandbox.home).map(({ client_id }) => client_id);
    expect(await api.removeAccount(work)).toMatchObject({ notices: [] });
    expect(await provider.knows(id)).toBe(true);
    expect(await api.removeAccount({ ...work, account: 'other' })).toMatchObject({ notices: [] });
    expect(await provider.knows(id)).toBe(false);
    expect(stored.registeredClients(sandbox.home)).toEqual([]);
  });

  test('keeps the client of an account whose grant is not to end: it may have been taken elsewhere', async () => {
    const { issuer, provider, count } = await startRegistrar();
    const { api, sandbox } = await stopAfter(start());
    await addAccount(api, { issuer });
    const [id = ''] = stored.registeredClients(sandbox.home).map(({ client_id }) => client_id);
    await api.removeAccount({ ...work, revoke: false });
    expect(await provider.knows(id)).toBe(true);
    // It serves the next account, and ends with that one.
    await addAccount(api, { issuer });
    expect(count(REGISTER)).toBe(1);
    await api.removeAccount(work);
    expect(await provider.knows(id)).toBe(false);
  });

  test('keeps the client while a sign-in waits with it, though its last account is removed', async () => {
    const { issuer, provider, count } = await startRegistrar();
    const { api, sandbox } = await stopAfter(start());
    await addAccount(api, { issuer });
    const [id = ''] = stored.registeredClients(sandbox.home).map(({ client_id }) => client_id);
    const { address, flowId } = await begin(api, { issuer, account: 'other' });
    await api.removeAccount(work);
    await signIn(address);
    expect(await completed(api, flowId)).toMatchObject({ state: 'ok' });
    await api.removeAccount({ ...work, account: 'other' });
    expect(await provider.knows(id)).toBe(false);
    expect(count(REGISTER)).toBe(1);
  });

  test('that does not remove the client keeps no account from being removed', async () => {
    const { issuer, proxy } = await startRegistrar();
    const { api, sandbox } = await stopAfter(start());
    await addAccount(api, { issuer });
    const [id = ''] = stored.registeredClients(sandbox.home).map(({ client_id }) => client_id);
    proxy.plan(answerWith(500), { path: `/reg/${id}` });
    expect(await api.removeAccount(work)).toMatchObject({
      removed: true,
      notices: [`${SERVICE} did not remove the client that was registered there for Sigilforge.`],
    });
    expect(await api.listAccounts()).toMatchObject({ accounts: [] });
  });

  test('that still knows the client of a cancelled sign-in is signed in to with the same one', async () => {
    const { issuer, count } = await startRegistrar();
    const { api, sandbox } = await stopAfter(start());
    const { flowId } = await begin(api, { issuer });
    const [before] = stored.registeredClients(sandbox.home);
    await api.cancelFlow({ flow_id: flowId });
    await expect.poll(() => stored.registeredClients(sandbox.home)[0]?.doubted).toBe(1);
    // As the server knows it, it is used again.
    expect(await clientIn(api, issuer, 'second')).toBe(before?.client_id);
    expect(count(REGISTER)).toBe(1);
  });

  test('that lost the client of a cancelled sign-in is signed in to with another one', async () => {
    const { issuer, count, proxy } = await startRegistrar();
    const { api, sandbox } = await stopAfter(start());
    const { flowId } = await begin(api, { issuer });
    const [before] = stored.registeredClients(sandbox.home);
    await api.cancelFlow({ flow_id: flowId });
    await expect.poll(() => stored.registeredClients(sandbox.home)[0]?.doubted).toBe(1);
    proxy.plan(answerWith(401), { path: `/reg/${before?.client_id}` });
    expect(await clientIn(api, issuer, 'second')).not.toBe(before?.client_id);
    expect(count(REGISTER)).toBe(2);
  });
});

test('two sign-ins at once, in two processes, have one client', async () => {
  const { issuer, proxy, count } = await startRegistrar();
  const { api, sandbox } = await stopAfter(startDaemon());
  const beside = await openBeside(sandbox);
  const held = gate();
  const { reached } = proxy.plan(holdRequest(held.opened), { path: '/reg', times: 1 });
  const one = clientIn(api, issuer);
  await reached;
  const other = clientIn(beside, issuer, 'other');
  held.open();
  const [first, second] = await Promise.all([one, other]);
  expect(first).not.toBe('');
  expect(second).toBe(first);
  expect(count(REGISTER)).toBe(1);
});

test('two sign-ins can wait at once, each for a redirect of its own', async () => {
  const { issuer } = await startRegistrar();
  const { api } = await stopAfter(startDaemon());
  const one = await begin(api, { issuer });
  const other = await begin(api, { issuer, account: 'other' });
  expect(other.redirectUri).not.toBe(one.redirectUri);
  for (const { address, flowId } of [other, one]) {
    await signIn(address);
    expect(await completed(api, flowId)).toMatchObject({ state: 'ok' });
  }
});

test.each<[string, Fault, object]>([
  ['is cut before it arrives', cutBefore, { kind: 'network' }],
  ['is cut after it arrives', cutAfter, { kind: 'network' }],
  ['brings half an answer', halfAnswer, { kind: 'network' }],
  ['meets a server that is not well', answerWith(500), { kind: 'refresh_failed' }],
  ['brings no JSON', answerWith(201, 'registered'), { kind: 'refresh_failed' }],
  ['brings no client id', answerWith(201, { client_id: '' }), { kind: 'refresh_failed' }],
  [
    'is refused',
    answerWith(400, { error: 'invalid_client_metadata', error_description: 'not you' }),
    {
      kind: 'config',
      message: `${SERVICE} did not register a client by itself: it does not take what a program like this asks for: not you.`,
      needs: 'client_id',
    },
  ],
  ['needs a token', answerWith(401, { error: 'invalid_token' }), { kind: 'config', needs: 'client_id' }],
])('a registration that %s stores nothing, and the next one works', async (_, fault, refused) => {
  const { issuer, proxy } = await startRegistrar();
  const { api, sandbox } = await stopAfter(startDaemon());
  proxy.plan(fault, { path: '/reg', times: 1 });
  await expect(begin(api, { issuer })).rejects.toMatchObject({
    message: expect.stringContaining(SERVICE),
    ...refused,
  });
  expect(stored.registeredClients(sandbox.home)).toEqual([]);
  expect(await addAccount(api, { issuer })).toMatchObject({ state: 'ok' });
});

test('a daemon that is killed between the registration and its storing leaves nothing here', async () => {
  const { issuer, proxy, count } = await startRegistrar();
  const { api, sandbox, daemon } = await stopAfter(startDaemon());
  const registering = proxy.plan(
    async (exchange) => {
      await exchange.forward();
      await crash(daemon);
      exchange.cut();
    },
    { path: '/reg', times: 1 },
  );
  const begun = begin(api, { issuer }).catch(() => {});
  await registering.reached;
  await begun;
  expect(stored.registeredClients(sandbox.home)).toEqual([]);
  const again = await openBeside(sandbox);
  expect(await addAccount(again, { issuer })).toMatchObject({ state: 'ok' });
  expect(count(REGISTER)).toBe(2);
});

test('a client of an own id is never replaced by one that registers itself', async () => {
  const { issuer, provider, count } = await startRegistrar();
  const { api } = await stopAfter(startDaemon());
  const { clientId: client_id } = provider.clients.native;
  const { address } = await begin(api, { issuer, client_id });
  expect(new URL(address).searchParams.get('client_id')).toBe(client_id);
  await api.setProvider({ id: 'own', issuer, client_id });
  await begin(api, { service: 'own' });
  expect(count(REGISTER)).toBe(0);
});

test('no client is registered where no person takes part', async () => {
  const { issuer, count } = await startRegistrar();
  const { api } = await stopAfter(startDaemon());
  const credential = { refresh_token: 'a refresh token' };
  await expect(api.addAccount({ ...work, issuer, flow: 'import', credential })).rejects.toMatchObject({
    kind: 'config',
    message: `No client id is known for ${SERVICE}.`,
  });
  expect(count(REGISTER)).toBe(0);
});

test('what was altered in the database is not used', async () => {
  const { issuer, count } = await startRegistrar();
  const { api, sandbox } = await stopAfter(startDaemon());
  const before = await clientIn(api, issuer);
  stored.alterRegistered(sandbox.home, before, 'another client');
  expect(['another client', before]).not.toContain(await clientIn(api, issuer, 'other'));
  expect(count(REGISTER)).toBe(2);
});

test('a new data key seals what belongs to the client', async () => {
  const { issuer, count, provider } = await startRegistrar();
  const { api, sandbox } = await stopAfter(startDaemon());
  const id = await clientIn(api, issuer);
  await api.vaultRotate();
  expect(stored.dataKeyIds(sandbox.home)).toHaveLength(1);
  expect(await clientIn(api, issuer, 'other')).toBe(id);
  expect(count(REGISTER)).toBe(1);
  expect(await provider.knows(id)).toBe(true);
});

describe('better-auth', () => {
  let server: BetterAuth;
  beforeAll(async () => {
    server = await startBetterAuth();
  });
  afterAll(() => server.stop());

  test.each(['authorization_code', 'device_code'] as const)('registers by itself for %s', async (flow) => {
    const { api } = await stopAfter(startDaemon());
    const params = { issuer: server.issuer, flow, scopes: ['openid', 'offline_access', 'read'] };
    if (flow === 'device_code') {
      const { flow_id, verification_uri_complete } = await api.addAccount({ ...work, ...params });
      await server.person.decideDevice(verification_uri_complete ?? '');
      await completed(api, flow_id ?? '');
    } else {
      const { flowId, address } = await begin(api, params);
      await server.person.signIn(address);
      await completed(api, flowId);
    }
    const { access_token } = await api.refreshToken(work);
    expect(await server.accepts(access_token)).toBe(true);
    expect(await api.removeAccount(work)).toMatchObject({ revoked: true, notices: [] });
  });
});

describe('the MCP SDK', () => {
  test('registers by itself at the demo, which compares the redirect to the letter', async () => {
    const server = await stopAfter(startMcpDemo());
    const { api } = await stopAfter(startDaemon());
    const resource = { params: { resource: server.resource.href }, scopes: [TOOL_SCOPE] };
    const account = await addAccount(api, { issuer: server.url, ...resource });
    expect(account).toMatchObject({ state: 'ok', scopes: [TOOL_SCOPE] });
  });

  test('registers by itself at a server with refresh tokens', async () => {
    const server = await stopAfter(startMcpServer());
    const { api } = await stopAfter(startDaemon());
    const resource = { params: { resource: server.resource.href }, scopes: [TOOL_SCOPE] };
    await addAccount(api, { issuer: server.url, ...resource });
    const first = await api.getToken(work);
    expect((await api.refreshToken(work)).access_token).not.toBe(first.access_token);
  });
});

/** A server whose clients have secrets that end. */
async function startExpiring(lifetimes: number[]) {
  let registered = 0;
  let renewed = 0;
  const fake = await stopAfter(startFakeProvider());
  const now = (): number => Math.floor(Date.now() / 1000);
  const client = (number: number, secret: string, lifetime = 3600 * 48) => ({
    client_id: `client ${number}`,
    client_secret: secret,
    client_secret_expires_at: lifetime === 0 ? 0 : now() + lifetime,
    registration_access_token: `token of ${number}`,
    registration_client_uri: `${fake.url}/register/${number}`,
    token_endpoint_auth_method: 'client_secret_post',
  });
  fake.route('GET /.well-known/openid-configuration', () => ({
    body: {
      issuer: fake.url,
      authorization_endpoint: `${fake.url}/authorize`,
      token_endpoint: `${fake.url}/token`,
      registration_endpoint: `${fake.url}/register`,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
    },
  }));
  fake.route('POST /register', () => {
    registered += 1;
    return { status: 201, body: client(registered, `secret ${registered}`, lifetimes[registered - 1]) };
  });
  fake.route('GET /register/1', () => ({ body: client(1, 'secret 1', lifetimes[0]) }));
  fake.route('PUT /register/1', () => {
    renewed += 1;
    return { body: client(1, `renewed ${renewed}`) };
  });
  fake.route('POST /token', () => ({
    body: { access_token: 'access', refresh_token: `refresh ${fake.received.length}`, expires_in: 3600 },
  }));
  const secretSent = (): string | undefined => fake.sentTo('POST /token').at(-1)?.form['client_secret'];
  return { fake, secretSent };
}

async function signInAtFake(api: SigilforgeClient, issuer: string, account = ACCOUNT): Promise<void> {
  const { redirectUri, state, flowId } = await begin(api, { issuer, account });
  await fetch(`${redirectUri}?${new URLSearchParams({ code: 'a code', state })}`);
  await completed(api, flowId);
}

test('what a registration asks for', async () => {
  const { fake } = await startExpiring([0]);
  const { api } = await stopAfter(startDaemon());
  await begin(api, { issuer: fake.url });
  const [{ json, headers } = { json: undefined, headers: {} }] = fake.sentTo('POST /register');
  expect(headers['content-type']).toBe('application/json');
  const ports = [8484, 8485, 8486, 8487].map((port) => `http://127.0.0.1:${port}/callback`);
  expect(json).toEqual({
    client_name: 'Sigilforge',
    application_type: 'native',
    redirect_uris: [...ports, 'http://127.0.0.1/callback'],
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  });
});

test('a secret that ends soon is renewed before a refresh, so that the grant lives on', async () => {
  const { fake, secretSent } = await startExpiring([3600]);
  const { api } = await stopAfter(startDaemon());
  await signInAtFake(api, fake.url);
  expect(secretSent()).toBe('secret 1');
  await api.refreshToken(work);
  expect(secretSent()).toBe('renewed 1');
  await api.refreshToken(work);
  expect(secretSent()).toBe('renewed 1');
  const [{ json, headers } = { json: undefined, headers: {} }] = fake.sentTo('PUT /register/1');
  expect(headers.authorization).toBe('Bearer token of 1');
  expect(json).toMatchObject({ client_id: 'client 1', client_secret: 'secret 1' });
  expect(json).not.toHaveProperty('registration_access_token');
});

test('a secret is renewed once by two processes, and neither waits for the other', async () => {
  const { fake, secretSent } = await startExpiring([3600]);
  const { api, sandbox } = await stopAfter(startDaemon());
  await signInAtFake(api, fake.url);
  await signInAtFake(api, fake.url, 'other');
  const beside = await openBeside(sandbox);
  const held = gate();
  const asked = gate();
  fake.route('GET /register/1', async () => {
    asked.open();
    await held.opened;
    return { body: { client_id: 'client 1', client_secret: 'secret 1' } };
  });
  const first = api.refreshToken(work);
  await asked.opened;
  // The other one does not wait for what is under way: the old secret is good for an hour.
  await beside.refreshToken({ ...work, account: 'other' });
  expect(secretSent()).toBe('secret 1');
  held.open();
  await first;
  await beside.refreshToken({ ...work, account: 'other' });
  expect(secretSent()).toBe('renewed 1');
  expect(fake.sentTo('PUT /register/1')).toHaveLength(1);
});

test('what a provider had registered at another server is not a client of the issuer', async () => {
  const other = await stopAfter(startFakeProvider());
  other.route('POST /register', () => ({ status: 201, body: { client_id: 'chosen elsewhere' } }));
  const { fake } = await startExpiring([0]);
  const { api } = await stopAfter(startDaemon());
  await api.setProvider({
    id: 'lure',
    issuer: fake.url,
    registration_endpoint: `${other.url}/register`,
  });
  const { address } = await begin(api, { service: 'lure' });
  expect(new URL(address).searchParams.get('client_id')).toBe('chosen elsewhere');
  expect(await clientIn(api, fake.url)).toBe('client 1');
});

test.each([
  [401, true],
  [404, true],
  [403, false],
  [405, false],
])('a removal that is answered with status %i: the client is gone: %s', async (status, isGone) => {
  const { fake } = await startExpiring([0]);
  const { api } = await stopAfter(startDaemon());
  await signInAtFake(api, fake.url);
  fake.route('DELETE /register/1', () => ({ status }));
  const { notices } = await api.removeAccount(work);
  expect(notices).toHaveLength(isGone ? 0 : 1);
});

test('an account that is exported refreshes elsewhere, with the secret that was renewed', async () => {
  const { fake, secretSent } = await startExpiring([3600]);
  const { api, sandbox } = await stopAfter(startDaemon());
  await signInAtFake(api, fake.url);
  await api.refreshToken(work);
  const other = await stopAfter(startDaemon());
  const file = path.join(other.sandbox.home, 'export.sigil');
  const input = 'a passphrase of the tests\n';
  const exporting = ['vault', 'export', file, '--with-grants'];
  expect(await sandbox.run(exporting, { input })).toMatchObject({ code: 0 });
  expect(await other.sandbox.run(['vault', 'import', file], { input })).toMatchObject({ code: 0 });
  await other.api.refreshToken(work);
  expect(secretSent()).toBe('renewed 1');
});

test('a secret that has ended, and is not renewed, means another client at the next sign-in', async () => {
  const { fake, secretSent } = await startExpiring([-10, 0]);
  fake.route('GET /register/1', () => ({ status: 401 }));
  const { api } = await stopAfter(startDaemon());
  await signInAtFake(api, fake.url);
  await signInAtFake(api, fake.url, 'other');
  expect(fake.sentTo('POST /register')).toHaveLength(2);
  expect(secretSent()).toBe('secret 2');
});

/** The files of a home that have this text. */
async function filesWith(home: string, text: string): Promise<string[]> {
  const files = await readdir(home, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => path.join(file.parentPath, file.name));
  return paths.filter((file) => readFileSync(file).includes(text));
}

test('nothing of a registered client lies open in any file', async () => {
  const { fake } = await startExpiring([0]);
  const { api, sandbox } = await stopAfter(startDaemon());
  await signInAtFake(api, fake.url);
  for (const secret of ['secret 1', 'token of 1']) {
    expect(await filesWith(sandbox.home, secret)).toEqual([]);
  }
  await api.removeAccount(work);
  expect(fake.sentTo('DELETE /register/1')).toHaveLength(1);
});

test('a token for the management of a client goes to no other server', async () => {
  const other = await stopAfter(startFakeProvider());
  const { fake } = await startExpiring([0]);
  fake.route('POST /register', () => ({
    status: 201,
    body: {
      client_id: 'one',
      registration_access_token: 'a token',
      registration_client_uri: `${other.url}/register/1`,
    },
  }));
  const { api } = await stopAfter(startDaemon());
  await signInAtFake(api, fake.url);
  expect(await api.removeAccount(work)).toMatchObject({ removed: true, notices: [] });
  expect(other.received).toEqual([]);
});

const refused = { status: 401, body: { error: 'invalid_client' } };

/** From now on, the server numbers its clients and says nothing about them. */
function manageNothing(fake: FakeProvider): void {
  let registered = 0;
  fake.route('POST /register', () => {
    registered += 1;
    return { status: 201, body: { client_id: `client ${registered}` } };
  });
}

describe('a client that the server refuses at the token endpoint', () => {
  test.each([
    ['and says nothing about', undefined, 'client 2'],
    ['and does not find', 404, 'client 2'],
    ['and does not let be looked at any more', 401, 'client 2'],
    ['and finds', 200, 'client 1'],
    ['and cannot look for just now', 503, 'client 2'],
  ])('%s: the next sign-in', async (_, status, next) => {
    const { fake } = await startExpiring([0, 0]);
    if (status === undefined) manageNothing(fake);
    else if (status !== 200) fake.route('GET /register/1', () => ({ status }));
    fake.route('POST /token', () => refused);
    const { api } = await stopAfter(startDaemon());
    await expect(signInAtFake(api, fake.url)).rejects.toMatchObject({
      kind: 'refresh_failed',
      needs: undefined,
      hint: expect.stringContaining('start the sign-in again, which registers another one'),
    });
    expect(await clientIn(api, fake.url, 'other')).toBe(next);
  });

  test('for a refresh is replaced by the next sign-in, although the account was well', async () => {
    const { fake } = await startExpiring([0]);
    manageNothing(fake);
    const { api } = await stopAfter(startDaemon());
    await signInAtFake(api, fake.url);
    fake.route('POST /token', () => refused);
    await expect(api.refreshToken(work)).rejects.toMatchObject({
      hint: expect.stringContaining(
        `registers another one: sigilforge add-account ${SERVICE} ${ACCOUNT} --replace`,
      ),
    });
    expect(await clientIn(api, fake.url, 'other')).toBe('client 2');
  });

  test('for a refresh, and knows otherwise, stays', async () => {
    const { fake } = await startExpiring([0]);
    const { api, sandbox } = await stopAfter(startDaemon());
    await signInAtFake(api, fake.url);
    fake.route('POST /token', () => refused);
    await expect(api.refreshToken(work)).rejects.toMatchObject({ kind: expect.any(String) });
    expect(stored.registeredClients(sandbox.home)).toEqual([{ client_id: 'client 1', doubted: 1 }]);
    expect(await clientIn(api, fake.url, 'other')).toBe('client 1');
    expect(stored.registeredClients(sandbox.home)).toEqual([{ client_id: 'client 1', doubted: 0 }]);
  });

  test('or where device codes are given is replaced by the next sign-in', async () => {
    const { fake } = await startExpiring([0]);
    manageNothing(fake);
    fake.route('GET /.well-known/openid-configuration', () => ({
      body: {
        issuer: fake.url,
        token_endpoint: `${fake.url}/token`,
        device_authorization_endpoint: `${fake.url}/device`,
        registration_endpoint: `${fake.url}/register`,
      },
    }));
    fake.route('POST /device', () => refused);
    const { api } = await stopAfter(startDaemon());
    const params = { ...work, issuer: fake.url, flow: 'device_code' as const };
    for (const _ of [1, 2]) {
      await expect(api.addAccount(params)).rejects.toMatchObject({
        hint: expect.stringContaining('registers another one'),
      });
    }
    expect(fake.sentTo('POST /device').map(({ form }) => form['client_id'])).toEqual([
      'client 1',
      'client 2',
    ]);
  });
});

describe('a client that a sign-in waits with', () => {
  test('is kept when its last account is removed, and ends with the next one', async () => {
    const { fake } = await startExpiring([0]);
    const { api } = await stopAfter(startDaemon());
    await signInAtFake(api, fake.url);
    const { redirectUri, state, flowId } = await begin(api, { issuer: fake.url, account: 'other' });
    expect(await api.removeAccount(work)).toMatchObject({ removed: true, notices: [] });
    expect(fake.sentTo('DELETE /register/1')).toEqual([]);
    await fetch(`${redirectUri}?${new URLSearchParams({ code: 'a code', state })}`);
    await completed(api, flowId);
    await api.removeAccount({ ...work, account: 'other' });
    expect(fake.sentTo('DELETE /register/1')).toHaveLength(1);
    expect(fake.sentTo('POST /register')).toHaveLength(1);
  });

  test('is not replaced because another sign-in was cancelled', async () => {
    const { fake } = await startExpiring([0]);
    manageNothing(fake);
    const { api, sandbox } = await stopAfter(startDaemon());
    const waiting = await begin(api, { issuer: fake.url });
    const other = await begin(api, { issuer: fake.url, account: 'other' });
    await api.cancelFlow({ flow_id: other.flowId });
    await expect.poll(() => stored.registeredClients(sandbox.home)[0]?.doubted).toBe(1);
    expect(await clientIn(api, fake.url, 'third')).toBe('client 1');
    await api.cancelFlow({ flow_id: waiting.flowId });
  });

  test('is not doubted where a person said no', async () => {
    const { fake } = await startExpiring([0]);
    manageNothing(fake);
    const { api } = await stopAfter(startDaemon());
    const { redirectUri, state, flowId } = await begin(api, { issuer: fake.url });
    await fetch(`${redirectUri}?${new URLSearchParams({ error: 'access_denied', state })}`);
    await expect(completed(api, flowId)).rejects.toMatchObject({ kind: 'denied' });
    expect(await clientIn(api, fake.url, 'other')).toBe('client 1');
  });
});

test.each([403, 405, 500])('a client whose removal is answered with %s is told about', async (status) => {
  const { fake } = await startExpiring([0]);
  fake.route('DELETE /register/1', () => ({ status }));
  const { api } = await stopAfter(startDaemon());
  await signInAtFake(api, fake.url);
  expect(await api.removeAccount(work)).toMatchObject({
    removed: true,
    notices: [`${SERVICE} did not remove the client that was registered there for Sigilforge.`],
  });
});

test.each([204, 401, 404])('a client whose removal is answered with %s is gone', async (status) => {
  const { fake } = await startExpiring([0]);
  fake.route('DELETE /register/1', () => ({ status }));
  const { api } = await stopAfter(startDaemon());
  await signInAtFake(api, fake.url);
  expect(await api.removeAccount(work)).toMatchObject({ removed: true, notices: [] });
});

test('a server that takes only one redirect gets one', async () => {
  const { fake } = await startExpiring([0]);
  fake.route('POST /register', ({ json }) => {
    const { redirect_uris } = json as { redirect_uris: string[] };
    return redirect_uris.length > 1
      ? { status: 400, body: { error: 'invalid_redirect_uri' } }
      : { status: 201, body: { client_id: 'one', redirect_uris } };
  });
  const { api } = await stopAfter(startDaemon());
  // Its only port may belong to another program just now.
  await begin(api, { issuer: fake.url }).catch(() => {});
  const [, second] = fake.sentTo('POST /register');
  expect(second?.json).toMatchObject({ redirect_uris: ['http://127.0.0.1:8484/callback'] });
});

test('a client that is the address of a document needs no registration', async () => {
  const { fake } = await startExpiring([0]);
  const { api } = await stopAfter(startDaemon());
  const client_id = 'https://app.example.org/client.json';
  const { address } = await begin(api, { issuer: fake.url, client_id });
  expect(new URL(address).searchParams.get('client_id')).toBe(client_id);
  expect(fake.sentTo('POST /register')).toEqual([]);
});

test.each([
  [false, 'is refused before the browser'],
  [true, 'is sent'],
])('where the metadata says %s, the address of a document %s', async (supported) => {
  const { fake } = await startExpiring([0]);
  fake.route('GET /.well-known/openid-configuration', () => ({
    body: {
      issuer: fake.url,
      authorization_endpoint: `${fake.url}/authorize`,
      token_endpoint: `${fake.url}/token`,
      client_id_metadata_document_supported: supported,
    },
  }));
  const { api } = await stopAfter(startDaemon());
  const begun = begin(api, { issuer: fake.url, client_id: 'https://app.example.org/client.json' });
  if (supported) expect((await begun).address).toContain('client.json');
  else
    await expect(begun).rejects.toMatchObject({
      kind: 'config',
      message: `${SERVICE} takes no client id that is the address of a document.`,
    });
  // Any other client id is a matter of the server.
  await begin(api, { issuer: fake.url, client_id: 'a client', account: 'other' });
});

test('a provider that is shown says that it registers clients by itself', async () => {
  const { issuer, provider } = await startRegistrar();
  const { api } = await stopAfter(startDaemon());
  await api.setProvider({ id: SERVICE, issuer });
  const { provider: shown } = await api.getProvider({ id: SERVICE, discover: true });
  expect(shown).toMatchObject({
    registration_endpoint: `${provider.issuer}/reg`,
    client_id_documents: false,
  });
  expect(stateOf(shown)).toBe('registers itself');
});

test('the command line needs a name and an issuer, and nothing else', async () => {
  const { issuer } = await startRegistrar();
  const { sandbox } = await stopAfter(startDaemon());
  const adding = sandbox.start(['add-account', SERVICE, ACCOUNT, '--issuer', issuer, '--no-browser']);
  const [address] = await adding.seen(/http:\S+\/auth\?\S+/, 'stderr');
  await signIn(address);
  expect(await adding.exited).toMatchObject({ code: 0, stdout: `${SERVICE}/${ACCOUNT}\n` });
});
