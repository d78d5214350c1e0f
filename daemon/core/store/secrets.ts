import type { Sqlite, Statement } from './sqlite.js';

/** A secret: either `value`, sealed, or `item`, the user of a keychain item. Times are milliseconds since 1970. */
export interface StoredSecret {
  readonly id: string;
  readonly key: string;
  readonly value: Buffer | null;
  readonly item: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What a list says about a secret, without its value; `sealedBytes` is 0 for one in the keychain. */
export interface ListedSecret extends Omit<StoredSecret, 'id' | 'value'> {
  readonly sealedBytes: number;
}

interface SecretRow {
  readonly id: string;
  readonly key: string;
  readonly value: Buffer | null;
  readonly item: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

type ListedRow = Omit<SecretRow, 'id' | 'value'> & { readonly bytes: number | null };

/** The secrets of a page: those with a prefix, after a key, in the order of their keys. */
export interface PageQuery {
  readonly prefix: string;
  readonly after: string;
  readonly limit: number;
}

/** SQL for secrets and for the keychain items that belong to them. Changes are made inside `Sqlite.write`. */
export class SecretStore {
  readonly #find: Statement<[string], SecretRow>;
  readonly #page: Statement<[PageQuery], ListedRow>;
  readonly #count: Statement<[], { count: number }>;
  readonly #put: Statement<[SecretRow]>;
  readonly #remove: Statement<[Pick<SecretRow, 'id' | 'item'>]>;
  readonly #hasItem: Statement<[string], { found: number }>;
  readonly #addItem: Statement<[string]>;
  readonly #removeItem: Statement<[string]>;
  readonly #leftOver: Statement<[], { user: string }>;

  constructor(db: Sqlite) {
    this.#find = db.prepare('SELECT * FROM secrets WHERE key = ?');
    // No key has a character that comes after the tilde. SQLite knows the length of a blob without reading it.
    this.#page = db.prepare(`SELECT key, item, created_at, updated_at, length(value) AS bytes FROM secrets
      WHERE key > @after AND key >= @prefix AND key < @prefix || '~' ORDER BY key LIMIT @limit`);
    this.#count = db.prepare('SELECT count(*) AS count FROM secrets');
    this.#put = db.prepare(`INSERT INTO secrets VALUES (@id, @key, @value, @item, @created_at, @updated_at)
      ON CONFLICT (id) DO UPDATE SET value = @value, item = @item, updated_at = @updated_at`);
    this.#remove = db.prepare('DELETE FROM secrets WHERE id = @id AND item IS @item');
    this.#hasItem = db.prepare('SELECT 1 AS found FROM keychain_items WHERE user = ?');
    this.#addItem = db.prepare('INSERT INTO keychain_items VALUES (?)');
    this.#removeItem = db.prepare('DELETE FROM keychain_items WHERE user = ?');
    this.#leftOver = db.prepare(`SELECT user FROM keychain_items
      WHERE NOT EXISTS (SELECT 1 FROM secrets WHERE item = user)`);
  }

  find(key: string): StoredSecret | undefined {
    const row = this.#find.get(key);
    return row && recordOf(row);
  }

  page(query: PageQuery): ListedSecret[] {
    return this.#page.all(query).map(({ created_at, updated_at, bytes, ...secret }) => ({
      ...secret,
      createdAt: created_at,
      updatedAt: updated_at,
      sealedBytes: bytes ?? 0,
    }));
  }

  count(): number {
    return this.#count.get()?.count ?? 0;
  }

  /** Adds a secret, or gives the one with this id another value. */
  put({ createdAt, updatedAt, ...secret }: StoredSecret): void {
    this.#put.run({ ...secret, created_at: createdAt, updated_at: updatedAt });
  }

  /** Removes a secret if it still is where the record says. Returns whether it was. */
  remove({ id, item }: Pick<StoredSecret, 'id' | 'item'>): boolean {
    return this.#remove.run({ id, item }).changes === 1;
  }

  hasItem(user: string): boolean {
    return this.#hasItem.get(user) !== undefined;
  }

  addItem(user: string): void {
    this.#addItem.run(user);
  }

  removeItem(user: string): void {
    this.#removeItem.run(user);
  }

  /** Items that no secret names: an older value, or one left by a process that was killed. */
  leftOverItems(): string[] {
    return this.#leftOver.all().map(({ user }) => user);
  }
}

function recordOf({ created_at, updated_at, ...secret }: SecretRow): StoredSecret {
  return { ...secret, createdAt: created_at, updatedAt: updated_at };
}
