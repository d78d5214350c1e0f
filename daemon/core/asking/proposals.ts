import type { CheckedParamsOf, ProposalInfo, ResultOf } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { covers, parseGrant } from '../../../shared/grant.js';
import { printable } from '../../../shared/printable.js';
import type { Granted } from '../capabilities/granted.js';
import type { Registry } from '../capabilities/registry.js';
import { timestamp } from '../platform/clock.js';
import { newId } from '../platform/id.js';
import { type Listed, pageOf } from '../platform/pages.js';
import type { Env } from '../store/env.js';
import {
  type Grantable,
  GrantableStore,
  type PendingProposal,
  ProposalStore,
  type StoredProposal,
} from '../store/proposals.js';
import { coveredBy } from './covered.js';

interface Collaborators {
  readonly registry: Pick<Registry, 'find' | 'idOf' | 'assertKept'>;
  readonly granted: Pick<Granted, 'of' | 'grant'>;
}

/** So many proposals of one capability may wait for a person. */
const MOST_OF_ONE = 5;
/** So many may be stored in all, those that were declined included. */
const MOST = 500;
/** For so long the same is not proposed again after a person declined it. */
const DECLINED_MS = 24 * 3_600_000;
/** So many references are named of what a grant would allow. */
const NAMED = 20;

const LISTED: Listed<PendingProposal> = { name: 'proposals', keyOf: ({ id }) => [id] };

/** Grants that capabilities ask a person for. */
export class Proposals {
  readonly #env: Env;
  readonly #parts: Collaborators;
  readonly #store: ProposalStore;
  readonly #grantable: GrantableStore;

  constructor(env: Env, parts: Collaborators) {
    this.#env = env;
    this.#parts = parts;
    this.#store = new ProposalStore(env.db);
    this.#grantable = new GrantableStore(env.db);
  }

  /** Throws `already_exists` for what is granted, `denied` for what a person declined, and `limit_exceeded`. */
  async propose(
    name: string,
    { reference, reason }: Pick<CheckedParamsOf<'propose_grant'>, 'reference' | 'reason'>,
  ): Promise<ResultOf<'propose_grant'>> {
    const grant = parseGrant(reference);
    const { registry, granted } = this.#parts;
    const { id: capabilityId } = registry.find(name);
    const own = await granted.of(capabilityId);
    if (own.some((wider) => covers(wider, grant))) throw grantedAlready();
    const id = await this.#env.db.write(() => {
      registry.assertKept({ id: capabilityId, name });
      return this.#put({ capabilityId, grant, reason });
    });
    const message = `${name} asks for ${grant}. Decide with: sigilforge capability proposals`;
    return { proposal_id: id, message: printable(message) };
  }

  /** Throws `not_found` for a capability that is not there. */
  list({ capability, cursor }: CheckedParamsOf<'list_proposals'>): ResultOf<'list_proposals'> {
    const id = capability === undefined ? undefined : this.#parts.registry.idOf(capability);
    const pending = this.#store
      .pending()
      .filter(({ capabilityId }) => id === undefined || capabilityId === id);
    const grantable = pending.length > 0 ? this.#grantable.all() : { accounts: [], secretKeys: [] };
    const page = pageOf(LISTED, pending, (proposal) => infoOf(proposal, grantable), cursor);
    return { proposals: page.items, cursor: page.cursor };
  }

  /** Grants it, and forgets it in the same change. Throws `not_found`, also for one that was decided meanwhile. */
  async accept(id: string): Promise<ResultOf<'accept_proposal'>> {
    const { capability, grant } = this.#find(id);
    const grants = await this.#parts.granted.grant(capability, grant, () => {
      if (!this.#store.removePending(id)) throw absent();
    });
    return { capability, grants };
  }

  /** Says whether it waited for a person. Throws `not_found`. */
  async decline(id: string): Promise<boolean> {
    this.#find(id);
    return this.#env.db.write(() => this.#store.decline(id, timestamp(this.#env.clock.wall())));
  }

  #find(id: string): PendingProposal {
    const proposal = this.#store.find(id);
    if (proposal) return proposal;
    throw absent();
  }

  /** Of what waits for a person already, only the reason is new. Returns its id. */
  #put({ capabilityId, grant, reason }: Pick<StoredProposal, 'capabilityId' | 'grant' | 'reason'>): string {
    const now = this.#env.clock.wall();
    this.#store.removeDeclined(timestamp(now - DECLINED_MS));
    const known = this.#store.ofGrant(capabilityId, grant);
    if (known) {
      if (known.declinedAt !== null) throw declined(known.declinedAt);
      this.#store.setReason(known.id, reason);
      return known.id;
    }
    const { all, own } = this.#store.counts(capabilityId);
    if (own >= MOST_OF_ONE || all >= MOST) throw tooMany();
    const id = newId();
    this.#store.insert({ id, capabilityId, grant, reason, proposedAt: timestamp(now), declinedAt: null });
    return id;
  }
}

function infoOf(proposal: PendingProposal, grantable: Grantable): ProposalInfo {
  const { id, capability, grant, reason, proposedAt } = proposal;
  const covered = coveredBy(grant, grantable);
  return {
    ...{ id, capability, grant, reason, proposed_at: proposedAt },
    covers: covered.slice(0, NAMED),
    covers_count: covered.length,
  };
}

function grantedAlready(): SigilforgeError {
  return new SigilforgeError('already_exists', 'It is granted already.', {
    hint: 'A run that began before it was granted does not get it: ask again in the next run.',
  });
}

function declined(at: string): SigilforgeError {
  const again = timestamp(Date.parse(at) + DECLINED_MS);
  return new SigilforgeError('denied', 'A person declined it.', {
    hint: `It may be proposed again after ${again}.`,
  });
}

function tooMany(): SigilforgeError {
  return new SigilforgeError('limit_exceeded', 'Too many proposals wait for a person.', {
    hint: 'Decide about them first. List them with: sigilforge capability proposals',
  });
}

function absent(): SigilforgeError {
  return new SigilforgeError('not_found', 'There is no such proposal.', {
    hint: 'List those that wait for you with: sigilforge capability proposals',
  });
}
