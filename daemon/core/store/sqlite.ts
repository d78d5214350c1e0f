import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { SigilforgeError } from '../../../shared/errors.js';
import { withPathErrors } from '../../../shared/path-error.js';
import { ensurePrivateFile } from '../platform/files.js';
import { SpacedTurns } from '../platform/turns.js';
import { type Connection, openConnection, sqliteCode } from './binding.js';
import { type DiskState, diskStateOf, isFull, openForReading } from './unwritable.js';

/** What helps if the database is damaged. */
export const RESTORE =
  'Restore a backup with: sigilforge restore FILE. Or begin with an empty vault: sigilforge restore --empty';

/** Blocking the event loop for longer would stop the whole daemon. */
const BLOCKING_WAIT_MS = 20;
/** How long to wait for a database that other processes keep busy, asynchronously, in milliseconds. */
const WAIT_LIMIT_MS = 5_000;
const WAIT_STEP_MS = 10;
/** How much of a copy is made in one turn of the event loop. */
const PAGES_AT_ONCE = 1024;

/** A statement that was prepared once. Throws `store_unavailable` if the database cannot be used. */
export interface Statement<Params extends unknown[], Row = unknown> {
  get(...params: Params): Row | undefined;
  all(...params: Params): Row[];
  run(...params: Params): { readonly changes: number };
}

export interface SqliteOptions {
  /** How long a database that other processes keep busy is waited for, in milliseconds; 5,000 if not given. */
  readonly waitMs?: number | undefined;
  /** Whether a database on a disk that is read-only or full is opened for reading. What is read then may grow old. */
  readonly evenUnwritable?: boolean;
}

/** One open database. Reads are statements; every change goes through `write`. */
export class Sqlite {
  readonly #db: Connection;
  readonly #file: string;
  readonly #waitMs: number;
  /** Which file was opened, even if another one has its name by now. */
  readonly #identity: string | undefined;
  readonly #dataVersion: Statement<[], { data_version: number }>;
  readonly #writes = new SpacedTurns();
  /** Why nothing can be changed; `undefined` if it can. */
  readonly #unwritable: DiskState | undefined;
  #cleaning: Promise<boolean> | undefined;
  #versionNow: number | undefined;

  /**
   * Opens a database, which is made if it is not there. Throws `store_unavailable` if it cannot be used or other
   * processes keep it busy for `waitMs`, and `incompatible` if SQLite's driver is not installed for this Node.
   */
  static async open(
    file: string,
    { waitMs = WAIT_LIMIT_MS, evenUnwritable = false }: SqliteOptions = {},
  ): Promise<Sqlite> {
    // SQLite by itself would make the files 0644; WAL and SHM take the mode of the file that is there.
    ensurePrivateFile(file);
    const identity = identityOf(file);
    const { db, unwritable } = await untilFree(performance.now() + waitMs, () => open(file, evenUnwritable));
    const opened = new Sqlite(db, file, { waitMs, unwritable, identity });
    try {
      // Else it would share the log of another database.
      opened.#assertInPlace();
      return opened;
    } catch (thrown) {
      opened.close();
      throw thrown;
    }
  }

  private constructor(
    db: Connection,
    file: string,
    {
      waitMs,
      unwritable,
      identity,
    }: {
      readonly waitMs: number;
      readonly unwritable: DiskState | undefined;
      readonly identity: string | undefined;
    },
  ) {
    this.#db = db;
    this.#unwritable = unwritable;
    this.#file = file;
    this.#waitMs = waitMs;
    this.#identity = identity;
    this.#dataVersion = this.prepare('PRAGMA data_version');
  }

