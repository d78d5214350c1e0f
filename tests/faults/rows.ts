import path from 'node:path';
import Database from 'better-sqlite3';
import type { AttemptOutcome } from '../../daemon/core/store/attempts.js';

/** How an exchange ended, and when, in milliseconds since 1970. */
export interface EndedAttempt {
  /** UUID version 7: greater than those before it. */
  readonly id: string;
  readonly outcome: AttemptOutcome | null;
  readonly ended_at: number | null;
}

/** The columns of an account that tests read. */
interface AccountRow {
  readonly id: string;
  readonly state: string;
  readonly generation: number;
  readonly client: string | null;
  readonly access_token: Buffer | null;
  readonly refresh_token: Buffer | null;
  readonly refresh_fingerprint: Buffer | null;
  readonly issued_at: number | null;
  readonly expires_at: number | null;
  readonly next_attempt_at: number | null;
  readonly failures: number;
  readonly last_used: number | null;
}

type Changes = Partial<
  Pick<AccountRow, 'issued_at' | 'expires_at' | 'next_attempt_at' | 'client' | 'last_used'>
>;

/** The only account of a home as it is stored, read by this process beside the daemon. */
export function readAccount(home: string): AccountRow {
  const row = withDatabase(home, (db) => db.prepare<[], AccountRow>('SELECT * FROM accounts').get());
  if (row) return row;
  throw new Error('There is no account.');
}

/** The exchanges in the journal, oldest first: all of them, or those after the one with this id. */
export function readAttempts(home: string, after = ''): EndedAttempt[] {
  return withDatabase(home, (db) =>
    db
      .prepare<[string], EndedAttempt>(
        'SELECT id, outcome, ended_at FROM refresh_attempts WHERE id > ? ORDER BY id',
      )
      .all(after),
  );
}

export function lastAttempt(home: string): EndedAttempt | undefined {
  return readAttempts(home).at(-1);
}

/** Changes accounts as another process would: with a new generation, so that everybody sees it. `which` is SQL. */
export function changeAccounts(home: string, changes: Changes, which = 'true'): void {
  const assignments = Object.keys(changes).map((column) => `${column} = @${column}`);
  const update = `UPDATE accounts SET ${assignments.join(', ')}, generation = generation + 1 WHERE ${which}`;
  withDatabase(home, (db) => db.prepare(update).run(changes));
}

/** Changes the client that the account signed in with, such as the address of its token endpoint. */
export function changeClient(home: string, changes: object): void {
  const client = { ...JSON.parse(readAccount(home).client ?? '{}'), ...changes };
  changeAccounts(home, { client: JSON.stringify(client) });
}

function withDatabase<T>(home: string, use: (db: Database.Database) => T): T {
  const file = path.join(home, 'data', 'sigilforge.db');
  const db = new Database(file, { fileMustExist: true, timeout: 5_000 });
  try {
    return use(db);
  } finally {
    db.close();
  }
}
