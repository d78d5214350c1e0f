import type { Provider } from '../../shared/provider.js';

/** What says whether a person can sign in. */
export type Readiness = Pick<
  Provider,
  | 'flows'
  | 'configured'
  | 'client_secret'
  | 'has_client_secret'
  | 'public_client_id'
  | 'registration_endpoint'
  | 'discovery'
  | 'source'
>;

/** Whether a person can sign in, in a few words. */
export function stateOf(provider: Readiness): string {
  if (!needsClient(provider)) return 'needs no client';
  if (provider.configured) return lacksSecret(provider) ? 'needs the client secret' : 'ready';
  if (typeof provider.public_client_id === 'string') return 'ready';
  if (typeof provider.registration_endpoint === 'string') return 'registers itself';
  if (provider.source !== 'builtin' && provider.discovery) return 'needs a client id, or registers itself';
  return provider.client_secret === 'required' ? 'needs a client id and secret' : 'needs a client id';
}

/** Whether its flows are those of a registered client, and not only keys that a person has. */
export function needsClient({ flows }: Pick<Provider, 'flows'>): boolean {
  return flows.some((flow) => BY_CLIENT.has(flow));
}

const BY_CLIENT: ReadonlySet<string> = new Set(['authorization_code', 'device_code', 'client_credentials']);

export function lacksSecret({
  client_secret,
  has_client_secret,
}: Pick<Provider, 'client_secret' | 'has_client_secret'>): boolean {
  return client_secret === 'required' && !has_client_secret;
}
