import { parseJson } from '../../../shared/json.js';
import type { Sqlite, Statement } from './sqlite.js';

/** What a person set for a provider. */
export interface StoredProvider {
  readonly id: string;
  /** The JSON value of the settings, for a schema to check; `undefined` if it is not JSON. */
  readonly settings: unknown;
  /** Sealed. */
  readonly clientSecret: Buffer | null;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

interface ProviderRow {
  readonly id: string;
  readonly settings: string;
  readonly client_secret: Buffer | null;
  readonly updated_at: number;
}

/** SQL for stored provider settings. Everything that changes a row is called inside `Sqlite.write`. */
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

  find(id: string): StoredProvider | undefined {
    const row = this.#find.get(id);
    return row && recordOf(row);
  }

  list(): StoredProvider[] {
    return this.#list.all().map(recordOf);
  }

  /** Adds a provider's settings, or replaces them. */
  put({ id, settings, clientSecret, updatedAt }: StoredProvider): void {
    this.#put.run({
      id,
      settings: JSON.stringify(settings),
      client_secret: clientSecret,
      updated_at: updatedAt,
    });
  }

  /** Returns whether there was anything to remove. */
  remove(id: string): boolean {
    return this.#remove.run(id).changes === 1;
  }
}

function recordOf({ id, settings, client_secret, updated_at }: ProviderRow): StoredProvider {
  return { id, settings: parseJson(settings), clientSecret: client_secret, updatedAt: updated_at };
}
