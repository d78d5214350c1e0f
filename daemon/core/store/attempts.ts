import type { Sqlite, Statement } from './sqlite.js';

/** How an exchange ended. One without an end was cut off by a crash, which means the same as `unknown`. */
export type AttemptOutcome = 'stored' | 'refused' | 'not_sent' | 'unknown';

/** A line of the journal: an exchange that is about to be sent. */
export interface Attempt {
  readonly id: string;
  readonly accountId: string;
  readonly generation: number;
  readonly fingerprint: Buffer | null;
  /** Which process, in words for people. No decision depends on it. */
  readonly holder: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** How many generations of an account's journal are kept: enough to recognize a spent refresh token that is imported again. */
const KEPT_GENERATIONS = 10;

/** SQL for the journal of exchanges. */
export class AttemptStore {
  readonly #insert: Statement<[Attempt]>;
  readonly #prune: Statement<[string, number]>;
  readonly #end: Statement<[AttemptOutcome, number, string]>;
  readonly #adopted: Statement<[number, string, number]>;
  readonly #unknown: Statement<[number, string, number]>;
  readonly #anyUnknown: Statement<[string, number], { id: string }>;
  readonly #spentBy: Statement<[Buffer], { service: string; account: string }>;
  readonly #holder: Statement<[string], { holder: string }>;

  constructor(db: Sqlite) {
    this.#insert =
      db.prepare(`INSERT INTO refresh_attempts (id, account_id, generation, fingerprint, holder, started_at)
      VALUES (@id, @accountId, @generation, @fingerprint, @holder, @startedAt)`);
    this.#prune = db.prepare('DELETE FROM refresh_attempts WHERE account_id = ? AND generation < ?');
    this.#end = db.prepare('UPDATE refresh_attempts SET outcome = ?, ended_at = ? WHERE id = ?');
    this.#adopted = db.prepare(`UPDATE refresh_attempts SET outcome = 'stored', ended_at = ?
      WHERE account_id = ? AND generation = ? AND outcome IS NULL`);
    this.#unknown = db.prepare(`UPDATE refresh_attempts SET outcome = 'unknown', ended_at = ?
      WHERE account_id = ? AND generation = ? AND outcome IS NULL`);
    this.#anyUnknown = db.prepare(`SELECT id FROM refresh_attempts
      WHERE account_id = ? AND generation = ? AND outcome = 'unknown' LIMIT 1`);
    this.#spentBy = db.prepare(`SELECT service, account FROM refresh_attempts
      JOIN accounts ON accounts.id = account_id WHERE fingerprint = ? AND outcome = 'stored' LIMIT 1`);
    this.#holder = db.prepare(`SELECT holder FROM refresh_attempts
      WHERE account_id = ? AND outcome IS NULL ORDER BY started_at DESC LIMIT 1`);
  }

  begin(attempt: Attempt): void {
    this.#prune.run(attempt.accountId, attempt.generation - KEPT_GENERATIONS);
    this.#insert.run(attempt);
  }

  end(id: string, outcome: AttemptOutcome, at: number): void {
    this.#end.run(outcome, at, id);
  }

  /** Ends what a crash cut off after its answer had been kept in a file, which is stored now. */
  endAdopted(accountId: string, generation: number, at: number): void {
    this.#adopted.run(at, accountId, generation);
  }

  /** Ends what a crash cut off, and says whether an answer for this generation may have been lost, then or before. */
  endCutOff(accountId: string, generation: number, at: number): boolean {
    this.#unknown.run(at, accountId, generation);
    return this.#anyUnknown.get(accountId, generation) !== undefined;
  }

  /** The account that a refresh token, which it no longer has, was once exchanged for. */
  spentBy(fingerprint: Buffer): { service: string; account: string } | undefined {
    return this.#spentBy.get(fingerprint);
  }

  /** Which process has an exchange of this account under way. */
  holder(accountId: string): string | undefined {
    return this.#holder.get(accountId)?.holder;
  }
}
