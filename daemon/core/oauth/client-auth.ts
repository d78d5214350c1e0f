import * as oauth from 'oauth4webapi';
import { SigilforgeError } from '../../../shared/errors.js';
import { ClientAuth } from '../../../shared/schemas.js';
import type { Secret } from '../../../shared/secret.js';
import { libraryClient, libraryServer } from './adapter.js';
import type { ClientRegistration, OAuthClient } from './registration/client.js';
import { formEncoded } from './registration/form-encoded.js';
import { JWT_BEARER } from './registration/grant-types.js';
import { clientAssertion, isClientKey } from './signing/client-key.js';

/** How this client authenticates at the token endpoint (RFC 6749, section 2.3). */
export function clientAuthentication({ registration, secret }: OAuthClient): oauth.ClientAuth {
  // A key is never sent, whatever the registration says: the client may have had a secret before.
  if (secret && isClientKey(secret)) return signed(registration, secret);
  if (!secret && registration.client_auth === 'private_key_jwt') throw withoutKey(registration);
  if (!secret) {
    // Reddit requires an empty password, which the library refuses to send.
    return registration.quirks.includes('basic_without_secret') ? basic('') : oauth.None();
  }
  switch (registration.client_auth) {
    case 'private_key_jwt':
      throw withoutKey(registration);
    case 'client_secret_basic':
      return basic(secret.reveal());
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

/** The ways to send a secret, the one that each server has to take first (RFC 6749, section 2.3.1). */
const WITH_SECRET = ['client_secret_basic', 'client_secret_post'] as const satisfies readonly ClientAuth[];

/**
 * The way to send a secret where nothing but the metadata says it. Metadata without a list means HTTP Basic (RFC 8414,
 * section 2), and so does a list that has neither.
 */
export function clientAuthOf(listed: readonly string[] | undefined): ClientAuth {
  return WITH_SECRET.find((method) => listed?.includes(method)) ?? 'client_secret_basic';
}

/** How a client that registers itself asks to prove itself: not at all if it may, because its secret would be none. */
export function authToAskFor(listed: readonly string[] | undefined): ClientAuth {
  return listed?.includes('none') ? 'none' : clientAuthOf(listed);
}

/** The client with the other way to send its secret; `undefined` if it does not send any. A key has no other way. */
export function withOtherClientAuth(client: OAuthClient): OAuthClient | undefined {
  const { registration, secret } = client;
  if (!secret || isClientKey(secret) || registration.client_auth === 'none') return undefined;
  const [basic, post] = WITH_SECRET;
  return withClientAuth(client, registration.client_auth === basic ? post : basic);
}

/** What a provider lists instead of the ways that there are here; `undefined` if it lists one of them, or none at all. */
export function foreignAuths({ listedAuths = [] }: OAuthClient): readonly string[] | undefined {
  const isOurs = listedAuths.some((method) => ClientAuth.options.some((own) => own === method));
  return isOurs || listedAuths.length === 0 ? undefined : listedAuths;
}

/** Whether a provider wants a signed assertion and nothing that there is without a key, and this client has none. */
export function wantsKey({ listedAuths = [], secret }: OAuthClient): boolean {
  const others: readonly ClientAuth[] = [...WITH_SECRET, 'none'];
  const isOnly = listedAuths.includes('private_key_jwt') && !others.some((one) => listedAuths.includes(one));
  return isOnly && !(secret && isClientKey(secret));
}

/** The client with this way to authenticate. */
export function withClientAuth(client: OAuthClient, client_auth: ClientAuth): OAuthClient {
  return { ...client, registration: { ...client.registration, client_auth } };
}

/** HTTP Basic with both parts encoded as in a form (RFC 6749, section 2.3.1). */
function basic(secret: string): oauth.ClientAuth {
  return (_server, { client_id }, _body, headers) => {
    const pair = `${formEncoded(client_id)}:${formEncoded(secret)}`;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  };
}

const anonymous: oauth.ClientAuth = () => {};

/** The type of an assertion that a client proves itself with (RFC 7523, section 2.2). */
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

function signed(registration: ClientRegistration, key: Secret): oauth.ClientAuth {
  return async (_server, { client_id }, body) => {
    body.set('client_id', client_id);
    body.set('client_assertion_type', ASSERTION_TYPE);
    body.set('client_assertion', (await clientAssertion(registration, key)).reveal());
  };
}

/** A client that is to sign, and has no key. */
export function withoutKey({ id, name }: ClientRegistration): SigilforgeError {
  return new SigilforgeError('config', `No private key is stored for the client of ${name}.`, {
    hint: `Give its key: sigilforge provider set ${id} --client-auth private_key_jwt --client-key-file FILE`,
  });
}
