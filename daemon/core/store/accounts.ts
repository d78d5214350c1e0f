import type { FlowKind } from '../../../shared/schemas.js';
import type { Sqlite, Statement } from './sqlite.js';

/**
 * An account as it is stored. Times are milliseconds since 1970. Buffers are sealed. `client`, `minting`, `scopes`,
 * `askedScopes` and `lastError` are JSON that nothing has checked yet: `accounts/json-fields.ts` reads them.
 */
export interface AccountFields extends GrantFields {
  readonly id: string;
  readonly service: string;
  readonly account: string;
  readonly kind: 'oauth' | 'api_key';
  readonly flow: FlowKind;
  readonly client: string | null;
  readonly clientSecret: Buffer | null;
  /** A key that mints tokens; never given out. */
  readonly privateKey: Buffer | null;
  /** What that key signs: the shape of `Minting`. The table has both or neither. */
  readonly minting: string | null;
  /** The scopes that the sign-in asked for; `null` if that was not kept. Those that were granted are in the grant. */
  readonly askedScopes: string | null;
  /** Who signed in: `sub` of the ID token (OpenID Connect Core 1.0, section 2); `null` if that is not known. */
  readonly subject: string | null;
  readonly state: AccountState;
  readonly generation: number;
  readonly lastRefreshedAt: number | null;
  readonly lastError: string | null;
  readonly nextAttemptAt: number | null;
  /** Failed refreshes since the last one that worked. */
  readonly failures: number;
  readonly lastUsed: number | null;
  readonly createdAt: number;
}

/** An account that was read, and whether a refresh can bring it another token (1) or only a new sign-in can (0). */
export interface StoredAccount extends AccountFields {
  readonly refreshable: 0 | 1;
}

type AccountState = 'ok' | 'needs_auth' | 'parked';

/** The part of an account that a refresh replaces. */
export interface GrantFields {
  readonly accessToken: Buffer | null;
  readonly refreshToken: Buffer | null;
  readonly idToken: Buffer | null;
  /** Named fields of the answers, as JSON. */
  readonly fields: Buffer | null;
  /** Keyed; unique over all accounts. */
  readonly refreshFingerprint: Buffer | null;
  readonly tokenType: string | null;
  readonly scopes: string;
  readonly issuedAt: number | null;
  readonly expiresAt: number | null;
  /** When the access token is over at the latest; it is bound to that. What was read never says later as `expiresAt`. */
  readonly latestEnd: number | null;
  readonly refreshExpiresAt: number | null;
}

/** Enough to know whether what is in memory is still what is stored. */
export interface Version {
  readonly id: string;
  readonly generation: number;
}

export interface RefreshedGrant extends GrantFields, Version {
  readonly lastRefreshedAt: number;
  /** 1: a person or a caller asked for it; 0: it was found in a file, and takes over no grant that is parked. */
  readonly asked: 0 | 1;
}

export interface FailedRefresh extends Version {
  readonly state: AccountState;
  readonly lastError: string;
  readonly nextAttemptAt: number;
}

/** What the scheduler asks for; all in milliseconds. */
export interface DueQuery {
  readonly now: number;
  readonly aheadMs: number;
  /** Accounts that have not been used since then are left alone. */
  readonly usedSince: number;
  /** A next attempt further ahead than this was written by a clock that has been set back, and does not count. */
  readonly longestBackoffMs: number;
}

/** The sealed fields, and the column whose name each is sealed with. */
export const SEALED_FIELDS = {
  accessToken: 'access_token',
  refreshToken: 'refresh_token',
  idToken: 'id_token',
  fields: 'fields',
  clientSecret: 'client_secret',
  privateKey: 'private_key',
} as const satisfies Partial<Record<keyof AccountFields, string>>;
export type SealedField = keyof typeof SEALED_FIELDS;

const GRANT_COLUMNS = {
  accessToken: SEALED_FIELDS.accessToken,
  refreshToken: SEALED_FIELDS.refreshToken,
  idToken: SEALED_FIELDS.idToken,
  fields: SEALED_FIELDS.fields,
  refreshFingerprint: 'refresh_fingerprint',
  tokenType: 'token_type',
  scopes: 'scopes',
  issuedAt: 'issued_at',
  expiresAt: 'expires_at',
  latestEnd: 'latest_end',
  refreshExpiresAt: 'refresh_expires_at',
} as const satisfies Record<keyof GrantFields, string>;

