import { createHash, randomBytes } from 'node:crypto';
import type { OpenIdClient } from './openid-clients.js';
import type { OpenIdProvider } from './openid-provider.js';
import { authorize } from './person.js';

/** A token endpoint's answer, good or bad. */
export interface TokenAnswer {
  readonly status: number;
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
  readonly error?: string;
  readonly device_code?: string;
  readonly verification_uri_complete?: string;
}

/** A verifier and its S256 challenge (RFC 7636, section 4). */
export function pkcePair(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** Posts a form by plain fetch, with the client's identity as it is registered (RFC 6749, section 2.3.1). */
export async function postForm(
  url: string,
  client: OpenIdClient,
  fields: Record<string, string>,
): Promise<TokenAnswer> {
  const body = new URLSearchParams(fields);
  const headers = new Headers();
  if (client.auth === 'client_secret_basic') headers.set('authorization', basic(client));
  else body.set('client_id', client.clientId);
  if (client.auth === 'client_secret_post') body.set('client_secret', client.clientSecret);
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  return { status: response.status, ...(text === '' ? {} : JSON.parse(text)) };
}

function basic({ clientId, clientSecret }: OpenIdClient): string {
  const [id, secret] = [clientId, clientSecret].map((part) =>
    new URLSearchParams({ '': part }).toString().slice(1),
  );
  return `Basic ${btoa(`${id}:${secret}`)}`;
}

/** Nothing listens there: a test reads the address that a browser would be sent to. */
export const CALLBACK = 'http://127.0.0.1:9/callback';

/** A whole sign-in by the code flow, up to the tokens. */
export async function signInByHand(provider: OpenIdProvider, client: OpenIdClient): Promise<TokenAnswer> {
  const { verifier, challenge } = pkcePair();
  const { clientId } = client;
  const url = provider.signInUrl({ clientId, redirectUri: CALLBACK, codeChallenge: challenge });
  const code = (await authorize(url)).searchParams.get('code') ?? '';
  const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: CALLBACK };
  return postForm(`${provider.issuer}/token`, client, fields);
}

export function refreshByHand(
  provider: OpenIdProvider,
  client: OpenIdClient,
  token = '',
): Promise<TokenAnswer> {
  const fields = { grant_type: 'refresh_token', refresh_token: token };
  return postForm(`${provider.issuer}/token`, client, fields);
}
