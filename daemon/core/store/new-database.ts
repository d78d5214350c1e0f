import { withPathErrors } from '../../../shared/path-error.js';
import { draftsOf, newDraftOf, putInPlace, syncFile } from '../../../shared/whole-file.js';
import { migrate } from './migrate.js';
import { cutOff, isBeingRestored } from './restoring.js';
import { assertNoneDamaged } from './set-aside.js';
import { Sqlite } from './sqlite.js';
import { removeWithBeside } from './whole-copy.js';

/**
 * Makes an empty database in the place of none, whole or not at all: one without a byte is always a damaged one. The caller
 * holds the instance lease. `now`: milliseconds since 1970.
 */
export async function createDatabase(database: string, now: number): Promise<void> {
  assertNoneDamaged(database);
  if (isBeingRestored(database)) throw cutOff();
  for (const left of draftsOf(database)) removeWithBeside(left);
  const draft = newDraftOf(database);
  try {
    await writeEmpty(draft, now);
    withPathErrors(database, () => putInPlace(draft, database));
  } finally {
    removeWithBeside(draft);
  }
}

/** Writes a database with no vault in it, and returns once it is on the disk. */
export async function writeEmpty(file: string, now: number): Promise<void> {
  const db = await Sqlite.open(file);
  try {
    migrate(db, now);
  } finally {
    db.close();
  }
  withPathErrors(file, () => syncFile(file));
}
