import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { Provider, type ProviderSettings, type SettingName } from '../../../shared/provider.js';
import { ParamNames } from '../../../shared/request-params.js';
import type { FlowKind } from '../../../shared/schemas.js';
import { Secret } from '../../../shared/secret.js';
import { parse } from '../../../shared/validate.js';
import { authToAskFor } from '../oauth/client-auth.js';
import { isUnknownClient } from '../oauth/failures/unknown-client.js';
import type { HttpClient } from '../oauth/http/http.js';
import { discover, type ServerMetadata } from '../oauth/metadata/discovery.js';
import { ClientRegistration, type OAuthClient, registrationOf } from '../oauth/registration/client.js';
import type { Env } from '../store/env.js';
import { ProviderStore, type StoredProvider, type StoredSecret } from '../store/providers.js';
import type { Vault } from '../vault/vault.js';
import {
  assertFillable,
  assertWhole,
  missingParts,
  placeholdersOf,
  saidParts,
  withAddresses,
  withParts,
} from './addresses.js';
import { defineProvider } from './builtin/define.js';
import { builtinProviders } from './builtin/index.js';
import { assertSecretFits } from './client-key.js';
import { ClientSecrets } from './client-secrets.js';
import { RegisteredClients } from './registered-clients.js';
import { originsOf, writeOrigins } from './secret-origins.js';
import { applySettings, mergeSettings, rebase, takenBack } from './settings.js';
import { provenSettings, readableSettings, sealSettings, storedSettings } from './stored-settings.js';
import { type Stated, withMetadata } from './with-metadata.js';

/** What a sign-in says about its client instead of the provider's entry. */
export interface ClientOverrides {
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  /** How it signs in, which decides what endpoints it needs. */
  readonly flow: FlowKind;
  readonly tokenEndpoint?: string | undefined;
  /** What it says for placeholders in addresses. */
  readonly addressParams?: Readonly<Record<string, string>>;
  /** The command that it began with, for a hint. */
  readonly again: string;
  /** The secret of a client that belongs only to this account. */
  readonly clientSecret?: Secret | undefined;
}

interface Collaborators {
  readonly vault: Vault;
  readonly http: HttpClient;
  /** `[providers.*]` in config.toml. */
  readonly configured: Readonly<Record<string, ProviderSettings>>;
}

/** The known providers: the built-in entry, then config.toml over it, then the stored settings over both. */
export class Providers {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #http: HttpClient;
  readonly #configured: Collaborators['configured'];
  readonly #store: ProviderStore;
  readonly #secrets: ClientSecrets;
  readonly #registered: RegisteredClients;