/** What a new sign-in replaces besides the grant and the end of the last refresh. */
const SIGN_IN_COLUMNS = {
  kind: 'kind',
  flow: 'flow',
  client: 'client',
  clientSecret: SEALED_FIELDS.clientSecret,
  privateKey: SEALED_FIELDS.privateKey,
  minting: 'minting',
  askedScopes: 'asked_scopes',
  subject: 'subject',
  state: 'state',
  generation: 'generation',
} as const;

const REFRESH_COLUMNS = {
  lastRefreshedAt: 'last_refreshed_at',
  lastError: 'last_error',
  nextAttemptAt: 'next_attempt_at',
  failures: 'failures',
} as const;

const COLUMNS: Readonly<Record<keyof AccountFields, string>> = {
  id: 'id',
  service: 'service',
  account: 'account',
  ...SIGN_IN_COLUMNS,
  ...GRANT_COLUMNS,
  ...REFRESH_COLUMNS,
  lastUsed: 'last_used',
  createdAt: 'created_at',
};

/** The end that is stored, but never later than the one that the access token is bound to. */
const EXPIRES_AT = 'iif(expires_at <= latest_end OR latest_end IS NULL, expires_at, latest_end)';

/** Sets each of these columns to the parameter named like its field. */
function assignments(columns: Readonly<Record<string, string>>): string {
  const each = Object.entries(columns).map(([field, column]) => `${column} = @${field}`);
  return each.join(', ');
}

/**
 * Whether a refresh can bring another token: with a refresh token, with a private key, or with the client's own
 * credentials.
 */
const REFRESHABLE = `(refresh_token IS NOT NULL OR private_key IS NOT NULL OR flow = 'client_credentials')`;

const SCHEDULED = `state = 'ok' AND expires_at IS NOT NULL AND last_used >= @usedSince AND ${REFRESHABLE}`;

/**
 * Ahead of the end: the margin or a tenth of the lifetime, whichever is less, and up to a fifth of that earlier still, so
 * that accounts that signed in together are not all due together: generation and rowid give each its own share.
 * At once if the token comes from the future: the clock was set back, and the token's age is unknown.
 */
const DUE_AT = `iif(issued_at > @now + 60000, @now,
  expires_at - min(@aheadMs, (expires_at - coalesce(issued_at, expires_at)) / 10)
    * (100 + (generation * 7 + rowid * 13) % 21) / 100)`;

/** How many accounts one round of the scheduler takes; the next round finds the rest. */
const DUE_LIMIT = 256;

/** SQL for accounts and their grants. Everything that changes a row is called inside `Sqlite.write`. */
export class AccountStore {
  readonly #find: Statement<[string, string], StoredAccount>;
  readonly #byId: Statement<[string], StoredAccount>;
  readonly #version: Statement<[string, string], Version>;
  readonly #list: Statement<[], StoredAccount>;
  readonly #names: Statement<[number], Pick<AccountFields, 'service' | 'account'>>;
  readonly #count: Statement<[], { count: number }>;
  readonly #insert: Statement<[AccountFields]>;
  readonly #replace: Statement<[AccountFields]>;
  readonly #storeRefresh: Statement<[RefreshedGrant]>;
  readonly #recordFailure: Statement<[FailedRefresh]>;
  readonly #owner: Statement<[Buffer], StoredAccount>;
  readonly #due: Statement<[DueQuery], StoredAccount>;
  readonly #nextDue: Statement<[DueQuery], { at: number | null }>;
  readonly #touch: Statement<[]>;
  readonly #markUsed: Statement<[{ readonly id: string; readonly at: number }]>;
  readonly #remove: Statement<[string]>;

