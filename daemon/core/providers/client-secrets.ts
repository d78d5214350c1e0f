import * as v from 'valibot';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { parseJson } from '../../../shared/json.js';
import type { Provider } from '../../../shared/provider.js';
import { Secret } from '../../../shared/secret.js';
import { ClientRegistration } from '../oauth/registration/client.js';
import { place } from '../sealing/places.js';
import { AccountStore } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import type { ProviderStore, StoredProvider, StoredSecret } from '../store/providers.js';
import type { Sealer, Vault } from '../vault/vault.js';
import { issuerOrigin, originsOf, readOrigins, secretTargets, writeOrigins } from './secret-origins.js';

/** What the settings say; `undefined` if there is no such provider, or they are damaged and nothing else is known. */
type ProviderById = (id: string) => Provider | undefined;

interface Collaborators {
  readonly vault: Vault;
  readonly store: ProviderStore;
  readonly provider: ProviderById;
}

/**
 * The stored secrets of providers' clients. Each goes only to the origins that it was given for: those of the provider at
 * that time, and those that its issuer has named since by its metadata.
 */
export class ClientSecrets {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #store: ProviderStore;
  readonly #provider: ProviderById;

  constructor(env: Env, { vault, store, provider }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#store = store;
    this.#provider = provider;
  }

  /** A secret that is given for a provider as it is now. */
  seal(sealer: Sealer, provider: Provider, secret: string): StoredSecret {
    const secretOrigins = writeOrigins(originsOf(provider));
    const where = place.clientSecret({ id: provider.id, secretOrigins });
    return { clientSecret: sealer.seal(where, new Secret(secret)), secretOrigins };
  }

  /**
   * The secret that is stored for this client; `undefined` if there is none, or it was given for other origins. Damaged
   * settings do not say which client it belongs to, so it is not used then.
   */
  async find(registration: ClientRegistration): Promise<Secret | undefined> {
    const seen = this.#of(registration);
    if (!seen || foreign(seen, secretTargets(registration)) !== undefined) return undefined;
    const sealer = await this.#vault.unlocked();
    // Read again: it may have been replaced, or sealed again, while the vault was being opened.
    const stored = this.#of(registration);
    if (!stored || foreign(stored, secretTargets(registration)) !== undefined) return undefined;
    return open(sealer, stored);
  }

  /**
   * Throws `config` if the secret that is stored for this client was given for other origins than it would be sent to, or
   * than that of the issuer whose metadata will be asked.
   */
  assertGivenFor(registration: ClientRegistration): void {
    const stored = this.#of(registration);
    const origin = stored && foreign(stored, namedOrigins(registration));
    if (stored && origin !== undefined) throw givenForAnother(stored, origin, registration.address_params);
  }

  /** Adds what the metadata of an issuer has named. `named`: what was known before, which the secret was given for. */
  async learn(named: ClientRegistration, discovered: ClientRegistration): Promise<void> {
    const seen = this.#of(named);
    if (!seen || foreign(seen, secretTargets(discovered)) === undefined) return;
    const sealer = await this.#vault.unlocked();
    await this.#env.db.write(() => {
      this.assertGivenFor(named);
      const stored = this.#of(named);
      if (!stored) return;
      const known = readOrigins(stored.secretOrigins);
      const secretOrigins = writeOrigins([...known, ...secretTargets(discovered)]);
      const clientSecret = sealer.seal(
        place.clientSecret({ id: stored.id, secretOrigins }),
        open(sealer, stored),
      );
      this.#store.setSecret(stored.id, { clientSecret, secretOrigins });
    });
  }

  /**
   * Secrets of a version that did not keep what they were given for: the origins of the provider and of its accounts, as
   * they are now.
   */
  async nameOrigins(): Promise<void> {
    const unnamed = (): StoredProvider[] =>
      this.#store.list().filter((stored) => stored.clientSecret !== null && stored.secretOrigins === null);
    if (unnamed().length === 0) return;
    const accounts = new AccountStore(this.#env.db);
    await this.#env.db.write(() => {
      const registrations = accounts.list().flatMap(({ client }) => registrationOf(client));
      for (const stored of unnamed()) {
        const provider = this.#provider(stored.id);
        const own = registrations.filter(
          ({ id, client_id }) => id === stored.id && client_id === provider?.client_id,
        );
        const known = provider ? [provider, ...own] : own;
        const { id, clientSecret } = stored;
        this.#store.setSecret(id, { clientSecret, secretOrigins: writeOrigins(known.flatMap(originsOf)) });
      }
    });
  }

  /** The stored settings with a secret, if it is the one of this client. */
  #of({ id, client_id }: ClientRegistration): StoredProvider | undefined {
    const stored = this.#store.find(id);
    if (!stored?.clientSecret) return undefined;
    return this.#provider(id)?.client_id === client_id ? stored : undefined;
  }
}

function open(sealer: Sealer, stored: StoredProvider): Secret {
  if (!stored.clientSecret)
    throw new SigilforgeError('internal_error', 'A secret was opened that is not stored.');
  try {
    return sealer.open(place.clientSecret(stored), stored.clientSecret);
  } catch (thrown) {
    throw asSigilforgeError(thrown).kind === 'integrity' ? damagedSecret(stored, thrown) : thrown;
  }
}

function damagedSecret({ id }: StoredProvider, cause: unknown): SigilforgeError {
  return new SigilforgeError('integrity', `The stored client secret of ${id} is damaged.`, {
    hint: `Give it again: sigilforge provider set ${id} --client-secret`,
    cause,
  });
}

/** Where the secret would be sent, by what is known without the metadata of the issuer, and the issuer if it is asked. */
function namedOrigins(registration: ClientRegistration): string[] {
  return registration.discovery
    ? [...issuerOrigin(registration), ...secretTargets(registration)]
    : secretTargets(registration);
}

/** The first of these origins that the secret was not given for. */
function foreign({ secretOrigins }: StoredProvider, origins: readonly string[]): string | undefined {
  const given = readOrigins(secretOrigins);
  return origins.find((origin) => !given.includes(origin));
}

function registrationOf(client: string | null): ClientRegistration[] {
  const read = v.safeParse(ClientRegistration, client === null ? null : parseJson(client));
  return read.success ? [read.output] : [];
}

function givenForAnother(
  { id, secretOrigins }: StoredProvider,
  origin: string,
  said: ClientRegistration['address_params'],
): SigilforgeError {
  const params = Object.entries(said).map(([name, value]) => ` --param ${name}=${value}`);
  const options =
    params.length > 0
      ? ` --client-secret${params.join('')}`
      : ` --client-secret (with --issuer or --token-endpoint if that is not the provider's address yet).`;
  const given = readOrigins(secretOrigins).join(', ') || 'no address';
  return new SigilforgeError(
    'config',
    `The client secret of ${id} was given for ${given}, and is not sent to ${origin}.`,
    {
      hint: `If the client is registered there as well, name that address and give its secret again: sigilforge provider set ${id}${options}`,
    },
  );
}
