import { createRequire } from 'node:module';
import path from 'node:path';
import type BetterSqlite from 'better-sqlite3';

const require = createRequire(import.meta.url);
const isOldNode = Number.parseInt(process.versions.node, 10) < 22;

/** The folder of a package, found as Node finds it, from a bundled program too; `undefined` if it is not installed. */
function folderOf(name: string): string | undefined {
  try {
    return path.dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The folder of SQLite's driver for this Node. package.json has two of them, and the wrong one ends the process. */
export const SQLITE_DRIVER =
  (isOldNode ? folderOf('better-sqlite3-node20') : undefined) ??
  folderOf('better-sqlite3') ??
  'better-sqlite3';

/** A database as that driver has it. */
export type Database = BetterSqlite.Database;

export function openDatabase(file: string, options: BetterSqlite.Options): Database {
  const Driver = require(SQLITE_DRIVER) as typeof BetterSqlite;
  return new Driver(file, options);
}
