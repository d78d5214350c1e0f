import type { Provider, RefreshRule, Revocation } from '../../../../shared/provider.js';

/** The part of a provider that is the same for all users: without the client that a person registers there. */
export type BuiltinProvider = Omit<Provider, 'client_id' | 'has_client_secret' | 'source' | 'configured'>;

/** What an entry states about its provider. What it leaves out is absent, unknown, or as the standards define it. */
export type ProviderFacts = Pick<BuiltinProvider, 'id' | 'name'> &
  Partial<Omit<BuiltinProvider, 'revocation' | 'refresh'>> & {
    readonly revocation?: Pick<Revocation, 'endpoint'> & Partial<Revocation>;
    readonly refresh?: Partial<RefreshRule>;
  };

/** A day in seconds. */
export const DAY_S = 86_400;

/** Half a year in seconds, counted as 180 days: the earliest that a provider can mean by "6 months". */
export const HALF_YEAR_S = 180 * DAY_S;

/**
 * The whole entry of a provider. A token that a person already has can be kept for every provider, as a refresh token
 * (`import`) or as a key (`api_key`), so both follow the flows that an entry states. Without any, the list is empty.
 */
export function defineProvider({ flows, revocation, refresh, ...facts }: ProviderFacts): BuiltinProvider {
  return {
    issuer: null,
    iss: [],
    base_url: null,
    discovery: false,
    authorization_endpoint: null,
    token_endpoint: null,
    refresh_endpoint: null,
    device_authorization_endpoint: null,
    pkce: 'unknown',
    client_auth: 'client_secret_basic',
    client_secret: 'optional',
    default_scopes: [],
    scope_separator: ' ',
    redirect: { uri: 'http://127.0.0.1/callback', port: 'any' },
    authorize_params: {},
    device_params: {},
    token_params: {},
    refresh_params: {},
    dead_grant_errors: [],
    quirks: [],
    register_url: null,
    register_steps: [],
    public_client_id: null,
    registration_endpoint: null,
    client_id_documents: false,
    answer_fields: [],
    redirect_fields: [],
    address_params: {},
    param_names: {},
    notes: null,
    sources: [],
    ...facts,
    flows: flows === undefined ? [] : [...flows, 'import', 'api_key'],
    revocation:
      revocation === undefined ? null : { ...standardRevocation(revocation.endpoint), ...revocation },
    refresh: { issued: 'unknown', rotates: 'unknown', lifetime_s: null, idle_s: null, ...refresh },
  };
}

/** Revocation as RFC 7009 has it: the refresh token in a form, with the client's usual authentication. */
export function standardRevocation(endpoint: string): Revocation {
  return { endpoint, token: 'refresh', field: 'token', body: 'form', auth: 'client', method: 'POST' };
}
