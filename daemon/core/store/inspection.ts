import fs from 'node:fs';
import { withPathErrors } from '../../../shared/path-error.js';
import { damageOf, lookInto } from './sqlite.js';

/** What is seen of a database from outside, by a connection that only reads. */
export interface Inspection {
  readonly bytes: number;
  /** What the write-ahead log holds. */
  readonly logBytes: number;
  /** The first thing that SQLite finds wrong; `undefined` if nothing is. */
  readonly damage: string | undefined;
}

/** Reads the whole database once. Throws `store_unavailable` if it cannot be read, or is not a database. */
export function inspectDatabase(file: string): Inspection {
  const found = lookInto(file, (db) => damageOf(db, 'quick_check(1)'));
  // A heading names the database in SQLite's words.
  const damage = found?.split('\n').find((line) => !line.startsWith('***'));
  return { bytes: sizeOf(file), logBytes: sizeOf(`${file}-wal`), damage };
}

/** Unlike opening a file, a stat does not affect the locks of this process. */
function sizeOf(file: string): number {
  return withPathErrors(file, () => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0);
}
