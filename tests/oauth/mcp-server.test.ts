import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, test } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import type { ParamsOf } from '../../shared/contract/index.js';
import { ACCOUNT, addAccount, SERVICE, work } from '../support/accounts.js';
import { CALLBACK, pkcePair, postForm, type TokenAnswer } from '../support/provider/hand-client.js';
import {
  type McpResource,
  startMcpDemo,
  startMcpServer,
  TOOL,
  TOOL_SCOPE,
} from '../support/provider/mcp-server.js';
import type { OpenIdClient } from '../support/provider/openid-clients.js';
import { authorize, signIn } from '../support/provider/person.js';
import { backends, openBeside, startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { askTwenty } from '../support/twenty-callers.js';
import { hear } from '../support/wire/hearing.js';
import { listenOnLoopback } from '../support/wire/loopback.js';

const ANY_PORT = 'http://127.0.0.1/callback';

type Server = McpResource<unknown>;

/** Where a program that knows the resource alone has to sign in (RFC 9728, section 5). */
async function issuerOf({ resource }: Server): Promise<string> {
  const refused = await fetch(resource, { method: 'POST' });
  const [, metadata = ''] =
    /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? [];
  const { authorization_servers } = (await (await fetch(metadata)).json()) as {
    authorization_servers: string[];
  };
  return authorization_servers[0] ?? '';
}

/** Makes the server known, with a client that was registered for it. */
async function know(
  api: SigilforgeClient,
  server: Server,
  auth: 'none' | 'client_secret_post' = 'none',
  settings: Partial<ParamsOf<'set_provider'>> = {},
): Promise<OpenIdClient> {
  const client = await server.registerProgram(settings.redirect_uri ?? ANY_PORT, auth);
  await api.setProvider({
    id: SERVICE,
    issuer: await issuerOf(server),
    client_id: client.clientId,
    ...(auth === 'none' ? {} : { client_secret: client.clientSecret, client_auth: auth }),
    default_scopes: [TOOL_SCOPE],
    ...settings,
  });
  return client;
}

/** What the tool of the server says to a program with this token. */
async function callTool({ resource }: Server, accessToken: string): Promise<string | undefined> {
  const client = new Client({ name: 'a program of the tests', version: '1.0.0' });
  const requestInit = { headers: { authorization: `Bearer ${accessToken}` } };
  await client.connect(new StreamableHTTPClientTransport(resource, { requestInit }));
  try {
    const { content } = await client.callTool({ name: TOOL });
    return content[0]?.text;
  } finally {
    await client.close();
  }
}

/** A sign-in for the resource, as the protocol asks of its clients. */
function forResource({ resource }: Server): { readonly params: Record<string, string> } {
  return { params: { resource: resource.href } };
}

/** A whole sign-in by another program, up to the tokens. */
async function signInByHand(server: Server, client: OpenIdClient): Promise<TokenAnswer> {
  const { verifier, challenge } = pkcePair();
  const url = new URL('/authorize', server.url);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: CALLBACK,
    scope: TOOL_SCOPE,
    resource: server.resource.href,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }).toString();
  const code = (await authorize(url.href)).searchParams.get('code') ?? '';
  return exchange(server, client, { grant_type: 'authorization_code', code, code_verifier: verifier });
}

function exchange(
  server: Server,
  client: OpenIdClient,
  fields: Record<string, string>,
): Promise<TokenAnswer> {
  return postForm(`${server.url}/token`, client, { ...fields, resource: server.resource.href });
}

/** Makes token requests until the server wants no more of them. */
async function exhaust(server: Server, client: OpenIdClient): Promise<void> {
  let status = 0;
  while (status !== 429) ({ status } = await exchange(server, client, { grant_type: 'none' }));
}

async function freePort(): Promise<string> {
  const taken = await listenOnLoopback(async () => {});
  await taken.stop();
  return new URL(taken.url).port;
}

