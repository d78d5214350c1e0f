import { Provider, ProviderQuirk, RedirectRule, RefreshRule, Revocation } from '../../provider.js';
import { ClientAuth } from '../../schemas.js';
import { ProviderCheck, ProviderSummary } from '../providers.js';
import { type NamedType, namedChoice, namedObject } from './types.js';

const BY_NAME = 'In `set_provider` they are set by name, and an empty value leaves one out.';

/** Texts that the parameters of `set_provider` share with the provider itself. */
export const settingTexts = {
  issuer: 'The issuer, from whose metadata (RFC 8414, OpenID Discovery) the endpoints are read.',
  authorization_endpoint: 'Where the browser goes to sign in.',
  token_endpoint: 'Where tokens are requested.',
  device_authorization_endpoint: 'Where a device code is requested.',
  client_id: 'The id of the client that you registered at the provider.',
  client_auth:
    'How a client with a secret authenticates at the token endpoint; as the metadata lists if nothing sets it. A sign-in that is refused with `invalid_client` tries the other way once, and the account keeps the one that worked. A client without a secret sends only its id.',
  flows: 'The flows it offers, the best one first.',
  default_scopes: 'The scopes to ask for if a sign-in names none.',
  scope_separator:
    'What separates scopes in requests: a space (RFC 6749, section 3.3), a comma, or what else a provider wants. A `+` is sent as it is, which is how a form writes a space.',
  authorize_params: `More parameters for every authorization request; a device authorization request repeats what makes sense there. ${BY_NAME}`,
  token_params: `More parameters for every token request, whatever its grant. ${BY_NAME}`,
  refresh_endpoint: 'Where refresh requests go, if that is not the token endpoint.',
  quirks: 'Where it departs from the standards.',
  pkce: 'Whether it supports PKCE (RFC 7636), and whether it insists on it. With `unsupported` none is sent.',
  dead_grant_errors:
    'Error codes or messages by which it says that a grant is dead, besides `invalid_grant`.',
  name: 'The name that people know it by.',
  device_params: `More parameters for every device authorization request. ${BY_NAME}`,
  refresh_params: `More parameters for every refresh request, besides \`token_params\`. ${BY_NAME}`,
  base_url:
    'What an `issuer` given for an account replaces in every endpoint, if there are self-managed hosts or tenants.',
  iss: 'Values of `iss` (RFC 9207, OpenID Connect) that are right besides its issuer; its metadata may name those on the same host.',
  register_url: 'Where a person registers a client.',
  registration_endpoint: 'Where a client registers itself (RFC 7591).',
  answer_fields:
    'Fields of the token answer that are kept with the account and are not secret, such as `instance_url`; `team.id` is `id` in the object `team`.',
  redirect_fields: 'The same for parameters of the redirect, such as `realmId`.',
  address_params:
    'What stands for `{name}` in the addresses of its endpoints, such as `region`; empty where a sign-in says it. A parameter of such a name, of a sign-in or of any request, is filled in there and never sent.',
  param_names:
    'Other names that it has for parameters of the protocol, such as `client_key` for `client_id`; an empty one leaves that parameter out.',
};

/** Texts of how a grant is revoked. */
export const revocationTexts = {
  endpoint: 'Where the request goes.',
  token:
    'Which token is sent. `refresh` falls back to the access token if there is no refresh token, `refresh_only` does not.',
  field: 'The name of the field with the token; `null` if the token is only in `Authorization: Bearer`.',
  body: 'How the body is written. `json_list`: the field holds a list of every token of the grant.',
  auth: '`client`: as at the token endpoint; `basic`: client id and secret; `client_id`: only the id, in the body; `bearer`: the token itself.',
  method: 'The HTTP method.',
};

/** Texts of what is known about refresh tokens. */
export const refreshTexts = {
  issued: 'When it issues them.',
  rotates: 'Whether a refresh replaces the refresh token.',
  lifetime_s:
    'Seconds from the sign-in until it expires, used or not; `null` if it does not, or that is not known.',
  idle_s: 'Seconds without use until it expires; `null` if it does not, or that is not known.',
};

const summaryTexts = {
  id: 'The id, which an account names as its `provider`.',
  name: 'The name that people know it by.',
  flows: settingTexts.flows,
  default_scopes: settingTexts.default_scopes,
  source: '`builtin`: it came with Sigilforge; `config`: from config.toml; `stored`: from `set_provider`.',
  configured: 'Whether it has a client id, which most sign-ins need.',
  client_secret: 'Whether a client needs a secret, may have one, or must not.',
  has_client_secret: 'Whether a client secret is stored. The secret itself is never part of an answer.',
  public_client_id:
    'The client of this project at the provider, for those who have none of their own; `null` if there is none.',
  registration_endpoint: `${settingTexts.registration_endpoint} \`null\` if it has none.`,
  discovery: "Whether endpoints that are not given here are read from the issuer's metadata.",
};

