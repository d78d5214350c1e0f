import type { StoredGrant, StoredItem, StoredOwnSecret } from './capabilities.js';
import type { Sqlite, Statement } from './sqlite.js';

interface GrantRow {
  readonly id: string;
  readonly capability_id: string;
  readonly grant: string;
  readonly granted_at: string;
  readonly seal: Buffer;
}

/** SQL for what was granted to capabilities. Changes are made inside `Sqlite.write`. */
export class GrantStore {
  readonly #all: Statement<[string], GrantRow>;
  readonly #put: Statement<[GrantRow]>;
  readonly #remove: Statement<[string, string]>;

  constructor(db: Sqlite) {
    this.#all = db.prepare('SELECT * FROM capability_grants WHERE capability_id = ? ORDER BY "grant"');
    this.#put =
      db.prepare(`INSERT INTO capability_grants VALUES (@id, @capability_id, @grant, @granted_at, @seal)
      ON CONFLICT (id) DO UPDATE SET granted_at = @granted_at, seal = @seal`);
    this.#remove = db.prepare('DELETE FROM capability_grants WHERE capability_id = ? AND "grant" = ?');
  }

  all(capabilityId: string): StoredGrant[] {
    return this.#all.all(capabilityId).map(({ capability_id, granted_at, ...row }) => ({
      ...row,
      capabilityId: capability_id,
      grantedAt: granted_at,
    }));
  }

  put({ capabilityId, grantedAt, ...rest }: StoredGrant): void {
    this.#put.run({ ...rest, capability_id: capabilityId, granted_at: grantedAt });
  }

  /** Says whether it was there. */
  remove(capabilityId: string, grant: string): boolean {
    return this.#remove.run(capabilityId, grant).changes === 1;
  }
}

interface OwnSecretRow {
  readonly id: string;
  readonly capability_id: string;
  readonly key: string;
  readonly value: Buffer;
  readonly created_at: string;
  readonly updated_at: string;
}

/** What a list says about a secret. */
export type ListedOwnSecret = Pick<StoredOwnSecret, 'key' | 'createdAt' | 'updatedAt'>;

/** SQL for the secrets of capabilities. Changes are made inside `Sqlite.write`. */
export class OwnSecretStore {
  readonly #find: Statement<[string, string], OwnSecretRow>;
  readonly #all: Statement<[string], OwnSecretRow>;
  readonly #listed: Statement<[string], Pick<OwnSecretRow, 'key' | 'created_at' | 'updated_at'>>;
  readonly #put: Statement<[OwnSecretRow]>;
  readonly #remove: Statement<[string, string]>;

