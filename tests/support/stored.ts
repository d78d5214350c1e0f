import path from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { type Database, openDatabase } from './sqlite-driver.js';

// What the database of a home holds, read and changed by this process while others have it open. Besides the tests of
// the store, only this file knows tables and columns: a test says what it needs by a function of this file.

/** An account as it is stored. Times are milliseconds since 1970. */
export interface StoredAccount {
  readonly id: string;
  readonly state: string;
  /** Grows with each change of the grant. */
  readonly generation: number;
  /** Failed refreshes since the last one that worked. */
  readonly failures: number;
  readonly nextAttemptAt: number | null;
  readonly lastError: unknown;
  /** Sealed, except the fingerprint; `null` where the account has none. */
  readonly grant: {
    readonly accessToken: Buffer | null;
    readonly refreshToken: Buffer | null;
    readonly idToken: Buffer | null;
    readonly fields: Buffer | null;
    readonly fingerprint: Buffer | null;
  };
  /** The key that mints tokens, sealed, and what it signs for them. */
  readonly minting: { readonly key: Buffer | null; readonly settings: unknown };
  /** The scopes that its sign-in asked for, and who signed in; `null` where that is not known. */
  readonly askedScopes: unknown;
  readonly subject: string | null;
}

/** An exchange in the journal: how it ended and when, both `null` if it never ended. */
export interface StoredAttempt {
  readonly outcome: string | null;
  readonly endedAt: number | null;
}

/** What most tests of crashes ask for. */
export interface Stored {
  /** `ok`, or what is wrong with the database. */
  readonly integrity: unknown;
  readonly accounts: readonly StoredAccount[];
  /** How each exchange ended, oldest first. */
  readonly outcomes: readonly (string | null)[];
}

export function read(home: string): Stored {
  return { integrity: integrity(home), accounts: accounts(home), outcomes: outcomes(home) };
}

/** `ok`, or what is wrong with the database, whatever its version. */
export function integrity(home: string): unknown {
  return withDatabase(home, (db) => db.pragma('integrity_check', { simple: true }));
}

interface AccountColumns {
  readonly id: string;
  readonly state: string;
  readonly generation: number;
  readonly failures: number;
  readonly next_attempt_at: number | null;
  readonly last_error: string | null;
  readonly access_token: Buffer | null;
  readonly refresh_token: Buffer | null;
  readonly id_token: Buffer | null;
  readonly fields: Buffer | null;
  readonly refresh_fingerprint: Buffer | null;
  readonly private_key: Buffer | null;
  readonly minting: string | null;
  readonly asked_scopes: string | null;
  readonly subject: string | null;
}

/** Every account, or those whose name fits: `*` stands for any characters. */
export function accounts(home: string, names = '*'): StoredAccount[] {
  const rows = select<AccountColumns>(
    home,
    'SELECT * FROM accounts WHERE account GLOB ? ORDER BY rowid',
    names,
  );
  return rows.map((row) => ({
    id: row.id,
    state: row.state,
    generation: row.generation,
    failures: row.failures,
    nextAttemptAt: row.next_attempt_at,
    lastError: parsed(row.last_error),
    grant: {
      accessToken: row.access_token,
      refreshToken: row.refresh_token,
      idToken: row.id_token,
      fields: row.fields,
      fingerprint: row.refresh_fingerprint,
    },
    minting: { key: row.private_key, settings: parsed(row.minting) },
    askedScopes: parsed(row.asked_scopes),
    subject: row.subject,
  }));
}

/** One account: the only one, or the first whose name fits. */
export function anAccount(home: string, name = '*'): StoredAccount {
  const [first] = accounts(home, name);
  if (first) return first;
  throw new Error('There is no such account.');
}

/** The exchanges in the journal, oldest first: of all accounts, or of those with fitting names. */
export function attempts(home: string, names = '*'): StoredAttempt[] {
  const sql = `SELECT attempt.outcome, attempt.ended_at AS endedAt
      FROM refresh_attempts AS attempt JOIN accounts ON accounts.id = attempt.account_id
     WHERE accounts.account GLOB ? ORDER BY attempt.id`;
  return select<StoredAttempt>(home, sql, names);
}

/** How each exchange ended, oldest first. */
export function outcomes(home: string, names = '*'): (string | null)[] {
  return attempts(home, names).map(({ outcome }) => outcome);
}