  constructor(db: Sqlite) {
    const read = { ...COLUMNS, expiresAt: EXPIRES_AT };
    const fields = Object.entries(read).map(([field, value]) => `${value} AS "${field}"`);
    const select = `SELECT ${fields.join(', ')}, ${REFRESHABLE} AS refreshable FROM accounts`;
    this.#find = db.prepare(`${select} WHERE service = ? AND account = ?`);
    this.#byId = db.prepare(`${select} WHERE id = ?`);
    this.#version = db.prepare('SELECT id, generation FROM accounts WHERE service = ? AND account = ?');
    this.#list = db.prepare(`${select} ORDER BY service, account`);
    this.#names = db.prepare('SELECT service, account FROM accounts ORDER BY service, account LIMIT ?');
    this.#count = db.prepare('SELECT count(*) AS count FROM accounts');
    this.#insert = db.prepare(`INSERT INTO accounts (${Object.values(COLUMNS).join(', ')})
      VALUES (${Object.keys(COLUMNS)
        .map((field) => `@${field}`)
        .join(', ')})`);
    this.#replace = db.prepare(`UPDATE accounts
      SET ${assignments({ ...SIGN_IN_COLUMNS, ...GRANT_COLUMNS, ...REFRESH_COLUMNS })} WHERE id = @id`);
    this.#storeRefresh = db.prepare(`UPDATE accounts SET ${assignments(GRANT_COLUMNS)},
      state = iif(@asked OR state <> 'parked', 'ok', state), generation = generation + 1, last_refreshed_at = @lastRefreshedAt, last_error = NULL, next_attempt_at = NULL,
      failures = 0 WHERE id = @id AND generation = @generation`);
    this.#recordFailure = db.prepare(`UPDATE accounts SET state = @state, last_error = @lastError,
      next_attempt_at = @nextAttemptAt, failures = failures + 1 WHERE id = @id AND generation = @generation`);
    this.#owner = db.prepare(`${select} WHERE refresh_fingerprint = ?`);
    this.#due = db.prepare(`${select} WHERE ${SCHEDULED} AND ${DUE_AT} <= @now
      AND (coalesce(next_attempt_at, 0) <= @now OR next_attempt_at > @now + @longestBackoffMs)
      ORDER BY expires_at LIMIT ${DUE_LIMIT}`);
    this.#nextDue = db.prepare(`SELECT min(max(${DUE_AT}, coalesce(next_attempt_at, 0))) AS at FROM accounts
      WHERE ${SCHEDULED}`);
    this.#touch = db.prepare('UPDATE vault SET created_at = created_at');
    this.#markUsed = db.prepare('UPDATE accounts SET last_used = @at WHERE id = @id');
    this.#remove = db.prepare('DELETE FROM accounts WHERE id = ?');
  }

  find(service: string, account: string): StoredAccount | undefined {
    return this.#find.get(service, account);
  }

  byId(id: string): StoredAccount | undefined {
    return this.#byId.get(id);
  }

  version(service: string, account: string): Version | undefined {
    return this.#version.get(service, account);
  }

  list(): StoredAccount[] {
    return this.#list.all();
  }

  /** The names of at most so many. */
  names(most: number): Pick<AccountFields, 'service' | 'account'>[] {
    return this.#names.all(most);
  }

  count(): number {
    return this.#count.get()?.count ?? 0;
  }

  insert(account: AccountFields): void {
    this.#insert.run(account);
  }

  /** Puts a new sign-in in the place of the old one: everything except the account's id, its names, its creation and its use. */
  replace(account: AccountFields): void {
    this.#replace.run(account);
  }

  /** Stores a refreshed grant. `false` if the account no longer has the generation that was read: nothing is stored then. */
  storeRefresh(refreshed: RefreshedGrant): boolean {
    return this.#storeRefresh.run(refreshed).changes === 1;
  }

  /** Records why a refresh failed, if the grant is still that one, and says whether it is. A failure never touches the grant. */
  recordFailure(failed: FailedRefresh): boolean {
    return this.#recordFailure.run(failed).changes === 1;
  }

  /** The account that has the refresh token with this fingerprint. */
  ownerOf(fingerprint: Buffer): StoredAccount | undefined {
    return this.#owner.get(fingerprint);
  }

  /** Accounts in use whose tokens end within their margin. */
  due(query: DueQuery): StoredAccount[] {
    return this.#due.all(query);
  }

  /** When the next of them will be due, in milliseconds since 1970. */
  nextDue(query: DueQuery): number | undefined {
    return this.#nextDue.get(query)?.at ?? undefined;
  }

  /** Writes a page without changing it, which fails if the database cannot be written. */
  proveWritable(): void {
    this.#touch.run();
  }

  markUsed(id: string, at: number): void {
    this.#markUsed.run({ id, at });
  }

  remove(id: string): void {
    this.#remove.run(id);
  }
}
