import { parseJson } from '../../../shared/json.js';
import type { Sqlite, Statement } from './sqlite.js';

/** A client secret and what it is bound to: both or neither. */
export interface StoredSecret {
  /** Sealed. */
  readonly clientSecret: Buffer | null;
  /** The origins that it was given for, as JSON; `null` beside a secret of a version that did not keep them. */
  readonly secretOrigins: string | null;
}

/** What a person set for a provider. */
export interface StoredProvider extends StoredSecret {
  readonly id: string;
  /** The JSON value of the settings, for a schema to check; `undefined` if it is not JSON. */
  readonly settings: unknown;
  /** The same as it is stored. */
  readonly settingsText: string;
  /** Proof of the settings, bound to them; empty in a vault of a version that did not have it. */
  readonly settingsSeal: Buffer;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

interface ProviderRow {
  readonly id: string;
  readonly settings: string;
  readonly settings_seal: Buffer;
  readonly client_secret: Buffer | null;
  readonly secret_origins: string | null;
  readonly updated_at: number;
}

/** SQL for stored provider settings. Everything that changes a row is called inside `Sqlite.write`. */
export class ProviderStore {
  readonly #find: Statement<[string], ProviderRow>;
  readonly #list: Statement<[], ProviderRow>;
  readonly #put: Statement<[ProviderRow]>;
  readonly #setSecret: Statement<[Pick<ProviderRow, 'id' | 'client_secret' | 'secret_origins'>]>;
  readonly #remove: Statement<[string]>;

  constructor(db: Sqlite) {
    this.#find = db.prepare('SELECT * FROM providers WHERE id = ?');
    this.#list = db.prepare('SELECT * FROM providers ORDER BY id');
    this.#put = db.prepare(
      `INSERT OR REPLACE INTO providers (id, settings, settings_seal, client_secret, secret_origins, updated_at)
        VALUES (@id, @settings, @settings_seal, @client_secret, @secret_origins, @updated_at)`,
    );
    this.#setSecret = db.prepare(
      'UPDATE providers SET client_secret = @client_secret, secret_origins = @secret_origins WHERE id = @id',
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
  put({
    id,
    settingsText,
    settingsSeal,
    clientSecret,
    secretOrigins,
    updatedAt,
  }: Omit<StoredProvider, 'settings'>): void {
    this.#put.run({
      id,
      settings: settingsText,
      settings_seal: settingsSeal,
      client_secret: clientSecret,
      secret_origins: secretOrigins,
      updated_at: updatedAt,
    });
  }

  /** Changes a stored secret, and leaves the settings as they are, damaged or not. */
  setSecret(id: string, { clientSecret, secretOrigins }: StoredSecret): void {
    this.#setSecret.run({ id, client_secret: clientSecret, secret_origins: secretOrigins });
  }

  /** Returns whether there was anything to remove. */
  remove(id: string): boolean {
    return this.#remove.run(id).changes === 1;
  }
}

function recordOf(row: ProviderRow): StoredProvider {
  return {
    id: row.id,
    settings: parseJson(row.settings),
    settingsText: row.settings,
    settingsSeal: row.settings_seal,
    clientSecret: row.client_secret,
    secretOrigins: row.secret_origins,
    updatedAt: row.updated_at,
  };
}