/** When a token began and ends, when its account was last used, and when the next refresh is allowed, counted from now. */
export interface Timing {
  readonly issuedAgoMs?: number;
  readonly endsInMs?: number;
  readonly usedAgoMs?: number;
  readonly nextAttemptInMs?: number | null;
}

/** Moves the times of the accounts with fitting names. Running programs see it, because their grant has changed. */
export function retime(home: string, timing: Timing, names = '*'): void {
  const now = Date.now();
  const { issuedAgoMs, endsInMs, usedAgoMs, nextAttemptInMs } = timing;
  changeAccounts(home, names, {
    ...(issuedAgoMs === undefined ? {} : { issued_at: now - issuedAgoMs }),
    ...(endsInMs === undefined ? {} : { expires_at: now + endsInMs }),
    ...(usedAgoMs === undefined ? {} : { last_used: now - usedAgoMs }),
    ...(nextAttemptInMs === undefined
      ? {}
      : { next_attempt_at: nextAttemptInMs === null ? null : now + nextAttemptInMs }),
  });
}

/** Lets access tokens expire. */
export function expire(home: string, names = '*'): void {
  retime(home, { issuedAgoMs: 3_600_000, endsInMs: -1_000 }, names);
}

/** Lets refresh tokens reach the end that their provider named. */
export function expireRefresh(home: string, names = '*'): void {
  changeAccounts(home, names, { refresh_expires_at: Date.now() - 1_000 });
}

/** Makes the last exchange of every account be that long ago: the one that failed, and the one that worked. */
export function ageExchanges(home: string, ageMs: number): void {
  const at = Date.now() - ageMs;
  run(
    home,
    `UPDATE accounts SET generation = generation + 1,
       last_refreshed_at = min(last_refreshed_at, ?), last_error = json_set(last_error, '$.at', ?)`,
    at,
    new Date(at).toISOString(),
  );
}

/** Changes columns of an account together, as another process would. */
export function changeAccount(
  home: string,
  id: string,
  columns: Readonly<Record<string, string | Buffer | null>>,
): void {
  changeAccounts(home, '*', columns, { id });
}

/** Changes the port of every address that accounts and providers keep. Access tokens are over. */
export function moveProviders(home: string, from: string, to: string): void {
  run(
    home,
    'UPDATE accounts SET client = replace(client, $from, $to), minting = replace(minting, $from, $to), expires_at = min(expires_at, issued_at + 1)',
    { from: `:${from}`, to: `:${to}` },
  );
  run(home, 'UPDATE providers SET settings = replace(settings, $from, $to)', {
    from: `:${from}`,
    to: `:${to}`,
  });
}

/** What an account keeps of its client, of its key, or of how it signed in. */
export type Steering = 'client' | 'minting' | 'flow';

export function textOf(home: string, account: string, column: Steering): string {
  const sql = `SELECT ${column} AS text FROM accounts WHERE account = ?`;
  return select<{ text: string | null }>(home, sql, account)[0]?.text ?? '';
}

/** Changes it as a program without any key can. `unseen`: no other program learns of it by the account's generation. */
export function tamper(
  home: string,
  account: string,
  column: Steering,
  change: (text: string) => string,
  { unseen = false } = {},
): void {
  const columns = { [column]: change(textOf(home, account, column)) };
  changeAccounts(home, account, columns, { generations: unseen ? 0 : 1 });
}

/** Writes something that no program can read into one field of the accounts with fitting names. */
export function damage(
  home: string,
  names: string,
  field: 'scopes' | 'asked_scopes' | 'client' | 'last_error',
): void {
  changeAccounts(home, names, { [field]: 'x' });
}

/** The settings of a provider as they are stored. */
export function settingsOf(home: string, id: string): string {
  return (
    select<{ text: string }>(home, 'SELECT settings AS text FROM providers WHERE id = ?', id)[0]?.text ?? ''
  );
}

type Row = Readonly<Record<string, string | number | Buffer | null>>;

const NAMES = { accounts: 'account', secrets: 'key' } as const;

