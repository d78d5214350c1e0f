import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineProvider } from '../../../daemon/core/providers/builtin/define.js';
import { builtinProviders } from '../../../daemon/core/providers/builtin/index.js';
import { applySettings, rebase } from '../../../daemon/core/providers/settings.js';
import type { ProviderSettings } from '../../../shared/provider.js';
import { type Backend, startLibrary } from '../../support/start/backends.js';

function facts(id: string) {
  return { ...(builtinProviders.get(id) ?? defineProvider({ id, name: id })), client_id: null };
}

/** The addresses of a provider, shortly. */
function addresses(id: string, issuer: string) {
  const moved = rebase(facts(id), issuer);
  return {
    issuer: moved.issuer,
    base: moved.base_url,
    discovery: moved.discovery,
    authorize: moved.authorization_endpoint,
    token: moved.token_endpoint,
    device: moved.device_authorization_endpoint,
    revoke: moved.revocation?.endpoint ?? null,
    iss: moved.iss,
  };
}

describe('the same provider at another address', () => {
  test.each(['https://git.example.org', 'https://git.example.org/', 'https://git.example.org//'])(
    'GitLab at %s',
    (issuer) => {
      expect(addresses('gitlab', issuer)).toEqual({
        issuer: 'https://git.example.org',
        base: 'https://git.example.org',
        discovery: false,
        authorize: 'https://git.example.org/oauth/authorize',
        token: 'https://git.example.org/oauth/token',
        device: 'https://git.example.org/oauth/authorize_device',
        revoke: 'https://git.example.org/oauth/revoke',
        iss: [],
      });
    },
  );

  test('GitLab below a path', () => {
    expect(addresses('gitlab', 'https://example.org/gitlab')).toMatchObject({
      issuer: 'https://example.org/gitlab',
      token: 'https://example.org/gitlab/oauth/token',
    });
  });

  test('GitHub Enterprise, which has no address to revoke at', () => {
    expect(addresses('github', 'https://github.example.org')).toEqual({
      issuer: null,
      base: 'https://github.example.org',
      discovery: false,
      authorize: 'https://github.example.org/login/oauth/authorize',
      token: 'https://github.example.org/login/oauth/access_token',
      device: 'https://github.example.org/login/device/code',
      revoke: null,
      iss: [],
    });
  });

  test.each([
    'https://login.microsoftonline.com/my-tenant',
    'https://login.microsoftonline.com/my-tenant/v2.0',
    'https://login.microsoftonline.com/my-tenant/v2.0/',
  ])('a tenant of Microsoft, by %s', (issuer) => {
    expect(addresses('microsoft', issuer)).toMatchObject({
      issuer: 'https://login.microsoftonline.com/my-tenant/v2.0',
      authorize: 'https://login.microsoftonline.com/my-tenant/oauth2/v2.0/authorize',
      token: 'https://login.microsoftonline.com/my-tenant/oauth2/v2.0/token',
      device: 'https://login.microsoftonline.com/my-tenant/oauth2/v2.0/devicecode',
      revoke: null,
    });
  });

  test('twice, ends at the second address', () => {
    const once = rebase(facts('gitlab'), 'https://one.example.org');
    expect(rebase(once, 'https://two.example.org')).toEqual(
      rebase(facts('gitlab'), 'https://two.example.org'),
    );
  });

  test('any other provider is asked where its endpoints are', () => {
    expect(addresses('own', 'https://id.example.org/tenant')).toEqual({
      issuer: 'https://id.example.org/tenant',
      base: null,
      discovery: true,
      authorize: null,
      token: null,
      device: null,
      revoke: null,
      iss: [],
    });
  });

  test('has the page to register at on the same host, if it was there', () => {
    const page = (id: string, issuer: string) => rebase(facts(id), issuer).register_url;
    expect(page('forgejo', 'https://git.example.org')).toBe(
      'https://git.example.org/user/settings/applications',
    );
    expect(page('github', 'https://ghe.example.org/')).toBe(
      'https://ghe.example.org/settings/applications/new',
    );
    expect(page('microsoft', 'https://login.microsoftonline.com/my-tenant')).toBe(
      facts('microsoft').register_url,
    );
  });

  test('keeps everything else', () => {
    const { flows, default_scopes, quirks, client_auth, refresh } = facts('microsoft');
    const moved = rebase(facts('microsoft'), 'https://login.microsoftonline.com/my-tenant');
    expect(moved).toMatchObject({ flows, default_scopes, quirks, client_auth, refresh });
  });
});

