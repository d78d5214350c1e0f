import * as v from 'valibot';
import { ParamNames, RequestParams, TokenParams } from './request-params.js';
import {
  AddressParams,
  AnswerField,
  ClientAuth,
  EndpointTemplate,
  ExtraParams,
  FlowKind,
  IssuerTemplate,
  RedirectUri,
  ScopeSeparator,
  Scopes,
  Text,
} from './schemas.js';

/**
 * Where a provider departs from the standards, as named flags. Each has one place in code that obeys it, and a test.
 * What each means, and every field below: contract/docs/provider-types.ts.
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
  'endpoint_as_audience',
  'revokes_all_grants',
]);
export type ProviderQuirk = v.InferOutput<typeof ProviderQuirk>;

/** How ending a grant can differ from RFC 7009. */
export const revocationForm = {
  token: v.picklist(['refresh', 'refresh_only', 'access']),
  field: v.nullable(Text),
  body: v.picklist(['form', 'json', 'json_list', 'empty']),
  auth: v.picklist(['client', 'basic', 'client_id', 'bearer', 'none']),
  method: v.picklist(['POST', 'DELETE']),
};

/** How a grant is ended at a provider: RFC 7009, or the provider's own request described in the same terms. */
export const Revocation = v.strictObject({
  endpoint: EndpointTemplate,
  token: v.optional(revocationForm.token, 'refresh'),
  field: v.optional(revocationForm.field, 'token'),
  body: v.optional(revocationForm.body, 'form'),
  auth: v.optional(revocationForm.auth, 'client'),
  method: v.optional(revocationForm.method, 'POST'),
});
export type Revocation = v.InferOutput<typeof Revocation>;

/** What is known of a provider's redirect rules (RFC 8252, section 7.3). */
export const RedirectRule = v.strictObject({
  uri: RedirectUri,
  port: v.picklist(['any', 'fixed']),
});
export type RedirectRule = v.InferOutput<typeof RedirectRule>;

/** When a provider issues refresh tokens, and whether a refresh replaces them. */
export const refreshHabits = {
  issued: v.picklist(['always', 'with_params', 'never', 'unknown']),
  rotates: v.picklist(['always', 'sometimes', 'never', 'unknown']),
};

/** What is known of a provider's refresh tokens. It informs people; the code always keeps whatever comes back. */
export const RefreshRule = v.strictObject({
  ...refreshHabits,
  lifetime_s: v.optional(v.nullable(v.number()), null),
  idle_s: v.optional(v.nullable(v.number()), null),
});
export type RefreshRule = v.InferOutput<typeof RefreshRule>;

/** `unsupported`: no PKCE is sent (RFC 7636), for a server that refuses parameters it does not know. */
const PkceSupport = v.picklist(['required', 'supported', 'unsupported', 'unknown']);

/** Whether a client of the provider needs a secret. */
export const SecretRule = v.picklist(['required', 'optional', 'forbidden']);

export type SecretRule = v.InferOutput<typeof SecretRule>;

/** The names of fields that an answer or a redirect brings beside the tokens, and that are not secret. */
const AnswerFields = v.pipe(v.array(AnswerField), v.maxLength(32));

/** What providers of earlier versions did not have. */
const additions = {
  register_url: v.optional(v.nullable(EndpointTemplate), null),
  register_steps: v.optional(v.array(v.string()), []),
  public_client_id: v.optional(v.nullable(Text), null),
  registration_endpoint: v.optional(v.nullable(EndpointTemplate), null),
  client_id_documents: v.optional(v.boolean(), false),
  answer_fields: v.optional(AnswerFields, []),
  redirect_fields: v.optional(AnswerFields, []),
  address_params: v.optional(AddressParams, {}),
  param_names: v.optional(ParamNames, {}),
};