  constructor(env: Env, { vault, http, configured }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#http = http;
    this.#configured = configured;
    this.#store = new ProviderStore(env.db);
    this.#secrets = new ClientSecrets(env, {
      vault,
      store: this.#store,
      provider: (id) => this.#located(id),
    });
    this.#registered = new RegisteredClients(env, { vault, http });
  }

  /** Every known provider. Damaged settings of one do not hide the others: it is listed without them. */
  list(): Provider[] {
    const stored = this.#store.list().map(({ id }) => id);
    const ids = new Set([...builtinProviders.keys(), ...Object.keys(this.#configured), ...stored]);
    return [...ids].sort().flatMap((id) => this.#listed(id) ?? []);
  }

  /** Throws `not_found`, and `integrity` if its stored settings are damaged. */
  get(id: string): Provider {
    const provider = this.find(id);
    if (provider) return provider;
    throw new SigilforgeError('not_found', `There is no provider named ${id}.`, {
      hint: `List them with: sigilforge provider list. Add one with: sigilforge provider set ${id} --issuer URL --client-id ID`,
    });
  }

  /** The same with what its metadata says. Throws what keeps it from being discovered. */
  async discovered(id: string): Promise<Provider> {
    const entry = this.get(id);
    const provider = withAddresses(entry);
    const isWhole = missingParts(provider).length === 0;
    const found = provider.discovery && isWhole ? await this.#metadata(provider) : undefined;
    if (!found) return entry;
    const merged = {
      ...withMetadata(provider, found, this.#stated(id)),
      register_url: provider.register_url ?? found.documentation,
      registration_endpoint: registrationEndpoint(provider, found),
      client_id_documents: provider.client_id_documents || found.clientIdDocuments === true,
    };
    return parse(Provider, merged, `metadata of ${provider.issuer}`, 'refresh_failed');
  }

  /** Throws `integrity` if its stored settings are damaged. */
  find(id: string): Provider | undefined {
    const stored = this.#store.find(id);
    return this.#layered(id, { stored, settings: stored && storedSettings(stored) });
  }

  /** The provider, or one of which nothing but its issuer is known: enough to sign in where clients register themselves. */
  at(id: string, issuer: string | undefined): Provider | undefined {
    return this.find(id) ?? (issuer === undefined ? undefined : this.#known(id, { issuer }));
  }

  /** Stores these settings over what was stored before. They steer sign-ins, so the vault proves them, and must be open. */
  async set(
    id: string,
    settings: ProviderSettings,
    { clientSecret, unset = [] }: { clientSecret?: string | undefined; unset?: readonly SettingName[] } = {},
  ): Promise<Provider> {
    const sealer = await this.#vault.unlocked();
    await this.#env.db.write(() => {
      const stored = this.#store.find(id);
      const before = takenBack(stored ? provenSettings(sealer, stored) : {}, unset);
      const merged = this.#placed(id, mergeSettings(before, settings));
      if (!builtinProviders.has(id) && !this.#configured[id]) assertReachable(id, merged);
      if (clientSecret !== undefined) assertSecretFits(this.#known(id, merged), new Secret(clientSecret));
      const secret =
        clientSecret !== undefined
          ? this.#secrets.seal(sealer, this.#known(id, merged), clientSecret)
          : unset.includes('client_secret')
            ? NO_SECRET
            : this.#keptSecret(id, merged);
      this.#store.put({
        id,
        ...sealSettings(sealer, id, merged),
        ...secret,
        updatedAt: this.#env.clock.wall(),
      });
    });
    return this.get(id);
  }

  /** Removes the stored settings, damaged or not. Returns whether there were any. */
  async remove(id: string): Promise<boolean> {
    const removed = await this.#env.db.write(() => this.#store.remove(id));
    if (removed) await this.#env.db.truncateLog();
    return removed;
  }

  /**
   * The secret that is stored for this client; `undefined` if there is none, or it was given for other origins than those
   * of this registration.
   */
  async secretOf(registration: ClientRegistration): Promise<Secret | undefined> {
    return (await this.#secrets.find(registration)) ?? (await this.registeredSecretOf(registration));
  }

  /** The secret of a client that registered itself, as the server has renewed it. */
  registeredSecretOf(registration: ClientRegistration): Promise<Secret | undefined> {
    return this.#registered.secretOf(registration);
  }

  /** Ends what was registered for an account that was the last one with this client. Returns what a person should know. */
  ended(registration: ClientRegistration): Promise<string[]> {
    return this.#registered.ended(registration);
  }

  /** A sign-in with this client waits no longer, however it ended. */
  release({ registration, redirects }: OAuthClient): void {
    if (redirects) this.#registered.release(registration);
  }

  /** A sign-in with this client did not end well. */
  async doubt({ registration, redirects }: OAuthClient, thrown: unknown): Promise<void> {
    if (!redirects) return;
    if (isUnknownClient(thrown)) await this.refused(registration);
    // The server sent the browser back, so it knows the client.
    else if (asSigilforgeError(thrown).kind !== 'denied') await this.#registered.doubt(registration);
  }

  /** A server does not know this client. Says whether it is one that registered itself there. */
  refused(registration: ClientRegistration): Promise<boolean> {
    return this.#registered.refused(registration);
  }

  /** The origins that a secret is bound to that is given together with these settings. */
  secretOrigins(id: string, settings: ProviderSettings): string {
    return writeOrigins(originsOf(this.#known(id, settings)));
  }

  /** Keeps what secrets of an older version were given for. Before anything can change where their providers are. */
  nameSecretOrigins(): Promise<void> {
    return this.#secrets.nameOrigins();
  }

  /** The client to sign in with, with everything that its requests need; asks the issuer if an endpoint is missing. */
  async client(id: string, overrides: ClientOverrides): Promise<OAuthClient> {
    const entry = await this.#proven(id, overrides.issuer);
    const said = saidParts(id, overrides.addressParams ?? {});
    const moved = overrides.issuer === undefined ? entry : rebase(entry, overrides.issuer);
    const provider = withAddresses(moved, said);
    assertWhole(provider, overrides.again);
    const token_endpoint = overrides.tokenEndpoint ?? provider.token_endpoint;
    const clientId = overrides.clientId ?? provider.client_id ?? publicId(provider, overrides.flow);
    if (clientId === null)
      return this.#registeredClient({ ...provider, token_endpoint }, said, overrides.flow);
    const named = registrationOf({ ...provider, token_endpoint }, clientId, said);
    const { clientSecret, flow } = overrides;
    if (!clientSecret) this.#secrets.assertGivenFor(named);
    const found = named.discovery ? await this.#discovered(named, flow) : { registration: named };
    if (isWithPerson(flow) && !provider.client_id_documents) assertTaken(found);
    if (clientSecret) return { ...found, secret: clientSecret };
    await this.#secrets.learn(named, found.registration);
    return { ...found, secret: await this.secretOf(found.registration) };
  }

  /** The provider for a sign-in. Throws `integrity` if its stored settings are not those that a person set. */
  async #proven(id: string, issuer: string | undefined): Promise<Provider> {
    const sealer = await this.#vault.unlocked();
    const stored = this.#store.find(id);
    if (stored) provenSettings(sealer, stored);
    return this.at(id, issuer) ?? this.get(id);
  }

  /** A client that registers itself where the provider takes that (RFC 7591), for a person to sign in with. */
  async #registeredClient(
    provider: Provider,
    said: Readonly<Record<string, string>>,
    flow: FlowKind,
  ): Promise<OAuthClient> {
    const named = registrationOf(provider, NOT_REGISTERED, said);
    const mayRegister = isWithPerson(flow) && (provider.registration_endpoint ?? !isBuiltin(provider));
    if (!mayRegister) throw withoutClientId(provider.id);
    const found: Found = named.discovery ? await this.#discovered(named, flow) : { registration: named };
    const endpoint = registrationEndpoint(provider, found);
    if (endpoint === null) throw withoutClientId(provider.id);
    const auth = authToAskFor(found.listedAuths);
    return this.#registered.client(found, { endpoint, auth });
  }

  /** The same with the parts of its addresses that are known. */
  #located(id: string): Provider | undefined {
    const provider = this.#listed(id);
    return provider && withAddresses(provider);
  }

  /** The provider, without its stored settings if they are damaged. */
  #listed(id: string): Provider | undefined {
    const stored = this.#store.find(id);
    const settings = stored && readableSettings(stored);
    if (stored && !settings) this.#env.log.warn('provider.damaged', { provider: id });
    return this.#layered(id, { stored, settings });
  }

  #layered(
    id: string,
    { stored, settings }: { stored: StoredProvider | undefined; settings: ProviderSettings | undefined },
  ): Provider | undefined {
    if (!builtinProviders.has(id) && !this.#configured[id] && !stored) return undefined;
    return this.#assemble(id, { hasSecret: stored?.clientSecret != null, settings });
  }

  #assemble(
    id: string,
    { hasSecret, settings }: { hasSecret: boolean; settings: ProviderSettings | undefined },
  ): Provider {
    const builtin = builtinProviders.get(id);
    const configured = this.#configured[id];
    const base = { ...(builtin ?? defineProvider({ id, name: id })), client_id: null };
    const layers = [configured, settings].filter((layer) => layer !== undefined);
    const { client_id, ...facts } = layers.reduce(applySettings, base);
    return {
      ...facts,
      client_id,
      has_client_secret: hasSecret,
      source: builtin ? 'builtin' : configured ? 'config' : 'stored',
      configured: client_id !== null,
    };
  }

  /** A provider with these stored settings. */
  #known(id: string, settings: ProviderSettings): Provider {
    return withAddresses(this.#assemble(id, { hasSecret: false, settings }));
  }

  /** These settings, with what they say about addresses where it belongs. Throws `invalid_params` if they contradict. */
  #placed(id: string, settings: ProviderSettings): ProviderSettings {
    const known = this.#known(id, settings);
    parse(ParamNames, known.param_names, 'set_provider: param_names');
    const placed = withParts(settings, placeholdersOf(known));
    assertFillable(this.#known(id, placed));
    return placed;
  }

  /** The stored secret, unless another client replaces the one that it belongs to. */
  #keptSecret(id: string, settings: ProviderSettings): StoredSecret {
    const known = this.find(id)?.client_id ?? null;
    const stored = this.#store.find(id);
    const stays = known === null || known === this.#known(id, settings).client_id;
    if (!stored || !stays) return NO_SECRET;
    const { clientSecret, secretOrigins } = stored;
    return { clientSecret, secretOrigins };
  }

  #stated(id: string): Stated {
    const stored = this.#store.find(id);
    const layers = [this.#configured[id], stored && storedSettings(stored)];
    const isBuiltin = builtinProviders.has(id);
    return {
      clientAuth: isBuiltin || layers.some((layer) => layer?.client_auth !== undefined),
      flows: isBuiltin || layers.some((layer) => layer?.flows !== undefined),
    };
  }

  /** The registration with what the metadata adds to it. Endpoints that a person names are enough without any metadata. */
  async #discovered(registration: ClientRegistration, flow: FlowKind): Promise<Found> {
    try {
      return await this.#withMetadata(registration);
    } catch (thrown) {
      if (!isComplete(registration, flow)) throw thrown;
      const { kind, message } = asSigilforgeError(thrown);
      this.#env.log.warn('discovery.failed', { provider: registration.id, kind, message });
      return { registration };
    }
  }

  async #withMetadata(registration: ClientRegistration): Promise<Found> {
    const found = await this.#metadata(registration);
    if (!found) return { registration };
    const merged = withMetadata(registration, found, this.#stated(registration.id));
    const whole = { ...merged, iss_required: found.iss_required };
    return {
      registration: parse(ClientRegistration, whole, `metadata of ${registration.issuer}`, 'refresh_failed'),
      listedAuths: found.clientAuths,
      registration_endpoint: found.registration_endpoint,
      clientIdDocuments: found.clientIdDocuments,
      assumedScopes: registration.default_scopes.length > 0 ? [] : merged.default_scopes,
    };
  }

  async #metadata({
    id,
    issuer,
    iss,
    quirks,
  }: Pick<Provider, 'id' | 'issuer' | 'iss' | 'quirks'>): Promise<ServerMetadata | undefined> {
    if (issuer === null) return undefined;
    return discover(this.#http, { id, issuer, iss, issuerVaries: quirks.includes('issuer_varies') });
  }
}

