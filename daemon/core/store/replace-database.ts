import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SigilforgeError } from '../../../shared/errors.js';
import { withPathErrors } from '../../../shared/path-error.js';
import { syncFolder } from '../../../shared/whole-file.js';
import { type Connection, openConnection } from './binding.js';
import { restoringName } from './restoring.js';
import { linked, removeCompanions, setAsideDamaged, setAsideName } from './set-aside.js';
import { isBusy, saysDamaged, translate } from './sqlite.js';

const PATIENCE_MS = 5_000;
const STEP_MS = 20;

/**
 * Puts the restored database, whole by now, in the place of the one that is there, which gets another name; returns that. The
 * caller holds the instance lease. A crash at any moment leaves the old database or the restored one: the old one gets its
 * second name first, and loses the first one by the rename that gives it to the restored one. Other programs that have the
 * old one open are kept from writing meanwhile, and afterwards see that it was replaced.
 */
export async function replaceDatabase(database: string, now: number): Promise<string | undefined> {
  if (!fs.existsSync(database)) return withPathErrors(database, () => putInPlace(database, undefined));
  let old: Connection | undefined;
  try {
    old = openConnection(database, { timeout: STEP_MS });
    await holdStill(old, database);
    const name = setAsideName(database, 'replaced', now);
    return withPathErrors(database, () => putInPlace(database, name));
  } catch (thrown) {
    if (!saysDamaged(thrown)) throw translate(thrown);
    old?.close();
    const name = setAsideDamaged(database, now);
    withPathErrors(database, () => putInPlace(database, undefined));
    return name;
  } finally {
    // It no longer has the name of its database, so SQLite leaves the log of the restored one as it is.
    old?.close();
  }
}

/** Brings everything that is in the log into the file, and allows no other change. */
async function holdStill(db: Connection, database: string): Promise<void> {
  const limit = performance.now() + PATIENCE_MS;
  while (!isStill(db, database)) {
    if (performance.now() > limit) throw inUse();
    await delay(STEP_MS);
  }
}

function isStill(db: Connection, database: string): boolean {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.exec('BEGIN IMMEDIATE');
  } catch (thrown) {
    if (isBusy(thrown)) return false;
    throw thrown;
  }
  const log = fs.statSync(`${database}-wal`, { throwIfNoEntry: false });
  if ((log?.size ?? 0) === 0) return true;
  db.exec('ROLLBACK');
  return false;
}

function putInPlace(database: string, replaced: string | undefined): string | undefined {
  const isLinked = replaced !== undefined && linked(database, replaced);
  // The log is empty. The restored one gets its own, and no program may share it with the old one.
  removeCompanions(database);
  if (replaced !== undefined && !isLinked) fs.renameSync(database, replaced);
  fs.renameSync(restoringName(database), database);
  syncFolder(path.dirname(database));
  return replaced;
}

function inUse(): SigilforgeError {
  return new SigilforgeError(
    'store_unavailable',
    'Another program is using the vault, so it was left as it is.',
    {
      hint: 'End the programs that use the vault without the daemon, then try again.',
    },
  );
}
