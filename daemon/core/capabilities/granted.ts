import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { MOST_GRANTS } from '../../../shared/grant.js';
import { Secret } from '../../../shared/secret.js';
import { timestamp } from '../platform/clock.js';
import { newId } from '../platform/id.js';
import { place } from '../sealing/places.js';
import type { StoredGrant } from '../store/capabilities.js';
import { GrantStore } from '../store/capability-data.js';
import type { Env } from '../store/env.js';
import type { Sealer, Vault } from '../vault/vault.js';
import type { Registry } from './registry.js';

interface Collaborators {
  readonly vault: Vault;
  readonly registry: Registry;
}

/** Called with the capability's id and what is granted to it now. */
type Listener = (capabilityId: string, grants: readonly string[]) => void;

/** What a person granted to capabilities. Each grant is sealed, so that a database which was altered grants nothing. */
export class Granted {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #registry: Registry;
  readonly #store: GrantStore;
  readonly #listeners = new Set<Listener>();

  constructor(env: Env, { vault, registry }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#registry = registry;
    this.#store = new GrantStore(env.db);
  }

  /** Returns all that is granted now, in the usual spelling. `also` is done in the same change, or neither is. */
  async grant(name: string, grant: string, also = (): void => {}): Promise<string[]> {
    const { id: capabilityId } = this.#registry.find(name);
    const sealer = await this.#vault.unlocked();
    await this.#env.db.write(() => {
      this.#registry.assertKept({ id: capabilityId, name });
      const granted = this.#store.all(capabilityId);
      const id = granted.find((own) => own.grant === grant)?.id ?? newId();
      if (granted.length >= MOST_GRANTS && !granted.some((own) => own.id === id)) throw tooMany();
      const seal = sealer.seal(place.capabilityGrant({ id, capabilityId, grant }), new Secret(''));
      this.#store.put({ id, capabilityId, grant, grantedAt: timestamp(this.#env.clock.wall()), seal });
      also();
    });
    return this.#tell(capabilityId);
  }

  /** Also while the vault is locked: a person can always take back what was granted. */
  async revoke(name: string, grant: string): Promise<{ revoked: boolean; grants: string[] }> {
    const id = this.#registry.idOf(name);
    const revoked = await this.#env.db.write(() => this.#store.remove(id, grant));
    return { revoked, grants: this.#tell(id) };
  }

  /** What is granted to a capability, each proven. Throws `integrity`. */
  async of(capabilityId: string): Promise<string[]> {
    const sealer = await this.#vault.unlocked();
    const granted = this.#store.all(capabilityId);
    for (const grant of granted) assertProven(sealer, grant);
    return granted.map(({ grant }) => grant);
  }

  /** Listens for what is granted and taken back, until the returned function is called. */
  whenChanged(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All that is granted now. */
  #tell(capabilityId: string): string[] {
    const grants = this.#store.all(capabilityId).map(({ grant }) => grant);
    for (const listener of this.#listeners) listener(capabilityId, grants);
    return grants;
  }
}

function assertProven(sealer: Sealer, granted: StoredGrant): void {
  try {
    sealer.open(place.capabilityGrant(granted), granted.seal);
  } catch (thrown) {
    throw asSigilforgeError(thrown).kind === 'integrity' ? altered(granted.grant, thrown) : thrown;
  }
}

function altered(grant: string, cause: unknown): SigilforgeError {
  return new SigilforgeError(
    'integrity',
    `It is stored that ${grant} was granted to the capability, and that is not proven.`,
    {
      hint: `Grant it again with: sigilforge capability grant NAME ${grant}`,
      cause,
    },
  );
}

function tooMany(): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `A capability has at most ${MOST_GRANTS} grants.`, {
    hint: 'Write * for a whole segment, or revoke what is not needed.',
  });
}
