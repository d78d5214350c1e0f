import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ParamsOf } from '../../shared/contract/index.js';
import { gate } from '../support/gate.js';
import { type FaultProxy, startFaultProxy } from '../support/provider/fault-proxy.js';
import { answerWith, cutAfter } from '../support/provider/faults.js';
import { APP, INSTALLATION, type KeyProvider, startKeyProvider } from '../support/provider/key-provider.js';
import {
  makeEcKey,
  makeEd25519Key,
  makeRsaKey,
  serviceAccountFile,
} from '../support/provider/signing-keys.js';
import { type Backend, backends, startDaemon, startLibrary } from '../support/start/backends.js';
import * as stored from '../support/stored.js';
import { passTime } from '../support/time.js';
import { hear } from '../support/wire/hearing.js';

const key = makeRsaKey();
const oldKindOfKey = makeRsaKey('pkcs1');
const robot = { service: 'google', account: 'robot' };
const bot = { service: 'github', account: 'bot' };
const FAR_S = 20 * 60;

let provider: KeyProvider;

beforeAll(async () => {
  provider = await startKeyProvider(key.publicKey);
});
afterAll(() => provider.stop());

beforeEach(() => {
  provider.know(key.publicKey);
  provider.skewS = 0;
  provider.lifetimeS = 3600;
});

type AddAccount = ParamsOf<'add_account'>;

const serviceAccount = (pem = key.pem): AddAccount => ({
  ...robot,
  credential: { private_key: serviceAccountFile(pem, provider.tokenUri) },
  replace: true,
});

const app = (pem = key.pem, params?: Record<string, string>): AddAccount => ({
  ...bot,
  issuer: provider.url,
  credential: { app_id: APP, installation_id: INSTALLATION, private_key: pem },
  replace: true,
  ...(params && { params }),
});

const lastAssertion = () => provider.accepted.at(-1);
const lastRequest = () => provider.received.at(-1);

