import type { Sqlite, Statement } from './sqlite.js';

/** A client that was registered by itself. */
export interface StoredRegistered {
  /** The issuer that it is registered at. */
  readonly id: string;
  /** JSON, for a schema to check. */
  readonly registrationText: string;
  /** Proof of the registration, bound to it. */
  readonly seal: Buffer;
  /** Sealed. */
  readonly clientSecret: Buffer | null;
  /** The registration access token (RFC 7592), sealed. */
  readonly accessToken: Buffer | null;
  /** Whether a sign-in with it did not end well. */
  readonly doubted: boolean;
}

interface Row {
  readonly id: string;
  readonly registration: string;
  readonly seal: Buffer;
  readonly client_secret: Buffer | null;
  readonly access_token: Buffer | null;
  readonly doubted: number;
}

/** SQL for registered clients. Everything that changes a row is called inside `Sqlite.write`. */
export class RegisteredStore {
  readonly #find: Statement<[string], Row>;
  readonly #put: Statement<[Row]>;
  readonly #doubt: Statement<[string]>;
  readonly #remove: Statement<[string]>;

  constructor(db: Sqlite) {
    this.#find = db.prepare('SELECT * FROM registered_clients WHERE id = ?');
    this.#put = db.prepare(
      `INSERT OR REPLACE INTO registered_clients (id, registration, seal, client_secret, access_token, doubted)
        VALUES (@id, @registration, @seal, @client_secret, @access_token, @doubted)`,
    );
    this.#doubt = db.prepare('UPDATE registered_clients SET doubted = 1 WHERE id = ?');
    this.#remove = db.prepare('DELETE FROM registered_clients WHERE id = ?');
  }

  find(id: string): StoredRegistered | undefined {
    const row = this.#find.get(id);
    if (!row) return undefined;
    const { registration, client_secret, access_token, doubted, seal } = row;
    return {
      ...{ id, seal, registrationText: registration, doubted: doubted === 1 },
      ...{ clientSecret: client_secret, accessToken: access_token },
    };
  }

  /** Adds the client of an issuer, or replaces it. */
  put({ id, registrationText, seal, clientSecret, accessToken, doubted }: StoredRegistered): void {
    this.#put.run({
      ...{ id, seal, registration: registrationText, doubted: doubted ? 1 : 0 },
      ...{ client_secret: clientSecret, access_token: accessToken },
    });
  }

  doubt(id: string): void {
    this.#doubt.run(id);
  }

  remove(id: string): void {
    this.#remove.run(id);
  }
}
