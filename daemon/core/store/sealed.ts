import { SigilforgeError } from '../../../shared/errors.js';
import type { AccountFields } from './accounts.js';
import type { StoredAnchor } from './audit.js';
import type { StoredGrant, StoredItem, StoredOwnSecret, StoredVersion } from './capabilities.js';
import type { StoredProvider } from './providers.js';
import type { StoredRegistered } from './registered-clients.js';
import type { StoredSecret } from './secrets.js';
import type { Sqlite, Statement } from './sqlite.js';

/** The tables with sealed columns, whose rows are found by `id`. A rotation seals again what is listed here, and nothing else. */
export const SEALED_COLUMNS = {
  accounts: ['access_token', 'refresh_token', 'client_secret', 'private_key', 'id_token', 'fields'],
  providers: ['client_secret', 'settings_seal'],
  registered_clients: ['seal', 'client_secret', 'access_token'],
  secrets: ['value'],
  audit_anchor: ['sealed_key'],
  capability_versions: ['seal'],
  capability_grants: ['seal'],
  capability_secrets: ['value'],
  capability_storage: ['value'],
} as const satisfies Record<string, readonly string[]>;
export type SealedTable = keyof typeof SEALED_COLUMNS;

/** The columns that the sealed ones of the same row are bound to, by the names that their fields have. */
const BINDING_COLUMNS = {
  accounts: {
    service: 'service',
    account: 'account',
    kind: 'kind',
    flow: 'flow',
    client: 'client',
    minting: 'minting',
    askedScopes: 'asked_scopes',
    subject: 'subject',
    tokenType: 'token_type',
    latestEnd: 'latest_end',
  },
  providers: { secretOrigins: 'secret_origins', settingsText: 'settings' },
  registered_clients: { registrationText: 'registration' },
  secrets: { key: 'key' },
  audit_anchor: { seq: 'seq', mac: 'mac', since: 'since' },
  capability_versions: {
    capabilityId: 'capability_id',
    number: 'number',
    manifest: 'manifest',
    digest: 'digest',
  },
  capability_grants: { capabilityId: 'capability_id', grant: '"grant"' },
  capability_secrets: { capabilityId: 'capability_id', key: 'key' },
  capability_storage: { capabilityId: 'capability_id', key: 'key' },
} as const satisfies Record<SealedTable, Readonly<Record<string, string>>>;

/** What every sealed value of a table comes with. */
interface Sealed<T extends SealedTable> {
  readonly table: T;
  readonly id: string;
  readonly column: (typeof SEALED_COLUMNS)[T][number];
  readonly sealed: Buffer;
}

type SealedInAccount = Sealed<'accounts'> & Pick<AccountFields, keyof (typeof BINDING_COLUMNS)['accounts']>;
type SealedInProvider = Sealed<'providers'> &
  Pick<StoredProvider, keyof (typeof BINDING_COLUMNS)['providers']>;

type SealedInRegistered = Sealed<'registered_clients'> &
  Pick<StoredRegistered, keyof (typeof BINDING_COLUMNS)['registered_clients']>;

type SealedSecret = Sealed<'secrets'> & Pick<StoredSecret, keyof (typeof BINDING_COLUMNS)['secrets']>;

type SealedAnchor = Sealed<'audit_anchor'> &
  Pick<StoredAnchor, keyof (typeof BINDING_COLUMNS)['audit_anchor']>;

type SealedVersion = Sealed<'capability_versions'> &
  Pick<StoredVersion, keyof (typeof BINDING_COLUMNS)['capability_versions']>;

type SealedGrant = Sealed<'capability_grants'> &
  Pick<StoredGrant, keyof (typeof BINDING_COLUMNS)['capability_grants']>;

type SealedOwnSecret = Sealed<'capability_secrets'> &
  Pick<StoredOwnSecret, keyof (typeof BINDING_COLUMNS)['capability_secrets']>;

type SealedItem = Sealed<'capability_storage'> &
  Pick<StoredItem, keyof (typeof BINDING_COLUMNS)['capability_storage']>;

/** A sealed value, with everything of its row that it is bound to. */
export type SealedValue =
  | SealedInAccount
  | SealedInProvider
  | SealedInRegistered
  | SealedSecret
  | SealedAnchor
  | SealedVersion
  | SealedGrant
  | SealedOwnSecret
  | SealedItem;

/** A part of the outdated values: of one row, or of the rows behind this one. */
export interface Part {
  readonly id?: string;
  readonly after?: string;
  readonly limit: number;
}

interface Parameters {
  readonly beginning: Buffer;
  readonly id: string | null;
  readonly after: string;
  readonly limit: number;
}

interface Statements {
  readonly outdated: Statement<[Parameters], Omit<SealedValue, 'table'>>;
  readonly update: Readonly<Record<string, Statement<[Buffer, string]>>>;
}

/** SQL over the sealed columns of every table. Everything here is called inside `Sqlite.write`. */
export class SealedStore {
  readonly #tables: Readonly<Record<SealedTable, Statements>>;

  constructor(db: Sqlite) {
    this.#tables = {
      accounts: prepare(db, 'accounts'),
      providers: prepare(db, 'providers'),
      registered_clients: prepare(db, 'registered_clients'),
      secrets: prepare(db, 'secrets'),
      audit_anchor: prepare(db, 'audit_anchor'),
      capability_versions: prepare(db, 'capability_versions'),
      capability_grants: prepare(db, 'capability_grants'),
      capability_secrets: prepare(db, 'capability_secrets'),
      capability_storage: prepare(db, 'capability_storage'),
    };
  }

  /** Values that begin otherwise: with another key than this one, or in another format; in the order of their rows. */
  outdated(table: SealedTable, beginning: Buffer, { id, after = '', limit }: Part): SealedValue[] {
    const found = this.#tables[table].outdated.all({ beginning, id: id ?? null, after, limit });
    return found.map((value) => ({ ...value, table }) as SealedValue);
  }

  replace({ table, id, column }: SealedValue, sealed: Buffer): void {
    const statement = this.#tables[table].update[column];
    if (!statement) throw new SigilforgeError('internal_error', `${table} has no sealed column ${column}.`);
    statement.run(sealed, id);
  }
}

function prepare(db: Sqlite, table: SealedTable): Statements {
  const columns: readonly string[] = SEALED_COLUMNS[table];
  const binding = Object.entries(BINDING_COLUMNS[table]);
  const select = columns
    .map(
      (column) => `SELECT id, '${column}' AS "column", ${column} AS sealed${binding
        .map(([field, name]) => `, ${name} AS "${field}"`)
        .join('')}
        FROM ${table} WHERE ${column} IS NOT NULL AND substr(${column}, 1, ${BEGINNING_BYTES}) IS NOT @beginning`,
    )
    .join(' UNION ALL ');
  return {
    outdated: db.prepare(
      `SELECT * FROM (${select}) WHERE (@id IS NULL OR id = @id) AND id > @after ORDER BY id LIMIT @limit`,
    ),
    update: Object.fromEntries(
      columns.map((column) => [column, db.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = ?`)]),
    ),
  };
}

/** The format of a sealed value in its first byte, then the id of its key: see sealing/sealing.ts. */
const BEGINNING_BYTES = 17;
