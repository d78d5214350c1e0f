import * as v from 'valibot';
import { ClientAuth, Endpoint, ExtraParams, FlowKind, Issuer, RedirectUri, Scopes, Text } from './schemas.js';

/**
 * Where a provider departs from the standards, as named flags. Each has one place in code that obeys it, and a test.
 *
 * - `comma_scopes_in_answer`: the token answer's `scope` is separated by commas.
 * - `nested_user_token`: the token answer may keep the person's token in `authed_user` (Slack).
 * - `device_scopes_plural`: the device authorization request names its scopes `scopes` (Twitch).
 * - `basic_without_secret`: a client without a secret still sends HTTP Basic, with an empty password (Reddit).
 * - `json_token_requests`: the token endpoint takes a JSON body instead of a form.
 * - `issuer_varies`: metadata and tokens name another issuer for each tenant, so that issuers are not compared (Microsoft).
 * - `device_refresh_without_secret`: a grant of the device flow is refreshed without the client secret (GitHub App).
 * - `scope_in_assertion`: a JWT assertion names the scopes itself, and a subject only to act for somebody else (Google).
 */
export const ProviderQuirk = v.picklist([
  'comma_scopes_in_answer',
  'nested_user_token',
  'device_scopes_plural',
  'basic_without_secret',
  'json_token_requests',
  'issuer_varies',
  'device_refresh_without_secret',
  'scope_in_assertion',
]);
export type ProviderQuirk = v.InferOutput<typeof ProviderQuirk>;

/** How a grant is ended at a provider: RFC 7009, or the provider's own request described in the same terms. */
export const Revocation = v.strictObject({
  endpoint: Endpoint,
  /** Which token is sent: `refresh` falls back to the access token where there is no other, `refresh_only` does not. */
  token: v.optional(v.picklist(['refresh', 'refresh_only', 'access']), 'refresh'),
  /** The name of the body's field, or `null` where the token travels only in `Authorization: Bearer`. */
  field: v.optional(v.nullable(Text), 'token'),
  /** `json_list`: the field holds a list of every token of the grant (GitHub). */
  body: v.optional(v.picklist(['form', 'json', 'json_list', 'empty']), 'form'),
  /** `client`: as at the token endpoint; `basic`: client id and secret; `client_id`: the id alone in the body; `bearer`: the token itself. */
  auth: v.optional(v.picklist(['client', 'basic', 'client_id', 'bearer', 'none']), 'client'),
  method: v.optional(v.picklist(['POST', 'DELETE']), 'POST'),
});
export type Revocation = v.InferOutput<typeof Revocation>;

/** What is known of a provider's redirect rules (RFC 8252, section 7.3). */
export const RedirectRule = v.strictObject({
  /** The redirect URI to register. With port `any`, a free port is put into it for each sign-in. */
  uri: RedirectUri,
  port: v.picklist(['any', 'fixed']),
});
export type RedirectRule = v.InferOutput<typeof RedirectRule>;

/** What is known of a provider's refresh tokens. It informs people; the code always keeps whatever comes back. */
export const RefreshRule = v.strictObject({
  issued: v.picklist(['always', 'with_params', 'never', 'unknown']),
  rotates: v.picklist(['always', 'sometimes', 'never', 'unknown']),
  /** Seconds that a refresh token lives from the person's sign-in, whatever happens to it. */
  lifetime_s: v.optional(v.nullable(v.number()), null),
  /** Seconds that a refresh token lives without being used. */
  idle_s: v.optional(v.nullable(v.number()), null),
});
export type RefreshRule = v.InferOutput<typeof RefreshRule>;

/** A provider as data: everything that the flows need to know of it, and nothing secret. */
export const Provider = v.strictObject({
  id: v.string(),
  name: v.string(),
  issuer: v.nullable(Issuer),
  /** Values of the `iss` parameter (RFC 9207) that are right for this provider, besides its issuer. */
  iss: v.optional(v.array(v.string()), []),
  /** What an address given as `issuer` replaces in every endpoint, for self-managed hosts and tenants. */
  base_url: v.nullable(Issuer),
  /** Whether endpoints that are not named here are read from the issuer's metadata (RFC 8414, OpenID Discovery). */
  discovery: v.boolean(),
  authorization_endpoint: v.nullable(Endpoint),
  token_endpoint: v.nullable(Endpoint),
  /** Where refresh requests go, if not to the token endpoint (Figma). */
  refresh_endpoint: v.nullable(Endpoint),
  device_authorization_endpoint: v.nullable(Endpoint),
  revocation: v.nullable(Revocation),
  /** The flows it offers, the best one first. */
  flows: v.array(FlowKind),
  pkce: v.picklist(['required', 'supported', 'unsupported', 'unknown']),
  client_id: v.nullable(Text),
  /** How a client with a secret proves itself. A client without one sends its id alone. */
  client_auth: ClientAuth,
  client_secret: v.picklist(['required', 'optional', 'forbidden']),
  /** Whether a secret is stored. The secret itself is never part of an answer. */
  has_client_secret: v.boolean(),
  default_scopes: Scopes,
  scope_separator: v.picklist([' ', ',']),
  redirect: RedirectRule,
  refresh: RefreshRule,
  authorize_params: ExtraParams,
  token_params: ExtraParams,
  /** Error codes or messages by which this provider says that a grant is dead, besides `invalid_grant`. */
  dead_grant_errors: v.array(v.string()),
  quirks: v.array(ProviderQuirk),
  /** What a person should know when registering a client, in a sentence or two. */
  notes: v.nullable(v.string()),
  /** The documents that these facts were taken from. */
  sources: v.array(v.string()),
  source: v.picklist(['builtin', 'config', 'stored']),
  configured: v.boolean(),
});
export type Provider = v.InferOutput<typeof Provider>;

/** Where a provider is, and the client that is registered there. */
const registration = {
  issuer: v.optional(Issuer),
  authorization_endpoint: v.optional(Endpoint),
  token_endpoint: v.optional(Endpoint),
  device_authorization_endpoint: v.optional(Endpoint),
  revocation_endpoint: v.optional(Endpoint),
  client_id: v.optional(Text),
};

/** How it is asked for tokens. */
const requests = {
  client_auth: v.optional(ClientAuth),
  flows: v.optional(v.pipe(v.array(FlowKind), v.minLength(1))),
  default_scopes: v.optional(Scopes),
  scope_separator: v.optional(v.picklist([' ', ','])),
  redirect_uri: v.optional(RedirectUri),
  authorize_params: v.optional(ExtraParams),
  token_params: v.optional(ExtraParams),
};

/** The parameters of `set_provider` after `id`, in their order. */
export const providerSettingsAndSecret = { ...registration, client_secret: v.optional(Text), ...requests };

/** The part of a provider that a person may set: the parameters of `set_provider` and the keys of `[providers.ID]`. */
export const providerSettings = { ...registration, ...requests };
export const ProviderSettings = v.strictObject(providerSettings);
export type ProviderSettings = v.InferOutput<typeof ProviderSettings>;
