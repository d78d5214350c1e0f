import { schemaVersion } from './migrate.js';
import type { Sqlite } from './sqlite.js';
import type { SlotKind } from './vault.js';

/** What can be read of a database without a key. Times are milliseconds since 1970. */
export interface Summary {
  readonly schemaVersion: number;
  /** `undefined` if it has no vault yet. */
  readonly vaultId: string | undefined;
  readonly createdAt: number;
  /** When something in it was last added, changed or refreshed; 0 if it has no vault. That it was used does not count. */
  readonly changedAt: number;
  readonly accounts: number;
  readonly secrets: number;
  /** How many of the secrets are kept in the keychain, and not here. */
  readonly keychainSecrets: number;
  readonly providers: number;
  readonly capabilities: number;
  /** What opens the vault, oldest first. */
  readonly slots: readonly SlotKind[];
}

type Readable = Pick<Sqlite, 'prepare'>;

/** Since which version of the schema there are capabilities. */
const WITH_CAPABILITIES = 4;

const COUNTS = `SELECT (SELECT count(*) FROM accounts) AS accounts, (SELECT count(*) FROM secrets) AS secrets,
  (SELECT count(*) FROM secrets WHERE item IS NOT NULL) AS keychainSecrets,
  (SELECT count(*) FROM providers) AS providers`;

const CHANGED_AT = `SELECT max(at) AS at FROM (SELECT max(created_at) AS at FROM vault
  UNION ALL SELECT max(max(created_at, coalesce(last_refreshed_at, 0))) FROM accounts
  UNION ALL SELECT max(updated_at) FROM secrets UNION ALL SELECT max(updated_at) FROM providers
  UNION ALL SELECT max(created_at) FROM key_slots)`;

export function summaryOf(db: Readable): Summary {
  const version = schemaVersion(db);
  const vault = db.prepare<[], { id: string; created_at: number }>('SELECT id, created_at FROM vault').get();
  const counts = db.prepare<[], Pick<Summary, 'accounts' | 'secrets' | 'keychainSecrets' | 'providers'>>(
    COUNTS,
  );
  const slots = db.prepare<[], { kind: SlotKind }>('SELECT kind FROM key_slots ORDER BY created_at, id');
  return {
    schemaVersion: version,
    vaultId: vault?.id,
    createdAt: vault?.created_at ?? 0,
    changedAt: db.prepare<[], { at: number | null }>(CHANGED_AT).get()?.at ?? 0,
    ...(counts.get() ?? { accounts: 0, secrets: 0, keychainSecrets: 0, providers: 0 }),
    capabilities: version < WITH_CAPABILITIES ? 0 : countCapabilities(db),
    slots: slots.all().map(({ kind }) => kind),
  };
}

/** Whether nothing is lost with it. */
export function isBlank({ accounts, secrets, providers, capabilities }: Summary): boolean {
  return accounts + secrets + providers + capabilities === 0;
}

function countCapabilities(db: Readable): number {
  return db.prepare<[], { count: number }>('SELECT count(*) AS count FROM capabilities').get()?.count ?? 0;
}
