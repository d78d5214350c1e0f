import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import type { AccountInfo, ParamsOf } from '../../shared/contract/index.js';
import { begin, completed, SERVICE, work } from '../support/accounts.js';
import { gate } from '../support/gate.js';
import { type BetterAuth, RESOURCE, startBetterAuth } from '../support/provider/better-auth.js';
import type { Decision } from '../support/provider/better-auth-person.js';
import { cutAfter, type Fault } from '../support/provider/faults.js';
import { CALLBACK, pkcePair, postForm, type TokenAnswer } from '../support/provider/hand-client.js';
import type { OpenIdClient } from '../support/provider/openid-clients.js';
import { backends, openBeside, startDaemon } from '../support/start/backends.js';
import { crash } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { askTwenty } from '../support/twenty-callers.js';
import { hear } from '../support/wire/hearing.js';

const SCOPES = ['openid', 'offline_access', 'read'];
const WAYS = ['authorization_code', 'device_code'] as const;

let server: BetterAuth;

beforeAll(async () => {
  server = await startBetterAuth();
});
afterAll(() => server.stop());

/** Makes the server known, with a client that nobody else has. */
async function know(api: SigilforgeClient, client?: OpenIdClient, at = server): Promise<OpenIdClient> {
  const { clientId, clientSecret, auth } = client ?? (await at.registerDesktop());
  await api.setProvider({
    id: SERVICE,
    issuer: at.issuer,
    client_id: clientId,
    ...(clientSecret === '' ? {} : { client_secret: clientSecret, client_auth: auth }),
    default_scopes: SCOPES,
  });
  return { clientId, clientSecret, auth };
}

/** Makes the server known by what has to be set. */
async function knowLeast(api: SigilforgeClient, auth: OpenIdClient['auth']): Promise<OpenIdClient> {
  const client = await server.registerDesktop(auth);
  const { clientId: client_id, clientSecret: client_secret } = client;
  await api.setProvider({ id: SERVICE, issuer: server.issuer, client_id, client_secret });
  return client;
}

/** A whole sign-in, the person's part included. */
async function signIn(
  api: SigilforgeClient,
  params: Partial<ParamsOf<'add_account'>> = {},
  decision: Decision = {},
  { person } = server,
): Promise<AccountInfo> {
  if (params.flow === 'device_code') {
    const { flow_id, verification_uri_complete } = await api.addAccount({ ...work, ...params });
    await person.decideDevice(verification_uri_complete ?? '', decision);
    return completed(api, flow_id ?? '');
  }
  const { flowId, address } = await begin(api, params);
  await person.signIn(address, decision);
  return completed(api, flowId);
}

/** A daemon that knows the server, and one account of it. */
async function startSignedIn(at = server) {
  const daemon = await stopAfter(startDaemon());
  const client = await know(daemon.api, undefined, at);
  await signIn(daemon.api, {}, {}, at);
  return { ...daemon, client };
}

/** A whole sign-in by another program, up to the tokens. */
async function signInByHand(client: OpenIdClient): Promise<TokenAnswer> {
  const { verifier, challenge } = pkcePair();
  const url = new URL(`${server.issuer}/oauth2/authorize`);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: CALLBACK,
    scope: SCOPES.join(' '),
    state: 'a state that is long enough',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }).toString();
  const code = (await server.person.authorize(url.href)).searchParams.get('code') ?? '';
  return exchange(client, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: CALLBACK,
  });
}

function exchange(client: OpenIdClient, fields: Record<string, string>): Promise<TokenAnswer> {
  return postForm(`${server.issuer}/oauth2/token`, client, fields);
}