/** The only two rows of a table exchange columns. */
export function swap(home: string, table: keyof typeof NAMES, columns: readonly string[]): void {
  const [one, other] = select<Row>(home, `SELECT * FROM ${table}`);
  if (!one || !other) throw new Error('There are not two rows.');
  const of = (row: Row) => Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
  // Names and ids are unique at every moment.
  const aside = columns.map((column) => [column, Buffer.isBuffer(one[column]) ? one[column] : 'aside']);
  const name = NAMES[table];
  const set = (was: unknown, columns: Row) => {
    const assignments = Object.keys(columns).map((column) => `${column} = ?`);
    alter(
      home,
      `UPDATE ${table} SET ${assignments.join(', ')} WHERE ${name} = ?`,
      ...Object.values(columns),
      was,
    );
  };
  set(one[name], Object.fromEntries(aside));
  set(other[name], of(one));
  set(columns.includes(name) ? 'aside' : one[name], of(other));
}

/** One row of two takes the name of the other, which is removed. */
export function takeName(home: string, table: keyof typeof NAMES, name: string): void {
  alter(home, `DELETE FROM ${table} WHERE ${NAMES[table]} = ?`, name);
  alter(home, `UPDATE ${table} SET ${NAMES[table]} = ?`, name);
}

/** A secret names an item of a keychain that may be any, and no other secret does. */
export function nameKeychainItem(home: string, key: string, item: string): void {
  alter(home, 'DELETE FROM secrets WHERE key <> ?', key);
  alter(home, 'INSERT OR IGNORE INTO keychain_items VALUES (?)', item);
  alter(home, 'UPDATE secrets SET item = ? WHERE key = ?', item, key);
}

export function renameVault(home: string, id: string): void {
  alter(home, 'UPDATE vault SET id = ?', id);
}

/** Runs SQL as a program without any key can: what stops mistakes of our own does not stop it. */
function alter(home: string, sql: string, ...values: readonly unknown[]): void {
  withDatabase(home, (db) => {
    withoutTriggers(db, () => db.prepare<unknown[]>(sql).run(...values));
  });
}

/** The tables of what belongs to a capability, each with its sealed column. */
const OWN = { capability_grants: 'seal', capability_secrets: 'value', capability_storage: 'value' } as const;

/** Changes what belongs to capabilities, as a program without any key can: what `UPDATE … SET` says, in fitting rows. */
export function alterOwn(home: string, table: keyof typeof OWN, set: string, where = 'true'): void {
  alter(home, `UPDATE ${table} SET ${set} WHERE ${where}`);
}

/** The same: all rows become those of another capability. */
export function giveOwn(home: string, table: keyof typeof OWN, capability: string): void {
  const sql = `UPDATE ${table} SET capability_id = (SELECT id FROM capabilities WHERE name = ?)`;
  alter(home, sql, capability);
}

/** Their sealed values, in the order in which the rows were made. */
export function sealedOwn(home: string, table: keyof typeof OWN | 'capability_versions'): Buffer[] {
  const column = table === 'capability_versions' ? 'seal' : OWN[table];
  const sql = `SELECT ${column} AS sealed FROM ${table} ORDER BY id`;
  return select<{ sealed: Buffer }>(home, sql).map(({ sealed }) => sealed);
}

/** The clients that were registered by themselves. */
export function registeredClients(home: string): { client_id: string; doubted: number }[] {
  const sql =
    "SELECT registration ->> '$.client_id' AS client_id, doubted FROM registered_clients ORDER BY id";
  return select(home, sql);
}

/** Writes another text in their place, as a program without any key can. */
export function alterRegistered(home: string, from: string, to: string): void {
  alter(home, 'UPDATE registered_clients SET registration = replace(registration, ?, ?)', from, to);
}

/** Gives an account another name, as a program without any key can. */
export function rename(home: string, from: string, to: string): void {
  changeAccounts(home, from, { account: to });
}

/** Deletes every account behind the back of running programs, and without their leases. */
export function deleteAccounts(home: string): void {
  withDatabase(home, (db) => {
    db.pragma('foreign_keys = ON');
    db.prepare('DELETE FROM accounts').run();
  });
}

/** What a copy of an account has for itself; the rest is that of the account. */
export interface AccountCopy {
  readonly id: string;
  readonly account: string;
  readonly accessToken: Uint8Array;
  readonly refreshToken: Uint8Array;
  readonly fingerprint: Uint8Array;
}

/** Puts all of an account of another home, except its generation, in the place of the one with its names. */
export function copyAccountFrom(from: string, home: string, account: string): void {
  const sql =
    'SELECT client, minting, access_token, refresh_token, client_secret FROM accounts WHERE account = ?';
  const [row] = select<Record<string, string | Buffer | null>>(from, sql, account);
  changeAccounts(home, account, row ?? {});
}