describe.each(backends)('by $name', ({ start }) => {
  let backend: Backend;
  let api: Backend['api'];

  beforeAll(async () => {
    backend = await start();
    api = backend.api;
    await api.setProvider({ id: 'idp', token_endpoint: provider.tokenUri, default_scopes: ['openid'] });
  });
  afterAll(() => backend.stop());

  test("a Google service account needs only its file, and its token is asked for as Google's", async () => {
    const started = await api.addAccount(serviceAccount());
    expect(started).toMatchObject({
      flow_id: null,
      flow: 'jwt_bearer',
      account: { kind: 'oauth', provider: 'google', state: 'ok', scopes: ['openid', 'email', 'profile'] },
    });
    expect(await api.getToken(robot)).toMatchObject({ access_token: expect.stringMatching(/^ya29\./) });
    expect(lastRequest()?.form).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: expect.any(String),
    });
    expect(lastAssertion()).toMatchObject({
      header: { alg: 'RS256', kid: 'key-1' },
      claims: { aud: provider.tokenUri, scope: 'openid email profile' },
    });
    expect(lastAssertion()?.claims['iss']).toBe('robot@example-1.iam.gserviceaccount.com');
    expect(lastAssertion()?.claims).not.toHaveProperty('sub');
  });

  test('scopes, and whom it acts for, are asked for again with every token', async () => {
    const request = serviceAccount();
    const credential = { ...request.credential, subject: 'person@example.org' } as AddAccount['credential'];
    await api.addAccount({ ...request, credential, scopes: ['https://www.googleapis.com/auth/drive'] });
    const first = await api.getToken(robot);
    const second = await api.refreshToken(robot);
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.scopes).toEqual(['https://www.googleapis.com/auth/drive']);
    const [one, two] = provider.accepted.slice(-2);
    for (const claims of [one?.claims, two?.claims]) {
      expect(claims).toMatchObject({
        scope: 'https://www.googleapis.com/auth/drive',
        sub: 'person@example.org',
      });
    }
    expect(two?.claims['jti']).not.toBe(one?.claims['jti']);
  });

  test.each([
    ['RS256', oldKindOfKey],
    ['ES256', makeEcKey('P-256')],
    ['EdDSA', makeEd25519Key()],
  ])('any other provider gets scopes as a parameter, by %s', async (alg, { pem, publicKey }) => {
    provider.know(publicKey);
    const name = { service: 'idp', account: alg };
    const credential = { private_key: pem, issuer: 'me', key_id: 'k' };
    await api.addAccount({ ...name, flow: 'jwt_bearer', credential });
    expect(lastRequest()?.form).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: expect.any(String),
    });
    expect(lastRequest()?.headers).not.toHaveProperty('authorization');
    await api.addAccount({ ...name, credential, scopes: ['a', 'b'], replace: true });
    expect(lastRequest()?.form).toMatchObject({ scope: 'a b' });
    expect(lastAssertion()).toMatchObject({
      header: { alg, kid: 'k' },
      claims: { iss: 'me', sub: 'me', aud: provider.tokenUri },
    });
    expect(lastAssertion()?.claims).not.toHaveProperty('scope');
    await expect(
      api.addAccount({ ...name, credential, params: { audience: 'https://x.org' }, replace: true }),
    ).rejects.toMatchObject({ kind: 'refresh_failed', message: expect.stringContaining('audience') });
    expect((await api.getToken(name)).scopes).toEqual(['a', 'b']);
  });

  test('a client with a secret proves itself besides', async () => {
    await api.setProvider({
      id: 'box-like',
      token_endpoint: provider.tokenUri,
      client_id: 'c',
      client_secret: 's',
    });
    const name = { service: 'box-like', account: 'a' };
    await api.addAccount({ ...name, credential: { private_key: key.pem, issuer: 'c' } });
    const basic = `Basic ${Buffer.from('c:s').toString('base64')}`;
    expect(lastRequest()?.headers.authorization).toBe(basic);
    await api.refreshToken(name);
    expect(lastRequest()?.headers.authorization).toBe(basic);
  });

  test('a GitHub App gets a token for its installation, whole or narrowed', async () => {
    provider.know(oldKindOfKey.publicKey);
    const { account } = await api.addAccount(app(oldKindOfKey.pem));
    expect(account).toMatchObject({ scopes: ['contents:write', 'metadata:read'], state: 'ok' });
    expect(provider.narrowed.at(-1)).toEqual({});
    expect(lastAssertion()?.claims).toMatchObject({ iss: APP });

    const params = { repositories: 'one,two', permissions: 'contents:read,issues:write' };
    await api.addAccount(app(oldKindOfKey.pem, params));
    const narrowed = { repositories: ['one', 'two'], permissions: { contents: 'read', issues: 'write' } };
    expect(provider.narrowed.at(-1)).toEqual(narrowed);
    const first = await api.getToken(bot);
    expect(first).toMatchObject({ token_type: 'bearer', scopes: ['contents:read', 'issues:write'] });
    const second = await api.refreshToken(bot);
    expect(second.access_token).not.toBe(first.access_token);
    expect(provider.narrowed.at(-1)).toEqual(narrowed);

    await api.addAccount({ ...app(oldKindOfKey.pem), scopes: ['contents:read'] });
    expect(provider.narrowed.at(-1)).toEqual({ permissions: { contents: 'read' } });
    const ends = Date.parse((await api.getToken(bot)).expires_at ?? '') - Date.now();
    expect(ends).toBeGreaterThan(3_500_000);
    expect(ends).toBeLessThanOrEqual(3_601_000);
  });

  test('a token of a GitHub App is given back when the account is removed', async () => {
    await api.addAccount(app());
    const { access_token } = await api.getToken(bot);
    expect(await api.removeAccount(bot)).toEqual({ removed: true, revoked: true, notices: [] });
    expect(provider.revoked.at(-1)).toBe(access_token);
    await expect(api.getToken(bot)).rejects.toMatchObject({ kind: 'not_found' });
    expect(stored.accounts(backend.sandbox.home, 'bot')).toEqual([]);
  });

  test.each([
    ['a service account', robot, serviceAccount],
    ['a GitHub App', bot, app],
  ])(
    'a key that is no longer taken: %s says so, loses nothing, and works again by itself',
    async (_, name, request) => {
      await api.addAccount(request());
      const { access_token } = await api.getToken(name);
      provider.know(oldKindOfKey.publicKey);
      await expect(api.refreshToken(name)).rejects.toMatchObject({
        kind: 'refresh_failed',
        message: expect.stringMatching(/refused: .*Invalid JWT Signature\. The provider rejected this key/),
        hint: expect.stringContaining('--key-file FILE'),
      });
      expect(await api.getAccount(name)).toMatchObject({ state: 'ok' });
      expect((await api.tokenInfo(name)).last_error?.message).toContain('rejected this key');
      expect((await api.getToken(name)).access_token).toBe(access_token);
      provider.know(key.publicKey);
      expect((await api.refreshToken(name)).access_token).not.toBe(access_token);
      expect(await api.tokenInfo(name)).toMatchObject({ last_error: null, has_refresh_token: false });
    },
  );

  test('a wrong key is not stored, and a good one keeps its place', async () => {
    await api.addAccount(serviceAccount());
    const { access_token } = await api.getToken(robot);
    await expect(api.addAccount(serviceAccount(oldKindOfKey.pem))).rejects.toMatchObject({
      kind: 'refresh_failed',
    });
    expect((await api.getToken(robot)).access_token).toBe(access_token);
    await api.refreshToken(robot);
  });

  test.each([-50, 50])('clocks may differ by %s s', async (skewS) => {
    provider.skewS = skewS;
    await api.addAccount(serviceAccount());
    await api.addAccount(app());
  });

  test.each([
    [-FAR_S, /The clock of this machine is 20 min ahead of the provider's\.$/],
    [FAR_S, /The clock of this machine is 20 min behind the provider's\.$/],
  ])('a clock that is wrong by %s s is named', async (skewS, message) => {
    await api.addAccount(serviceAccount());
    await api.addAccount(app());
    provider.skewS = skewS;
    for (const name of [robot, bot]) {
      await expect(api.refreshToken(name)).rejects.toMatchObject({
        kind: 'refresh_failed',
        message: expect.stringMatching(message),
      });
    }
    provider.skewS = 0;
    await api.refreshToken(robot);
  });

  test('what the installation does not allow is said in the words of GitHub', async () => {
    await expect(api.addAccount(app(key.pem, { permissions: 'administration:write' }))).rejects.toMatchObject(
      {
        kind: 'refresh_failed',
        message: 'GitHub refused: The permissions requested are not granted to this installation.',
      },
    );
  });

  test.each<[string, () => Partial<AddAccount>]>([
    ['no issuer', () => ({ credential: { private_key: key.pem } })],
    ['no key', () => ({ credential: { private_key: 'x', issuer: 'me' } })],
    ['no credential', () => ({ flow: 'jwt_bearer' })],
    ['the credential of another flow', () => ({ flow: 'github_app', credential: { api_key: 'x' } })],
    ['a parameter that nobody knows', () => ({ ...serviceAccount(), params: { aud: 'x' } })],
    ['a provider that is not GitHub', () => ({ ...app(), service: 'idp' })],
    ['a path in the place of an id', () => app2({ installation_id: '1/../2' })],
    ['a key that GitHub does not give', () => app2({ private_key: makeEd25519Key().pem })],
    ['a repository with its owner', () => app(key.pem, { repositories: 'me/mine' })],
    ['a permission without a level', () => app(key.pem, { permissions: 'contents' })],
    ['a permission of two levels', () => app(key.pem, { permissions: 'contents:read:write' })],
    ['a permission of no level', () => app(key.pem, { permissions: 'contents:all' })],
  ])('%s is a mistake that no provider is asked about', async (_, request) => {
    const before = provider.received.length;
    const wanted = { ...robot, account: 'other', ...request() };
    await expect(api.addAccount({ ...wanted, account: 'other' })).rejects.toMatchObject({
      kind: 'invalid_params',
    });
    expect(provider.received).toHaveLength(before);
    await expect(api.getAccount({ service: wanted.service, account: 'other' })).rejects.toMatchObject({
      kind: 'not_found',
    });
  });

  const app2 = (changed: object): AddAccount => ({
    ...app(),
    credential: { app_id: APP, installation_id: INSTALLATION, private_key: key.pem, ...changed },
  });

  test('another sign-in takes the place of the key, and nothing is left of it', async () => {
    await api.addAccount(serviceAccount());
    await api.addAccount({ ...robot, credential: { api_key: 'k' }, replace: true });
    expect(stored.accounts(backend.sandbox.home, 'robot')).toMatchObject([
      { minting: { key: null, settings: null } },
    ]);
  });

  test('a flow by a key is never chosen without a key', async () => {
    await api.setProvider({
      id: 'keys',
      token_endpoint: provider.tokenUri,
      client_id: 'c',
      flows: ['jwt_bearer'],
    });
    await expect(api.addAccount({ service: 'keys', account: 'a' })).rejects.toMatchObject({
      kind: 'invalid_params',
      message: expect.not.stringContaining('jwt_bearer'),
    });
  });

  test('the key outlasts a new key of the vault', async () => {
    await api.addAccount(serviceAccount());
    const sealed = () => stored.accounts(backend.sandbox.home, 'robot').map(({ minting }) => minting.key);
    const before = sealed();
    await api.vaultRotate();
    expect(sealed()).not.toEqual(before);
    const { access_token } = await api.refreshToken(robot);
    expect(access_token).toBe(`ya29.${provider.accepted.length}`);
  });

  test('no reference names the key', async () => {
    await api.addAccount(serviceAccount());
    for (const type of ['private_key', 'key', 'minting']) {
      await expect(api.resolve({ reference: `auth://google/robot/${type}` })).rejects.toMatchObject({
        kind: 'not_found',
      });
    }
    for (const type of ['refresh_token', 'client_secret', 'api_key']) {
      await expect(api.resolve({ reference: `auth://google/robot/${type}` })).rejects.toMatchObject({
        kind: expect.stringMatching(/^(denied|not_found)$/),
      });
    }
  });
});

