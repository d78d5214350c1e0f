import { describe, expect, test } from 'vitest';
import { githubApi, readInstallationToken } from '../../../daemon/core/oauth/keys/installation-token.js';
import { readKeyFile } from '../../../daemon/core/oauth/keys/service-account.js';
import { builtinProviders } from '../../../daemon/core/providers/builtin/index.js';
import { serviceAccountFile } from '../../support/provider/signing-keys.js';

const PEM = '-----BEGIN PRIVATE KEY-----\nXq7zLeak\n-----END PRIVATE KEY-----\n';

describe('a key file', () => {
  test('is a mere key', () => {
    const { privateKey, ...rest } = readKeyFile(PEM);
    expect(privateKey.reveal()).toBe(PEM);
    expect(rest).toEqual({});
  });

  test("is a service account's, whole", () => {
    const { privateKey, ...rest } = readKeyFile(
      serviceAccountFile(PEM, 'https://oauth2.googleapis.com/token'),
    );
    expect(privateKey.reveal()).toBe(PEM);
    expect(rest).toEqual({
      issuer: 'robot@example-1.iam.gserviceaccount.com',
      keyId: 'key-1',
      tokenEndpoint: 'https://oauth2.googleapis.com/token',
    });
  });

  test.each<[string, string, string]>([
    ['half of one', serviceAccountFile(PEM, 'https://x.org').slice(0, 200), 'cannot be read as JSON'],
    ['another kind', serviceAccountFile(PEM, 'https://x.org', { type: 'authorized_user' }), 'type is not'],
    [
      'one without a key',
      serviceAccountFile(PEM, 'https://x.org', { private_key: undefined }),
      'private_key is missing',
    ],
    [
      'one for an address in the open',
      serviceAccountFile(PEM, 'http://x.org/token'),
      'token_uri is not an https',
    ],
  ])('is refused as %s, and nothing of it repeated', (_, text, expected) => {
    const read = () => readKeyFile(text);
    expect(read).toThrow(expect.objectContaining({ kind: 'invalid_params' }));
    expect(read).toThrow(expected);
    expect(read).not.toThrow('Xq7zLeak');
  });
});

test.each([
  ['https://github.com', 'https://api.github.com'],
  ['https://octo.ghe.com', 'https://api.octo.ghe.com'],
  ['https://git.example.org', 'https://git.example.org/api/v3'],
  ['https://git.example.org:8443/', 'https://git.example.org:8443/api/v3'],
  ['https://notgithub.com', 'https://notgithub.com/api/v3'],
])('the API of %s is at %s', (base, api) => {
  expect(githubApi(base)).toBe(api);
});

describe("GitHub's answer", () => {
  const client = { ...githubApp(), client_id: 'x', iss_required: false };
  const now = Date.parse('2030-01-01T00:00:00Z');
  const read = (body: unknown, { status = 201, headers = {} } = {}) =>
    readInstallationToken(
      { status, headers: new Headers(headers), body: Buffer.from(JSON.stringify(body)) },
      client,
      now,
    );

  test('is a token with the time until its date, and permissions in the place of scopes', () => {
    const body = {
      token: 'ghs_1',
      expires_at: '2030-01-01T01:00:00Z',
      permissions: { metadata: 'read', contents: 'write' },
    };
    const answer = read(body);
    expect(answer).toMatchObject({
      kind: 'tokens',
      tokens: { tokenType: 'bearer', expiresInS: 3600, scopes: ['contents:write', 'metadata:read'] },
    });
    expect(answer.kind === 'tokens' && answer.tokens.accessToken?.reveal()).toBe('ghs_1');
  });

  test("counts by the provider's clock, where it tells it", () => {
    const headers = { date: 'Tue, 01 Jan 2030 00:30:00 GMT' };
    const body = { token: 'ghs_1', expires_at: '2030-01-01T01:00:00Z' };
    expect(read(body, { headers })).toMatchObject({ tokens: { expiresInS: 1800, scopes: null } });
  });

  test.each([undefined, null, 'soon', '2029-12-31T00:00:00Z'])(
    'has no known end by the date %s',
    (expires_at) => {
      expect(read({ token: 'ghs_1', expires_at })).toMatchObject({ tokens: { expiresInS: null } });
    },
  );

  test('is a refusal in its own words, or unreadable', () => {
    const error = { code: 'Not Found' };
    expect(read({ message: 'Not Found' }, { status: 404 })).toMatchObject({ kind: 'error', error });
    expect(read({ token: 'ghs_1', message: 'Not Found' }, { status: 404 })).toMatchObject({
      kind: 'error',
      error,
    });
    expect(read({ token: '' })).toMatchObject({ kind: 'unreadable' });
  });
});

function githubApp() {
  const provider = builtinProviders.get('github-app');
  if (!provider) throw new Error('There is no such provider.');
  return provider;
}
