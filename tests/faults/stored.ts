import path from 'node:path';
import Database from 'better-sqlite3';
import type { AttemptOutcome } from '../../daemon/core/store/attempts.js';

interface State {
  readonly id: string;
  readonly state: string;
  readonly generation: number;
  readonly next_attempt_at: number | null;
  readonly last_error: string | null;
}

/** What the database of a home holds, read by this process beside whoever else has it open. */
export interface Stored {
  /** `ok`, or what is wrong with the database. */
  readonly integrity: unknown;
  readonly accounts: readonly State[];
  /** How each exchange ended, oldest first. */
  readonly outcomes: readonly (AttemptOutcome | null)[];
}

export function readStored(home: string): Stored {
  return withDatabase(home, (db) => ({
    integrity: db.pragma('integrity_check', { simple: true }),
    accounts: db
      .prepare<[], State>('SELECT id, state, generation, next_attempt_at, last_error FROM accounts')
      .all(),
    outcomes: db
      .prepare<[], { outcome: AttemptOutcome | null }>('SELECT outcome FROM refresh_attempts ORDER BY rowid')
      .all()
      .map(({ outcome }) => outcome),
  }));
}

/** Has every access token be over. A program sees it that has not had the token in memory before. */
export function expireTokens(home: string): void {
  withDatabase(home, (db) => db.prepare('UPDATE accounts SET expires_at = issued_at + 1').run());
}

/** Has the last error of every account be from this moment, in milliseconds since 1970. */
export function dateLastErrors(home: string, at: number): void {
  withDatabase(home, (db) =>
    db
      .prepare("UPDATE accounts SET last_error = json_set(last_error, '$.at', ?)")
      .run(new Date(at).toISOString()),
  );
}

/** Deletes every account behind the back of the programs, and without their leases. */
export function deleteAccounts(home: string): void {
  withDatabase(home, (db) => {
    db.pragma('foreign_keys = ON');
    db.prepare('DELETE FROM accounts').run();
  });
}

/** Keeps everybody else from writing, until the returned function is called. */
export function blockWrites(home: string): () => void {
  const db = open(home);
  db.exec('BEGIN IMMEDIATE');
  return () => db.close();
}

function withDatabase<T>(home: string, use: (db: Database.Database) => T): T {
  const db = open(home);
  try {
    return use(db);
  } finally {
    db.close();
  }
}

function open(home: string): Database.Database {
  return new Database(path.join(home, 'data', 'sigilforge.db'), { fileMustExist: true, timeout: 5_000 });
}
