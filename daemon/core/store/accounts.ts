import type { FlowKind } from '../../../shared/schemas.js';
import type { Sqlite, Statement } from './sqlite.js';

/**
 * An account's row. Times are milliseconds since 1970; secret columns are sealed; `client`, `minting`, `scopes` and
 * `last_error` are JSON.
 */
export interface AccountRow extends GrantColumns {
  readonly id: string;
  readonly service: string;
  readonly account: string;
  readonly kind: 'oauth' | 'api_key';
  readonly flow: FlowKind;
  readonly client: string | null;
  readonly client_secret: Buffer | null;
  /** A key that mints tokens; never given out. */
  readonly private_key: Buffer | null;
  /** What that key signs: the shape of `Minting`. */
  readonly minting: string | null;
  readonly state: 'ok' | 'needs_auth' | 'parked';
  readonly generation: number;
  readonly last_refreshed_at: number | null;
  readonly last_error: string | null;
  readonly next_attempt_at: number | null;
  /** Failed refreshes since the last one that worked. */
  readonly failures: number;
  readonly last_used: number | null;
  readonly created_at: number;
}

/** The part of a row that a refresh replaces. */
export interface GrantColumns {
  readonly access_token: Buffer | null;
  readonly refresh_token: Buffer | null;
  /** Keyed; unique over all accounts. */
  readonly refresh_fingerprint: Buffer | null;
  readonly token_type: string | null;
  readonly scopes: string;
  readonly issued_at: number | null;
  readonly expires_at: number | null;
  readonly refresh_expires_at: number | null;
}

/** Enough to tell whether what is in memory is still what is stored. */
export interface Version {
  readonly id: string;
  readonly generation: number;
}

export interface Failure extends Version {
  readonly state: AccountRow['state'];
  readonly last_error: string;
  readonly next_attempt_at: number;
}

/** What the scheduler asks for; milliseconds all. */
export interface DueQuery {
  readonly now: number;
  readonly aheadMs: number;
  /** Accounts that were not used since are left alone. */
  readonly usedSince: number;
  /** A next attempt further ahead than this was written by a clock that has been set back, and does not count. */
  readonly longestBackoffMs: number;
}

const SCHEDULED = `state = 'ok' AND expires_at IS NOT NULL AND last_used >= @usedSince
  AND (refresh_token IS NOT NULL OR private_key IS NOT NULL OR flow = 'client_credentials')`;

/**
 * Ahead of the end: the margin or a tenth of the lifetime, whichever is less, and up to a fifth of that earlier still.
 * At once where the token comes out of the future: the clock was set back, and nobody knows how old it is.
 */
const DUE_AT = `iif(issued_at > @now + 60000, @now,
  expires_at - min(@aheadMs, (expires_at - coalesce(issued_at, expires_at)) / 10)
    * (100 + (generation * 7 + rowid * 13) % 21) / 100)`;

const GRANT_UPDATE = `access_token = @access_token, refresh_token = @refresh_token,
  refresh_fingerprint = @refresh_fingerprint, token_type = @token_type,
  scopes = @scopes, issued_at = @issued_at, expires_at = @expires_at, refresh_expires_at = @refresh_expires_at`;

/** SQL for accounts and their grants. Everything that changes a row is called inside `Sqlite.write`. */
export class AccountStore {
  readonly #find: Statement<[string, string], AccountRow>;
  readonly #byId: Statement<[string], AccountRow>;
  readonly #version: Statement<[string, string], Version>;
  readonly #list: Statement<[], AccountRow>;
  readonly #count: Statement<[], { count: number }>;
  readonly #insert: Statement<[AccountRow]>;
  readonly #replace: Statement<[AccountRow]>;
  readonly #refreshed: Statement<[GrantColumns & Version & { readonly last_refreshed_at: number }]>;
  readonly #failed: Statement<[Failure]>;
  readonly #owner: Statement<[Buffer], AccountRow>;
  readonly #due: Statement<[DueQuery], AccountRow>;
  readonly #nextExpiry: Statement<[DueQuery], { at: number | null }>;
  readonly #touch: Statement<[]>;
  readonly #used: Statement<[{ readonly id: string; readonly last_used: number }]>;
  readonly #remove: Statement<[string]>;

