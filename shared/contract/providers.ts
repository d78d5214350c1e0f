import * as v from 'valibot';
import { Provider, providerSettingsAndSecret, SecretRule, SettingName } from '../provider.js';
import { ServiceName } from '../schemas.js';
import { Cursor, cursorParam, method } from './types.js';

const summary = v.pick(Provider, [
  ...(['id', 'name', 'flows', 'default_scopes', 'source', 'configured'] as const),
  ...(['public_client_id', 'registration_endpoint'] as const),
]);

export const ProviderSummary = v.strictObject({
  ...summary.entries,
  // Daemons of earlier versions do not say them.
  client_secret: v.optional(SecretRule, 'optional'),
  has_client_secret: v.optional(v.boolean(), false),
  discovery: v.optional(v.boolean(), false),
});
export type ProviderSummary = v.InferOutput<typeof ProviderSummary>;

/** What trying one part of a provider came to. */
export const ProviderCheck = v.object({
  name: v.picklist([
    'client',
    'client_secret',
    'metadata',
    'authorization_endpoint',
    'token_endpoint',
    'device_authorization_endpoint',
  ]),
  state: v.picklist(['ok', 'warning', 'fault']),
  address: v.nullable(v.string()),
  status: v.nullable(v.number()),
  sentence: v.string(),
  kind: v.nullable(v.string()),
  hint: v.nullable(v.string()),
});
export type ProviderCheck = v.InferOutput<typeof ProviderCheck>;

export const providers = {
  list_providers: method(
    'Lists every known provider: built in, configured or stored, a page at a time.',
    cursorParam,
    v.object({ providers: v.array(ProviderSummary), cursor: Cursor }),
  ),
  get_provider: method(
    'Describes one provider in full, without its client secret.',
    { id: ServiceName, discover: v.optional(v.boolean(), false) },
    v.object({ provider: Provider }),
  ),
  test_provider: method(
    'Tries what a sign-in at a provider needs, without signing in: its metadata and its endpoints are asked, and nothing that is sent names a client or holds a secret.',
    { id: ServiceName },
    v.object({ works: v.boolean(), checks: v.array(ProviderCheck) }),
  ),
  set_provider: method(
    'Adds a provider, or updates the given settings of an existing one.',
    {
      id: ServiceName,
      ...providerSettingsAndSecret,
      unset: v.optional(v.pipe(v.array(SettingName), v.maxLength(100)), []),
    },
    v.object({ provider: Provider }),
  ),
  remove_provider: method(
    'Removes your settings for a provider. Its accounts keep what they signed in with.',
    { id: ServiceName },
    v.object({ removed: v.boolean() }),
  ),
};