describe('what a person sets', () => {
  const apply = (settings: ProviderSettings, id = 'own') => applySettings(facts(id), settings);

  test('takes the place of what was known, and nothing else', () => {
    const before = facts('github');
    const after = apply({ client_id: 'mine', default_scopes: ['repo'], scope_separator: ',' }, 'github');
    expect(after).toEqual({ ...before, client_id: 'mine', default_scopes: ['repo'], scope_separator: ',' });
    expect(facts('github')).toEqual(before);
  });

  test('what is not given is not taken away', () => {
    expect(apply({ client_id: undefined, flows: undefined }, 'github')).toEqual(facts('github'));
  });

  test('endpoints that are named count more than those of a base address', () => {
    const settings = { issuer: 'https://git.example.org', token_endpoint: 'https://token.example.org/' };
    expect(apply(settings, 'gitlab')).toMatchObject({
      authorization_endpoint: 'https://git.example.org/oauth/authorize',
      token_endpoint: 'https://token.example.org/',
    });
  });

  test('a revocation endpoint is one of the standard', () => {
    expect(apply({ revocation_endpoint: 'https://id.example.org/revoke' }, 'slack').revocation).toEqual({
      endpoint: 'https://id.example.org/revoke',
      token: 'refresh',
      field: 'token',
      body: 'form',
      auth: 'client',
      method: 'POST',
    });
  });

  test.each([
    ['http://127.0.0.1/callback', 'any'],
    ['http://localhost/callback', 'any'],
    ['http://[::1]/callback', 'any'],
    ['http://127.0.0.1:8484/callback', 'fixed'],
    ['http://localhost:8484/callback', 'fixed'],
    ['https://127.0.0.1/callback', 'fixed'],
    ['https://app.example.org/callback', 'fixed'],
    ['com.example.app:/callback', 'fixed'],
    ['urn:ietf:wg:oauth:2.0:oob', 'fixed'],
  ])('the redirect address %s has a port that is %s', (redirect_uri, port) => {
    expect(apply({ redirect_uri }).redirect).toEqual({ uri: redirect_uri, port });
  });

  test.each<[string, ProviderSettings, string[]]>([
    [
      'an issuer',
      { issuer: 'https://id.example.org' },
      ['authorization_code', 'device_code', 'client_credentials'],
    ],
    ['a token endpoint', { token_endpoint: 'https://id.example.org/t' }, ['client_credentials']],
    [
      'an authorization endpoint',
      { authorization_endpoint: 'https://id.example.org/a' },
      ['authorization_code', 'client_credentials'],
    ],
    [
      'a device authorization endpoint',
      { device_authorization_endpoint: 'https://id.example.org/d' },
      ['device_code', 'client_credentials'],
    ],
  ])('%s makes its flows known', (_, settings, flows) => {
    expect(apply(settings).flows).toEqual([...flows, 'import', 'api_key']);
  });

  test('flows that are named are those', () => {
    expect(apply({ issuer: 'https://id.example.org', flows: ['device_code'] }).flows).toEqual([
      'device_code',
    ]);
    expect(apply({ flows: ['import'] }, 'github').flows).toEqual(['import']);
    expect(apply({ client_id: 'mine' }, 'github').flows).toEqual(facts('github').flows);
  });
});

describe('layers: built in, then config.toml, then what was stored', () => {
  let backend: Backend;
  const get = async (id: string) => (await backend.api.getProvider({ id })).provider;

  beforeAll(async () => {
    backend = await startLibrary({
      config: `[providers.github]
client_id = "of the config"
default_scopes = ["repo", "gist"]
[providers.own]
issuer = "https://id.example.org"
client_id = "of the config"`,
    });
  });
  afterAll(() => backend.stop());

  test('config.toml counts more than what is built in, and stored settings more than both', async () => {
    expect(await get('github')).toMatchObject({
      client_id: 'of the config',
      default_scopes: ['repo', 'gist'],
      token_endpoint: 'https://github.com/login/oauth/access_token',
      source: 'builtin',
      configured: true,
    });
    await backend.api.setProvider({ id: 'github', default_scopes: ['repo'], client_secret: 'secret' });
    expect(await get('github')).toMatchObject({
      client_id: 'of the config',
      default_scopes: ['repo'],
      has_client_secret: true,
    });
    await backend.api.setProvider({ id: 'github', client_id: 'stored' });
    expect(await get('github')).toMatchObject({ client_id: 'stored', default_scopes: ['repo'] });
    await backend.api.removeProvider({ id: 'github' });
    expect(await get('github')).toMatchObject({ client_id: 'of the config', has_client_secret: false });
  });

  test('a provider that is only in the config may be changed, and comes back as it stands there', async () => {
    expect(await get('own')).toMatchObject({ source: 'config', configured: true, discovery: true });
    // It is known where it is, so nothing more need be said.
    await backend.api.setProvider({ id: 'own', client_id: 'stored' });
    expect(await get('own')).toMatchObject({ client_id: 'stored', issuer: 'https://id.example.org' });
    await backend.api.removeProvider({ id: 'own' });
    expect(await get('own')).toMatchObject({ client_id: 'of the config' });
  });

  test('a stored provider is gone once it is removed', async () => {
    await backend.api.setProvider({ id: 'stored', token_endpoint: 'https://id.example.org/token' });
    expect(await get('stored')).toMatchObject({ source: 'stored', configured: false });
    await backend.api.removeProvider({ id: 'stored' });
    await expect(get('stored')).rejects.toMatchObject({ kind: 'not_found' });
  });
});