/** A provider as data: everything that the flows need to know of it, and nothing secret. */
export const Provider = v.strictObject({
  id: v.string(),
  name: v.string(),
  issuer: v.nullable(IssuerTemplate),
  iss: v.optional(v.array(v.string()), []),
  base_url: v.nullable(IssuerTemplate),
  discovery: v.boolean(),
  authorization_endpoint: v.nullable(EndpointTemplate),
  token_endpoint: v.nullable(EndpointTemplate),
  refresh_endpoint: v.nullable(EndpointTemplate),
  device_authorization_endpoint: v.nullable(EndpointTemplate),
  revocation: v.nullable(Revocation),
  flows: v.array(FlowKind),
  pkce: PkceSupport,
  client_id: v.nullable(Text),
  client_auth: ClientAuth,
  client_secret: SecretRule,
  has_client_secret: v.boolean(),
  default_scopes: Scopes,
  scope_separator: ScopeSeparator,
  redirect: RedirectRule,
  refresh: RefreshRule,
  authorize_params: ExtraParams,
  device_params: ExtraParams,
  token_params: ExtraParams,
  refresh_params: ExtraParams,
  dead_grant_errors: v.array(v.string()),
  quirks: v.array(ProviderQuirk),
  ...additions,
  notes: v.nullable(v.string()),
  sources: v.array(v.string()),
  source: v.picklist(['builtin', 'config', 'stored']),
  configured: v.boolean(),
});
export type Provider = v.InferOutput<typeof Provider>;

/** Where a provider is, and the client that is registered there. */
const registration = {
  issuer: v.optional(IssuerTemplate),
  authorization_endpoint: v.optional(EndpointTemplate),
  token_endpoint: v.optional(EndpointTemplate),
  device_authorization_endpoint: v.optional(EndpointTemplate),
  revocation_endpoint: v.optional(EndpointTemplate),
  client_id: v.optional(Text),
};

/** How it is asked for tokens. */
const requests = {
  client_auth: v.optional(ClientAuth),
  flows: v.optional(v.pipe(v.array(FlowKind), v.minLength(1))),
  default_scopes: v.optional(Scopes),
  scope_separator: v.optional(ScopeSeparator),
  redirect_uri: v.optional(RedirectUri),
  authorize_params: v.optional(RequestParams),
  token_params: v.optional(TokenParams),
};

/** Everything else that a built-in entry can state. New ones go to the end: the order is that of `set_provider`. */
const entry = {
  refresh_endpoint: v.optional(EndpointTemplate),
  quirks: v.optional(v.array(ProviderQuirk)),
  pkce: v.optional(PkceSupport),
  dead_grant_errors: v.optional(v.pipe(v.array(Text), v.maxLength(100))),
  revocation: v.optional(
    v.strictObject({ endpoint: EndpointTemplate, ...v.partial(v.object(revocationForm)).entries }),
  ),
  name: v.optional(Text),
  refresh: v.optional(
    v.strictObject({
      issued: v.optional(refreshHabits.issued),
      rotates: v.optional(refreshHabits.rotates),
      lifetime_s: v.optional(v.nullable(v.number())),
      idle_s: v.optional(v.nullable(v.number())),
    }),
  ),
  client_secret_rule: v.optional(SecretRule),
  device_params: v.optional(RequestParams),
  refresh_params: v.optional(TokenParams),
  iss: v.optional(v.pipe(v.array(Text), v.maxLength(100))),
  base_url: v.optional(IssuerTemplate),
  register_url: v.optional(EndpointTemplate),
  registration_endpoint: v.optional(EndpointTemplate),
  answer_fields: v.optional(AnswerFields),
  redirect_fields: v.optional(AnswerFields),
  address_params: v.optional(AddressParams),
  param_names: v.optional(ParamNames),
};

/** The parameters of `set_provider` after `id`, in their order. */
export const providerSettingsAndSecret = {
  ...registration,
  client_secret: v.optional(Text),
  ...requests,
  ...entry,
};

/** The settings that can be taken back. */
export const SettingName = v.picklist(
  Object.keys(providerSettingsAndSecret) as (keyof typeof providerSettingsAndSecret)[],
);
export type SettingName = v.InferOutput<typeof SettingName>;

/** The part of a provider that a person may set: the parameters of `set_provider` and the keys of `[providers.ID]`. */
export const providerSettings = { ...registration, ...requests, ...entry };

/** What was stored before names were refused is still read. */
export const ProviderSettings = v.strictObject({
  ...providerSettings,
  authorize_params: v.optional(ExtraParams),
  device_params: v.optional(ExtraParams),
  token_params: v.optional(ExtraParams),
  refresh_params: v.optional(ExtraParams),
});
export type ProviderSettings = v.InferOutput<typeof ProviderSettings>;
