import type { Sqlite, Statement } from './sqlite.js';

/** A grant that a capability asks for. `declinedAt`: a person declined it. */
export interface StoredProposal {
  readonly id: string;
  readonly capabilityId: string;
  readonly grant: string;
  readonly reason: string;
  readonly proposedAt: string;
  readonly declinedAt: string | null;
}

/** One that waits for a person, with the name of its capability. */
export interface PendingProposal extends StoredProposal {
  readonly capability: string;
}

interface ProposalRow {
  readonly id: string;
  readonly capability_id: string;
  readonly grant: string;
  readonly reason: string;
  readonly proposed_at: string;
  readonly declined_at: string | null;
}

interface Counts {
  readonly all: number;
  readonly own: number;
}

const NAMED = `SELECT p.*, c.name AS capability FROM capability_proposals p
  JOIN capabilities c ON c.id = p.capability_id`;

/** SQL for the grants that capabilities ask for. Changes are made inside `Sqlite.write`. */
export class ProposalStore {
  readonly #find: Statement<[string], ProposalRow & { capability: string }>;
  readonly #ofGrant: Statement<[string, string], ProposalRow>;
  readonly #pending: Statement<[], ProposalRow & { capability: string }>;
  readonly #counts: Statement<[string], Counts>;
  readonly #insert: Statement<[ProposalRow]>;
  readonly #setReason: Statement<[string, string]>;
  readonly #decline: Statement<[string, string]>;
  readonly #removePending: Statement<[string]>;
  readonly #removeDeclined: Statement<[string]>;

  constructor(db: Sqlite) {
    this.#find = db.prepare(`${NAMED} WHERE p.id = ?`);
    this.#ofGrant = db.prepare('SELECT * FROM capability_proposals WHERE capability_id = ? AND "grant" = ?');
    this.#pending = db.prepare(`${NAMED} WHERE p.declined_at IS NULL ORDER BY p.id`);
    this.#counts = db.prepare(`SELECT count(*) AS "all",
      coalesce(sum(capability_id = ? AND declined_at IS NULL), 0) AS own FROM capability_proposals`);
    this.#insert = db.prepare(`INSERT INTO capability_proposals
      VALUES (@id, @capability_id, @grant, @reason, @proposed_at, @declined_at)`);
    this.#setReason = db.prepare('UPDATE capability_proposals SET reason = ? WHERE id = ?');
    this.#decline = db.prepare(
      'UPDATE capability_proposals SET declined_at = ? WHERE id = ? AND declined_at IS NULL',
    );
    this.#removePending = db.prepare('DELETE FROM capability_proposals WHERE id = ? AND declined_at IS NULL');
    this.#removeDeclined = db.prepare('DELETE FROM capability_proposals WHERE declined_at <= ?');
  }

  find(id: string): PendingProposal | undefined {
    const row = this.#find.get(id);
    return row && namedOf(row);
  }

  ofGrant(capabilityId: string, grant: string): StoredProposal | undefined {
    const row = this.#ofGrant.get(capabilityId, grant);
    return row && proposalOf(row);
  }

  /** Those that wait for a person, the oldest first. */
  pending(): PendingProposal[] {
    return this.#pending.all().map(namedOf);
  }

  /** How many there are, and how many of one capability wait for a person. */
  counts(capabilityId: string): Counts {
    return this.#counts.get(capabilityId) ?? { all: 0, own: 0 };
  }

  insert({ capabilityId, proposedAt, declinedAt, ...rest }: StoredProposal): void {
    const times = { proposed_at: proposedAt, declined_at: declinedAt };
    this.#insert.run({ ...rest, capability_id: capabilityId, ...times });
  }

  setReason(id: string, reason: string): void {
    this.#setReason.run(reason, id);
  }

  /** Says whether it waited for a person. */
  decline(id: string, now: string): boolean {
    return this.#decline.run(now, id).changes === 1;
  }

  /** Says whether it waited for a person. */
  removePending(id: string): boolean {
    return this.#removePending.run(id).changes === 1;
  }

  /** Those that were declined until then. */
  removeDeclined(until: string): void {
    this.#removeDeclined.run(until);
  }
}

/** What there is that can be granted, by name. */
export interface Grantable {
  readonly accounts: readonly GrantableAccount[];
  readonly secretKeys: readonly string[];
}

export interface GrantableAccount {
  readonly service: string;
  readonly account: string;
  readonly kind: 'oauth' | 'api_key';
}

/** SQL for the names of what can be granted. Nothing else is read, so what is damaged is there as well. */
export class GrantableStore {
  readonly #accounts: Statement<[], GrantableAccount>;
  readonly #secrets: Statement<[], { key: string }>;

  constructor(db: Sqlite) {
    this.#accounts = db.prepare('SELECT service, account, kind FROM accounts ORDER BY service, account');
    this.#secrets = db.prepare('SELECT key FROM secrets ORDER BY key');
  }

  all(): Grantable {
    return { accounts: this.#accounts.all(), secretKeys: this.#secrets.all().map(({ key }) => key) };
  }
}

function proposalOf({ capability_id, proposed_at, declined_at, ...row }: ProposalRow): StoredProposal {
  return { ...row, capabilityId: capability_id, proposedAt: proposed_at, declinedAt: declined_at };
}

function namedOf({ capability, ...row }: ProposalRow & { capability: string }): PendingProposal {
  return { ...proposalOf(row), capability };
}
