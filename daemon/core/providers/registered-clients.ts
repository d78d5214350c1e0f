import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { parseJson } from '../../../shared/json.js';
import type { ClientAuth } from '../../../shared/schemas.js';
import { Secret } from '../../../shared/secret.js';
import { readClient, removeClient, renewClient } from '../oauth/dynamic-clients/management.js';
import {
  type RegisteredClient,
  type RegistrationAnswer,
  register,
  registeredOf,
} from '../oauth/dynamic-clients/registration.js';
import type { HttpClient } from '../oauth/http/http.js';
import type { ClientRegistration, OAuthClient } from '../oauth/registration/client.js';
import { place } from '../sealing/places.js';
import { AccountStore, type StoredAccount } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import { RegisteredStore, type StoredRegistered } from '../store/registered-clients.js';
import type { Sealer, Vault } from '../vault/vault.js';
import { Kept, type OpenRegistered, redirectsFor } from './registered-client.js';
import { originsOf, secretTargets } from './secret-origins.js';
import { redirectRule } from './settings.js';

interface Collaborators {
  readonly vault: Vault;
  readonly http: HttpClient;
}

/** A provider that registers clients by itself, as its metadata or its entry says. */
export interface Registrar {
  readonly endpoint: string;
  /** How clients may authenticate, if the metadata lists it. */
  readonly auth: ClientAuth;
}

/** Another process registers for no longer than a request may take. */
const LEASE_WAIT_MS = 75_000;
/** How long before its end a secret is renewed, and how often that is tried. */
const RENEWED_AHEAD_MS = 24 * 3600 * 1000;
const TRIED_AGAIN_MS = 10 * 60 * 1000;

/**
 * The clients that were registered by themselves: one for an issuer, for all callers, in any process. It is kept until
 * its last account is removed.
 */
export class RegisteredClients {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #http: HttpClient;
  readonly #store: RegisteredStore;
  readonly #accounts: AccountStore;
  /** When the renewal of a secret was tried last, by the issuer. */
  readonly #tried = new Map<string, number>();
  /** How many sign-ins of this process wait with the client of an issuer. */
  readonly #waiting = new Map<string, number>();

  constructor(env: Env, { vault, http }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#http = http;
    this.#store = new RegisteredStore(env.db);
    this.#accounts = new AccountStore(env.db);
  }

