import * as oauth from 'oauth4webapi';
import { libraryClient, libraryServer } from './adapter.js';
import type { OAuthClient } from './client.js';
import { JWT_BEARER } from './grant-types.js';

/** How this client authenticates at the token endpoint (RFC 6749, section 2.3). */
export function clientAuthentication({ registration, secret }: OAuthClient): oauth.ClientAuth {
  if (!secret) {
    return registration.quirks.includes('basic_without_secret') ? emptyBasic : oauth.None();
  }
  switch (registration.client_auth) {
    case 'client_secret_basic':
      return oauth.ClientSecretBasic(secret.reveal());
    case 'client_secret_post':
      return oauth.ClientSecretPost(secret.reveal());
    case 'none':
      return oauth.None();
  }
}

/** The same for one grant: an assertion says itself who asks, so a client is named beside it only if it has a secret. */
export function grantAuthentication(client: OAuthClient, grantType: string): oauth.ClientAuth {
  return grantType === JWT_BEARER && !client.secret ? anonymous : clientAuthentication(client);
}

/** Adds the client's authentication to a request of our own, in the form that the token endpoint requires. */
export async function authenticate(
  client: OAuthClient,
  body: URLSearchParams,
  headers: Headers,
): Promise<void> {
  const { registration } = client;
  const add = clientAuthentication(client);
  await add(libraryServer(registration), libraryClient(registration), body, headers);
}

/** HTTP Basic with an empty password, which the library refuses to make and Reddit requires. */
const emptyBasic: oauth.ClientAuth = (_server, client, _body, headers) => {
  headers.set('authorization', `Basic ${Buffer.from(`${client.client_id}:`).toString('base64')}`);
};

const anonymous: oauth.ClientAuth = () => {};
