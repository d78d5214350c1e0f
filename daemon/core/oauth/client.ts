import * as v from 'valibot';
import { Provider } from '../../../shared/provider.js';
import { Text } from '../../../shared/schemas.js';
import type { Secret } from '../../../shared/secret.js';

const facts = v.omit(Provider, ['notes', 'sources', 'source', 'configured', 'has_client_secret']);

/**
 * A client of one provider (RFC 6749, section 2), everything that its requests need: the provider's facts as they were
 * when the person signed in, endpoints found by discovery included. An account keeps it as it is.
 */
export const OAuthClient = v.strictObject({
  ...facts.entries,
  client_id: Text,
  /** Whether the metadata announces `iss` in authorization responses (RFC 9207, section 3), so that it must be there. */
  iss_required: v.boolean(),
});
export type OAuthClient = v.InferOutput<typeof OAuthClient>;

/** A client with the secret that it may have. */
export interface ClientWithSecret {
  readonly client: OAuthClient;
  readonly secret: Secret | undefined;
}
