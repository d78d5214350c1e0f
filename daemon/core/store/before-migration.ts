import { SigilforgeError } from '../../../shared/errors.js';
import { removePrivateFile } from '../platform/files.js';
import { type Connection, openConnection } from './binding.js';
import { schemaVersion } from './migrate.js';
import { listSetAside } from './set-aside.js';
import type { Sqlite } from './sqlite.js';
import { copyWhole, removeCopyDrafts } from './whole-copy.js';

/** How long a copy is kept: so long, the new version must have run without a reason to go back. */
const KEPT_MS = 86_400_000;

/**
 * Copies a database beside itself before its schema is brought from one version to another. The caller holds the instance
 * lease. Throws `store_unavailable` if that is not possible, and then nothing may be migrated.
 */
export async function copyBeforeMigration(
  db: Sqlite,
  database: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const file = `${database}.before-${to}`;
  removeCopyDrafts(file);
  if (isOfThisMigration(db, file, from)) return;
  try {
    await copyWhole(db, file);
  } catch (thrown) {
    throw noCopy(thrown);
  }
}

/** Removes every copy, or those that are old enough by now. `now`: milliseconds since 1970. */
export function removeCopies(database: string, now = Number.POSITIVE_INFINITY): void {
  for (const { kind, file, writtenAt } of listSetAside(database)) {
    if (kind === 'before' && now - writtenAt >= KEPT_MS) removePrivateFile(file);
  }
}

/** Whether a copy is there from before the first of several migrations, of which a crash has cut off the rest. */
function isOfThisMigration(db: Sqlite, file: string, from: number): boolean {
  let copy: Connection | undefined;
  try {
    copy = openConnection(file, { readonly: true });
    return schemaVersion(copy) < from && vaultOf(copy) === vaultOf(db);
  } catch {
    // It is not there, or cannot be read.
    return false;
  } finally {
    copy?.close();
  }
}

function vaultOf(db: Pick<Sqlite, 'prepare'>): string | undefined {
  return db.prepare<[], { id: string }>('SELECT id FROM vault').get()?.id;
}

function noCopy(cause: unknown): SigilforgeError {
  const reason = cause instanceof SigilforgeError ? ` ${cause.message}` : '';
  return new SigilforgeError(
    'store_unavailable',
    `This version changes the database, and cannot make a copy of it first, so it changed nothing.${reason}`,
    { hint: 'Make room for a second copy of the database in the data folder, then try again.', cause },
  );
}
