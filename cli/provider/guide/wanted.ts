import type { Needs } from '../../../shared/errors.js';
import type { Provider } from '../../../shared/provider.js';

/** What a person has to bring before a sign-in at a provider can begin. */
export interface Wanted {
  readonly clientId: boolean;
  readonly secret: 'required' | 'optional' | 'none';
  /** Names in the provider's addresses that nothing stands for yet, such as `region`. */
  readonly places: readonly string[];
}

/** What is wanted to set a provider's client, or because a sign-in says what it needs. */
export function wantedFor(provider: Provider, needs: Needs = 'client_id'): Wanted {
  const places = Object.keys(provider.address_params).filter((name) => provider.address_params[name] === '');
  if (needs === 'client_secret') return { clientId: false, secret: 'required', places };
  return { clientId: true, secret: secretOf(provider), places };
}

function secretOf({ client_secret, client_auth }: Provider): Wanted['secret'] {
  if (client_secret === 'required') return 'required';
  return client_secret === 'forbidden' || client_auth === 'none' ? 'none' : 'optional';
}