/** Writes something that does not open into the refresh token of the accounts with fitting names. */
export function damageToken(home: string, names: string): void {
  const [row] = select<{ token: Buffer }>(
    home,
    'SELECT refresh_token AS token FROM accounts WHERE account GLOB ?',
    names,
  );
  const token = Buffer.from(row?.token ?? []);
  token[token.length - 1] = (token.at(-1) ?? 0) ^ 1;
  changeAccounts(home, names, { refresh_token: token });
}

/** Makes the fields of the accounts something that no key opens. */
export function damageFields(home: string, names = '*'): void {
  changeAccounts(home, names, { fields: Buffer.from('02ff', 'hex') });
}

/** Adds copies of an account, in one transaction. */
export function insertCopies(home: string, id: string, copies: Iterable<AccountCopy>): void {
  withDatabase(home, (db) => {
    db.exec('BEGIN IMMEDIATE; CREATE TEMP TABLE copied AS SELECT * FROM accounts LIMIT 0');
    db.prepare('INSERT INTO temp.copied SELECT * FROM accounts WHERE id = ?').run(id);
    const change = db.prepare(
      `UPDATE temp.copied SET id = @id, account = @account, access_token = @accessToken,
         refresh_token = @refreshToken, refresh_fingerprint = @fingerprint`,
    );
    const insert = db.prepare('INSERT INTO main.accounts SELECT * FROM temp.copied');
    for (const copy of copies) {
      change.run(copy);
      insert.run();
    }
    db.exec('COMMIT');
  });
}

/** Adds `count` accounts like this one, only for lists: what is sealed of the original opens for none of them. */
export function insertListed(home: string, id: string, names: readonly string[]): void {
  withDatabase(home, (db) => {
    db.exec('BEGIN IMMEDIATE; CREATE TEMP TABLE copied AS SELECT * FROM accounts LIMIT 0');
    db.prepare('INSERT INTO temp.copied SELECT * FROM accounts WHERE id = ?').run(id);
    const change = db.prepare('UPDATE temp.copied SET id = ?, account = ?');
    const insert = db.prepare('INSERT INTO main.accounts SELECT * FROM temp.copied');
    for (const name of names) {
      change.run(uuidv7(), name);
      insert.run();
    }
    db.exec('COMMIT');
  });
}

/** The first byte of every sealed value: how much it is bound to. */
export function formats(home: string): number[] {
  const columns = ['access_token', 'refresh_token', 'client_secret', 'private_key'];
  const sql = [
    ...columns.map((column) => `SELECT ${column} AS value FROM accounts`),
    'SELECT client_secret FROM providers',
    'SELECT value FROM secrets',
  ];
  const found = select<{ value: Buffer | null }>(home, sql.join(' UNION ALL '));
  return found.flatMap(({ value }) => value?.[0] ?? []);
}

/** How the accounts signed in, each way once. */
export function flows(home: string): string[] {
  return select<{ flow: string }>(home, 'SELECT DISTINCT flow FROM accounts ORDER BY flow').map(
    ({ flow }) => flow,
  );
}

/** The first byte of the vault's own key: whether every value is bound. */
export function vaultFormat(home: string): number | undefined {
  return select<{ key: Buffer }>(home, 'SELECT fingerprint_key AS key FROM vault')[0]?.key[0];
}

/** Gives that byte another value. */
export function relabelVault(home: string, format: number): void {
  const [vault] = select<{ key: Buffer }>(home, 'SELECT fingerprint_key AS key FROM vault');
  const key = Buffer.concat([Buffer.from([format]), vault?.key.subarray(1) ?? Buffer.alloc(0)]);
  run(home, 'UPDATE vault SET fingerprint_key = ?', key);
}

/** The id of the vault, which its items in a keychain begin with. */
export function vaultId(home: string): string {
  const [vault] = select<{ id: string }>(home, 'SELECT id FROM vault');
  return vault?.id ?? '';
}

/** The ways to open the vault. */
export function slots(home: string): { id: string; kind: string }[] {
  return select(home, 'SELECT id, kind FROM key_slots');
}

/** Everything that says how the vault opens, to be compared: the row of the vault, and one of each slot. */
export function lockOf(home: string): unknown[] {
  return [...select(home, 'SELECT * FROM vault'), ...select(home, 'SELECT * FROM key_slots')];
}

/** The ids of the data keys that open something: one, except during a rotation. */
export function dataKeyIds(home: string): string[] {
  return select<{ id: string }>(home, 'SELECT DISTINCT key_id AS id FROM wrapped_keys').map(({ id }) => id);
}

