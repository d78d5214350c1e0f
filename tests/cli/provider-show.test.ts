import { afterEach, describe, expect, test } from 'vitest';
import { SigilforgeError } from '../../shared/errors.js';
import type { Provider } from '../../shared/provider.js';
import { account, flow, provider } from '../support/samples.js';
import { type Answers, type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

const stop: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const one of stop.splice(0)) await one();
});

async function start(answers: Answers): Promise<StubDaemon> {
  const daemon = await startStubDaemon(answers);
  stop.push(daemon.stop);
  return daemon;
}

const own: Provider = {
  ...provider,
  id: 'corp',
  name: 'corp',
  source: 'stored',
  discovery: true,
  issuer: 'https://id.example.org',
  flows: ['authorization_code', 'device_code', 'import', 'api_key'],
  pkce: 'unknown',
  client_secret: 'optional',
  refresh: { ...provider.refresh, issued: 'unknown' },
};
const fixed = 'http://127.0.0.1:8484/callback';
const exact = `If the provider compares the port, too, register ${fixed} and run: sigilforge provider set corp --redirect-uri ${fixed}`;

describe('provider show says in a line what to register', () => {
  const cases: [what: string, changes: Partial<Provider>, line: string | undefined][] = [
    [
      'an own provider',
      {},
      `A native (public) client, or one with a secret; redirect URI: http://127.0.0.1/callback (any port); for authorization code with PKCE, device code and refresh tokens. ${exact}`,
    ],
    [
      'a fixed redirect URI, without PKCE',
      {
        redirect: { uri: 'https://app.example.org/back', port: 'fixed' },
        pkce: 'unsupported',
        client_secret: 'required',
        flows: ['authorization_code'],
      },
      'A client with a secret; redirect URI: https://app.example.org/back; for authorization code and refresh tokens.',
    ],
    [
      'a built-in provider that takes any port',
      {
        source: 'builtin',
        client_secret: 'forbidden',
        flows: ['authorization_code'],
        refresh: provider.refresh,
      },
      'A native (public) client without a secret; redirect URI: http://127.0.0.1/callback (any port); for authorization code with PKCE.',
    ],
    [
      'only the device flow',
      { client_secret: 'forbidden', flows: ['device_code', 'import'] },
      'A native (public) client without a secret; for device code and refresh tokens.',
    ],
    [
      'a client that signs in as itself',
      { client_secret: 'required', flows: ['client_credentials'] },
      'A client with a secret; for client credentials.',
    ],
    ['only keys', { flows: ['api_key'] }, undefined],
  ];

  test.each(cases)('%s', async (_, changes, line) => {
    const daemon = await start({ get_provider: { provider: { ...own, ...changes } } });
    const { code, stdout, stderr } = await daemon.run(['provider', 'show', 'corp']);
    expect(code).toBe(0);
    const rows = new Map(
      stdout
        .trimEnd()
        .split('\n')
        .map((row) => row.split('\t') as [string, string]),
    );
    expect(rows.get('to_register')).toBe(line);
    const notice =
      'sigilforge: No client is set. Once it is registered: sigilforge provider set corp --client-id ID\n';
    expect(stderr).toBe(line === undefined ? '' : notice);
    expect(daemon.calls.map(({ params }) => params)).toEqual([{ id: 'corp', discover: true }]);
  });

  test('and nothing more about the client once it is set', async () => {
    const daemon = await start({
      get_provider: { provider: { ...own, configured: true, client_id: 'mine' } },
    });
    expect((await daemon.run(['provider', 'show', 'corp'])).stderr).toBe('');
  });
});

test('provider show shows what is known, and why the rest is not', async () => {
  const daemon = await start({
    get_provider: ({ discover }) => {
      if (!discover) return { provider: own };
      throw new SigilforgeError('refresh_failed', 'The provider cannot be discovered.', {
        hint: 'Try again.',
      });
    },
  });
  const end = await daemon.run(['provider', 'show', 'corp', '--quiet']);
  expect(end).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('id\tcorp\n'),
    stderr: 'sigilforge: warning: The provider cannot be discovered. Try again.\n',
  });
  const absent = await start({
    get_provider: new SigilforgeError('not_found', 'There is no such provider.'),
  });
  expect(await absent.run(['provider', 'show', 'corp'])).toMatchObject({ code: 3, stdout: '' });
});

