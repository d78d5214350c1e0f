import { SigilforgeError } from '../../../shared/errors.js';
import { foreignAuths, wantsKey, withOtherClientAuth } from './client-auth.js';
import { type Exchange, exchange, type Granted, type OAuthContext } from './exchange.js';
import type { ClientRefusal } from './failures/client-refusal.js';
import type { TokenFailure } from './failures/failure.js';
import { unknownClient } from './failures/unknown-client.js';
import type { OAuthClient } from './registration/client.js';
import { DEVICE_CODE } from './registration/grant-types.js';
import { short } from './short.js';

/** An exchange of a sign-in, and the client as it authenticated: its account keeps that way. */
export type SignInExchange = Exchange & { readonly client: OAuthClient };

/** A sign-in that was granted. */
export interface SignedIn {
  readonly granted: Granted;
  readonly client: OAuthClient;
}

/** What a request of a sign-in came to, with the client as it authenticated. */
interface Attempted<T> {
  readonly result: T;
  readonly client: OAuthClient;
  /** What to do about a failure that may come of how the client authenticates. */
  readonly hint: string | undefined;
}

/**
 * A request of a sign-in. If the server does not recognize the client, its secret is sent once more in the other way: servers
 * differ in which one they take, and not all say so. A code is not spent by that, because the client is checked before it
 * (RFC 6749, section 4.1.3). A refresh token might be, so refreshes never come here.
 */
export async function inEitherWay<T extends { readonly failure?: TokenFailure | undefined }>(
  client: OAuthClient,
  attempt: (client: OAuthClient) => Promise<T>,
): Promise<Attempted<T>> {
  const first = await attempt(client);
  const doubt = first.failure?.client;
  const other = doubt && withOtherClientAuth(client);
  if (!other) return { result: first, client, hint: doubt && withoutOurs(client) };
  const second = await attempt(other);
  if (isRecognized(second.failure, doubt))
    return { result: second, client: other, hint: otherAccepted(other) };
  return { result: first, client, hint: doubt === 'surely' ? bothRefused(client) : undefined };
}

/** A code that is over at the second request may have been spent on the first one, whose reason then says more if it may be true. */
function isRecognized(failure: TokenFailure | undefined, doubt: ClientRefusal): boolean {
  if (failure?.client !== undefined) return false;
  return doubt === 'surely' || failure?.refusal?.code !== 'invalid_grant';
}

/** An exchange that ends a sign-in, with the client's secret in either way. */
export async function signInExchange(
  context: OAuthContext,
  client: OAuthClient,
  grantType: string,
  parameters: Readonly<Record<string, string>>,
): Promise<SignInExchange> {
  const { result, hint, ...rest } = await inEitherWay(client, (known) =>
    exchange(context, known, grantType, parameters),
  );
  if (!result.failure) return { ...result, ...rest };
  return { failure: withAdvice(result.failure, { client, grantType, hint }), ...rest };
}

/** The same for a flow that a failure ends. */
export async function signInOrThrow(...request: Parameters<typeof signInExchange>): Promise<SignedIn> {
  const { granted, failure, client } = await signInExchange(...request);
  if (failure) throw failure.signInError;
  return { granted, client };
}

/** The same failure of a sign-in, with another hint if there is one, and with what a person can give. */
export function withAdvice<F extends Pick<TokenFailure, 'signInError' | 'client'>>(
  failure: F,
  { client, grantType, hint }: { client: OAuthClient; grantType: string; hint: string | undefined },
): F {
  const { kind, message, cause, hint: usual } = failure.signInError;
  // Of a client that registered itself there is nothing that a person could give.
  if (client.redirects && failure.client === 'surely')
    return { ...failure, signInError: unknownClient(client.registration, failure.signInError) };
  const needs = lacksSecret(client, failure, grantType) ? ('client_secret' as const) : undefined;
  return {
    ...failure,
    signInError: new SigilforgeError(kind, message, { hint: hint ?? usual, cause, needs }),
  };
}

/** Whether the server does not recognize a client that has shown no secret, and that may have one. */
function lacksSecret(
  client: OAuthClient,
  { client: refusal }: Pick<TokenFailure, 'client'>,
  grantType: string,
): boolean {
  const isPersons = grantType === 'authorization_code' || grantType === DEVICE_CODE;
  if (!isPersons || client.secret || client.registration.client_secret === 'forbidden') return false;
  return refusal === 'surely' && withoutOurs(client) === undefined;
}

function bothRefused(client: OAuthClient): string {
  const { id } = client.registration;
  return (
    withoutOurs(client) ??
    `Check the client id and secret: sigilforge provider set ${id} --client-id CLIENT_ID --client-secret. The secret was sent as client_secret_basic and as client_secret_post; to sign in without it: sigilforge provider set ${id} --client-auth none`
  );
}

/** A right secret cannot help where a client has to prove itself by a key or a certificate (RFC 7523, RFC 8705). */
function withoutOurs(client: OAuthClient): string | undefined {
  const { id, name } = client.registration;
  const { listedAuths = [] } = client;
  if (wantsKey(client))
    return `${name} lists only ${short(listedAuths.join(', '))} to authenticate a client by. Register the public part of a key there, then: sigilforge provider set ${id} --client-auth private_key_jwt --client-key-file FILE`;
  const auths = foreignAuths(client);
  if (!auths) return undefined;
  return `${name} lists only ${short(auths.join(', '))} to authenticate a client by, which Sigilforge does not use. Register a client with a secret or a public one, then: sigilforge provider set ${id} --client-id CLIENT_ID --client-secret`;
}

/** A server that spends the code before it looks at the client needs the right way at once. */
function otherAccepted({ registration: { id, client_auth } }: OAuthClient): string {
  return `Sign in again. If that fails in the same way, set how the client's secret is sent: sigilforge provider set ${id} --client-auth ${client_auth}`;
}
