import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Api, ParamsOf } from '../../shared/contract/index.js';
import type { SigilforgeError } from '../../shared/errors.js';
import { begin, callback } from '../support/accounts.js';
import { type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { openPage } from '../support/provider/person.js';
import { type Backend, backends } from '../support/start/backends.js';

const SECRET = 'a-client-secret-of-a-test';
const refused = { status: 401, body: { error: 'invalid_client' } };

describe.each(backends)('what a sign-in lacks is said in a word, with $name', ({ start }) => {
  let fake: FakeProvider;
  let backend: Backend;
  let api: Api;

  beforeAll(async () => {
    fake = await startFakeProvider();
    backend = await start();
    api = backend.api;
  });
  afterAll(async () => {
    await backend.stop();
    await fake.stop();
  });
  beforeEach(() => {
    fake.route('POST /token', () => refused);
  });

  let count = 0;
  async function know(settings: Partial<ParamsOf<'set_provider'>> = {}): Promise<string> {
    const id = `own${++count}`;
    await api.setProvider({
      id,
      authorization_endpoint: `${fake.url}/authorize`,
      token_endpoint: `${fake.url}/token`,
      ...settings,
    });
    return id;
  }

  const add = (service: string, params: Partial<ParamsOf<'add_account'>> = {}) =>
    api.addAccount({ service, account: 'work', ...params });

  const errorOf = (work: Promise<unknown>): Promise<SigilforgeError> =>
    work.then(
      () => Promise.reject(new Error('There was no error.')),
      (thrown: SigilforgeError) => thrown,
    );

  /** How a sign-in ends whose browser comes back with a code. */
  async function endOf(service: string): Promise<SigilforgeError> {
    const { flowId, ...begun } = await begin(api, { service });
    const ended = errorOf(api.waitFlow({ flow_id: flowId, timeout_s: 60 }));
    await openPage(callback({ flowId, ...begun }, { code: 'the code' }));
    return ended;
  }

  test('a client id', async () => {
    expect(await errorOf(add(await know()))).toMatchObject({ kind: 'config', needs: 'client_id' });
  });

  test('a secret, where every client has one; the browser is not asked in vain', async () => {
    const asked = fake.received.length;
    const id = await know({
      client_id: 'client',
      client_secret_rule: 'required',
      flows: ['authorization_code', 'import'],
    });
    for (const params of [{}, { flow: 'authorization_code' as const }]) {
      const error = await errorOf(add(id, params));
      expect(error).toMatchObject({ kind: 'config', needs: 'client_secret' });
      expect(error.hint).toContain(`sigilforge provider set ${id} --client-secret`);
    }
    // The stored secret is that of another client.
    await api.setProvider({ id, client_secret: SECRET });
    expect(await errorOf(add(id, { client_id: 'other' }))).toMatchObject({ needs: 'client_secret' });
    expect(fake.received).toHaveLength(asked);
    expect(await add(id)).toMatchObject({ flow: 'authorization_code' });
  });

  test('a secret is not answered by the device flow', async () => {
    const id = await know({
      ...{ client_id: 'client', client_secret_rule: 'required' },
      device_authorization_endpoint: `${fake.url}/device`,
      flows: ['authorization_code', 'device_code', 'client_credentials'],
    });
    expect(await errorOf(add(id))).toMatchObject({ needs: 'client_secret' });
  });

  test('a secret that the server misses', async () => {
    expect(await endOf(await know({ client_id: 'client' }))).toMatchObject({
      message: expect.stringContaining('invalid_client'),
      needs: 'client_secret',
    });
    const device = await know({
      ...{ client_id: 'client', flows: ['device_code'] },
      device_authorization_endpoint: `${fake.url}/device`,
    });
    fake.route('POST /device', () => refused);
    expect(await errorOf(add(device))).toMatchObject({ needs: 'client_secret' });
  });

  test('but none where it has been sent, or there cannot be one, or it is about something else', async () => {
    const ends = [
      await endOf(await know({ client_id: 'client', client_secret: SECRET })),
      await endOf(await know({ client_id: 'client', client_secret_rule: 'forbidden' })),
    ];
    fake.route('POST /token', () => ({ status: 400, body: { error: 'invalid_grant' } }));
    ends.push(await endOf(await know({ client_id: 'client' })));
    for (const { needs, message } of ends) {
      expect(message).toContain('refused: invalid_');
      expect(needs).toBeUndefined();
    }
  });

  test('a way: none is chosen that a person did not ask for', async () => {
    const asked = fake.received.length;
    const id = await know({
      ...{ client_id: 'client', client_secret: SECRET },
      flows: ['client_credentials', 'import', 'api_key'],
    });
    const error = await errorOf(add(id));
    expect(error.kind).toBe('invalid_params');
    const command = `sigilforge add-account ${id} work`;
    expect(error.hint).toBe(
      `Say which way to take: ${command} --flow client_credentials, or ${command} --flow import, or ${command} --api-key`,
    );
    expect(fake.received).toHaveLength(asked);
  });

  test('a provider: there may be a key, or an issuer', async () => {
    const error = await errorOf(add('openai', { account: 'me' }));
    expect(error.kind).toBe('not_found');
    expect(error.hint).toContain('sigilforge add-account openai me --api-key');
    expect(error.hint).toContain('sigilforge provider set openai --issuer URL');
  });

  test('the page of an own provider is that of its documentation, unless it is set or is not a safe address', async () => {
    const id = await know({ issuer: fake.url });
    const documented = async (service_documentation: unknown): Promise<string | null> => {
      fake.route('GET /.well-known/openid-configuration', () => ({
        body: { issuer: fake.url, service_documentation },
      }));
      return (await api.getProvider({ id, discover: true })).provider.register_url;
    };
    expect(await documented('https://docs.example.org/clients')).toBe('https://docs.example.org/clients');
    for (const odd of ['http://docs.example.org/', 'javascript:alert(1)', 42, undefined]) {
      expect(await documented(odd)).toBeNull();
    }
    await api.setProvider({ id, register_url: 'https://id.example.org/clients' });
    expect(await documented('https://docs.example.org/')).toBe('https://id.example.org/clients');
  });
});
