import fs from 'node:fs';
import { SigilforgeError } from '../../../shared/errors.js';
import { INSTANCE_LEASE } from '../../../shared/holder.js';
import { assertPrivate, assertUnchangeable } from '../../../shared/ownership.js';
import { withPathErrors } from '../../../shared/path-error.js';
import type { Paths } from '../../../shared/paths.js';
import { makePrivateFolder } from '../../../shared/private-folder.js';
import type { Clock } from '../platform/clock.js';
import { copyBeforeMigration } from './before-migration.js';
import type { Lease, Leases } from './lease.js';
import { migrate, SCHEMA_VERSION, schemaVersion } from './migrate.js';
import { createDatabase } from './new-database.js';
import { beingRestored, isBeingRestored, restoringName } from './restoring.js';
import { assertReadable, damagedDatabase, finishSettingAside, setAsideDamaged } from './set-aside.js';
import { damaged, Sqlite, type SqliteOptions, saysDamaged } from './sqlite.js';
import { readableElsewhere } from './unwritable.js';
import { removeWithBeside } from './whole-copy.js';

const SETUP_LIMIT_MS = 5_000;
const SETUP_STEP_MS = 50;

interface Options {
  readonly paths: Paths;
  readonly leases: Leases;
  readonly instanceLease?: Lease | undefined;
  readonly clock: Clock;
  /** How long to wait for a database that other processes keep busy, in milliseconds; 5,000 if not given. */
  readonly waitMs?: number | undefined;
}

/** Opens the database of the data folder, which is created and migrated if necessary. */
export async function openStore({ paths, leases, instanceLease, clock, waitMs }: Options): Promise<Sqlite> {
  makePrivateFolder(paths.data);
  // What is rescued there must still be there at the next start.
  assertPrivateIfThere(paths.rescue);
  // Not made here: a vault on a read-only disk is read without a lease.
  assertPrivateIfThere(paths.locks);
  refuseNetworkFileSystem(paths.data);
  // A daemon lives long: what it reads must not grow old, and it must write again once that is possible.
  const evenUnwritable = instanceLease === undefined;
  const { database } = paths;
  if (instanceLease) finishSettingAside(database);
  await setUp(leases, instanceLease, {
    isDone: () =>
      withPathErrors(database, () => fs.lstatSync(database, { throwIfNoEntry: false })) !== undefined,
    work: () => createDatabase(database, clock.wall()),
  });
  const db = await openWhole(database, { instanceLease, clock }, { waitMs, evenUnwritable });
  try {
    assertNotRestored(database, leases, instanceLease);
    if (!db.isWritable && schemaVersion(db) < SCHEMA_VERSION)
      throw readableElsewhere(database, 'was written by an earlier version of Sigilforge');
    await setUp(leases, instanceLease, {
      isDone: () => schemaVersion(db) >= SCHEMA_VERSION,
      work: () => migrateSafely(db, database, clock),
    });
    return db;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

/**
 * Opens the database. The daemon, the only one that holds the instance lease for life, reads all of it first: one that is damaged is
 * moved out of the way, and stays the only one until a person has decided what comes in its place.
 */
async function openWhole(
  database: string,
  { instanceLease, clock }: Pick<Options, 'instanceLease' | 'clock'>,
  options: SqliteOptions,
): Promise<Sqlite> {
  try {
    assertNotEmptied(database);
    const db = await Sqlite.open(database, options);
    if (instanceLease) assertWhole(db);
    return db;
  } catch (thrown) {
    if (!instanceLease || !saysDamaged(thrown)) throw thrown;
    assertReadable(database);
    throw damagedDatabase(setAsideDamaged(database, clock.wall()), thrown);
  }
}

/** SQLite takes an empty file for a new database, and deletes its log. Here, a new one is never empty. */
function assertNotEmptied(database: string): void {
  const stats = withPathErrors(database, () => fs.statSync(database, { throwIfNoEntry: false }));
  if (stats?.isFile() && stats.size === 0) throw damaged('no bytes are left');
}

function assertWhole(db: Sqlite): void {
  try {
    const found = db.damage();
    if (found !== undefined) throw damaged(found);
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

/** The caller holds the instance lease. */
async function migrateSafely(db: Sqlite, database: string, clock: Clock): Promise<void> {
  await copyBeforeMigration(db, database, { from: schemaVersion(db), to: SCHEMA_VERSION });
  migrate(db, clock.wall());
}

/**
 * A restore under way takes the place of what was opened here. One that was cut off is over. Called once the database is
 * open: one that was opened before a restore began is refused by its own lock.
 */
function assertNotRestored(database: string, leases: Leases, held: Lease | undefined): void {
  if (!isBeingRestored(database)) return;
  const lease = held ?? leases.tryTake(INSTANCE_LEASE);
  if (!lease) throw beingRestored();
  removeWithBeside(restoringName(database));
  if (lease !== held) lease.release();
}

/**
 * A folder that is made when it is needed, or a link to one. Anything else in its place endangers nothing: tokens are still
 * served, and each refresh names it.
 */
function assertPrivateIfThere(folder: string): void {
  assertUnchangeable(folder);
  const stats = withPathErrors(folder, () => fs.statSync(folder, { throwIfNoEntry: false }));
  if (stats?.isDirectory()) assertPrivate(folder, stats);
}

/** What only one process may do, and only once. */
interface Setup {
  isDone(): boolean;
  work(): void | Promise<void>;
}

/**
 * Sets up what is missing, holding the instance lease. A daemon that holds it may be doing the same, so it is checked again
 * until that is done; a daemon that does not do it is of an older version.
 */
export async function setUp(leases: Leases, held: Lease | undefined, { isDone, work }: Setup): Promise<void> {
  const limit = performance.now() + SETUP_LIMIT_MS;
  while (!isDone()) {
    const lease = held ?? (await leases.take(INSTANCE_LEASE, SETUP_STEP_MS));
    if (!lease && performance.now() > limit) throw olderDaemon();
    if (!lease) continue;
    try {
      if (!isDone()) await work();
    } finally {
      if (lease !== held) lease.release();
    }
  }
}

function olderDaemon(): SigilforgeError {
  return new SigilforgeError(
    'incompatible',
    'The database must be set up, and a running daemon of another version holds it.',
    { hint: 'Restart that daemon in this version: sigilforge daemon restart' },
  );
}

/** Magic numbers of statfs(2): NFS, SMB, CIFS, SMB2, 9p, Ceph and AFS. Their locks and syncs are not reliable. */
const NETWORK_FILE_SYSTEMS = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x00c36400, 0x5346414f,
]);

/** Throws `store_unavailable` for a folder on another machine. `type`: of its file system, if that is known. */
export function refuseNetworkFileSystem(folder: string, type = typeOfFileSystem(folder)): void {
  if (!NETWORK_FILE_SYSTEMS.has(type)) return;
  throw new SigilforgeError(
    'store_unavailable',
    `${folder} is on a network file system, which cannot keep a vault safe.`,
    {
      hint: 'Move it to a local disk with XDG_DATA_HOME or SIGILFORGE_HOME.',
    },
  );
}

function typeOfFileSystem(folder: string): number {
  return process.platform === 'linux' ? fs.statfsSync(folder).type : 0;
}