  constructor(db: Sqlite) {
    this.#find = db.prepare('SELECT * FROM accounts WHERE service = ? AND account = ?');
    this.#byId = db.prepare('SELECT * FROM accounts WHERE id = ?');
    this.#version = db.prepare('SELECT id, generation FROM accounts WHERE service = ? AND account = ?');
    this.#list = db.prepare('SELECT * FROM accounts ORDER BY service, account');
    this.#count = db.prepare('SELECT count(*) AS count FROM accounts');
    this.#insert = db.prepare(`INSERT INTO accounts VALUES (@id, @service, @account, @kind, @flow, @client,
      @client_secret, @private_key, @minting, @state, @generation, @access_token, @refresh_token,
      @refresh_fingerprint, @token_type, @scopes, @issued_at,
      @expires_at, @refresh_expires_at, @last_refreshed_at, @last_error, @next_attempt_at, @failures, @last_used, @created_at)`);
    this.#replace = db.prepare(`UPDATE accounts SET kind = @kind, flow = @flow, client = @client,
      client_secret = @client_secret, private_key = @private_key, minting = @minting, state = @state, generation = @generation, ${GRANT_UPDATE},
      last_refreshed_at = @last_refreshed_at, last_error = NULL, next_attempt_at = NULL, failures = 0
      WHERE id = @id`);
    this.#refreshed =
      db.prepare(`UPDATE accounts SET ${GRANT_UPDATE}, state = 'ok', generation = generation + 1,
      last_refreshed_at = @last_refreshed_at, last_error = NULL, next_attempt_at = NULL,
      failures = 0 WHERE id = @id AND generation = @generation`);
    this.#failed = db.prepare(`UPDATE accounts SET state = @state, last_error = @last_error,
      next_attempt_at = @next_attempt_at,
      failures = failures + 1 WHERE id = @id AND generation = @generation`);
    this.#owner = db.prepare('SELECT * FROM accounts WHERE refresh_fingerprint = ?');
    this.#due = db.prepare(`SELECT * FROM accounts WHERE ${SCHEDULED} AND ${DUE_AT} <= @now
      AND (coalesce(next_attempt_at, 0) <= @now OR next_attempt_at > @now + @longestBackoffMs)
      ORDER BY expires_at LIMIT 256`);
    this.#nextExpiry =
      db.prepare(`SELECT min(max(${DUE_AT}, coalesce(next_attempt_at, 0))) AS at FROM accounts
      WHERE ${SCHEDULED}`);
    this.#touch = db.prepare('UPDATE vault SET created_at = created_at');
    this.#used = db.prepare('UPDATE accounts SET last_used = @last_used WHERE id = @id');
    this.#remove = db.prepare('DELETE FROM accounts WHERE id = ?');
  }

  find(service: string, account: string): AccountRow | undefined {
    return this.#find.get(service, account);
  }

  byId(id: string): AccountRow | undefined {
    return this.#byId.get(id);
  }

  version(service: string, account: string): Version | undefined {
    return this.#version.get(service, account);
  }

  list(): AccountRow[] {
    return this.#list.all();
  }

  count(): number {
    return this.#count.get()?.count ?? 0;
  }

  insert(row: AccountRow): void {
    this.#insert.run(row);
  }

  /** A new sign-in in the place of the old one: everything but the account's id, its creation and its use. */
  replace(row: AccountRow): void {
    this.#replace.run(row);
  }

  /** Stores a refreshed grant, and says whether the account was still the one that was read. */
  refreshed(change: GrantColumns & Version & { readonly last_refreshed_at: number }): boolean {
    return this.#refreshed.run(change).changes === 1;
  }

  /** Notes why a refresh failed, where the grant is still that one. The grant itself is never touched by a failure. */
  failed(failure: Failure): boolean {
    return this.#failed.run(failure).changes === 1;
  }

  /** The account that has the refresh token with this fingerprint. */
  ownerOf(fingerprint: Buffer): AccountRow | undefined {
    return this.#owner.get(fingerprint);
  }

  /** Accounts in use whose tokens end within their margin. */
  due(query: DueQuery): AccountRow[] {
    return this.#due.all(query);
  }

  /** When the next of them will be due, in milliseconds since 1970. */
  nextDue(query: DueQuery): number | undefined {
    return this.#nextExpiry.get(query)?.at ?? undefined;
  }

  /** A change of a page that changes nothing, which fails where nothing can be written. */
  proveWritable(): void {
    this.#touch.run();
  }

  used(id: string, at: number): void {
    this.#used.run({ id, last_used: at });
  }

  remove(id: string): void {
    this.#remove.run(id);
  }
}