describe.each(backends)('by $name', ({ start }) => {
  test.each(['none', 'client_secret_basic', 'client_secret_post'] as const)(
    'a client that registered itself, with %s, signs in by the browser and by a code',
    async (auth) => {
      const { api } = await stopAfter(start());
      const client = await know(api, await server.registerDesktop(auth));
      for (const flow of WAYS) {
        const name = { ...work, account: flow };
        expect(await signIn(api, { ...name, flow })).toMatchObject({ ...name, state: 'ok', scopes: SCOPES });
        const { access_token } = await api.getToken(name);
        expect(await server.accepts(access_token)).toBe(true);
        const refreshed = await api.refreshToken(name);
        expect(refreshed.access_token).not.toBe(access_token);
        expect(await server.accepts(refreshed.access_token)).toBe(true);
      }
      expect(await server.grants(client)).toBe(2);
    },
  );

  test.each([
    ['client_secret_basic', 'authorization_code'],
    ['client_secret_basic', 'device_code'],
    ['client_secret_post', 'device_code'],
  ] as const)('a secret is sent by %s although that is not set, to sign in by %s', async (auth, flow) => {
    const { api } = await stopAfter(start());
    const client = await knowLeast(api, auth);
    expect(await signIn(api, { flow })).toMatchObject({ state: 'ok' });
    expect(await server.accepts((await api.refreshToken(work)).access_token)).toBe(true);
    expect(await api.removeAccount(work)).toMatchObject({ revoked: true });
    expect(await server.grants(client)).toBe(0);
  });

  test('a code that is spent before the secret is looked at makes it known what to set', async () => {
    const { api } = await stopAfter(start());
    const client = await knowLeast(api, 'client_secret_post');
    const hint = expect.stringContaining('sigilforge provider set example --client-auth client_secret_post');
    await expect(signIn(api)).rejects.toMatchObject({ kind: 'refresh_failed', hint });
    expect(await server.grants(client)).toBe(0);
    await api.setProvider({ id: SERVICE, client_auth: 'client_secret_post' });
    await signIn(api);
    expect(await server.accepts((await api.refreshToken(work)).access_token)).toBe(true);
  });

  test.each(['client_secret_basic', 'client_secret_post'] as const)(
    'a machine signs in as itself with %s, and again where its token has expired',
    async (auth) => {
      const { api, sandbox } = await stopAfter(start());
      const client = await know(api, await server.registerMachine(auth));
      const { clientId: client_id, clientSecret: client_secret } = client;
      const started = await api.addAccount({
        ...work,
        flow: 'client_credentials',
        scopes: ['read'],
        credential: { client_id, client_secret },
        params: { resource: RESOURCE },
      });
      expect(started).toMatchObject({ flow_id: null, account: { state: 'ok', scopes: ['read'] } });
      const { access_token } = await api.getToken(work);
      expect(await server.accepts(access_token)).toBe(true);
      expect(decodeJwt(access_token).aud).toBe(RESOURCE);
      stored.expire(sandbox.home);
      const again = await api.getToken(work);
      expect(again.access_token).not.toBe(access_token);
      expect(decodeJwt(again.access_token).aud).toBe(RESOURCE);
    },
  );

  test.each(WAYS)(
    'tokens by %s are for the resource that the sign-in names, after a refresh, too',
    async (flow) => {
      const { api } = await stopAfter(start());
      await know(api);
      await signIn(api, { flow, params: { resource: RESOURCE } });
      const { access_token } = await api.getToken(work);
      const refreshed = await api.refreshToken(work);
      for (const token of [access_token, refreshed.access_token]) {
        expect([decodeJwt(token).aud].flat()).toContain(RESOURCE);
      }
    },
  );

  test('a resource that the server does not know ends the sign-in', async () => {
    const { api } = await stopAfter(start());
    await know(api);
    const params = { resource: 'https://other.example.org/' };
    await expect(signIn(api, { params })).rejects.toMatchObject({
      message: expect.stringContaining('invalid_target'),
    });
    await expect(signIn(api, { params, flow: 'device_code' })).rejects.toMatchObject({
      message: expect.stringContaining('invalid_target'),
    });
    expect(await api.listAccounts()).toEqual({ accounts: [], cursor: null });
  });

  test('a refresh token of another program is taken over, and that program is out', async () => {
    const { api } = await stopAfter(start());
    const client = await know(api);
    const { refresh_token = '' } = await signInByHand(client);
    const { account } = await api.addAccount({ ...work, flow: 'import', credential: { refresh_token } });
    expect(account).toMatchObject({ state: 'ok' });
    expect(await server.grants(client)).toBe(1);
    const { access_token } = await api.getToken(work);
    expect(await server.accepts(access_token)).toBe(true);
  });

  test('a grant that a replay ended needs its person, says so once, and is whole after the next sign-in', async () => {
    const { api, sandbox } = await stopAfter(start());
    const client = await know(api);
    const { refresh_token = '' } = await signInByHand(client);
    await api.addAccount({ ...work, flow: 'import', credential: { refresh_token } });
    const hearing = await hear(api);
    const replay = await exchange(client, { grant_type: 'refresh_token', refresh_token });
    expect(replay).toMatchObject({ status: 400, error: 'invalid_grant' });
    await expect(api.refreshToken(work)).rejects.toMatchObject({ kind: 'auth_required' });
    await hearing.heard('needs_auth');
    const before = server.count('refresh_token');
    stored.expire(sandbox.home);
    await expect(api.getToken(work)).rejects.toMatchObject({ kind: 'auth_required' });
    expect(server.count('refresh_token')).toBe(before);
    expect((await api.getAccount(work)).state).toBe('needs_auth');

    expect(await signIn(api, { replace: true })).toMatchObject({ state: 'ok' });
    const { access_token } = await api.refreshToken(work);
    expect(await server.accepts(access_token)).toBe(true);
  });

  test.each(WAYS)('a person who refuses by %s ends the sign-in, and nothing is stored', async (flow) => {
    const { api } = await stopAfter(start());
    const client = await know(api);
    await expect(signIn(api, { flow }, { deny: true })).rejects.toMatchObject({ kind: 'denied' });
    expect(await api.listAccounts()).toEqual({ accounts: [], cursor: null });
    expect(await server.grants(client)).toBe(0);
  });

  test('removing an account ends its grant at the server, and no other', async () => {
    const { api } = await stopAfter(start());
    const client = await know(api);
    const home = { ...work, account: 'home' };
    await signIn(api);
    await signIn(api, home);
    const { access_token } = await api.getToken(work);
    expect(await api.removeAccount(work)).toMatchObject({ removed: true, revoked: true });
    expect(await server.accepts(access_token)).toBe(false);
    expect(await server.grants(client)).toBe(1);
    expect(await server.accepts((await api.refreshToken(home)).access_token)).toBe(true);
  });

  test('a sign-in that replaces another is not harmed by the grant that it replaces', async () => {
    const { api } = await stopAfter(start());
    await know(api);
    await signIn(api);
    const { access_token } = await api.getToken(work);
    await signIn(api, { replace: true });
    expect((await api.getToken(work)).access_token).not.toBe(access_token);
    expect(await server.accepts((await api.refreshToken(work)).access_token)).toBe(true);
  });

  test('a server that is down costs nothing but the moment, and one that was restarted goes on', async () => {
    const { api } = await stopAfter(start());
    const client = await know(api);
    await signIn(api);
    for (let restarts = 0; restarts < 2; restarts++) {
      await server.goDown();
      await expect(api.refreshToken(work)).rejects.toMatchObject({ kind: 'network' });
      expect((await api.getAccount(work)).state).toBe('ok');
      await server.comeUp();
      expect(await server.accepts((await api.refreshToken(work)).access_token)).toBe(true);
    }
    expect(await server.grants(client)).toBe(1);
  });
});