/** A secret as it is stored: its sealed value, or the name of its item in a keychain. */
export interface StoredSecret {
  readonly key: string;
  readonly value: Buffer | null;
  readonly item: string | null;
}

export function secrets(home: string): StoredSecret[] {
  return select<StoredSecret>(home, 'SELECT key, value, item FROM secrets ORDER BY key');
}

/** Puts the sealed value of one secret in the place of another's. */
export function copySealedSecret(home: string, from: string, to: string): void {
  run(home, 'UPDATE secrets SET value = (SELECT value FROM secrets WHERE key = ?) WHERE key = ?', from, to);
}

/** What a person set for a provider is damaged: from now on it is this text. */
export function damageProvider(home: string, id: string, settings = '{"issuer":42'): void {
  alter(home, 'UPDATE providers SET settings = ? WHERE id = ?', settings, id);
}

/** What a program without any key can change of what is stored about capabilities. */
const ALTERATIONS = {
  path: 'UPDATE capabilities SET path = ?',
  digest: 'UPDATE capability_versions SET digest = ?',
  manifest: 'UPDATE capability_versions SET manifest = ?',
  'hash of a file': "UPDATE capability_files SET sha256 = ? WHERE path = 'main.py'",
  'mode of a file': "UPDATE capability_files SET executable = 1 WHERE path = 'main.py'",
  'a file less': "DELETE FROM capability_files WHERE path = 'lib/a.txt'",
  'a file more': `INSERT INTO capability_files
    SELECT version_id, 'more', sha256, size, 0 FROM capability_files LIMIT 1`,
  'kept contents': "UPDATE capability_contents SET content = x'00'",
  'no kept contents': 'DELETE FROM capability_contents',
  number: 'UPDATE capability_versions SET number = 2',
  seal: 'UPDATE capability_versions SET seal = zeroblob(length(seal))',
  'no seal': "UPDATE capability_versions SET seal = x''",
  'the same seal in another row': `INSERT INTO capability_versions
    SELECT id || 'x', capability_id, 2, version, manifest, digest, trusted_at, seal FROM capability_versions`,
  'the seal of another capability': `UPDATE capability_versions SET seal = (SELECT seal FROM capability_versions v
    JOIN capabilities c ON c.id = v.capability_id WHERE c.name = 'other')`,
} as const;
export type Alteration = keyof typeof ALTERATIONS;

export function alterCapability(home: string, alteration: Alteration, ...values: readonly unknown[]): void {
  alter(home, ALTERATIONS[alteration], ...values);
}

/** How many rows each table of capabilities has. */
export function capabilityRows(home: string): Record<string, number> {
  const tables = ['capabilities', 'versions', 'files', 'grants', 'secrets', 'storage'].map((table) =>
    table === 'capabilities' ? table : `capability_${table}`,
  );
  return Object.fromEntries(
    tables.map((table) => [
      table,
      select<{ count: number }>(home, `SELECT count(*) AS count FROM ${table}`)[0]?.count ?? 0,
    ]),
  );
}

/** The SHA-256 of everything that is kept of trusted versions. */
export function keptContents(home: string): string[] {
  return select<{ sha256: string }>(home, 'SELECT sha256 FROM capability_contents').map(
    ({ sha256 }) => sha256,
  );
}

/** Adds proposals that wait for a person, of any capability. */
export function insertProposals(home: string, count: number): void {
  withDatabase(home, (db) => {
    db.exec('BEGIN IMMEDIATE');
    const insert = db.prepare(`INSERT INTO capability_proposals
      SELECT ?, id, ?, 'To ask.', '2026-01-31T12:00:00.000Z', NULL FROM capabilities LIMIT 1`);
    for (let index = 0; index < count; index++) insert.run(uuidv7(), `secret://inserted/${index}`);
    db.exec('COMMIT');
  });
}

/** Of all proposals, also of those that were declined. */
export function proposalIds(home: string): string[] {
  return select<{ id: string }>(home, 'SELECT id FROM capability_proposals').map(({ id }) => id);
}

/** Damages a part of the slots of this kind. */
export function damageSlot(home: string, kind: string, part: 'params' | 'private_key' | 'public_key'): void {
  const value =
    part === 'params' ? "json_remove(params, '$.salt')" : `substr(${part}, 1, length(${part}) - 1) || x'00'`;
  run(
    home,
    `UPDATE key_slots SET ${part} = CAST(${value} AS ${part === 'params' ? 'TEXT' : 'BLOB'}) WHERE kind = ?`,
    kind,
  );
}

