import type { Sqlite, Statement } from './sqlite.js';

/** What a person set of a provider: JSON of the settings, and the client secret, sealed. */
export interface ProviderRow {
  readonly id: string;
  readonly settings: string;
  readonly client_secret: Buffer | null;
  readonly updated_at: number;
}

/** SQL for stored provider settings. */
export class ProviderStore {
  readonly #find: Statement<[string], ProviderRow>;
  readonly #list: Statement<[], ProviderRow>;
  readonly #put: Statement<[ProviderRow]>;
  readonly #remove: Statement<[string]>;

  constructor(db: Sqlite) {
    this.#find = db.prepare('SELECT * FROM providers WHERE id = ?');
    this.#list = db.prepare('SELECT * FROM providers ORDER BY id');
    this.#put = db.prepare(
      'INSERT OR REPLACE INTO providers VALUES (@id, @settings, @client_secret, @updated_at)',
    );
    this.#remove = db.prepare('DELETE FROM providers WHERE id = ?');
  }

  find(id: string): ProviderRow | undefined {
    return this.#find.get(id);
  }

  list(): ProviderRow[] {
    return this.#list.all();
  }

  put(row: ProviderRow): void {
    this.#put.run(row);
  }

  remove(id: string): boolean {
    return this.#remove.run(id).changes === 1;
  }
}
