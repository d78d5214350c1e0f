import * as oauth from 'oauth4webapi';
import { capture, libraryClient, libraryServer } from './adapter.js';
import { clientAuthentication, grantAuthentication } from './client-auth.js';
import type { HttpAnswer, HttpClient } from './http/http.js';
import { beyondTheBrowser, sentParams } from './own-params.js';
import type { ClientRegistration, OAuthClient } from './registration/client.js';

/** A request to the token endpoint, with the client authenticated as the provider requires. The answer is not judged. */
export async function tokenEndpointRequest(
  http: HttpClient,
  client: OAuthClient,
  grantType: string,
  parameters: Readonly<Record<string, string>>,
): Promise<HttpAnswer> {
  const { registration } = client;
  const encoding = registration.quirks.includes('json_token_requests') ? 'json' : 'form';
  const { fetch, answer } = capture(http, { encoding, names: registration.param_names });
  await oauth.genericTokenEndpointRequest(
    libraryServer(registration, grantType),
    libraryClient(registration),
    grantAuthentication(client, grantType),
    grantType,
    sentParams({ ...ownParams(registration, grantType), ...parameters }),
    { [oauth.customFetch]: fetch, [oauth.allowInsecureRequests]: true },
  );
  return answer();
}

function ownParams(
  { token_params, refresh_params }: ClientRegistration,
  grantType: string,
): Readonly<Record<string, string>> {
  return grantType === 'refresh_token' ? { ...token_params, ...refresh_params } : token_params;
}

/** A device authorization request (RFC 8628, section 3.1). The answer is not judged. */
export async function deviceAuthorizationRequest(
  http: HttpClient,
  client: OAuthClient,
  parameters: Readonly<Record<string, string>>,
): Promise<HttpAnswer> {
  const { registration } = client;
  const { fetch, answer } = capture(http, { encoding: 'form', names: registration.param_names });
  await oauth.deviceAuthorizationRequest(
    libraryServer(registration),
    libraryClient(registration),
    clientAuthentication(client),
    sentParams({
      ...beyondTheBrowser(registration.authorize_params),
      ...registration.device_params,
      ...parameters,
    }),
    { [oauth.customFetch]: fetch, [oauth.allowInsecureRequests]: true },
  );
  return answer();
}
