import { SigilforgeError } from '../../../shared/errors.js';
import type { OAuthClient } from './client.js';
import { withOtherClientAuth } from './client-auth.js';
import { type Exchange, exchange, type Granted, type OAuthContext } from './exchange.js';
import type { TokenFailure } from './failure.js';

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
export async function inEitherWay<T>(
  client: OAuthClient,
  attempt: (client: OAuthClient) => Promise<T>,
  isUnknownClient: (result: T) => boolean,
): Promise<Attempted<T>> {
  const first = await attempt(client);
  const other = isUnknownClient(first) ? withOtherClientAuth(client) : undefined;
  if (!other) return { result: first, client, hint: undefined };
  const second = await attempt(other);
  return isUnknownClient(second)
    ? { result: first, client, hint: bothRefused(client) }
    : { result: second, client: other, hint: otherAccepted(other) };
}

/** An exchange that ends a sign-in, with the client's secret in either way. */
export async function signInExchange(
  context: OAuthContext,
  client: OAuthClient,
  grantType: string,
  parameters: Readonly<Record<string, string>>,
): Promise<SignInExchange> {
  const { result, hint, ...rest } = await inEitherWay(
    client,
    (known) => exchange(context, known, grantType, parameters),
    ({ failure }) => failure?.refusal?.code === INVALID_CLIENT,
  );
  if (!result.failure || hint === undefined) return { ...result, ...rest };
  return { failure: withHint(result.failure, hint), ...rest };
}

/** The same for a flow that a failure ends. */
export async function signInOrThrow(...request: Parameters<typeof signInExchange>): Promise<SignedIn> {
  const { granted, failure, client } = await signInExchange(...request);
  if (failure) throw failure.signInError;
  return { granted, client };
}

/** The error of a server that does not recognize the client (RFC 6749, section 5.2). */
export const INVALID_CLIENT = 'invalid_client';

/** The same failure of a sign-in, with another hint. */
export function withHint<F extends Pick<TokenFailure, 'signInError'>>(failure: F, hint: string): F {
  const { kind, message, cause } = failure.signInError;
  return { ...failure, signInError: new SigilforgeError(kind, message, { hint, cause }) };
}

function bothRefused({ registration: { id } }: OAuthClient): string {
  return `Check the client id and secret: sigilforge provider set ${id} --client-id CLIENT_ID --client-secret. The secret was sent as client_secret_basic and as client_secret_post; to sign in without it: sigilforge provider set ${id} --client-auth none`;
}

/** A server that spends the code before it looks at the client needs the right way at once. */
function otherAccepted({ registration: { id, client_auth } }: OAuthClient): string {
  return `Sign in again. If that fails in the same way, set how the client's secret is sent: sigilforge provider set ${id} --client-auth ${client_auth}`;
}