  prepare<Params extends unknown[] = [], Row = unknown>(sql: string): Statement<Params, Row> {
    const statement = translated(() => this.#db.prepare<Params, Row>(sql));
    return {
      get: (...params) => translated(() => statement.get(...params)),
      all: (...params) => translated(() => statement.all(...params)),
      run: (...params) => translated(() => statement.run(...params)),
    };
  }

  /**
   * Runs `change` in one `BEGIN IMMEDIATE` transaction: all of it is on the disk, or nothing.
   * Throws `store_unavailable` if it cannot be written: full, read-only, damaged, replaced, or busy for too long.
   * Changes are made in the order in which they come, at most one in a turn of the event loop, because each blocks it
   * until the disk has it: whatever else has come is done in between.
   */
  async write<T>(change: () => T): Promise<T> {
    return this.#write(change, (commit) => commit());
  }

  /**
   * The same, without waiting for the disk: the end of this process loses nothing of it, a power failure may lose it whole,
   * with all that came after it by this method. For records that no one depends on.
   */
  async writeSoon<T>(change: () => T): Promise<T> {
    return this.#write(change, (commit) => {
      this.#db.pragma('synchronous = NORMAL');
      try {
        return commit();
      } finally {
        this.#db.pragma('synchronous = FULL');
      }
    });
  }

  async #write<T>(change: () => T, committed: (commit: () => T) => T): Promise<T> {
    this.assertWritable();
    const limit = performance.now() + this.#waitMs;
    const transaction = this.#db.transaction(() => {
      // Inside: who replaces the file holds its lock for changes.
      this.#assertInPlace();
      return change();
    });
    return this.#writes.take(() => untilFree(limit, () => committed(() => transaction.immediate())));
  }

  /** Whether the disk took changes when the database was opened. */
  get isWritable(): boolean {
    return this.#unwritable === undefined;
  }

  /** Throws `store_unavailable` if the disk was read-only or full when the database was opened. */
  assertWritable(): void {
    if (this.#unwritable) throw unchangeable(this.#unwritable);
  }

  /** Runs several statements in one transaction; only for migrations, which run under a lease. */
  script(sql: string, after: () => void): void {
    translated(() =>
      this.#db
        .transaction(() => {
          this.#db.exec(sql);
          after();
        })
        .immediate(),
    );
  }

  /** Changes whenever another connection has committed, and never by our own commits. Costs about a microsecond. */
  dataVersion(): number {
    if (this.#versionNow === undefined) {
      this.#versionNow = translated(() => this.#dataVersion.get()?.data_version ?? 0);
      // Requests from one chunk share one reading; an old reading errs on the safe side.
      process.nextTick(() => {
        this.#versionNow = undefined;
      });
    }
    return this.#versionNow;
  }

  /**
   * Empties the write-ahead log, so that what was deleted is gone from it too. Never throws: the change that it cleans up
   * after is committed, and the next one cleans up again. It waits for the disk like a change, so it has a turn of its
   * own; one turn is enough for all that are asked for before it. Resolves to whether the log is empty.
   */
  truncateLog(): Promise<boolean> {
    this.#cleaning ??= this.#writes
      .take(async () => this.#checkpoint())
      .finally(() => {
        this.#cleaning = undefined;
      });
    return this.#cleaning;
  }

  #checkpoint(): boolean {
    try {
      return this.#db.pragma('wal_checkpoint(TRUNCATE)', { simple: true }) === 0;
    } catch {
      // The caller must not be told that its change failed.
      return false;
    }
  }

  /** What is wrong with the database: the first thing that SQLite finds in all of its pages; `undefined` if nothing is. */
  damage(): string | undefined {
    return translated(() => damageOf(this.#db, 'quick_check(1)'));
  }

  /** Copies what is committed at this moment into a file, while other connections go on writing. */
  async copyInto(file: string): Promise<void> {
    // With a view of its own, the copy need not begin again after each change of another process.
    this.#db.exec('BEGIN');
    try {
      this.#db.pragma('schema_version');
      await this.#db.backup(file, { progress: () => PAGES_AT_ONCE });
    } finally {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    }
  }

  close(): void {
    this.#db.close();
  }

  /** SQLite goes on writing into a file that has lost its name, and what it writes there would be lost. */
  #assertInPlace(): void {
    if (identityOf(this.#file) === this.#identity) return;
    throw new SigilforgeError('store_unavailable', "The vault's database was replaced while it was in use.", {
      hint: `Put ${this.#file} back where it was, or end every program that uses it.`,
    });
  }
}

/**
 * Looks into a database by a connection that changes nothing, not even its files' modes. Throws `store_unavailable` if it cannot
 * be read.
 */
export function lookInto<T>(file: string, look: (db: Connection) => T): T {
  return translated(() => {
    const db = openConnection(file, { timeout: BLOCKING_WAIT_MS, readonly: true });
    try {
      return look(db);
    } finally {
      db.close();
    }
  });
}

/** Its device and number. Unlike opening a file, a stat does not affect the locks of this process. */
function identityOf(file: string): string | undefined {
  const stats = withPathErrors(file, () => fs.statSync(file, { throwIfNoEntry: false }));
  return stats && `${stats.dev} ${stats.ino}`;
}

/** Takes a lock that the kernel frees with its holder, or nothing if another holder has it. Calling the result ends it. */
export function lockFile(file: string): (() => void) | undefined {
  ensurePrivateFile(file);
  const db = translated(() => openConnection(file, { timeout: 0 }));
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
    return () => db.close();
  } catch (thrown) {
    db.close();
    if (isBusy(thrown)) return undefined;
    const unwritable = diskStateOf(file, thrown);
    throw unwritable ? unchangeable(unwritable) : translate(thrown);
  }
}

interface Opened {
  readonly db: Connection;
  readonly unwritable: DiskState | undefined;
}

function open(file: string, evenUnwritable: boolean): Opened {
  try {
    return { db: openForChanges(file), unwritable: undefined };
  } catch (thrown) {
    const unwritable = diskStateOf(file, thrown);
    if (unwritable === undefined) throw thrown;
    if (!evenUnwritable) throw unchangeable(unwritable);
    return { db: openForReading(file, BLOCKING_WAIT_MS), unwritable };
  }
}

function openForChanges(file: string): Connection {
  const db = openConnection(file, { timeout: BLOCKING_WAIT_MS });
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('secure_delete = ON');
    return db;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

/** Does `work` again and again while other processes keep the database busy, until `limit`, without blocking this one. */
async function untilFree<T>(limit: number, work: () => T): Promise<T> {
  for (;;) {
    try {
      return work();
    } catch (thrown) {
      if (!isBusy(thrown) || performance.now() > limit) throw translate(thrown);
    }
    await delay(WAIT_STEP_MS);
  }
}

/** What SQLite's own check finds; `undefined` if nothing is wrong. */
export function damageOf(db: Connection, check: 'quick_check(1)' | 'integrity_check(1)'): string | undefined {
  const found = String(db.pragma(check, { simple: true }));
  return found === 'ok' ? undefined : found;
}

/** The error for a database in which SQLite found something wrong. */
export function damaged(found: string): SigilforgeError {
  return explained('SQLITE_CORRUPT', new Damage(found));
}

/** Whether an error says that a database is damaged. SQLite says so, too, where the disk reports an error (EIO). */
export function saysDamaged(thrown: unknown): boolean {
  const cause = thrown instanceof SigilforgeError ? thrown.cause : thrown;
  return cause instanceof Damage || isDamage(sqliteCode(cause) ?? '');
}

/** What SQLite's check has found, in its words. */
class Damage extends Error {
  override readonly name = 'Damage';
}

function isDamage(code: string): boolean {
  return code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT');
}

export function isBusy(thrown: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(sqliteCode(thrown) ?? '');
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw translate(thrown);
  }
}

/** What SQLite threw as an error for people; anything else as it is. */
export function translate(thrown: unknown): unknown {
  const code = sqliteCode(thrown);
  return code === undefined ? thrown : explained(code, thrown);
}

function unchangeable(state: DiskState): SigilforgeError {
  if (state === 'full') return explained('SQLITE_FULL');
  return new SigilforgeError(
    'store_unavailable',
    "The vault's database is on a read-only file system: what it holds can be read, and nothing new can be kept.",
    { hint: 'Make that file system writable, or move the data folder to another one, then try again.' },
  );
}

function explained(code: string, cause?: unknown): SigilforgeError {
  const [reason, hint] = explain(code);
  return new SigilforgeError('store_unavailable', `The vault's database ${reason}.`, { hint, cause });
}

/** SQLite's result codes in words, and what to do: sqlite.org/rescode.html */
function explain(code: string): readonly [reason: string, hint: string] {
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return ['is kept busy by another program', 'Try again. If it stays so, end the program that holds it.'];
  }
  if (isFull(code)) return ['has no space left', 'Free some space, then try again.'];
  if (code.startsWith('SQLITE_READONLY')) {
    return ['is read-only', 'Make the data folder and its files writable for yourself, then try again.'];
  }
  if (isDamage(code)) return ['is damaged, or is not a database', RESTORE];
  const hint = 'Check the permissions of the data folder and the disk, then try again.';
  return [code.startsWith('SQLITE_CANTOPEN') ? 'cannot be opened' : `cannot be used (${code})`, hint];
}