/** The origins that the client secret of a provider was given for. */
export function secretOrigins(home: string, id: string): unknown {
  const [row] = select<{ json: string | null }>(
    home,
    'SELECT secret_origins AS json FROM providers WHERE id = ?',
    id,
  );
  return parsed(row?.json ?? null);
}

/** Changes what the client secret of a provider was given for, as a program without any key can. */
export function changeSecretOrigins(home: string, id: string, change: (json: string) => string): void {
  const [row] = select<{ json: string }>(
    home,
    'SELECT secret_origins AS json FROM providers WHERE id = ?',
    id,
  );
  alter(home, 'UPDATE providers SET secret_origins = ? WHERE id = ?', change(row?.json ?? ''), id);
}

/** Writes something that does not open into secrets: into all, or into those whose names fit. */
export function damageSecrets(home: string, keys = '*'): void {
  run(home, "UPDATE secrets SET value = x'00' WHERE key GLOB ?", keys);
}

/** When the rows of a table were made, in milliseconds since 1970. */
export function setTimes(home: string, table: 'secrets' | 'key_slots', createdAt: number): void {
  alter(home, `UPDATE ${table} SET created_at = ?`, BigInt(createdAt));
}

/** A run that is over, as it is stored. `at`: when it was made, in milliseconds since 1970. */
export interface StoredRun {
  readonly capability: string | null;
  readonly status: string;
  readonly at: number;
}

/** Adds runs with a message each, as they were made. Returns their ids, which are in the order of their times. */
export function insertRuns(home: string, runs: Iterable<StoredRun>): string[] {
  return withDatabase(home, (db) => {
    const insertRun = db.prepare(
      `INSERT INTO runs (id, capability, task, status, created_at, started_at, completed_at, exit_code, duration_ms)
       VALUES ($id, $capability, '{"city":"Bern"}', $status, $at, $at, $at, 0, 7)`,
    );
    const insertMessage = db.prepare("INSERT INTO messages VALUES ($id, $run, 'response', 'Bern', $at)");
    return db.transaction(() =>
      Array.from(runs, ({ at: msecs, capability, status }) => {
        const [id, at] = [uuidv7({ msecs }), new Date(msecs).toISOString()];
        insertRun.run({ id, at, capability, status });
        insertMessage.run({ id: uuidv7({ msecs }), run: id, at });
        return id;
      }),
    )();
  });
}

/** How many messages are stored, also those of runs that are not there. */
export function countMessages(home: string): number {
  return select<{ count: number }>(home, 'SELECT count(*) AS count FROM messages')[0]?.count ?? 0;
}

/** The items that this vault may have in a keychain, besides its keys. */
export function notedKeychainItems(home: string): string[] {
  return select<{ user: string }>(home, 'SELECT user FROM keychain_items').map(({ user }) => user);
}

/** Notes an item down, as a program does before it makes it. */
export function noteKeychainItem(home: string, user: string): void {
  run(home, 'INSERT INTO keychain_items VALUES (?)', user);
}

/** The migrations that were applied, in order, and when, in milliseconds since 1970. */
export function migrations(home: string): { version: number; appliedAt: number }[] {
  return select(home, 'SELECT version, applied_at AS appliedAt FROM schema_migrations ORDER BY version');
}

/** Every column that holds bytes, as `table.column`. */
export function binaryColumns(home: string): string[] {
  const sql = `SELECT tables.name || '.' || columns.name AS name
      FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
     WHERE tables.type = 'table' AND columns.type = 'BLOB'`;
  return select<{ name: string }>(home, sql).map(({ name }) => name);
}

/** Makes the database one of a newer Sigilforge, whose schema has this version. */
export function migrateBeyond(home: string, version: number): void {
  run(home, 'INSERT INTO schema_migrations VALUES (?, 0)', version);
}

/** Where the database of a home is. Reading it drops the locks of this process, so close what has it open first. */
export function databaseFile(home: string): string {
  return path.join(home, 'data', 'sigilforge.db');
}

/** Keeps all others from writing, until the returned function is called. */
export function blockWrites(home: string): () => void {
  const db = open(home);
  db.exec('BEGIN IMMEDIATE');
  return () => db.close();
}

