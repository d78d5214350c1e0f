import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type BetterSqlite from 'better-sqlite3';

const [newer, older] = ['better-sqlite3', 'better-sqlite3-node20'].map((name) =>
  fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url)),
) as [string, string];

const isOldNode = Number.parseInt(process.versions.node, 10) < 22;

/** The folder of SQLite's driver for this Node. package.json has two of them, and the wrong one ends the process. */
export const SQLITE_DRIVER = isOldNode && existsSync(older) ? older : newer;

/** A database as that driver has it. */
export type Database = BetterSqlite.Database;

export function openDatabase(file: string, options: BetterSqlite.Options): Database {
  const Driver = createRequire(import.meta.url)(SQLITE_DRIVER) as typeof BetterSqlite;
  return new Driver(file, options);
}
