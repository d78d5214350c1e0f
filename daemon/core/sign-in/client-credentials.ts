import type { OAuthContext } from '../oauth/exchange.js';
import { joinScopes } from '../oauth/registration/scopes.js';
import { signInOrThrow } from '../oauth/sign-in-exchange.js';
import type { Providers } from '../providers/providers.js';
import { requestedClient, type SignInRequest } from './sign-in-request.js';
import type { SignInStore } from './sign-in-store.js';

/** Signs in as the client itself (RFC 6749, section 4.4). */
export async function addClientCredentials(
  oauth: OAuthContext,
  { providers, store }: { readonly providers: Providers; readonly store: SignInStore },
  request: SignInRequest,
): Promise<string[]> {
  const { service, account, replace } = request;
  const flow = 'client_credentials';
  const { client, scopes } = await requestedClient(providers, request, flow);
  const parameters =
    scopes.length > 0 ? { scope: joinScopes(scopes, client.registration.scope_separator) } : {};
  const signedIn = await signInOrThrow(oauth, client, flow, parameters);
  return store.storeSignIn({ service, account, replace, flow, scopes, ...signedIn });
}
