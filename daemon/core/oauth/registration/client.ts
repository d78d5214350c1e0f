import * as v from 'valibot';
import { Provider } from '../../../../shared/provider.js';
import { ExtraParams, Text } from '../../../../shared/schemas.js';
import type { Secret } from '../../../../shared/secret.js';

const facts = v.omit(Provider, ['notes', 'sources', 'source', 'configured', 'has_client_secret']);

/**
 * A client's registration with one provider (RFC 6749, section 2), and everything that its requests need: the provider's
 * facts as they were when the person signed in, including endpoints found by discovery. An account keeps it as it is.
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

/** A registered client with its secret, if it has one. */
export interface OAuthClient {
  readonly registration: ClientRegistration;
  readonly secret: Secret | undefined;
  /** The ways to authenticate that the provider's metadata lists, if it was asked and lists any. */
  readonly listedAuths?: readonly string[] | undefined;
  /** The default scopes that come from the metadata, and not from the entry or a person. */
  readonly assumedScopes?: readonly string[];
}
