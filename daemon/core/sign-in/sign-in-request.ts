import type { CheckedParamsOf } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import type { FlowKind } from '../../../shared/schemas.js';
import { Secret } from '../../../shared/secret.js';
import { withoutKey } from '../oauth/client-auth.js';
import { withRefreshParams, withTokenParams } from '../oauth/own-params.js';
import type { OAuthClient } from '../oauth/registration/client.js';
import { partedParams } from '../providers/addresses.js';
import type { ClientOverrides, Providers } from '../providers/providers.js';

/** The checked parameters of `add_account`. */
export type SignInRequest = CheckedParamsOf<'add_account'>;

/** The client that a sign-in is made with, and the scopes to ask for. */
export interface RequestedClient {
  /** The client as it signs in: its token requests have the parameters of the request. */
  readonly client: OAuthClient;
  /** The client as the account keeps it. */
  readonly kept: OAuthClient;
  readonly scopes: readonly string[];
  /** Those of them that neither the request nor the provider's entry names. */
  readonly assumed: readonly string[];
  /** The parameters of the request, without those that are parts of addresses. */
  readonly params: Readonly<Record<string, string>>;
}

/** The id of the provider to sign in at: the service's own name unless the request names another. */
export function providerIdOf({ provider, service }: SignInRequest): string {
  return provider ?? service;
}

/** Finds the client of a sign-in. Throws what `Providers.client` throws. */
export async function requestedClient(
  providers: Providers,
  request: SignInRequest,
  flow: FlowKind,
): Promise<RequestedClient> {
  const { credential, issuer, client_id, scopes } = request;
  const { addresses, params } = addressedRequest(providers, request);
  const own = credential && 'client_secret' in credential ? credential : undefined;
  const registered = await providers.client(providerIdOf(request), {
    ...addresses,
    flow,
    issuer,
    clientId: own?.client_id ?? client_id,
    clientSecret: own && new Secret(own.client_secret),
  });
  if (isWithPerson(flow)) assertSecret(registered, request);
  // Without a person there is no default: the credential itself says what it allows.
  const hasDefault = flow !== 'client_credentials' && flow !== 'import';
  const client = withTokenParams(registered, params);
  // Where no person takes part, the account's next tokens come by the same request as the first one.
  const kept = isWithPerson(flow) ? withRefreshParams(registered, params) : client;
  const assumed = scopes === undefined ? (registered.assumedScopes ?? []) : [];
  const usual = hasDefault ? registered.registration.default_scopes : [];
  return { client, kept, scopes: scopes ?? usual, assumed, params };
}

/** What a request says about the addresses of its provider, and its other parameters. */
export function addressedRequest(
  providers: Providers,
  request: SignInRequest,
): {
  readonly addresses: Pick<ClientOverrides, 'addressParams' | 'again'>;
  readonly params: Readonly<Record<string, string>>;
} {
  const id = providerIdOf(request);
  const provider = providers.at(id, request.issuer) ?? providers.get(id);
  const { parts, sent } = partedParams(provider, request.params ?? {});
  return { addresses: { addressParams: parts, again: commandOf(request) }, params: sent };
}

/** The command of a sign-in, with the account and its provider. */
function commandOf({ service, account, provider, replace }: SignInRequest): string {
  const named = provider === undefined ? '' : ` --provider ${provider}`;
  return `sigilforge add-account ${service} ${account}${named}${replace ? ' --replace' : ''}`;
}

/** Whether a person takes part in the flow. */
export function isWithPerson(flow: FlowKind): boolean {
  return flow === 'authorization_code' || flow === 'device_code';
}

/** A sign-in that cannot end well is not begun: a person would give consent for nothing. */
function assertSecret({ registration, secret }: OAuthClient, request: SignInRequest): void {
  const { id, name, client_secret, client_auth } = registration;
  if (client_auth === 'private_key_jwt' && !secret) throw withoutKey(registration);
  if (client_secret !== 'required' || client_auth === 'none' || secret) return;
  const client = request.client_id === undefined ? '' : ' --client-id ID';
  throw new SigilforgeError('config', `A client of ${name} needs a secret, and none is known.`, {
    hint: `Make one at the provider, then: sigilforge provider set ${id}${client} --client-secret`,
    needs: 'client_secret',
  });
}

/** `fields`: the fields of the credential that the flow cannot do without. */
export function credentialMissing(flow: FlowKind, fields: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `The flow ${flow} needs a credential with ${fields}.`, {
    hint: 'Give it as credential; on the command line, see: sigilforge add-account --help',
  });
}
