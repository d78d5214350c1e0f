import { type Connection, openConnection } from './binding.js';
import { schemaSql } from './migrate.js';

const OBJECTS = `SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema
  WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name`;

/** Whether a database has exactly the tables, indexes and triggers of a version. */
export function hasSchema(db: Connection, version: number): boolean {
  const ours = openConnection(':memory:', {});
  try {
    ours.exec(schemaSql(version));
    return JSON.stringify(ours.prepare(OBJECTS).all()) === JSON.stringify(db.prepare(OBJECTS).all());
  } finally {
    ours.close();
  }
}