const NO_SECRET: StoredSecret = { clientSecret: null, secretOrigins: null };

/** A client without its secret, and where another one could be registered. */
type Found = Omit<OAuthClient, 'secret'> & {
  readonly registration_endpoint?: string | null;
  readonly clientIdDocuments?: boolean | undefined;
};

/** Stands for the id until the client is registered. */
const NOT_REGISTERED = 'not registered';

/** An entry knows what its provider's registration is worth: some register clients for one purpose only. */
function registrationEndpoint(
  provider: Provider,
  { registration_endpoint: found = null }: { readonly registration_endpoint?: string | null },
): string | null {
  return provider.registration_endpoint ?? (isBuiltin(provider) ? null : found);
}

function isBuiltin({ source }: Provider): boolean {
  return source === 'builtin';
}

/** This project's own client, for a person who has none. */
function publicId({ public_client_id: id }: Provider, flow: FlowKind): string | null {
  return isWithPerson(flow) ? id : null;
}

function isWithPerson(flow: FlowKind): boolean {
  return flow === 'authorization_code' || flow === 'device_code';
}

/** Whether every endpoint is known that the flow asks. */
function isComplete(
  { authorization_endpoint, token_endpoint, device_authorization_endpoint }: ClientRegistration,
  flow: FlowKind,
): boolean {
  if (token_endpoint === null) return false;
  if (flow === 'authorization_code') return authorization_endpoint !== null;
  return flow !== 'device_code' || device_authorization_endpoint !== null;
}

/** A provider that is not built in is useless without an address. */
function assertReachable(id: string, settings: ProviderSettings): void {
  if (settings.issuer !== undefined || settings.token_endpoint !== undefined) return;
  throw new SigilforgeError(
    'invalid_params',
    `The provider ${id} is not built in and has no issuer or endpoints.`,
    {
      hint: `Set its issuer: sigilforge provider set ${id} --issuer URL, or its endpoints, at least --token-endpoint URL.`,
    },
  );
}

/** A client that is the address of a document is one only where the server reads such documents; many do not say so. */
function assertTaken({ registration: { client_id, id, name }, clientIdDocuments }: Found): void {
  if (clientIdDocuments !== false || !client_id.startsWith('https://')) return;
  throw new SigilforgeError('config', `${name} takes no client id that is the address of a document.`, {
    hint: `Register a client with the provider, then: sigilforge provider set ${id} --client-id ID`,
  });
}

function withoutClientId(id: string): SigilforgeError {
  const variable = `SIGILFORGE_${id.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_CLIENT_ID`;
  return new SigilforgeError('config', `No client id is known for ${id}.`, {
    hint: `Register a client with the provider, then: sigilforge provider set ${id} --client-id ID (or set ${variable}).`,
    needs: 'client_id',
  });
}