test('an account with a key stays as it is when its token has ended, and mints the next one', async () => {
  const { api, stop } = await startLibrary();
  try {
    await api.addAccount(serviceAccount());
    const { access_token } = await api.getToken(robot);
    passTime(4000);
    expect(await api.getAccount(robot)).toMatchObject({ state: 'ok' });
    expect((await api.tokenInfo(robot)).is_expired).toBe(true);
    expect((await api.getToken(robot)).access_token).not.toBe(access_token);
  } finally {
    await stop();
  }
});

describe('an exchange by a key is one like every other', () => {
  let proxy: FaultProxy;
  let backend: Backend;
  let direct: string;

  beforeAll(async () => {
    direct = provider.tokenUri;
    proxy = await startFaultProxy(provider.url);
    provider.tokenUri = `${proxy.url}/token`;
    backend = await startDaemon();
    await backend.api.addAccount(serviceAccount());
  });
  afterAll(async () => {
    provider.tokenUri = direct;
    await backend.stop();
    await proxy.stop();
  });

  test('one for all callers, and in the journal', async () => {
    const before = proxy.requests.length;
    const allAsked = gate();
    proxy.plan(async (exchange) => {
      await allAsked.opened;
      return exchange.send(await exchange.forward());
    });
    const asked = Array.from({ length: 20 }, () => backend.api.refreshToken(robot));
    // Calls of one connection are begun in their order.
    await backend.api.status();
    allAsked.open();
    const tokens = await Promise.all(asked);
    expect(new Set(tokens.map(({ access_token }) => access_token)).size).toBe(1);
    expect(proxy.requests).toHaveLength(before + 1);
    expect(stored.outcomes(backend.sandbox.home)).toEqual(['stored']);
  });

  test('a lost answer is asked for again at once, by another assertion', async () => {
    const before = provider.accepted.length;
    proxy.plan(cutAfter);
    const { access_token } = await backend.api.refreshToken(robot);
    expect(access_token).toBe(`ya29.${provider.accepted.length}`);
    const [one, two, ...more] = provider.accepted.slice(before);
    expect(more).toEqual([]);
    expect(two?.claims['jti']).not.toBe(one?.claims['jti']);
  });

  test('what cannot be asked for now waits, and the token that lives is handed out meanwhile', async () => {
    const { access_token } = await backend.api.getToken(robot);
    proxy.plan(answerWith(503, '', { 'retry-after': '60' }));
    await expect(backend.api.refreshToken(robot)).rejects.toMatchObject({ kind: 'refresh_failed' });
    const { next_attempt_at } = await backend.api.tokenInfo(robot);
    expect(Date.parse(next_attempt_at ?? '')).toBeGreaterThan(Date.now());
    expect((await backend.api.getToken(robot)).access_token).toBe(access_token);
    await backend.api.refreshToken(robot);
    expect(await backend.api.tokenInfo(robot)).toMatchObject({ next_attempt_at: null, last_error: null });
  });
});