describe('a sign-in says what to look for in the browser', () => {
  const waiting = (redirect_uri: string, query: Record<string, string> = {}): Answers => ({
    add_account: {
      ...flow,
      authorization_url: `https://id.example.org/authorize?${new URLSearchParams({ redirect_uri, ...query })}`,
    },
    wait_flow: { state: 'complete', account, notices: [] },
  });
  const error = 'sigilforge: If the browser shows an error about the redirect address, register';

  test('with a fixed redirect URI', async () => {
    const daemon = await start({
      ...waiting('http://localhost:9000/back'),
      get_provider: {
        provider: { ...own, client_id: 'c', redirect: { uri: 'http://localhost:9000/back', port: 'fixed' } },
      },
    });
    const { stderr } = await daemon.run(['add-account', 'corp', 'me', '--no-browser']);
    expect(stderr).toContain(`${error} http://localhost:9000/back at the provider.\n`);
  });

  test('with any port, which some providers compare all the same', async () => {
    const daemon = await start({
      ...waiting('http://127.0.0.1:43210/callback'),
      get_provider: { provider: { ...own, client_id: 'c' } },
    });
    const { stderr } = await daemon.run(['add-account', 'git', 'me', '--provider', 'corp']);
    expect(stderr).toContain(`${error} http://127.0.0.1/callback at the provider. ${exact}\n`);
    expect(daemon.calls).toContainEqual({ method: 'get_provider', params: { id: 'corp' } });
  });

  test('if nothing is known of the provider, with the address that the browser is given', async () => {
    const daemon = await start(waiting('http://127.0.0.1:43210/callback'));
    const { code, stderr } = await daemon.run(['add-account', 'corp', 'me']);
    expect(code).toBe(0);
    expect(stderr).toContain(`${error} http://127.0.0.1:43210/callback at the provider.\n`);
  });

  test('but not of a redirect that a client has registered by itself', async () => {
    const asked = waiting('http://127.0.0.1:8484/callback');
    const daemon = await start({ ...asked, get_provider: { provider: own } });
    expect((await daemon.run(['add-account', 'corp', 'me'])).stderr).not.toContain('redirect address');
    const unknown = await start(asked);
    const args = ['add-account', 'corp', 'me', '--issuer', 'https://id.example.org'];
    expect((await unknown.run(args)).stderr).not.toContain('redirect address');
  });

  test('about scopes that no person named', async () => {
    const asked = waiting('http://127.0.0.1:43210/callback', { scope: 'openid offline_access' });
    const advice =
      'sigilforge: If it shows an error about the scope offline_access, run: sigilforge provider set corp --scopes openid, and sign in again.\n';
    const discovered = { ...own, default_scopes: [] };
    const daemon = await start({ ...asked, get_provider: { provider: discovered } });
    expect((await daemon.run(['add-account', 'corp', 'me'])).stderr).toContain(advice);
    const named = await daemon.run(['add-account', 'corp', 'me', '--scopes', 'openid,offline_access']);
    expect(named.stderr).not.toContain('about the scope');
    const settings = { ...own, default_scopes: ['openid', 'offline_access'] };
    const set = await start({ ...asked, get_provider: { provider: settings } });
    expect((await set.run(['add-account', 'corp', 'me'])).stderr).not.toContain('about the scope');
  });

  test('but not with --quiet, nor in the device flow', async () => {
    const browser = await start(waiting('http://127.0.0.1:43210/callback'));
    expect((await browser.run(['add-account', 'corp', 'me', '--quiet'])).stderr).not.toContain(
      'redirect address',
    );
    const device = await start({
      ...waiting(''),
      add_account: {
        ...flow,
        flow: 'device_code',
        user_code: 'U',
        verification_uri: 'https://id.example.org/d',
      },
    });
    expect((await device.run(['add-account', 'corp', 'me'])).stderr).not.toContain('redirect address');
  });
});
