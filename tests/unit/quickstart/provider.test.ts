import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DemonstrationProvider,
  startDemonstrationProvider,
} from '../../../cli/quickstart/provider/provider.js';

// The demonstration provider is small, but what it shows is true: PKCE, one use of each code and refresh token.

let provider: DemonstrationProvider;
beforeAll(async () => {
  provider = await startDemonstrationProvider(60);
});
afterAll(() => provider.stop());

const VERIFIER = 'a verifier of forty-three characters or more';
const CALLBACK = 'http://127.0.0.1:1/callback';

function authorizeUrl(changes: Record<string, string> = {}): URL {
  const challenge = createHash('sha256').update(VERIFIER).digest('base64url');
  const params = { client_id: provider.clientId, redirect_uri: CALLBACK, state: 'a state' };
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
  return new URL(`/authorize?${new URLSearchParams({ ...params, ...pkce, ...changes })}`, provider.issuer);
}

async function post(path: string, params: Record<string, string>) {
  const body = new URLSearchParams(params);
  return fetch(new URL(path, provider.issuer), { method: 'POST', body, redirect: 'manual' });
}

async function allowed(): Promise<URL> {
  const page = await (await fetch(authorizeUrl())).text();
  const [, request = ''] = /value="([\w-]+)"/.exec(page) ?? [];
  const answer = await post('/authorize', { request });
  expect(answer.status).toBe(303);
  return new URL(answer.headers.get('location') ?? '');
}

async function exchange(code: string, changes: Record<string, string> = {}) {
  const params = { grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: CALLBACK };
  const answer = await post('/token', { ...params, ...changes });
  return (await answer.json()) as Record<string, string>;
}

const refresh = async (refresh_token = '') =>
  (await (await post('/token', { grant_type: 'refresh_token', refresh_token })).json()) as Record<
    string,
    string
  >;

const codeOf = (url: URL): string => url.searchParams.get('code') ?? '';

describe('the demonstration provider', () => {
  test('goes back with code, state and issuer', async () => {
    const { origin, pathname, searchParams } = await allowed();
    expect(`${origin}${pathname}`).toBe(CALLBACK);
    expect(searchParams.get('state')).toBe('a state');
    expect(searchParams.get('iss')).toBe(provider.issuer);
  });

  test.each([
    ['without PKCE', { code_challenge: '' }],
    ['with the plain method', { code_challenge_method: 'plain' }],
    ['of another client', { client_id: 'other' }],
    ['that leads to another machine', { redirect_uri: 'https://example.org/callback' }],
    ['that leads nowhere', { redirect_uri: 'x' }],
  ])('refuses a request %s', async (_what, changes) => {
    expect((await fetch(authorizeUrl(changes))).status).toBe(400);
  });

  test('takes a code once, and with its verifier and redirect only', async () => {
    expect(await exchange(codeOf(await allowed()), { code_verifier: 'x' })).toEqual({
      error: 'invalid_grant',
    });
    expect(await exchange(codeOf(await allowed()), { redirect_uri: 'x' })).toEqual({
      error: 'invalid_grant',
    });
    const code = codeOf(await allowed());
    expect(await exchange(code)).toMatchObject({ token_type: 'Bearer', expires_in: 60 });
    expect(await exchange(code)).toEqual({ error: 'invalid_grant' });
  });

  test('takes a refresh token once: the second time all tokens end', async () => {
    const first = await exchange(codeOf(await allowed()));
    const second = await refresh(first['refresh_token']);
    expect(provider.introspect(second['access_token'] ?? '')).toEqual({ active: true, sub: 'ada' });
    expect(await refresh(first['refresh_token'])).toEqual({ error: 'invalid_grant' });
    expect(provider.introspect(second['access_token'] ?? '')).toEqual({ active: false });
    expect(await refresh(second['refresh_token'])).toEqual({ error: 'invalid_grant' });
  });

  test('ends a grant that is revoked, and says so', async () => {
    const { access_token: token = '' } = await exchange(codeOf(await allowed()));
    await post('/revoke', { token });
    expect(await (await post('/introspect', { token })).json()).toEqual({ active: false });
  });

  test('answers nothing else, and nothing that is too long', async () => {
    expect((await fetch(new URL('/', provider.issuer))).status).toBe(404);
    expect((await post('/token', { code: 'x'.repeat(70_000) })).status).toBe(400);
  });
});
