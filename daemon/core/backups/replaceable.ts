import fs from 'node:fs';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { timestamp } from '../platform/clock.js';
import { Sqlite, saysDamaged } from '../store/sqlite.js';
import { isBlank, type Summary, summaryOf } from '../store/summary.js';

/**
 * Throws `already_exists` if the vault that is there is another one than the restored, or was changed later. One that is
 * damaged, or holds nothing, may be replaced.
 */
export async function assertReplaceable(database: string, restored: Summary): Promise<void> {
  const there = await summaryAt(database);
  if (there === undefined || isBlank(there)) return;
  if (there.vaultId !== restored.vaultId) throw isAnother(there, restored);
  if (there.changedAt > restored.changedAt) throw isNewer(there, restored);
}

async function summaryAt(database: string): Promise<Summary | undefined> {
  // An empty file is a damaged database, which SQLite would take for a new one.
  const size = fs.statSync(database, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return undefined;
  try {
    const db = await Sqlite.open(database);
    try {
      return summaryOf(db);
    } finally {
      db.close();
    }
  } catch (thrown) {
    if (saysDamaged(thrown)) return undefined;
    throw asSigilforgeError(thrown).kind === 'incompatible' ? isOfNewerVersion(thrown) : thrown;
  }
}

function isAnother(there: Summary, restored: Summary): SigilforgeError {
  if (restored.vaultId === undefined)
    return refused(`The vault that is here (${timesOf(there)}) is not empty.`);
  return refused(
    `The vault that is here (${timesOf(there)}) is not the one of the backup (${timesOf(restored)}).`,
  );
}

function timesOf({ createdAt, changedAt }: Summary): string {
  return `made ${timestamp(createdAt)}, changed ${timestamp(changedAt)}`;
}

function isNewer(there: Summary, { changedAt }: Summary): SigilforgeError {
  return refused(
    `The vault that is here was changed at ${timestamp(there.changedAt)}, and the one of the backup last at ${timestamp(changedAt)}.`,
  );
}

function isOfNewerVersion(cause: unknown): SigilforgeError {
  return refused('The vault that is here was written by a newer version of Sigilforge.', cause);
}

function refused(sentence: string, cause?: unknown): SigilforgeError {
  return new SigilforgeError('already_exists', `${sentence} Nothing was restored.`, {
    hint: 'Restore it nevertheless with --force: the vault that is here is kept under another name.',
    cause,
  });
}
