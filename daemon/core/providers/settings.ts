import { definedOnly } from '../../../shared/defined.js';
import type { Provider, ProviderSettings, RedirectRule, SettingName } from '../../../shared/provider.js';
import { isLoopback } from '../../../shared/schemas.js';
import { standardRevocation } from './builtin/define.js';

type Facts = Omit<Provider, 'has_client_secret' | 'source' | 'configured'>;

/** Where a provider is. */
type Located = Pick<
  Provider,
  | 'base_url'
  | 'issuer'
  | 'iss'
  | 'discovery'
  | 'authorization_endpoint'
  | 'token_endpoint'
  | 'refresh_endpoint'
  | 'device_authorization_endpoint'
  | 'revocation'
> & {
  readonly register_url?: string | null;
  readonly registration_endpoint?: string | null;
  readonly public_client_id?: string | null;
};

/** A provider with a person's settings over what was known before. */
export function applySettings(base: Facts, settings: ProviderSettings): Facts {
  const { issuer, revocation_endpoint, revocation, refresh, redirect_uri, client_secret_rule, ...named } =
    settings;
  const located = issuer === undefined ? base : rebase(base, issuer);
  const ending = revocation?.endpoint ?? revocation_endpoint;
  const provider: Facts = {
    ...located,
    ...definedOnly(named),
    ...params(base, settings),
    ...(ENDPOINTS.some((name) => settings[name] !== undefined) && { public_client_id: null }),
    ...(ending === undefined
      ? {}
      : { revocation: { ...standardRevocation(ending), ...definedOnly(revocation ?? {}) } }),
    ...(refresh === undefined ? {} : { refresh: { ...base.refresh, ...definedOnly(refresh) } }),
    ...(redirect_uri === undefined ? {} : { redirect: redirectRule(redirect_uri) }),
    ...(client_secret_rule === undefined ? {} : { client_secret: client_secret_rule }),
  };
  return { ...provider, flows: settings.flows ?? flowsOf(provider) };
}

/** Where a client is sent to: what was registered for one address is not known at another. */
const ENDPOINTS = [
  ...(['authorization_endpoint', 'token_endpoint', 'refresh_endpoint'] as const),
  'device_authorization_endpoint',
] as const;

/** Settings over those that were stored before. Parameters are set by name; of the two forms of revocation the last counts. */
export function mergeSettings(before: ProviderSettings, settings: ProviderSettings): ProviderSettings {
  const { revocation, revocation_endpoint, ...others } = before;
  const replaced = settings.revocation !== undefined || settings.revocation_endpoint !== undefined;
  const merged: ProviderSettings = { ...(replaced ? others : before), ...definedOnly(settings) };
  for (const name of PARAMS) {
    if (before[name] && settings[name])
      Object.assign(merged, { [name]: { ...before[name], ...settings[name] } });
  }
  return merged;
}

/** What was stored before, without the settings of these names. Of revocation there are two forms, and both are gone. */
export function takenBack(before: ProviderSettings, names: readonly SettingName[]): ProviderSettings {
  const gone: ReadonlySet<string> = new Set(
    names.flatMap((name) => (REVOCATION.includes(name) ? REVOCATION : [name])),
  );
  return Object.fromEntries(Object.entries(before).filter(([name]) => !gone.has(name)));
}

const REVOCATION: readonly SettingName[] = ['revocation', 'revocation_endpoint'];

const PARAMS = [
  ...(['authorize_params', 'device_params', 'token_params', 'refresh_params'] as const),
  ...(['address_params', 'param_names'] as const),
];

/**
 * A person who adds a parameter keeps the others, such as the one that asks for a refresh token. An empty one stays, because
 * it also stands against what is sent without being set; requests leave it out.
 */
function params(base: Facts, settings: ProviderSettings): Pick<Facts, (typeof PARAMS)[number]> {
  return {
    authorize_params: { ...base.authorize_params, ...settings.authorize_params },
    device_params: { ...base.device_params, ...settings.device_params },
    token_params: { ...base.token_params, ...settings.token_params },
    refresh_params: { ...base.refresh_params, ...settings.refresh_params },
    address_params: { ...base.address_params, ...settings.address_params },
    param_names: { ...base.param_names, ...settings.param_names },
  };
}

/**
 * The same provider at another address. A known one keeps its paths under the new base and drops what is right only at the
 * old one; any other is discovered.
 */
export function rebase<P extends Located>(provider: P, issuer: string): P {
  const { base_url: base } = provider;
  // What was registered at one address is not known at another.
  const elsewhere = provider.public_client_id == null ? provider : { ...provider, public_client_id: null };
  if (base === null) return { ...elsewhere, issuer, discovery: true };
  const address = baseOf(issuer, provider.issuer?.slice(base.length) ?? '');
  const moved = (endpoint: string | null): string | null =>
    endpoint?.startsWith(base) ? address + endpoint.slice(base.length) : null;
  const revocation = moved(provider.revocation?.endpoint ?? null);
  return {
    ...elsewhere,
    base_url: address,
    issuer: moved(provider.issuer),
    iss: [],
    authorization_endpoint: moved(provider.authorization_endpoint),
    token_endpoint: moved(provider.token_endpoint),
    refresh_endpoint: moved(provider.refresh_endpoint),
    device_authorization_endpoint: moved(provider.device_authorization_endpoint),
    ...(provider.register_url && { register_url: moved(provider.register_url) ?? provider.register_url }),
    ...(provider.registration_endpoint && { registration_endpoint: moved(provider.registration_endpoint) }),
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
export function redirectRule(uri: string): RedirectRule {
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