  /** The client of this provider's issuer, which is registered if there is none that can be used. It stays until `release`. */
  async client(found: Omit<OAuthClient, 'secret'>, registrar: Registrar): Promise<OAuthClient> {
    const { registration } = found;
    const id = keyOf(registration);
    const lease = await this.#env.leases.take(leaseOf(id), LEASE_WAIT_MS);
    if (!lease) throw busy(registration);
    try {
      const known =
        (await this.#usable(id, registration, registrar)) ??
        (await this.#register(id, registration, registrar));
      this.#waiting.set(id, (this.#waiting.get(id) ?? 0) + 1);
      return clientOf(found, known);
    } finally {
      lease.release();
    }
  }

  /** A sign-in no longer waits with this client. */
  release(registration: ClientRegistration): void {
    const id = keyOf(registration);
    const others = (this.#waiting.get(id) ?? 0) - 1;
    if (others > 0) this.#waiting.set(id, others);
    else this.#waiting.delete(id);
  }

  /** The secret of a client that was registered by itself, renewed in time where the server offers that (RFC 7592). */
  async secretOf(registration: ClientRegistration): Promise<Secret | undefined> {
    const id = keyOf(registration);
    if (!this.#store.find(id)?.clientSecret) return undefined;
    const sealer = await this.#vault.unlocked();
    const known = this.#open(sealer, id);
    if (known?.kept.client_id !== registration.client_id) return undefined;
    if (!isGivenFor(known, registration)) return undefined;
    if (!this.#isToRenew(id, known)) return known.secret;
    return (await this.#renewed(id, sealer)) ?? known.secret;
  }

  /** A sign-in with this client did not end well: the server may not know it any more, which only the browser was told. */
  async doubt(registration: ClientRegistration): Promise<void> {
    const id = keyOf(registration);
    await this.#env.db.write(() => {
      const stored = this.#store.find(id);
      if (stored && keptOf(stored)?.client_id === registration.client_id) this.#store.doubt(id);
    });
  }

  /**
   * The server refuses the client itself. It is looked at before the next sign-in, or forgotten if it cannot be: accounts keep
   * what they signed in with. Returns whether there is such a client here.
   */
  async refused(registration: ClientRegistration): Promise<boolean> {
    const id = keyOf(registration);
    const stored = this.#store.find(id);
    if (!stored || keptOf(stored)?.client_id !== registration.client_id) return false;
    if (await this.#doubtOrForget(id, registration.client_id)) await this.#env.db.truncateLog();
    return true;
  }

  /** Resolves to whether it was forgotten. */
  #doubtOrForget(id: string, clientId: string): Promise<boolean> {
    return this.#env.db.write(() => {
      const stored = this.#store.find(id);
      const kept = stored && keptOf(stored);
      if (kept?.client_id !== clientId) return false;
      if (kept.management !== null) this.#store.doubt(id);
      else this.#store.remove(id);
      return kept.management === null;
    });
  }

  /** Removes the client of an issuer after its last account. Returns what a person should know about it; never throws. */
  async ended(registration: ClientRegistration): Promise<string[]> {
    const id = keyOf(registration);
    try {
      if (this.#isUnused(id)) await this.#remove(id);
      return [];
    } catch (thrown) {
      const { kind, message } = asSigilforgeError(thrown);
      this.#env.log.warn('registered_client.kept', { kind, message });
      return [`${registration.name} did not remove the client that was registered there for Sigilforge.`];
    }
  }

  /** Throws if the server may still have the client, which is forgotten here unless the vault is closed. */
  async #remove(id: string): Promise<void> {
    const sealer = await this.#vault.unlocked();
    const lease = await this.#env.leases.take(leaseOf(id), LEASE_WAIT_MS);
    try {
      // An account may have come while the lease was waited for.
      if (!lease || !this.#isUnused(id)) return;
      const management = this.#open(sealer, id)?.management;
      await this.#env.db.write(() => this.#store.remove(id));
      await this.#env.db.truncateLog();
      if (!management || (await removeClient(this.#http, management))) return;
      throw new SigilforgeError('refresh_failed', 'The server did not remove its client.');
    } finally {
      lease?.release();
    }
  }

  #isUnused(id: string): boolean {
    if (this.#waiting.has(id)) return false;
    const stored = this.#store.find(id);
    if (!stored) return false;
    const kept = keptOf(stored);
    return !kept || this.#users(id, kept.client_id).length === 0;
  }

  /** The client that is known, if it can be signed in with. The caller holds the lease. */
  async #usable(
    id: string,
    registration: ClientRegistration,
    { endpoint }: Registrar,
  ): Promise<OpenRegistered | undefined> {
    const stored = this.#store.find(id);
    if (!stored) return undefined;
    const known = this.#open(await this.#vault.unlocked(), id);
    if (!known || !isGivenFor(known, registration)) return undefined;
    // What a provider's settings had registered elsewhere is not a client of this issuer.
    if (new URL(known.kept.endpoint).origin !== new URL(endpoint).origin) return undefined;
    if (redirectsFor(registration.redirect, known.kept).length === 0) return undefined;
    if (isOver(known, this.#env.clock.wall())) return this.#withNewSecret(id, known);
    if (!stored.doubted) return known;
    const looked = known.management ? await readClient(this.#http, known.management) : 'unknown';
    if (typeof looked === 'object') return this.#taken(id, known, looked.found);
    return looked === 'unknown' && this.#isOfUse(id, known.kept.client_id) ? known : undefined;
  }

  /** Whether accounts work with a client, or sign-ins wait with it. */
  #isOfUse(id: string, clientId: string): boolean {
    return this.#waiting.has(id) || this.#users(id, clientId).some(({ state }) => state === 'ok');
  }

  /** The client with another secret, if the server gives one. */
  async #withNewSecret(id: string, known: OpenRegistered): Promise<OpenRegistered | undefined> {
    if (!known.management) return undefined;
    const looked = await renewClient(this.#http, known.management);
    return typeof looked === 'string' ? undefined : this.#taken(id, known, looked.found);
  }

  /** The client as the server says that it is; `undefined` if its secret has ended. */
  async #taken(
    id: string,
    known: OpenRegistered,
    answer: RegistrationAnswer,
  ): Promise<OpenRegistered | undefined> {
    const again = await this.#keep(id, known.kept.origins, known.kept.endpoint, taken(known, answer));
    return isOver(again, this.#env.clock.wall()) ? undefined : again;
  }

  #isToRenew(id: string, known: OpenRegistered): boolean {
    const now = this.#env.clock.wall();
    if (!known.management || !isOver(known, now + RENEWED_AHEAD_MS)) return false;
    return now - (this.#tried.get(id) ?? 0) >= TRIED_AGAIN_MS;
  }

  /** The new secret of a client whose old one ends soon; `undefined` if that does not work. */
  async #renewed(id: string, sealer: Sealer): Promise<Secret | undefined> {
    const lease = this.#env.leases.tryTake(leaseOf(id));
    if (!lease) return undefined;
    try {
      // Another process may have renewed it meanwhile, by which its token may have changed, too.
      const known = this.#open(sealer, id);
      if (!known || !this.#isToRenew(id, known)) return known?.secret;
      this.#tried.set(id, this.#env.clock.wall());
      return (await this.#withNewSecret(id, known))?.secret;
    } finally {
      lease.release();
    }
  }

  async #register(
    id: string,
    registration: ClientRegistration,
    { endpoint, auth }: Registrar,
  ): Promise<OpenRegistered> {
    const registered = await register(this.#http, registration, {
      ...{ endpoint, auth },
      redirectUris: redirectsFor(registration.redirect),
      device: registration.device_authorization_endpoint !== null,
    });
    const origins = [...originsOf(registration), new URL(endpoint).origin];
    return this.#keep(id, [...new Set(origins)].sort(), endpoint, registered);
  }

  async #keep(
    id: string,
    origins: readonly string[],
    endpoint: string,
    client: RegisteredClient,
  ): Promise<OpenRegistered> {
    const { secret, management } = client;
    const kept: Kept = {
      client_id: client.clientId,
      client_auth: client.auth,
      redirect_uris: [...client.redirectUris],
      secret_expires_at: client.secretExpiresAt,
      management: management?.endpoint ?? null,
      endpoint,
      origins: [...origins],
    };
    const registrationText = JSON.stringify(kept);
    const sealer = await this.#vault.unlocked();
    const seal = (column: Parameters<typeof place.registeredClient>[1], value: Secret): Buffer =>
      sealer.seal(place.registeredClient({ id, registrationText }, column), value);
    await this.#env.db.write(() =>
      this.#store.put({
        ...{ id, registrationText, doubted: false, seal: seal('seal', new Secret('')) },
        clientSecret: secret ? seal('client_secret', secret) : null,
        accessToken: management ? seal('access_token', management.token) : null,
      }),
    );
    return { kept, secret, management };
  }

  /** `undefined` if there is none, or what is stored is not what was registered. */
  #open(sealer: Sealer, id: string): OpenRegistered | undefined {
    const stored = this.#store.find(id);
    const kept = stored && keptOf(stored);
    if (!stored || !kept) return undefined;
    try {
      sealer.open(place.registeredClient(stored, 'seal'), stored.seal);
      const { clientSecret, accessToken } = stored;
      const secret =
        clientSecret && sealer.open(place.registeredClient(stored, 'client_secret'), clientSecret);
      const token = accessToken && sealer.open(place.registeredClient(stored, 'access_token'), accessToken);
      const management = token && kept.management !== null ? { endpoint: kept.management, token } : null;
      return { kept, secret: secret ?? undefined, management };
    } catch (thrown) {
      if (asSigilforgeError(thrown).kind !== 'integrity') throw thrown;
      this.#env.log.warn('registered_client.damaged', { issuer: id });
      return undefined;
    }
  }

  /** The accounts that signed in with this client. */
  #users(id: string, clientId: string): StoredAccount[] {
    return this.#accounts.list().filter(({ client }) => {
      const read = v.safeParse(Named, client === null ? null : parseJson(client));
      return read.success && read.output.client_id === clientId && keyOf(read.output) === id;
    });
  }
}