describe.each(backends)('by $name, the example of the SDK', ({ start }) => {
  test('takes a sign-in for its resource, and no other token', async () => {
    const server = await stopAfter(startMcpDemo());
    const { api } = await stopAfter(start());
    const redirect_uri = `http://127.0.0.1:${await freePort()}/callback`;
    await know(api, server, 'none', { redirect_uri });
    expect(await addAccount(api, forResource(server))).toMatchObject({ state: 'ok', scopes: [TOOL_SCOPE] });
    const { access_token } = await api.getToken(work);
    expect(await callTool(server, access_token)).toBe(TOOL_SCOPE);
    await expect(callTool(server, 'another token')).rejects.toThrow();
  });

  test.each([
    ['without a resource', {}],
    ['for another resource', { resource: 'http://127.0.0.1/mcp' }],
  ])('refuses a sign-in %s, and nothing is stored', async (_, params) => {
    const server = await stopAfter(startMcpDemo());
    const { api } = await stopAfter(start());
    await know(api, server, 'none', { redirect_uri: `http://127.0.0.1:${await freePort()}/callback` });
    await expect(addAccount(api, { params })).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect(await api.listAccounts()).toEqual({ accounts: [], cursor: null });
  });

  test('gives no refresh token: when its token has expired, only the person helps', async () => {
    const server = await stopAfter(startMcpDemo());
    const { api, sandbox } = await stopAfter(start());
    await know(api, server, 'none', { redirect_uri: `http://127.0.0.1:${await freePort()}/callback` });
    await addAccount(api, forResource(server));
    expect(await api.tokenInfo(work)).toMatchObject({ has_refresh_token: false });
    stored.expire(sandbox.home);
    const before = server.proxy.requests.length;
    await expect(api.getToken(work)).rejects.toMatchObject({ kind: 'auth_required' });
    expect(server.proxy.requests).toHaveLength(before);
    await addAccount(api, { ...forResource(server), replace: true });
    expect(await callTool(server, (await api.getToken(work)).access_token)).toBe(TOOL_SCOPE);
  });
});

describe.each(backends)('by $name, a server with refresh tokens', ({ start }) => {
  test.each(['none', 'client_secret_post'] as const)(
    'takes a client that registered itself with %s, at any port, and each of its tokens',
    async (auth) => {
      const server = await stopAfter(startMcpServer());
      const { api } = await stopAfter(start());
      await know(api, server, auth);
      await addAccount(api, forResource(server));
      const first = await api.getToken(work);
      const second = await api.refreshToken(work);
      expect(second.access_token).not.toBe(first.access_token);
      for (const { access_token } of [first, second]) {
        expect(await callTool(server, access_token)).toBe(TOOL_SCOPE);
      }
    },
  );

  test('says how it takes a secret, so that it need not be set', async () => {
    const server = await stopAfter(startMcpServer());
    const { api } = await stopAfter(start());
    const client = await server.registerProgram(ANY_PORT, 'client_secret_post');
    const { clientId: client_id, clientSecret: client_secret } = client;
    await api.setProvider({ id: SERVICE, issuer: await issuerOf(server), client_id, client_secret });
    await addAccount(api, { ...forResource(server), scopes: [TOOL_SCOPE] });
    expect(await callTool(server, (await api.refreshToken(work)).access_token)).toBe(TOOL_SCOPE);
    expect(server.count('authorization_code')).toBe(1);
  });

  test('takes over the refresh token of another program', async () => {
    const server = await stopAfter(startMcpServer());
    const { api } = await stopAfter(start());
    const client = await know(api, server);
    const { refresh_token = '' } = await signInByHand(server, client);
    const { account } = await api.addAccount({
      ...work,
      ...forResource(server),
      flow: 'import',
      credential: { refresh_token },
    });
    expect(account).toMatchObject({ state: 'ok' });
    expect(await callTool(server, (await api.refreshToken(work)).access_token)).toBe(TOOL_SCOPE);

    const replay = await exchange(server, client, { grant_type: 'refresh_token', refresh_token });
    expect(replay).toMatchObject({ status: 400, error: 'invalid_grant' });
    const hearing = await hear(api);
    await expect(api.refreshToken(work)).rejects.toMatchObject({ kind: 'auth_required' });
    await hearing.heard('needs_auth');
    await addAccount(api, { ...forResource(server), replace: true });
    expect(await callTool(server, (await api.refreshToken(work)).access_token)).toBe(TOOL_SCOPE);
  });

  test('whose person refuses is not asked again, and nothing is stored', async () => {
    const server = await stopAfter(startMcpServer());
    const { api } = await stopAfter(start());
    await know(api, server);
    server.provider.refuses = true;
    await expect(addAccount(api, forResource(server))).rejects.toMatchObject({ kind: 'denied' });
    expect(await api.listAccounts()).toEqual({ accounts: [], cursor: null });
    expect(server.count('authorization_code')).toBe(0);
  });

  test('loses the grant of an account that is removed', async () => {
    const server = await stopAfter(startMcpServer());
    const { api } = await stopAfter(start());
    await know(api, server);
    await addAccount(api, forResource(server));
    const { access_token } = await api.getToken(work);
    expect(await api.removeAccount(work)).toMatchObject({ removed: true, revoked: true });
    await expect(callTool(server, access_token)).rejects.toThrow();
    expect(server.provider.grants).toBe(0);
  });

  test('goes down and comes up again, which costs nothing but the moment', async () => {
    const server = await stopAfter(startMcpServer());
    const { api } = await stopAfter(start());
    await know(api, server);
    await addAccount(api, forResource(server));
    for (let restarts = 0; restarts < 2; restarts++) {
      await server.goDown();
      await expect(api.refreshToken(work)).rejects.toMatchObject({ kind: 'network' });
      await server.comeUp();
      expect(await callTool(server, (await api.refreshToken(work)).access_token)).toBe(TOOL_SCOPE);
    }
    expect(server.provider.grants).toBe(1);
  });

  test('that was asked too often is left alone for as long as it says, and the grant is kept', async () => {
    const server = await stopAfter(startMcpServer());
    const { api, sandbox } = await stopAfter(start());
    const client = await know(api, server);
    await addAccount(api, forResource(server));
    await exhaust(server, client);
    stored.expire(sandbox.home);
    await expect(api.getToken(work)).rejects.toMatchObject({ kind: 'refresh_failed' });
    const { next_attempt_at } = await api.tokenInfo(work);
    expect(Date.parse(next_attempt_at ?? '') - Date.now()).toBeGreaterThan(10 * 60_000);
    const before = server.count('refresh_token');
    await expect(api.getToken(work)).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect(server.count('refresh_token')).toBe(before);
    // The server forgets how often it was asked when it starts anew.
    await server.goDown();
    await server.comeUp();
    expect(await callTool(server, (await api.refreshToken(work)).access_token)).toBe(TOOL_SCOPE);
  });
});

