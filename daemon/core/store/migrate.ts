import { SigilforgeError } from '../../../shared/errors.js';
import { trace } from '../platform/trace.js';
import initial from './migrations/0001_initial.sql';
import boundValues from './migrations/0002_bound_values.sql';
import audit from './migrations/0003_audit.sql';
import capabilities from './migrations/0004_capabilities.sql';
import runs from './migrations/0005_runs.sql';
import asking from './migrations/0006_asking.sql';
import idTokens from './migrations/0007_id_tokens.sql';
import answerFields from './migrations/0008_answer_fields.sql';
import registeredClients from './migrations/0009_registered_clients.sql';
import type { Sqlite } from './sqlite.js';

/** Every migration in its order; the version is the place in this list, from 1. A released one is never changed. */
const migrations: readonly string[] = [
  ...[initial, boundValues, audit, capabilities, runs, asking, idTokens],
  ...[answerFields, registeredClients],
];

export const SCHEMA_VERSION = migrations.length;

/** The version of the database's schema; 0 for an empty one. Throws `incompatible` for one from a newer Sigilforge. */
export function schemaVersion(db: Pick<Sqlite, 'prepare'>): number {
  const table = db
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE name = 'schema_migrations'")
    .get();
  if (!table) return 0;
  const newest = db
    .prepare<[], { version: number | null }>('SELECT max(version) AS version FROM schema_migrations')
    .get();
  const version = newest?.version ?? 0;
  if (version > SCHEMA_VERSION) {
    throw new SigilforgeError(
      'incompatible',
      `The database has schema version ${version}, and this Sigilforge knows version ${SCHEMA_VERSION}. It was left as it is.`,
      { hint: 'Install the newer version of Sigilforge again.' },
    );
  }
  return version;
}

/** What makes the schema of a version from nothing. */
export function schemaSql(version: number): string {
  return [CREATE_HISTORY, ...migrations.slice(0, version)].join('');
}

/** Applies the missing migrations, each in its own transaction. The caller holds the instance lease. */
export function migrate(db: Sqlite, now: number): void {
  for (let version = schemaVersion(db) + 1; version <= SCHEMA_VERSION; version++) {
    db.script(`${version === 1 ? CREATE_HISTORY : ''}${migrations[version - 1] ?? ''}`, () => {
      db.prepare<[number, number]>('INSERT INTO schema_migrations (version, applied_at) VALUES (?, ?)').run(
        version,
        now,
      );
      trace('migrate.committing');
    });
    trace('migrate.committed');
  }
}

const CREATE_HISTORY =
  'CREATE TABLE schema_migrations (version INTEGER NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT;\n';
