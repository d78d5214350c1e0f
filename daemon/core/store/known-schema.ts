import fs from 'node:fs';
import type { Paths } from '../../../shared/paths.js';
import { schemaVersion } from './migrate.js';
import { Sqlite } from './sqlite.js';

/** Looks at the database beside the daemon that has it open. Throws `incompatible` if it is of a newer version than this one. */
export async function assertSchemaKnown({ database }: Paths): Promise<void> {
  if (!fs.existsSync(database)) return;
  const db = await Sqlite.open(database, { evenUnwritable: true });
  try {
    schemaVersion(db);
  } finally {
    db.close();
  }
}
