import fs from 'node:fs';
import { withPathErrors } from '../../../shared/path-error.js';
import { lookInto } from './sqlite.js';

/** How many faults are looked for: one is enough to know that the database is damaged. */
const MOST_FAULTS = 5;

/** What is seen of a database from outside, by a connection that only reads. */
export interface Inspection {
  readonly bytes: number;
  /** What the write-ahead log holds. */
  readonly logBytes: number;
  /** What SQLite finds wrong; empty if nothing is. */
  readonly faults: readonly string[];
}

/** Reads the whole database once. Throws `store_unavailable` if it cannot be read, or is no database. */
export function inspectDatabase(file: string): Inspection {
  return { bytes: sizeOf(file), logBytes: sizeOf(`${file}-wal`), faults: faultsIn(file) };
}

function faultsIn(file: string): string[] {
  return lookInto(file, (db) =>
    db
      .prepare<[], { quick_check: string }>(`PRAGMA quick_check(${MOST_FAULTS})`)
      .all()
      .flatMap(({ quick_check }) => quick_check.split('\n'))
      // A heading names the database in SQLite's words.
      .filter((line) => line !== 'ok' && !line.startsWith('***')),
  );
}

/** Unlike opening a file, a stat does not affect the locks of this process. */
function sizeOf(file: string): number {
  return withPathErrors(file, () => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0);
}