  constructor(db: Sqlite) {
    this.#find = db.prepare('SELECT * FROM capability_secrets WHERE capability_id = ? AND key = ?');
    this.#all = db.prepare('SELECT * FROM capability_secrets WHERE capability_id = ? ORDER BY key');
    this.#listed = db.prepare(
      'SELECT key, created_at, updated_at FROM capability_secrets WHERE capability_id = ? ORDER BY key',
    );
    this.#put = db.prepare(`INSERT INTO capability_secrets
      VALUES (@id, @capability_id, @key, @value, @created_at, @updated_at)
      ON CONFLICT (id) DO UPDATE SET value = @value, updated_at = @updated_at`);
    this.#remove = db.prepare('DELETE FROM capability_secrets WHERE capability_id = ? AND key = ?');
  }

  find(capabilityId: string, key: string): StoredOwnSecret | undefined {
    const row = this.#find.get(capabilityId, key);
    return row && ownSecretOf(row);
  }

  all(capabilityId: string): StoredOwnSecret[] {
    return this.#all.all(capabilityId).map(ownSecretOf);
  }

  /** Without their values. */
  listed(capabilityId: string): ListedOwnSecret[] {
    return this.#listed.all(capabilityId).map(({ key, created_at, updated_at }) => ({
      ...{ key, createdAt: created_at },
      updatedAt: updated_at,
    }));
  }

  put({ capabilityId, createdAt, updatedAt, ...rest }: StoredOwnSecret): void {
    this.#put.run({ ...rest, capability_id: capabilityId, created_at: createdAt, updated_at: updatedAt });
  }

  /** Says whether it was there. */
  remove(capabilityId: string, key: string): boolean {
    return this.#remove.run(capabilityId, key).changes === 1;
  }
}

function ownSecretOf({ capability_id, created_at, updated_at, ...row }: OwnSecretRow): StoredOwnSecret {
  return { ...row, capabilityId: capability_id, createdAt: created_at, updatedAt: updated_at };
}

interface ItemRow extends OwnSecretRow {
  readonly bytes: number;
  readonly version: number;
}

/** What a list says about a stored value. */
export type ListedItem = Pick<StoredItem, 'key' | 'bytes' | 'version' | 'updatedAt'>;

/** The stored values of a page: those with a prefix, after a key, in the order of their keys. */
export interface ItemQuery {
  readonly capabilityId: string;
  readonly prefix: string;
  readonly after: string;
  readonly limit: number;
}

/** SQL for what capabilities keep. Changes are made inside `Sqlite.write`. */
export class ItemStore {
  readonly #find: Statement<[string, string], ItemRow>;
  readonly #slice: Statement<[string, string, number], ItemRow>;
  readonly #page: Statement<[ItemQuery], Omit<ItemRow, 'value'>>;
  readonly #size: Statement<[string], { count: number; bytes: number }>;
  readonly #put: Statement<[ItemRow]>;
  readonly #remove: Statement<[string, string]>;
  readonly #change: Statement<[string], { storage_version: number }>;

  constructor(db: Sqlite) {
    this.#find = db.prepare('SELECT * FROM capability_storage WHERE capability_id = ? AND key = ?');
    this.#slice = db.prepare(
      'SELECT * FROM capability_storage WHERE capability_id = ? AND key > ? ORDER BY key LIMIT ?',
    );
    this.#page = db.prepare(`SELECT key, bytes, version, updated_at FROM capability_storage
      WHERE capability_id = @capabilityId AND key > @after AND key >= @prefix
        AND substr(key, 1, length(@prefix)) = @prefix ORDER BY key LIMIT @limit`);
    this.#size = db.prepare(`SELECT count(*) AS count, coalesce(sum(bytes), 0) AS bytes
      FROM capability_storage WHERE capability_id = ?`);
    this.#put = db.prepare(`INSERT INTO capability_storage
      VALUES (@id, @capability_id, @key, @value, @bytes, @version, @created_at, @updated_at)
      ON CONFLICT (id) DO UPDATE SET value = @value, bytes = @bytes, version = @version, updated_at = @updated_at`);
    this.#remove = db.prepare('DELETE FROM capability_storage WHERE capability_id = ? AND key = ?');
    this.#change = db.prepare(
      'UPDATE capabilities SET storage_version = storage_version + 1 WHERE id = ? RETURNING storage_version',
    );
  }

  find(capabilityId: string, key: string): StoredItem | undefined {
    const row = this.#find.get(capabilityId, key);
    return row && itemOf(row);
  }

  /** With their values, behind a key, in the order of the keys. */
  slice(capabilityId: string, after: string, limit: number): StoredItem[] {
    return this.#slice.all(capabilityId, after, limit).map(itemOf);
  }

  page(query: ItemQuery): ListedItem[] {
    return this.#page.all(query).map(({ key, bytes, version, updated_at }) => ({
      ...{ key, bytes, version },
      updatedAt: updated_at,
    }));
  }

  /** How much a capability has stored. */
  size(capabilityId: string): { readonly count: number; readonly bytes: number } {
    return this.#size.get(capabilityId) ?? { count: 0, bytes: 0 };
  }

  put({ capabilityId, createdAt, updatedAt, ...rest }: StoredItem): void {
    this.#put.run({ ...rest, capability_id: capabilityId, created_at: createdAt, updated_at: updatedAt });
  }

  /** Says whether it was there. */
  remove(capabilityId: string, key: string): boolean {
    return this.#remove.run(capabilityId, key).changes === 1;
  }

  /** The version of a change that is made now; `undefined` if the capability is gone. */
  nextVersion(capabilityId: string): number | undefined {
    return this.#change.get(capabilityId)?.storage_version;
  }
}

function itemOf({ bytes, version, ...row }: ItemRow): StoredItem {
  return { ...ownSecretOf(row), bytes, version };
}
