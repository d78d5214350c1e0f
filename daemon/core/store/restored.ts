import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { syncFile } from '../../../shared/whole-file.js';
import { type KeptFile, takeBackupFiles } from './backup-tables.js';
import { type Connection, openConnection } from './binding.js';
import { schemaVersion } from './migrate.js';
import { hasSchema } from './schema.js';
import { damageOf, saysDamaged, translate } from './sqlite.js';
import { type Summary, summaryOf } from './summary.js';

/** A database that came from a backup, ready to take the place of the one that is there. */
export interface Restored extends Summary {
  /** How many accounts have a grant, which nothing exchanges until a person says so. */
  readonly parked: number;
  /** Each account's id and the generation of its grant, as `ID.GENERATION`. */
  readonly generations: ReadonlySet<string>;
  readonly files: readonly KeptFile[];
}

/** The same for a database that holds nothing. */
export function emptyRestored(file: string): Restored {
  const db = openConnection(file, {});
  try {
    return { ...summaryOf(db), parked: 0, generations: new Set(), files: [] };
  } finally {
    db.close();
  }
}

/**
 * Checks a copy of the backup `name`, and prepares it. Throws `integrity` if it is not a backup or is damaged, and
 * `incompatible` if a newer version wrote it. `now`: milliseconds since 1970.
 */
export function prepareRestored(copy: string, name: string, now: number): Restored {
  try {
    const restored = prepare(copy, name, now);
    syncFile(copy);
    return restored;
  } catch (thrown) {
    if (thrown instanceof SigilforgeError && thrown.kind !== 'store_unavailable') throw thrown;
    throw saysDamaged(thrown) ? notABackup(name, thrown) : translate(thrown);
  }
}

function prepare(copy: string, name: string, now: number): Restored {
  const db = openConnection(copy, {});
  try {
    // Its schema is checked before anything relies on it.
    db.pragma('trusted_schema = OFF');
    if (damageOf(db, 'integrity_check(1)') !== undefined) throw damagedBackup(name);
    const version = versionOf(db, name);
    const files = takeBackupFiles(db);
    if (version === 0 || !hasSchema(db, version)) throw notABackup(name);
    const parked = park(db, now);
    // As the database is used; what is in the log now goes into the file when this is closed.
    db.pragma('journal_mode = WAL');
    return { ...summaryOf(db), parked, generations: generationsOf(db), files };
  } finally {
    db.close();
  }
}

function versionOf(db: Connection, name: string): number {
  try {
    return schemaVersion(db);
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind !== 'incompatible') throw thrown;
    throw new SigilforgeError('incompatible', `A newer version of Sigilforge has written ${name}.`, {
      hint: 'Restore it with that version.',
      cause: thrown,
    });
  }
}

/**
 * The vault that the copy was made of may still be in use, and a refresh token that both exchange ends the grant. What was
 * under way then has no end here; and how long to wait was a matter of that time.
 */
function park(db: Connection, now: number): number {
  const ended = db.prepare<[number]>(
    "UPDATE refresh_attempts SET outcome = 'unknown', ended_at = ? WHERE outcome IS NULL",
  );
  const parked = db.prepare(
    "UPDATE accounts SET state = 'parked', next_attempt_at = NULL, failures = 0 WHERE kind = 'oauth'",
  );
  return db.transaction(() => {
    ended.run(now);
    return parked.run().changes;
  })();
}

function generationsOf(db: Connection): ReadonlySet<string> {
  const rows = db.prepare<[], { id: string; generation: number }>('SELECT id, generation FROM accounts');
  return new Set(rows.all().map(({ id, generation }) => `${id}.${generation}`));
}

function notABackup(name: string, cause?: unknown): SigilforgeError {
  return new SigilforgeError('integrity', `${name} is not a backup of Sigilforge.`, {
    hint: 'Name a file that sigilforge backup has written. One of vault export is read by: sigilforge vault import FILE',
    cause,
  });
}

function damagedBackup(name: string): SigilforgeError {
  return new SigilforgeError('integrity', `The backup ${name} is damaged.`, {
    hint: 'Nothing was restored. Try an older backup.',
  });
}