/** Whether a process is in the middle of a change of this database. */
export function isBeingWritten(file: string): boolean {
  const db = openDatabase(file, { fileMustExist: true, timeout: 0 });
  try {
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch {
    return true;
  } finally {
    db.close();
  }
}

/** Changes accounts as another process would: with a new generation, so that all programs see it. */
export function changeAccounts(
  home: string,
  names: string,
  columns: Record<string, string | number | Buffer | null>,
  { id = '*', generations = 1 } = {},
): void {
  const assignments = Object.keys(columns).map((column) => `${column} = ?`);
  const sql = `UPDATE accounts SET ${assignments.join(', ')}, generation = generation + ?
     WHERE account GLOB ? AND id GLOB ?`;
  alter(home, sql, ...Object.values(columns), generations, names, id);
}

/** The triggers stop mistakes of our own, not a program that alters the database. */
function withoutTriggers(db: Database, change: () => void): void {
  const sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'";
  const triggers = db.prepare<[], { name: string; sql: string }>(sql).all();
  db.transaction(() => {
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
    change();
    for (const trigger of triggers) db.exec(trigger.sql);
  })();
}

function parsed(json: string | null): unknown {
  return json === null ? null : JSON.parse(json);
}

function select<Row>(home: string, sql: string, ...values: unknown[]): Row[] {
  return withDatabase(home, (db) => db.prepare<unknown[], Row>(sql).all(...values));
}

function run(home: string, sql: string, ...values: unknown[]): void {
  withDatabase(home, (db) => db.prepare(sql).run(...values));
}

function withDatabase<T>(home: string, use: (db: Database) => T): T {
  const db = open(home);
  try {
    return use(db);
  } finally {
    db.close();
  }
}

function open(home: string): Database {
  return openDatabase(databaseFile(home), { fileMustExist: true, timeout: 5_000 });
}

/** A row of the audit as it is stored. */
export interface AuditRow {
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly pid: number | null;
  readonly executable: string | null;
  readonly script: string | null;
  readonly door: string | null;
  readonly method: string;
  readonly reference: string | null;
  readonly outcome: string;
  readonly count: number;
  readonly mac: Buffer;
}

/** The columns of an audit's row. */
export const AUDIT_COLUMNS = [
  ...(['id', 'at', 'uid', 'pid', 'executable', 'script', 'door'] as const),
  ...(['method', 'reference', 'outcome', 'count', 'mac'] as const),
];

export function auditRows(home: string): AuditRow[] {
  return select(home, 'SELECT * FROM audit_records ORDER BY seq');
}

/** Gives a column of one row another value of its kind. */
export function alterAudit(home: string, seq: number, column: (typeof AUDIT_COLUMNS)[number]): void {
  const value =
    column === 'mac' ? 'randomblob(32)' : isNumber(column) ? `ifnull(${column}, 0) + 1` : "'altered'";
  run(home, `UPDATE audit_records SET ${column} = ${value} WHERE seq = ?`, seq);
}

function isNumber(column: string): boolean {
  return ['at', 'uid', 'pid', 'count'].includes(column);
}

export function removeAudit(home: string, ...seqs: number[]): void {
  for (const seq of seqs) run(home, 'DELETE FROM audit_records WHERE seq = ?', seq);
}

/** Gives rows other numbers, as a permutation of those that they have. */
export function renumberAudit(home: string, numbers: ReadonlyMap<number, number>): void {
  withDatabase(home, (db) =>
    db.transaction(() => {
      for (const [from, to] of numbers)
        db.prepare('UPDATE audit_records SET seq = ? WHERE seq = ?').run(-to, from);
      db.exec('UPDATE audit_records SET seq = -seq WHERE seq < 0');
    })(),
  );
}

/** Adds a copy of one row under another number. */
export function copyAudit(home: string, from: number, to: number): void {
  const columns = AUDIT_COLUMNS.join(', ');
  const sql = `INSERT INTO audit_records (seq, ${columns}) SELECT ?, ${columns} FROM audit_records WHERE seq = ?`;
  run(home, sql, to, from);
}

/** Where the audit's chain ends, and a way to put it back. */
export interface AuditEnd {
  readonly seq: number;
  readonly key: Buffer;
  readonly mac: Buffer;
}

export function auditEnd(home: string): AuditEnd | undefined {
  return select<AuditEnd>(home, 'SELECT seq, key, mac FROM audit_chain')[0];
}

export function setAuditEnd(home: string, { seq, key, mac }: AuditEnd): void {
  run(home, 'UPDATE audit_chain SET seq = ?, key = ?, mac = ?', seq, key, mac);
}

export function removeAuditEnd(home: string): void {
  run(home, 'DELETE FROM audit_chain');
}

/** Removes the audit as if nothing had ever been recorded. */
export function removeWholeAudit(home: string): void {
  for (const table of ['audit_records', 'audit_chain', 'audit_anchor']) run(home, `DELETE FROM ${table}`);
}

/** Puts a row in the place of the one with this number. */
export function putAudit(home: string, row: AuditRow & { readonly uid?: number | null }): void {
  const columns = ['seq', ...AUDIT_COLUMNS];
  const sql = `INSERT OR REPLACE INTO audit_records (${columns.join(', ')})
    VALUES (${columns.map((name) => `@${name}`).join(', ')})`;
  withDatabase(home, (db) => db.prepare(sql).run({ uid: null, ...row }));
}

/** Where the audit's chain begins: the number of its first row, its sealed key, and since when. */
export function auditAnchor(
  home: string,
): { id: string; seq: number; sealed: Buffer; since: number } | undefined {
  return select<{ id: string; seq: number; sealed: Buffer; since: number }>(
    home,
    'SELECT id, seq, sealed_key AS sealed, since FROM audit_anchor',
  )[0];
}

export function changeAuditAnchor(home: string, change: 'seq' | 'since' | 'sealed_key' | 'all'): void {
  const set = change === 'sealed_key' ? 'sealed_key = randomblob(77)' : `${change} = ${change} + 1`;
  run(home, change === 'all' ? 'DELETE FROM audit_anchor' : `UPDATE audit_anchor SET ${set}`);
}

/** Everything that the audit has stored, as one text. */
export function auditText(home: string): string {
  return JSON.stringify(select(home, 'SELECT * FROM audit_records'));
}

/** Takes an entry out of an index of the secrets, as a disk that loses a write does: rows are there that it does not know. */
export function damageIndex(home: string): void {
  withDatabase(home, (db) => {
    db.unsafeMode();
    db.pragma('writable_schema = ON');
    db.exec('CREATE TABLE damaged (value TEXT); CREATE INDEX damaged_value ON damaged (value)');
    db.exec(
      "INSERT INTO damaged VALUES ('a'); UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'damaged_value'",
    );
  });
}

/** Lets the write-ahead log grow by so many bytes, and keeps it from being emptied until the returned function is called. */
export function growLog(home: string, bytes: number): () => void {
  const reader = open(home);
  reader.exec('BEGIN; SELECT count(*) FROM vault');
  reader.prepare('SELECT count(*) FROM vault').get();
  withDatabase(home, (db) => {
    db.exec(
      `CREATE TABLE grown (value BLOB); INSERT INTO grown VALUES (zeroblob(${bytes})); DROP TABLE grown`,
    );
  });
  return () => reader.close();
}

/** What is in a copy of a database, whatever its version. */
export function copyOf(file: string): { integrity: unknown; version: number; accounts: number } {
  const db = openDatabase(file, { readonly: true, fileMustExist: true });
  try {
    const count = (sql: string) => Number(db.prepare<[], { n: number }>(sql).get()?.n);
    return {
      integrity: db.pragma('integrity_check', { simple: true }),
      version: count('SELECT max(version) AS n FROM schema_migrations'),
      accounts: count('SELECT count(*) AS n FROM accounts'),
    };
  } finally {
    db.close();
  }
}

/** Every account with its grant as it is sealed, whatever the version of the database. */
export function grants(home: string): unknown[] {
  const columns = 'id, service, account, state, generation, access_token, refresh_token, private_key';
  return select(home, `SELECT ${columns} FROM accounts ORDER BY id`);
}

export function removeAccount(home: string, name: string): void {
  run(home, 'DELETE FROM accounts WHERE account = ?', name);
}

/** Changes what a database in a file is, which need not be that of a home. */
export function changeFile(file: string, sql: string): void {
  const db = openDatabase(file, { fileMustExist: true });
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}

/** The generation of an account's grant, whatever the version of the database. */
export function generationOf(home: string, name: string): number {
  const sql = 'SELECT generation FROM accounts WHERE account = ?';
  return select<{ generation: number }>(home, sql, name)[0]?.generation ?? 0;
}