export const providerTypes: Readonly<Record<string, NamedType>> = {
  Provider: namedObject(
    Provider,
    'A provider as data: all that the flows need to know about it, and nothing secret.',
    {
      ...settingTexts,
      ...summaryTexts,
      issuer: `${settingTexts.issuer} \`null\` if it has none.`,
      base_url:
        'What an `issuer` given for an account replaces in every endpoint; `null` if there are no self-managed hosts or tenants.',
      authorization_endpoint: `${settingTexts.authorization_endpoint} \`null\` if it is read from metadata, or it has none.`,
      token_endpoint: `${settingTexts.token_endpoint} \`null\` if it is read from metadata, or it has none.`,
      refresh_endpoint: 'Where refresh requests go; `null` if that is the token endpoint.',
      device_authorization_endpoint: `${settingTexts.device_authorization_endpoint} \`null\` if it is read from metadata, or it has none.`,
      revocation: 'How a grant is revoked; `null` if it is read from metadata, or not possible.',
      client_id: `${settingTexts.client_id} \`null\` if none is set.`,
      redirect: 'The rule for redirect URIs.',
      refresh: 'What is known about its refresh tokens.',
      register_url: `${settingTexts.register_url} \`null\` if that is not known.`,
      register_steps: 'What to do on that page, step by step. `{redirect_uri}` stands for `redirect.uri`.',
      client_id_documents:
        'Whether it takes the address of a client id metadata document as a client id (OAuth Client ID Metadata Document).',
      notes: 'What a person should know when registering a client; `null` if nothing.',
      sources: 'The documents that these facts were taken from.',
    },
  ),
  ProviderCheck: namedObject(ProviderCheck, 'What trying one part of a provider came to.', {
    name: 'The part: the client that is set here, its secret, the metadata of the issuer, or an endpoint.',
    state: '`ok`; `warning`: odd, and a sign-in may still work; `fault`: a sign-in cannot work.',
    address: 'The address that was asked; `null` if none was.',
    status: 'The status of its answer; `null` without an answer.',
    sentence: 'What was found, in a sentence.',
    kind: 'The kind of error that a sign-in would have, if `state` is not `ok`.',
    hint: 'What to do about it; `null` if nothing.',
  }),
  ProviderSummary: namedObject(ProviderSummary, 'A provider in short.', summaryTexts),
  Revocation: namedObject(
    Revocation,
    "How a grant is revoked: RFC 7009, or the provider's own request in the same terms.",
    revocationTexts,
  ),
  RedirectRule: namedObject(RedirectRule, "A provider's rule for redirect URIs (RFC 8252, section 7.3).", {
    uri: 'The redirect URI to register at the provider.',
    port: '`any`: each sign-in uses a free port; `fixed`: the one in `uri`.',
  }),
  RefreshRule: namedObject(
    RefreshRule,
    "What is known about a provider's refresh tokens. It informs people; what the provider sends is always kept.",
    refreshTexts,
  ),
  ProviderQuirk: namedChoice(ProviderQuirk, 'Where a provider departs from the standards.', {
    comma_scopes_in_answer: 'The `scope` of the token answer is separated by commas.',
    nested_user_token: "The token answer may have the person's token in `authed_user` (Slack).",
    device_scopes_plural: 'The device authorization request names its scopes `scopes` (Twitch).',
    basic_without_secret:
      'A client without a secret still sends HTTP Basic, with an empty password (Reddit).',
    json_token_requests: 'The token endpoint takes a JSON body, not a form.',
    issuer_varies:
      'Metadata and tokens name another issuer for each tenant, so issuers are not compared (Microsoft).',
    device_refresh_without_secret:
      'A grant of the device flow is refreshed without the client secret (GitHub App).',
    scope_in_assertion:
      'A JWT assertion names the scopes itself, and a subject only to act for another user (Google).',
    endpoint_as_audience:
      'A client assertion names the token endpoint as its audience, not the issuer (Okta).',
    revokes_all_grants:
      'Revoking one token ends every grant of the client for the same person (Google, Discord).',
  }),
  ClientAuth: namedChoice(
    ClientAuth,
    'How a client authenticates at the token endpoint (RFC 6749, section 2.3).',
    {
      none: 'Only by its id.',
      client_secret_basic: 'By id and secret in HTTP Basic.',
      client_secret_post: 'By id and secret in the body.',
      private_key_jwt:
        'By a new assertion for each request, signed with its private key (RFC 7523, section 2.2). The key, in PEM or as a JWK, is what `client_secret` sets: it is never sent.',
    },
  ),
};
