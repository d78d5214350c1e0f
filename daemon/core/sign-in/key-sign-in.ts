import { SigilforgeError } from '../../../shared/errors.js';
import type { MintingKey } from '../oauth/keys/minting.js';
import type { ClientRegistration, OAuthClient } from '../oauth/registration/client.js';

/** Everything that an account needs whose own private key mints its tokens. */
export interface KeySignIn {
  readonly client: OAuthClient;
  /** What is asked for: scopes, or a GitHub App's permissions. */
  readonly scopes: readonly string[];
  readonly key: MintingKey;
}

/** The client without what its provider does with refresh tokens: these accounts have none. */
export function withoutRefresh({ registration, secret }: OAuthClient): OAuthClient {
  const refresh = { issued: 'never', rotates: 'never', lifetime_s: null, idle_s: null } as const;
  return { registration: { ...registration, refresh }, secret };
}

/** Throws `invalid_params` if `params` has a name that the flow does not know. */
export function assertKnownParams(params: Readonly<Record<string, string>>, known: readonly string[]): void {
  if (Object.keys(params).every((name) => known.includes(name))) return;
  const names = known.join(' and ');
  const sentence = `This flow accepts only ${known.length === 1 ? 'this parameter' : 'these parameters'}: ${names}.`;
  throw new SigilforgeError('invalid_params', sentence, { hint: 'Leave out the others.' });
}

export function noTokenEndpoint({ id, name }: Pick<ClientRegistration, 'id' | 'name'>): SigilforgeError {
  return new SigilforgeError('config', `No token endpoint is known for ${name}.`, {
    hint: `Set it with: sigilforge provider set ${id} --token-endpoint URL`,
  });
}
