import type { OAuthClient } from './registration/client.js';

type Params = Readonly<Record<string, string>>;

/**
 * Parameters for the page that a person signs in at (OpenID Connect Core 1.0, section 3.1.2.1, and the names that providers
 * use). They say nothing to the other endpoints, and Google refuses parameters of another request.
 */
const FOR_THE_BROWSER: ReadonlySet<string> = new Set([
  'access_type',
  'acr_values',
  'allow_signup',
  'approval_prompt',
  'claims',
  'claims_locales',
  'connection',
  'display',
  'domain_hint',
  'duration',
  'force_verify',
  'hd',
  'id_token_hint',
  'identity_provider',
  'idp_identifier',
  'include_granted_scopes',
  'kc_idp_hint',
  'login',
  'login_hint',
  'max_age',
  'owner',
  'prompt',
  'registration',
  'request',
  'request_uri',
  'response_mode',
  'screen_hint',
  'show_dialog',
  'team',
  'token_access_type',
  'ui_locales',
  'user_scope',
]);

/** What the tokens are for: a refresh that leaves it out may bring a token for something else (RFC 8707, section 2.2). */
const FOR_THE_TOKEN = ['resource', 'audience'];

/** Those of an authorization request that make sense in other requests, too. */
export function beyondTheBrowser(params: Params): Params {
  return only(params, (name) => !FOR_THE_BROWSER.has(name));
}

/** The client whose token requests, refreshes included, have these parameters of a sign-in. */
export function withTokenParams(client: OAuthClient, params: Params): OAuthClient {
  const { registration } = client;
  const token_params = { ...registration.token_params, ...beyondTheBrowser(params) };
  return { ...client, registration: { ...registration, token_params } };
}

/** The client as an account keeps it: its refreshes say again what the tokens are for. */
export function withRefreshParams(client: OAuthClient, params: Params): OAuthClient {
  const { registration } = client;
  const repeated = only(params, (name) => FOR_THE_TOKEN.includes(name));
  const refresh_params = { ...registration.refresh_params, ...repeated };
  return { ...client, registration: { ...registration, refresh_params } };
}

/** Parameters as they are sent. An empty one is left out, which is what it means to a server (RFC 6749, section 3.1). */
export function sentParams(params: Params): Record<string, string> {
  return only(params, (_, value) => value !== '');
}

function only(params: Params, fits: (name: string, value: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(params).filter(([name, value]) => fits(name, value)));
}