async function startSignedIn() {
  const server = await stopAfter(startMcpServer());
  const daemon = await stopAfter(startDaemon());
  await know(daemon.api, server);
  await addAccount(daemon.api, forResource(server));
  return { ...daemon, server };
}

test('ten refreshes by the daemon and the library in turns present ten tokens, each once', async () => {
  const { api, sandbox, server } = await startSignedIn();
  const library = await openBeside(sandbox);
  for (let turn = 0; turn < 10; turn++) {
    const { access_token } = await (turn % 2 === 0 ? api : library).refreshToken(work);
    expect(await callTool(server, access_token)).toBe(TOOL_SCOPE);
  }
  expect(server.count('refresh_token')).toBe(10);
  expect(server.provider.grants).toBe(1);
});

test('twenty callers on an expired token, by daemon, library and command line, make one exchange', async () => {
  const { api, connect, sandbox, server } = await startSignedIn();
  const [other, library] = await Promise.all([connect(), openBeside(sandbox)]);
  stored.expire(sandbox.home);
  const tokens = await askTwenty([api, other, library], sandbox);
  expect(tokens).toHaveLength(20);
  expect(new Set(tokens).size).toBe(1);
  expect(await callTool(server, tokens[0] ?? '')).toBe(TOOL_SCOPE);
  expect(server.count('refresh_token')).toBe(1);
});

test('the command line signs in for a resource, and takes the account away again', async () => {
  const server = await stopAfter(startMcpServer());
  const { api, sandbox } = await stopAfter(startDaemon());
  await know(api, server);
  const resource = `resource=${server.resource.href}`;
  const adding = sandbox.start(['add-account', SERVICE, ACCOUNT, '--param', resource, '--no-browser']);
  const [address] = await adding.seen(/http:\S+\/authorize\S+/, 'stderr');
  await signIn(address);
  expect(await adding.exited).toMatchObject({ code: 0, stdout: 'example/work\n' });
  const { stdout } = await sandbox.run(['refresh-token', SERVICE, ACCOUNT]);
  expect(await callTool(server, stdout.trim())).toBe(TOOL_SCOPE);
  expect(await sandbox.run(['remove-account', SERVICE, ACCOUNT, '--force'])).toMatchObject({ code: 0 });
  await expect(callTool(server, stdout.trim())).rejects.toThrow();
});
