import { SigilforgeError } from '../../../shared/errors.js';
import type { Sqlite, Statement } from './sqlite.js';

/** The tables with sealed columns, whose rows are found by `id`. A rotation seals again what is listed here, and nothing else. */
export const SEALED_COLUMNS = {
  accounts: ['access_token', 'refresh_token', 'client_secret', 'private_key'],
  providers: ['client_secret'],
  secrets: ['value'],
} as const satisfies Record<string, readonly string[]>;
export type SealedTable = keyof typeof SEALED_COLUMNS;

/** A sealed value that is not sealed with the current key. */
export interface Outdated {
  readonly id: string;
  readonly column: string;
  readonly sealed: Buffer;
}

interface Statements {
  readonly outdated: Statement<[{ readonly key: Buffer; readonly limit: number }], Outdated>;
  readonly ofRow: Statement<[{ readonly key: Buffer; readonly id: string }], Outdated>;
  readonly update: Readonly<Record<string, Statement<[Buffer, string]>>>;
}

/** SQL over the sealed columns of every table. Everything here is called inside `Sqlite.write`. */
export class SealedStore {
  readonly #tables: Readonly<Record<SealedTable, Statements>>;

  constructor(db: Sqlite) {
    const entries = Object.entries(SEALED_COLUMNS).map(([table, columns]) => [
      table,
      prepare(db, table, columns),
    ]);
    this.#tables = Object.fromEntries(entries) as Record<SealedTable, Statements>;
  }

  /** Up to `limit` values that are sealed with another key than this one. */
  outdated(table: SealedTable, keyId: string, limit: number): Outdated[] {
    return this.#tables[table].outdated.all({ key: keyBytes(keyId), limit });
  }

  /** The same for one row. */
  outdatedOf(table: SealedTable, id: string, keyId: string): Outdated[] {
    return this.#tables[table].ofRow.all({ key: keyBytes(keyId), id });
  }

  anyOutdated(keyId: string): boolean {
    const tables = Object.keys(SEALED_COLUMNS) as SealedTable[];
    return tables.some((table) => this.outdated(table, keyId, 1).length > 0);
  }

  replace(table: SealedTable, { id, column }: Outdated, sealed: Buffer): void {
    const statement = this.#tables[table].update[column];
    if (!statement) throw new SigilforgeError('internal_error', `${table} has no sealed column ${column}.`);
    statement.run(sealed, id);
  }
}

function prepare(db: Sqlite, table: string, columns: readonly string[]): Statements {
  // The key id stands behind the format's byte: see sealing/sealing.ts.
  const select = columns
    .map(
      (column) => `SELECT id, '${column}' AS "column", ${column} AS sealed FROM ${table}
        WHERE ${column} IS NOT NULL AND substr(${column}, 2, 16) <> @key`,
    )
    .join(' UNION ALL ');
  return {
    outdated: db.prepare(`SELECT * FROM (${select}) LIMIT @limit`),
    ofRow: db.prepare(`SELECT * FROM (${select}) WHERE id = @id`),
    update: Object.fromEntries(
      columns.map((column) => [column, db.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = ?`)]),
    ),
  };
}

function keyBytes(keyId: string): Buffer {
  return Buffer.from(keyId.replaceAll('-', ''), 'hex');
}
