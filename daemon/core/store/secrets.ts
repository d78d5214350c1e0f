import type { Sqlite, Statement } from './sqlite.js';

/** A secret's row: either `value`, sealed, or `item`, the user of an item of the keychain. Times are milliseconds since 1970. */
export interface SecretRow {
  readonly id: string;
  readonly key: string;
  readonly value: Buffer | null;
  readonly item: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** Which rows a page has: those of a prefix, after a key, in the order of their keys. */
export interface PageQuery {
  readonly prefix: string;
  readonly after: string;
  readonly limit: number;
}

/** SQL for secrets and for the items of the keychain that belong to them. Changes are made inside `Sqlite.write`. */
export class SecretStore {
  readonly #find: Statement<[string], SecretRow>;
  readonly #page: Statement<[PageQuery], SecretRow>;
  readonly #count: Statement<[], { count: number }>;
  readonly #put: Statement<[SecretRow]>;
  readonly #remove: Statement<[Pick<SecretRow, 'id' | 'item'>]>;
  readonly #hasItem: Statement<[string], { found: number }>;
  readonly #addItem: Statement<[string]>;
  readonly #removeItem: Statement<[string]>;
  readonly #leftOver: Statement<[], { user: string }>;

  constructor(db: Sqlite) {
    this.#find = db.prepare('SELECT * FROM secrets WHERE key = ?');
    // No key has a character that comes after the tilde.
    this.#page =
      db.prepare(`SELECT * FROM secrets WHERE key > @after AND key >= @prefix AND key < @prefix || '~'
      ORDER BY key LIMIT @limit`);
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

  find(key: string): SecretRow | undefined {
    return this.#find.get(key);
  }

  page(query: PageQuery): SecretRow[] {
    return this.#page.all(query);
  }

  count(): number {
    return this.#count.get()?.count ?? 0;
  }

  /** Adds a secret, or gives the one with this id another value. */
  put(row: SecretRow): void {
    this.#put.run(row);
  }

  /** Removes a secret where it still lies where `row` says, and tells whether it did. */
  remove(row: Pick<SecretRow, 'id' | 'item'>): boolean {
    return this.#remove.run({ id: row.id, item: row.item }).changes === 1;
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

  /** Items that no secret names: an older value, or one of a process that ended half-way. */
  leftOverItems(): string[] {
    return this.#leftOver.all().map(({ user }) => user);
  }
}