test('the daemon mints the next token ahead of its time, unasked', async () => {
  provider.lifetimeS = 4;
  const { api, stop } = await startDaemon();
  try {
    for (const request of [serviceAccount(), app()]) {
      const hearing = await hear(api);
      const { account } = await api.addAccount(request);
      const renewed = await hearing.heard('token_refreshed');
      expect(renewed.account_id).toBe(account?.id);
      await api.removeAccount({ service: request.service, account: request.account });
      await hearing.end();
    }
  } finally {
    await stop();
  }
});

describe('the key is nowhere but sealed', () => {
  test('in files, logs and answers, at the level trace', async () => {
    const { api, sandbox, daemon, stop } = await startDaemon({ config: '[daemon]\nlog_level = "trace"' });
    try {
      const said: unknown[] = [await api.addAccount(serviceAccount()), await api.addAccount(app())];
      provider.know(oldKindOfKey.publicKey);
      for (const name of [robot, bot])
        said.push(await api.refreshToken(name).catch((thrown: unknown) => `${thrown}`));
      said.push(
        await api.listAccounts(),
        await api.accountsStatus(),
        await api.getProvider({ id: 'google' }),
      );
      for (const name of [robot, bot]) said.push(await api.getAccount(name), await api.tokenInfo(name));
      const assertions = provider.received.map(
        ({ form, headers }) => form['assertion'] ?? headers.authorization?.replace('Bearer ', '') ?? '',
      );
      const needles = [...keyLines(key.pem), ...assertions.filter((one) => one.startsWith('ey'))];
      expect(needles.length).toBeGreaterThan(20);
      await expectNowhere(sandbox, needles);
      for (const needle of needles) expect(JSON.stringify(said)).not.toContain(needle);
      for (const { minting } of stored.accounts(sandbox.home))
        expect(minting.key?.length).toBeGreaterThan(1000);

      for (const name of [robot, bot]) await api.removeAccount({ ...name, revoke: false });
      await expectNowhere(sandbox, needles);
      expect(stored.accounts(sandbox.home)).toEqual([]);
      await api.shutdown();
      const { stdout, stderr } = await daemon.exited;
      for (const needle of needles) expect(stdout + stderr).not.toContain(needle);
    } finally {
      await stop();
    }
  });

  test('and the search finds what is there', async () => {
    const { sandbox, stop } = await startDaemon({ config: '# canary-in-a-file' });
    try {
      await expect(expectNowhere(sandbox, ['canary-in-a-file'])).rejects.toThrow();
    } finally {
      await stop();
    }
  });
});

/** The lines of a key that are its own: the first one is the same for many. */
function keyLines(pem: string): string[] {
  return pem
    .split('\n')
    .filter((line) => line.length === 64 && !line.startsWith('-----'))
    .slice(1);
}

/** Searches every file of the home by another process, as this one must not open a database that it may hold. */
async function expectNowhere(sandbox: Backend['sandbox'], needles: readonly string[]): Promise<void> {
  const search = [
    'grep',
    '--recursive',
    '--text',
    '--files-with-matches',
    '--fixed-strings',
    '--file=-',
    sandbox.home,
  ];
  const { code, stdout } = await sandbox.spawn(search, { input: `${needles.join('\n')}\n` }).exited;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
}
