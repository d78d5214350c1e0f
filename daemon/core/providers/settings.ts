import type { Provider, ProviderSettings, RedirectRule } from '../../../shared/provider.js';
import { isLoopback } from '../../../shared/schemas.js';
import { standardRevocation } from './builtin/define.js';

type Facts = Omit<Provider, 'has_client_secret' | 'source' | 'configured'>;

/** A provider with a person's settings over what was known before. */
export function applySettings(base: Facts, settings: ProviderSettings): Facts {
  const { issuer, revocation_endpoint, redirect_uri, ...named } = settings;
  const known = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
  const located = issuer === undefined ? base : rebase(base, issuer);
  const provider: Facts = {
    ...located,
    ...known,
    ...(revocation_endpoint === undefined ? {} : { revocation: standardRevocation(revocation_endpoint) }),
    ...(redirect_uri === undefined ? {} : { redirect: redirectRule(redirect_uri) }),
  };
  return { ...provider, flows: settings.flows ?? flowsOf(provider) };
}

/**
 * The same provider at another address. A known one keeps its paths under the new base and drops what is right only at the
 * old one; any other is discovered.
 */
export function rebase<P extends Facts>(provider: P, issuer: string): P {
  const { base_url: base } = provider;
  if (base === null) return { ...provider, issuer, discovery: true };
  const address = baseOf(issuer, provider.issuer?.slice(base.length) ?? '');
  const moved = (endpoint: string | null): string | null =>
    endpoint?.startsWith(base) ? address + endpoint.slice(base.length) : null;
  const revocation = moved(provider.revocation?.endpoint ?? null);
  return {
    ...provider,
    base_url: address,
    issuer: moved(provider.issuer),
    iss: [],
    authorization_endpoint: moved(provider.authorization_endpoint),
    token_endpoint: moved(provider.token_endpoint),
    refresh_endpoint: moved(provider.refresh_endpoint),
    device_authorization_endpoint: moved(provider.device_authorization_endpoint),
    revocation:
      provider.revocation && revocation !== null ? { ...provider.revocation, endpoint: revocation } : null,
  };
}

/** The base address in an issuer: without the path that this provider's issuers end with (Microsoft's `/v2.0`). */
function baseOf(issuer: string, suffix: string): string {
  const address = issuer.replace(/\/+$/, '');
  return suffix !== '' && address.endsWith(suffix) ? address.slice(0, -suffix.length) : address;
}

/** A loopback address without a port allows any port; every other address stays as it is. */
function redirectRule(uri: string): RedirectRule {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  const free = url?.protocol === 'http:' && isLoopback(url) && url.port === '';
  return { uri, port: free ? 'any' : 'fixed' };
}

/** The flows of a provider whose entry does not list any: those that its endpoints, known or discovered, allow. */
function flowsOf(provider: Facts): Provider['flows'] {
  if (provider.flows.length > 0) return provider.flows;
  const {
    discovery,
    authorization_endpoint: authorization,
    device_authorization_endpoint: device,
  } = provider;
  return [
    ...(discovery || authorization !== null ? (['authorization_code'] as const) : []),
    ...(discovery || device !== null ? (['device_code'] as const) : []),
    'client_credentials',
    'import',
    'api_key',
  ];
}