type Keyed = Pick<ClientRegistration, 'issuer' | 'token_endpoint' | 'authorization_endpoint'>;

/** What says whose client an account has. */
const Named = v.object({
  client_id: v.string(),
  issuer: v.nullable(v.string()),
  token_endpoint: v.nullable(v.string()),
  authorization_endpoint: v.nullable(v.string()),
});

/** The issuer, or where its endpoints are if it has none. */
function keyOf({ issuer, token_endpoint, authorization_endpoint }: Keyed): string {
  if (issuer !== null) return issuer;
  const endpoint = token_endpoint ?? authorization_endpoint ?? '';
  return URL.canParse(endpoint) ? new URL(endpoint).origin : endpoint;
}

function leaseOf(id: string): string {
  return `registration-${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
}

function keptOf({ registrationText }: StoredRegistered): Kept | undefined {
  const read = v.safeParse(Kept, parseJson(registrationText));
  return read.success ? read.output : undefined;
}

/** A secret goes only to the origins that the client was registered for. */
function isGivenFor({ kept, secret }: OpenRegistered, registration: ClientRegistration): boolean {
  return !secret || secretTargets(registration).every((origin) => kept.origins.includes(origin));
}

function isOver({ kept: { secret_expires_at: end }, secret }: OpenRegistered, now: number): boolean {
  return secret !== undefined && end !== null && end <= now;
}

/** What a server says about its client, over what is known: an answer without a token leaves the one that there is. */
function taken({ kept, secret, management }: OpenRegistered, answer: RegistrationAnswer): RegisteredClient {
  const { endpoint, client_auth: auth, redirect_uris: redirectUris } = kept;
  // A server that gives a new token need not say again where it is used (RFC 7592, section 3).
  const registration_client_uri = answer.registration_client_uri ?? management?.endpoint;
  const said = { ...answer, client_id: kept.client_id, registration_client_uri };
  const now = registeredOf(said, { endpoint, auth, redirectUris });
  const isSame = now.secret === undefined;
  return {
    ...now,
    ...(isSame && { secret, auth, secretExpiresAt: kept.secret_expires_at }),
    management: now.management ?? management,
  };
}

function clientOf(found: Omit<OAuthClient, 'secret'>, { kept, secret }: OpenRegistered): OAuthClient {
  const { registration } = found;
  const redirects = redirectsFor(registration.redirect, kept);
  const registered: ClientRegistration = {
    ...registration,
    client_id: kept.client_id,
    client_auth: kept.client_auth,
    client_secret: 'optional',
    redirect: redirectRule(redirects[0] ?? registration.redirect.uri),
  };
  return { ...found, registration: registered, secret, redirects };
}

function busy({ name }: ClientRegistration): SigilforgeError {
  return new SigilforgeError('timeout', `Another process is registering a client with ${name}.`, {
    hint: 'Try again in a minute.',
  });
}