test('ten refreshes by the daemon and the library in turns present ten tokens, each once', async () => {
  const { api, sandbox, client } = await startSignedIn();
  const library = await openBeside(sandbox);
  const before = server.count('refresh_token');
  const tokens = new Set<string>();
  for (let turn = 0; turn < 10; turn++) {
    const { access_token } = await (turn % 2 === 0 ? api : library).refreshToken(work);
    expect(await server.accepts(access_token)).toBe(true);
    tokens.add(access_token);
  }
  expect(tokens.size).toBe(10);
  expect(server.count('refresh_token') - before).toBe(10);
  expect(await server.grants(client)).toBe(1);
  expect((await api.getToken(work)).access_token).toBe([...tokens].at(-1));
});

test('twenty callers on an expired token, by daemon, library and command line, make one exchange', async () => {
  const { api, connect, sandbox, client } = await startSignedIn();
  const [other, library] = await Promise.all([connect(), openBeside(sandbox)]);
  const { access_token: expired } = await api.getToken(work);
  stored.expire(sandbox.home);
  const before = server.count('refresh_token');
  const tokens = await askTwenty([api, other, library], sandbox);
  expect(tokens).toHaveLength(20);
  expect(new Set(tokens).size).toBe(1);
  expect(tokens[0]).not.toBe(expired);
  expect(server.count('refresh_token') - before).toBe(1);
  expect(await server.grants(client)).toBe(1);
});

