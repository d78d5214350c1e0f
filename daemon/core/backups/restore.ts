import fs from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { errnoOf } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { findHolder, INSTANCE_LEASE } from '../../../shared/holder.js';
import { pathError, withPathErrors } from '../../../shared/path-error.js';
import type { Paths } from '../../../shared/paths.js';
import { makePrivateFolder } from '../../../shared/private-folder.js';
import type { Clock } from '../platform/clock.js';
import { trace } from '../platform/trace.js';
import type { Leases } from '../store/lease.js';
import { writeEmpty } from '../store/new-database.js';
import { replaceDatabase } from '../store/replace-database.js';
import { emptyRestored, prepareRestored, type Restored } from '../store/restored.js';
import { restoringName } from '../store/restoring.js';
import { removeWithBeside } from '../store/whole-copy.js';
import { assertReplaceable } from './replaceable.js';
import { copyAside, putRescued } from './rescued-files.js';

/** A program with the library holds the instance lease for a moment, when it sets up the vault. */
const PATIENCE_MS = 1_000;

export interface RestoreOptions {
  /** The backup; without it the vault becomes an empty one. */
  readonly file: string | undefined;
  /** Whether it may take the place of another vault, or of a newer one. */
  readonly force: boolean;
  readonly clock: Clock;
}

/** What was restored, and the new name of the database that was there. */
export interface RestoreDone extends Restored {
  readonly replaced: string | undefined;
}

/** Puts a backup, or an empty vault, in the place of the vault of this data folder, which is kept under another name. */
export async function restore(paths: Paths, leases: Leases, options: RestoreOptions): Promise<RestoreDone> {
  makePrivateFolder(paths.data);
  const lease = await leases.take(INSTANCE_LEASE, PATIENCE_MS);
  if (!lease) throw daemonRuns(paths);
  try {
    return await restoreAlone(paths, options);
  } finally {
    removeWithBeside(restoringName(paths.database));
    lease.release();
  }
}

/** The caller holds the instance lease. */
async function restoreAlone(
  { database, rescue }: Paths,
  { file, force, clock }: RestoreOptions,
): Promise<RestoreDone> {
  const now = clock.wall();
  const draft = restoringName(database);
  removeWithBeside(draft);
  const restored = await prepared(draft, file, now);
  if (!force) await assertReplaceable(database, restored);
  const isOurs = (name: string) => restored.generations.has(name.split('.').slice(0, 2).join('.'));
  const undo = copyAside(rescue, { isOurs, now });
  trace('restore.replacing');
  const replaced = await replaceDatabase(database, now).catch((thrown: unknown) => {
    undo();
    throw thrown;
  });
  trace('restore.replaced');
  putRescued(rescue, restored.files, { isOurs, now });
  return { ...restored, replaced };
}

async function prepared(draft: string, file: string | undefined, now: number): Promise<Restored> {
  if (file === undefined) {
    await writeEmpty(draft, now);
    return emptyRestored(draft);
  }
  await copyTo(draft, file);
  return prepareRestored(draft, file, now);
}

/** With its log, as a database has one that was not closed in good order. Nothing is written beside the backup. */
async function copyTo(draft: string, file: string): Promise<void> {
  assertRegularFile(file);
  await copyBytes(file, draft);
  const log = fs.statSync(`${file}-wal`, { throwIfNoEntry: false });
  if (log?.isFile() && log.size > 0) await copyBytes(`${file}-wal`, `${draft}-wal`);
}

async function copyBytes(from: string, to: string): Promise<void> {
  try {
    await pipeline(fs.createReadStream(from), fs.createWriteStream(to, { flags: 'wx', mode: 0o600 }));
  } catch (thrown) {
    throw errnoOf(thrown) === 'EACCES' ? unreadable(from, thrown) : pathError(to, thrown);
  }
}

function assertRegularFile(file: string): void {
  const stats = withPathErrors(file, () => fs.statSync(file, { throwIfNoEntry: false }));
  if (!stats) {
    throw new SigilforgeError('not_found', `There is no file ${file}.`, {
      hint: 'Name a file that sigilforge backup has written.',
    });
  }
  if (!stats.isFile()) throw unreadable(file);
}

function unreadable(file: string, cause?: unknown): SigilforgeError {
  return new SigilforgeError('invalid_params', `${file} cannot be read as a file.`, {
    hint: 'Name a file that sigilforge backup has written, and check that you may read it.',
    cause,
  });
}

function daemonRuns(paths: Paths): SigilforgeError {
  const holder = findHolder(paths);
  const which = holder ? ` (process ${holder.pid})` : '';
  return new SigilforgeError(
    'store_unavailable',
    `The daemon is running${which} and uses the vault, so nothing was restored.`,
    { hint: 'Stop it first, with: sigilforge daemon stop' },
  );
}
