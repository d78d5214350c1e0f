import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { begin } from '../../support/accounts.js';
import { type Backend, startLibrary } from '../../support/start/backends.js';

const PUBLIC = 'the client of this project';

vi.mock('../../../daemon/core/providers/builtin/index.js', async () => {
  const { defineProvider } = await import('../../../daemon/core/providers/builtin/define.js');
  const at = (host: string) => ({
    base_url: `https://${host}`,
    authorization_endpoint: `https://${host}/authorize`,
    token_endpoint: `https://${host}/token`,
    public_client_id: 'the client of this project',
  });
  const ids = ['plain', 'own', 'configured', 'elsewhere', 'moved'];
  const entries = ids.map((id) =>
    defineProvider({ id, name: id, flows: ['authorization_code'], ...at('id.example.org') }),
  );
  return { builtinProviders: new Map(entries.map((entry) => [entry.id, entry])) };
});

describe('the client of this project in a built-in entry', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await startLibrary({ config: '[providers.configured]\nclient_id = "of config.toml"' });
  });
  afterAll(() => backend.stop());

  let count = 0;
  const clientOf = async (service: string, params: Parameters<typeof begin>[1] = {}): Promise<string> => {
    const { address } = await begin(backend.api, { service, account: `account${++count}`, ...params });
    return new URL(address).searchParams.get('client_id') ?? '';
  };
  const lacksClient = { kind: 'config', needs: 'client_id' };

  test('signs in a person who has none', async () => {
    expect(await clientOf('plain')).toBe(PUBLIC);
  });

  test('gives way to every client id of a person', async () => {
    expect(await clientOf('plain', { client_id: 'of the request' })).toBe('of the request');
    expect(await clientOf('configured')).toBe('of config.toml');
    await backend.api.setProvider({ id: 'own', client_id: 'of the settings' });
    expect(await clientOf('own')).toBe('of the settings');
  });

  test('is not used at another issuer', async () => {
    const issuer = 'https://other.example.org';
    await expect(clientOf('plain', { issuer })).rejects.toMatchObject(lacksClient);
    await backend.api.setProvider({ id: 'elsewhere', issuer });
    await expect(clientOf('elsewhere')).rejects.toMatchObject(lacksClient);
  });

  test.each(['authorization_endpoint', 'token_endpoint'])('is not used at another %s', async (name) => {
    await backend.api.setProvider({ id: 'moved', [name]: 'https://other.example.org/there' });
    await expect(clientOf('moved')).rejects.toMatchObject(lacksClient);
    await backend.api.removeProvider({ id: 'moved' });
    expect(await clientOf('moved')).toBe(PUBLIC);
  });

  test('does not sign in by itself', async () => {
    const credentials = { service: 'plain', account: 'bot', flow: 'import' as const };
    const credential = { refresh_token: 'a refresh token' };
    await expect(backend.api.addAccount({ ...credentials, credential })).rejects.toMatchObject(lacksClient);
  });
});
