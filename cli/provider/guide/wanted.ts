import { placeholdersIn } from '../../../shared/address-template.js';
import type { Needs } from '../../../shared/errors.js';
import type { Provider } from '../../../shared/provider.js';

/** What a person has to bring before a sign-in at a provider can begin. */
export interface Wanted {
  readonly clientId: boolean;
  readonly secret: 'required' | 'optional' | 'none';
  /** Names in the provider's addresses that nothing stands for yet, such as `region`. */
  readonly places: readonly string[];
}

/** What is wanted to set a provider's client, or because a sign-in says what it needs. `said`: parts of addresses for it. */
export function wantedFor(
  provider: Provider,
  needs: Needs = 'client_id',
  said: Readonly<Record<string, string>> = {},
): Wanted {
  const places = placesOf(provider).filter((name) => !said[name]);
  if (needs === 'address_part') return { clientId: false, secret: 'none', places };
  if (needs === 'client_secret') return { clientId: false, secret: 'required', places };
  return { clientId: true, secret: secretOf(provider), places };
}

/** Placeholders in the provider's addresses, and those that it lists, which nothing stands for. */
function placesOf(provider: Provider): string[] {
  const { address_params, issuer, base_url, authorization_endpoint, token_endpoint } = provider;
  const { refresh_endpoint, device_authorization_endpoint, revocation } = provider;
  const addresses = [
    ...[issuer, base_url, authorization_endpoint, token_endpoint],
    ...[refresh_endpoint, device_authorization_endpoint, revocation?.endpoint ?? null],
  ];
  const named = addresses.flatMap((address) => placeholdersIn(address ?? ''));
  return [...new Set([...Object.keys(address_params), ...named])].filter((name) => !address_params[name]);
}

function secretOf({ client_secret, client_auth }: Provider): Wanted['secret'] {
  if (client_secret === 'required') return 'required';
  return client_secret === 'forbidden' || client_auth === 'none' ? 'none' : 'optional';
}
