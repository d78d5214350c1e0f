import * as v from 'valibot';
import { Provider } from '../../../../shared/provider.js';
import { ExtraParams, Text } from '../../../../shared/schemas.js';
import type { Secret } from '../../../../shared/secret.js';

/** What a person needs to register a client is over once it signs in. */
const facts = v.omit(Provider, [
  'notes',
  'sources',
  'source',
  'configured',
  'has_client_secret',
  'register_url',
  'register_steps',
  'public_client_id',
  'registration_endpoint',
  'client_id_documents',
]);

/**
 * A client's registration with one provider (RFC 6749, section 2), and everything that its requests need: the provider's
 * facts as they were when the person signed in, including endpoints found by discovery. An account keeps it as it is. No
 * address has a placeholder any more, and `address_params` is what the sign-in itself said for them.
 */
export const ClientRegistration = v.strictObject({
  ...facts.entries,
  // Accounts of earlier versions do not have the two yet.
  device_params: v.optional(ExtraParams, {}),
  refresh_params: v.optional(ExtraParams, {}),
  client_id: Text,
  /** Whether the metadata announces `iss` in authorization responses (RFC 9207, section 3), so that it must be present. */
  iss_required: v.boolean(),
});
export type ClientRegistration = v.InferOutput<typeof ClientRegistration>;

/** The registration of a client with a provider, before its metadata is read. `said`: see `address_params` there. */
export function registrationOf(
  provider: Provider,
  client_id: string,
  said: ClientRegistration['address_params'] = {},
): ClientRegistration {
  const { notes, sources, source, configured, has_client_secret, ...known } = provider;
  const { register_url, register_steps, public_client_id, ...located } = known;
  const { registration_endpoint, client_id_documents, ...facts } = located;
  return { ...facts, client_id, address_params: said, iss_required: false };
}

/** A registered client with its secret, if it has one. */
export interface OAuthClient {
  readonly registration: ClientRegistration;
  readonly secret: Secret | undefined;
  /** The ways to authenticate that the provider's metadata lists, if it was asked and lists any. */
  readonly listedAuths?: readonly string[] | undefined;
  /** The default scopes that come from the metadata, and not from the entry or a person. */
  readonly assumedScopes?: readonly string[];
  /** Where the browser of a client that registered itself may come back to, the first choice first. */
  readonly redirects?: readonly string[];
}