test('the command line, with nothing set but issuer and client, signs in, refreshes, and takes the account away again', async () => {
  const { sandbox } = await stopAfter(startDaemon());
  const client = await server.registerDesktop();
  const setting = ['provider', 'set', SERVICE, '--issuer', server.issuer, '--client-id', client.clientId];
  expect(await sandbox.run(setting)).toMatchObject({ code: 0 });
  const adding = sandbox.start(['add-account', SERVICE, work.account, '--no-browser']);
  const [address] = await adding.seen(/http:\S+authorize\S+/, 'stderr');
  await server.person.signIn(address);
  expect(await adding.exited).toMatchObject({ code: 0 });
  const { stdout } = await sandbox.run(['refresh-token', SERVICE, work.account]);
  expect(await server.accepts(stdout.trim())).toBe(true);
  expect(await sandbox.run(['remove-account', SERVICE, work.account, '--force'])).toMatchObject({ code: 0 });
  expect(await server.accepts(stdout.trim())).toBe(false);
  expect(await server.grants(client)).toBe(0);
});

test('an answer that is lost on its way costs the grant at a server that calls the next try a replay', async () => {
  const { api, client } = await startSignedIn();
  server.proxy.plan(cutAfter, { grantType: 'refresh_token' });
  await expect(api.refreshToken(work)).rejects.toMatchObject({ kind: 'auth_required' });
  expect(await server.grants(client)).toBe(0);
  await signIn(api, { replace: true });
  expect(await server.accepts((await api.refreshToken(work)).access_token)).toBe(true);
});

test('an answer that is lost on its way comes once more from a server that allows it', async () => {
  const patient = await stopAfter(startBetterAuth({ reuseInterval: 30 }));
  const { api, client } = await startSignedIn(patient);
  patient.proxy.plan(cutAfter, { grantType: 'refresh_token' });
  expect(await patient.accepts((await api.refreshToken(work)).access_token)).toBe(true);
  expect(patient.count('refresh_token')).toBe(2);
  expect(await patient.accepts((await api.refreshToken(work)).access_token)).toBe(true);
  expect(await patient.grants(client)).toBe(1);
});

test('a daemon that dies while an answer is on its way finds the grant again at such a server', async () => {
  const patient = await stopAfter(startBetterAuth({ reuseInterval: 30 }));
  const { api, client, daemon, sandbox } = await startSignedIn(patient);
  const exchanged = gate();
  const neverAnswer: Fault = async (exchange) => {
    await exchange.forward();
    exchanged.open();
  };
  patient.proxy.plan(neverAnswer, { grantType: 'refresh_token' });
  const lost = api.refreshToken(work).catch(() => undefined);
  await exchanged.opened;
  await crash(daemon);
  await lost;
  await sandbox.startDaemon();
  expect(await patient.accepts((await api.refreshToken(work)).access_token)).toBe(true);
  expect(await patient.accepts((await api.refreshToken(work)).access_token)).toBe(true);
  expect(await patient.grants(client)).toBe(1);
});
