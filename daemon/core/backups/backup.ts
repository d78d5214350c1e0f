import fs from 'node:fs';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Paths } from '../../../shared/paths.js';
import type { Clock } from '../platform/clock.js';
import { addBackupTables, type KeptFile } from '../store/backup-tables.js';
import { assertNoneDamaged } from '../store/set-aside.js';
import { Sqlite } from '../store/sqlite.js';
import { type Summary, summaryOf } from '../store/summary.js';
import { copyWhole } from '../store/whole-copy.js';
import { readRescued } from './rescued-files.js';

/** What a backup holds, and what it was made of. */
export interface BackupMade extends Summary {
  /** Answers of providers that are not stored in the database yet. */
  readonly answers: number;
  readonly bytes: number;
}

/**
 * Copies the database, sealed as it is, into a file of its own, whole or not at all. Needs no key, and works beside a daemon.
 * With `exclusive` it fails with EEXIST instead of replacing a file.
 */
export async function makeBackup(
  { database, rescue }: Paths,
  file: string,
  { exclusive, clock }: { readonly exclusive: boolean; readonly clock: Clock },
): Promise<BackupMade> {
  assertThere(database);
  const db = await Sqlite.open(database, { evenUnwritable: true });
  try {
    // First: an answer that is stored meanwhile is then in both, and not in neither.
    const files: readonly KeptFile[] = readRescued(rescue);
    let summary = summaryOf(db);
    await copyWhole(db, file, {
      exclusive,
      complete: (copy) => {
        summary = summaryOf(copy);
        addBackupTables(copy, clock.wall(), files);
      },
    });
    return { ...summary, answers: files.length, bytes: fs.statSync(file).size };
  } finally {
    db.close();
  }
}

function assertThere(database: string): void {
  if (fs.existsSync(database)) return;
  assertNoneDamaged(database);
  throw new SigilforgeError('not_found', 'There is no vault here yet, so there is nothing to back up.', {
    hint: 'Add an account first: sigilforge add-account SERVICE ACCOUNT',
  });
}
