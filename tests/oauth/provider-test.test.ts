import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ResultOf } from '../../shared/contract/index.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { type OpenIdProvider, startOpenIdProvider } from '../support/provider/openid-provider.js';
import { type Backend, startLibrary } from '../support/start/backends.js';
import { listenOnLoopback } from '../support/wire/loopback.js';

type Result = ResultOf<'test_provider'>;

const SECRET = 'not-to-be-sent';

describe('test_provider', () => {
  let backend: Backend;
  let openId: OpenIdProvider;
  let fake: FakeProvider;

  beforeAll(async () => {
    openId = await startOpenIdProvider();
    backend = await startLibrary();
  });
  afterAll(async () => {
    await backend?.stop();
    await openId?.stop();
  });
  beforeEach(async () => {
    fake = await startFakeProvider({
      'GET /authorize': () => ({ status: 302, headers: { location: 'https://id.example.org/sign-in' } }),
      'POST /token': () => ({ status: 400, body: { error: 'invalid_request' } }),
      'POST /device': () => ({ status: 401, body: { error: 'invalid_client' } }),
    });
    return () => fake.stop();
  });

  const run = (id: string): Promise<Result> => backend.api.testProvider({ id });
  /** The check of one part. */
  const part = ({ checks }: Result, name: string) => checks.find((check) => check.name === name);

  /** A provider with the addresses of the fake one, under a new id. */
  let made = 0;
  async function known(more: object = {}): Promise<string> {
    made += 1;
    const { provider } = await backend.api.setProvider({
      id: `fake-${made}`,
      authorization_endpoint: `${fake.url}/authorize`,
      token_endpoint: `${fake.url}/token`,
      device_authorization_endpoint: `${fake.url}/device`,
      client_id: 'a client',
      client_secret: SECRET,
      ...more,
    });
    return provider.id;
  }

  test('a real OpenID provider answers everywhere, and learns nothing', async () => {
    await backend.api.setProvider({ id: 'real', issuer: openId.issuer, client_id: 'native' });
    const before = openId.requests.length;
    const result = await run('real');
    expect(result.checks.map(({ name, state, status }) => [name, state, status])).toEqual([
      ['client', 'ok', null],
      ['client_secret', 'ok', null],
      ['metadata', 'ok', null],
      ['authorization_endpoint', 'ok', 400],
      ['token_endpoint', 'ok', 400],
      ['device_authorization_endpoint', 'ok', 400],
    ]);
    expect(result.works).toBe(true);
    expect(part(result, 'token_endpoint')?.sentence).toBe(
      'It refuses an empty request, as it should: invalid_request.',
    );
    expect(openId.requests.length - before).toBe(4);
  });

  test('nothing that is sent names the client or holds its secret', async () => {
    const result = await run(await known());
    expect(result.works).toBe(true);
    expect(fake.received.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /authorize',
      'POST /device',
      'POST /token',
    ]);
    for (const { body, query, headers } of fake.received) {
      expect(body).toBe('');
      expect([...query]).toEqual([]);
      expect(headers.authorization).toBeUndefined();
    }
    expect(JSON.stringify(result)).not.toContain(SECRET);
  });

  test('a token endpoint that takes JSON is asked in JSON', async () => {
    await run(await known({ quirks: ['json_token_requests'] }));
    expect(fake.sentTo('POST /token').map(({ json }) => json)).toEqual([{}]);
  });

  test('an error that comes with status 200 is a refusal, too', async () => {
    fake.route('POST /token', () => ({ body: { ok: false, error: 'invalid_arguments' } }));
    expect(part(await run(await known()), 'token_endpoint')).toMatchObject({
      state: 'ok',
      status: 200,
      sentence: 'It refuses an empty request, as it should: invalid_arguments.',
    });
  });

  const answers: [status: number, body: unknown, state: string, sentence: string][] = [
    [404, { error: 'not_found' }, 'fault', 'There is nothing at this address.'],
    [410, '', 'fault', 'There is nothing at this address.'],
    [405, '', 'fault', 'It takes no requests with POST.'],
    [301, '', 'fault', 'It redirects elsewhere, which no request to it may follow.'],
    [503, '', 'fault', 'It is not well now.'],
    [511, '', 'fault', 'The network wants you to sign in first.'],
    [429, '', 'warning', 'It is there, and has had too many requests.'],
    [403, '<html>no</html>', 'warning', 'It refuses an empty request, but not in the words of OAuth.'],
    [200, '<html>hello</html>', 'warning', 'It does not refuse an empty request, as it should.'],
  ];
  test.each(answers)('a token endpoint that answers %i', async (status, body, state, sentence) => {
    fake.route('POST /token', () => ({ status, body }));
    const result = await run(await known());
    expect(part(result, 'token_endpoint')).toEqual({
      name: 'token_endpoint',
      address: `${fake.url}/token`,
      kind: 'refresh_failed',
      hint: 'Check the address, and try again later.',
      ...{ state, status, sentence },
    });
    expect(result.works).toBe(state !== 'fault');
    expect(part(result, 'device_authorization_endpoint')?.state).toBe('ok');
  });

  test('a host that is down is the fault of only that address', async () => {
    const gone = await listenOnLoopback(async () => undefined);
    await gone.stop();
    const result = await run(await known({ token_endpoint: `${gone.url}/token` }));
    expect(part(result, 'token_endpoint')).toMatchObject({ state: 'fault', status: null, kind: 'network' });
    expect(part(result, 'token_endpoint')?.sentence).toContain(new URL(gone.url).host);
    expect(part(result, 'authorization_endpoint')?.state).toBe('ok');
    expect(result.works).toBe(false);
  });

  test('an issuer that is down, or that is another one, is said once', async () => {
    const gone = await listenOnLoopback(async () => undefined);
    await gone.stop();
    await backend.api.setProvider({ id: 'down', issuer: gone.url, client_id: 'native' });
    expect((await run('down')).checks.map(({ name, state, kind }) => [name, state, kind])).toEqual([
      ['client', 'ok', null],
      ['client_secret', 'ok', null],
      ['metadata', 'fault', 'network'],
    ]);

    const other = { issuer: 'https://elsewhere.example.org' };
    fake.route('GET /.well-known/openid-configuration', () => ({ body: other }));
    await backend.api.setProvider({ id: 'wrong', issuer: fake.url, client_id: 'native' });
    const wrong = await run('wrong');
    expect(part(wrong, 'metadata')).toMatchObject({ state: 'fault', kind: 'refresh_failed' });
    expect(part(wrong, 'metadata')?.sentence).toContain('names another issuer');
    expect(part(wrong, 'metadata')?.hint).toContain('provider set wrong --issuer');
  });

  test('endpoints that a person names are tried without metadata', async () => {
    const result = await run(await known({ issuer: fake.url }));
    expect(part(result, 'metadata')).toMatchObject({ state: 'warning', kind: 'refresh_failed' });
    expect(part(result, 'token_endpoint')?.state).toBe('ok');
    expect(result.works).toBe(true);
  });

  test('says what of the client is missing, and the command for it', async () => {
    const lacking = await known({ client_id: undefined, client_secret: undefined });
    expect(part(await run(lacking), 'client')).toMatchObject({
      state: 'fault',
      sentence: 'No client id is set.',
      kind: 'config',
    });
    const secretless = await known({ client_secret: undefined, client_secret_rule: 'required' });
    const result = await run(secretless);
    expect(part(result, 'client')?.state).toBe('ok');
    expect(part(result, 'client_secret')).toMatchObject({
      state: 'fault',
      hint: `Store it: sigilforge provider set ${secretless} --client-secret`,
    });
    expect(result.works).toBe(false);
    const registering = await known({
      client_id: undefined,
      client_secret: undefined,
      registration_endpoint: `${fake.url}/register`,
    });
    expect(part(await run(registering), 'client')).toMatchObject({ state: 'ok' });
  });

  test('an address that nothing names has an option for it', async () => {
    const { provider } = await backend.api.setProvider({
      id: 'half',
      token_endpoint: `${fake.url}/token`,
      flows: ['authorization_code'],
      client_id: 'x',
    });
    expect(part(await run(provider.id), 'authorization_endpoint')).toMatchObject({
      state: 'fault',
      address: null,
      kind: 'config',
      hint: 'Set it: sigilforge provider set half --authorization-endpoint URL',
    });
  });

  test('a provider that is not there', async () => {
    await expect(run('unheard-of')).rejects.toMatchObject({ kind: 'not_found' });
  });
});
