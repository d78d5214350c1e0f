import { placeholdersIn } from '../../../shared/address-template.js';
import type { ProviderCheck } from '../../../shared/contract/providers.js';
import { asSigilforgeError } from '../../../shared/errors.js';
import type { Provider } from '../../../shared/provider.js';
import type { HttpClient } from '../oauth/http/http.js';
import { type Reached, reachEndpoint, reachPage } from '../oauth/reach/endpoints.js';
import { missingParts, withAddresses } from './addresses.js';
import type { Providers } from './providers.js';

type Endpoint = Extract<ProviderCheck['name'], `${string}_endpoint`>;

/** Tries what a sign-in with a person needs, without signing in: nothing that is sent names a client or holds a secret. */
export class ProviderTest {
  readonly #providers: Pick<Providers, 'get' | 'discovered'>;
  readonly #http: HttpClient;

  constructor(providers: Pick<Providers, 'get' | 'discovered'>, http: HttpClient) {
    this.#providers = providers;
    this.#http = http;
  }

  /** Throws `not_found`, and `integrity` if its stored settings are damaged. */
  async run(id: string): Promise<ProviderCheck[]> {
    const known = withAddresses(this.#providers.get(id));
    const { provider, metadata } = await this.#discover(known);
    const endpoints = endpointsOf(provider, metadata?.state !== undefined && metadata.state !== 'ok');
    const reached = await Promise.all(endpoints.map((name) => this.#reach(provider, name)));
    return [...clientChecks(provider), ...(metadata ? [metadata] : []), ...reached];
  }

  /** The provider with its metadata, if that is where its endpoints are; what is known without it if there is none. */
  async #discover(known: Provider): Promise<{ provider: Provider; metadata?: ProviderCheck }> {
    if (!known.discovery) return { provider: known };
    const about = { name: 'metadata', address: known.issuer, status: null } as const;
    const [missing] = missingParts(known);
    if (missing !== undefined)
      return { provider: known, metadata: partlyKnown(known, { ...about, missing }) };
    try {
      const provider = await this.#providers.discovered(known.id);
      const sentence = 'The metadata is there, and names this issuer.';
      return { provider, metadata: { ...about, state: 'ok', sentence, kind: null, hint: null } };
    } catch (thrown) {
      const { kind, message, hint } = asSigilforgeError(thrown);
      // Endpoints that a person names are enough without any metadata.
      const state = isComplete(known) ? 'warning' : 'fault';
      return { provider: known, metadata: { ...about, state, sentence: message, kind, hint } };
    }
  }

  async #reach(provider: Provider, name: Endpoint): Promise<ProviderCheck> {
    const address = provider[name];
    if (address === null) return unknownAddress(provider, name);
    const [missing] = placeholdersIn(address);
    if (missing !== undefined) return partlyKnown(provider, { name, address, missing });
    const encoding = provider.quirks.includes('json_token_requests') ? 'json' : 'form';
    const reached =
      name === 'authorization_endpoint'
        ? await reachPage(this.#http, address)
        : await reachEndpoint(this.#http, address, name === 'token_endpoint' ? encoding : 'form');
    return { name, address, ...checkOf(reached) };
  }
}

function checkOf({ state, status, sentence, hint }: Reached): Omit<ProviderCheck, 'name' | 'address'> {
  if (state === 'ok') return { state, status, sentence, kind: null, hint: null };
  const kind = status === null ? 'network' : 'refresh_failed';
  const usual =
    status === null
      ? 'Check the network connection and the address, then try again.'
      : 'Check the address, and try again later.';
  return { state, status, sentence, kind, hint: hint ?? usual };
}

/** The endpoints that the flows with a person ask. Those that only missing metadata could name are left out. */
function endpointsOf(provider: Provider, isUndiscovered: boolean): Endpoint[] {
  const { flows } = provider;
  const needed: Endpoint[] = [
    ...(flows.includes('authorization_code') ? (['authorization_endpoint'] as const) : []),
    ...(flows.some((flow) => flow !== 'api_key' && flow !== 'import') ? (['token_endpoint'] as const) : []),
    ...(flows.includes('device_code') ? (['device_authorization_endpoint'] as const) : []),
  ];
  return isUndiscovered ? needed.filter((name) => provider[name] !== null) : needed;
}

/** Whether a person could sign in with what is known of it. */
function isComplete({
  authorization_endpoint,
  device_authorization_endpoint,
  token_endpoint,
}: Provider): boolean {
  return token_endpoint !== null && (authorization_endpoint ?? device_authorization_endpoint) !== null;
}

const OPTION: Readonly<Record<Endpoint, string>> = {
  authorization_endpoint: '--authorization-endpoint',
  token_endpoint: '--token-endpoint',
  device_authorization_endpoint: '--device-authorization-endpoint',
};

function unknownAddress({ id }: Provider, name: Endpoint): ProviderCheck {
  return {
    name,
    state: 'fault',
    address: null,
    status: null,
    sentence: 'Its address is not known.',
    kind: 'config',
    hint: `Set it: sigilforge provider set ${id} ${OPTION[name]} URL`,
  };
}

/** An address of which each sign-in says a part. */
function partlyKnown(
  { id }: Provider,
  { name, address, missing }: Pick<ProviderCheck, 'name' | 'address'> & { readonly missing: string },
): ProviderCheck {
  return {
    ...{ name, state: 'warning', address, status: null, kind: 'invalid_params' },
    sentence: `Each sign-in says a part of its address: ${missing}.`,
    hint: `To try it, say that part for all sign-ins: sigilforge provider set ${id} --param ${missing}=VALUE`,
  };
}

function clientChecks(provider: Provider): ProviderCheck[] {
  const { id, client_id, client_secret, has_client_secret, public_client_id, registration_endpoint } =
    provider;
  const about = { address: null, status: null } as const;
  const fine = { ...about, state: 'ok', kind: null, hint: null } as const;
  const lacking = { ...about, state: 'fault', kind: 'config' } as const;
  if (client_id === null && registration_endpoint !== null)
    return [{ ...fine, name: 'client', sentence: 'None is needed: a sign-in registers one.' }];
  if (client_id === null && public_client_id === null) {
    const hint = `Register one, with: sigilforge provider set ${id}`;
    return [{ ...lacking, name: 'client', sentence: 'No client id is set.', hint }];
  }
  const client: ProviderCheck = { ...fine, name: 'client', sentence: 'The client id is set.' };
  if (client_secret === 'required' && !has_client_secret) {
    const hint = `Store it: sigilforge provider set ${id} --client-secret`;
    return [client, { ...lacking, name: 'client_secret', sentence: 'It is needed, and not stored.', hint }];
  }
  const sentence = has_client_secret ? 'It is stored.' : 'None is stored, and none is needed.';
  return [client, { ...fine, name: 'client_secret', sentence }];
}
