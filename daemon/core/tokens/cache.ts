import type { Secret } from '../../../shared/secret.js';
import { scopesOf } from '../accounts/account.js';
import type { Events } from '../accounts/events.js';
import { type Clock, timestamp } from '../platform/clock.js';
import type { AccountRow, AccountStore, Version } from '../store/accounts.js';
import type { Sqlite } from '../store/sqlite.js';
import type { Vault } from '../vault/vault.js';

/** A token in memory, ready to be handed out. */
export interface CachedToken extends Version {
  readonly accessToken: Secret | undefined;
  readonly tokenType: string;
  readonly scopes: string[];
  /** Milliseconds since 1970, or `null` where the provider does not say. */
  readonly expiresAt: number | null;
  readonly expiresAtText: string | null;
  /** The same moment by the monotonic clock, which nobody can set back. */
  readonly deadline: number;
  readonly lifetimeMs: number;
}

interface Entry {
  readonly token: CachedToken;
  /** The database's version when the token was last known to be the stored one. */
  seen: number;
}

/** Tokens in memory. What another process commits is noticed by `data_version`, what this one does by its own events. */
export class TokenCache {
  readonly #db: Sqlite;
  readonly #store: AccountStore;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor({
    db,
    store,
    vault,
    clock,
    events,
  }: { db: Sqlite; store: AccountStore; vault: Vault; clock: Clock; events: Events }) {
    this.#db = db;
    this.#vault = vault;
    this.#store = store;
    this.#clock = clock;
    events.listen(({ service, account }) => this.#entries.delete(keyOf(service, account)));
    vault.whenClosed(() => this.#entries.clear());
  }

  /** The token in memory, if it is still the stored one. */
  get(service: string, account: string): CachedToken | undefined {
    const key = keyOf(service, account);
    const entry = this.#entries.get(key);
    if (!entry || !this.#vault.isOpen) return undefined;
    const version = this.#db.dataVersion();
    if (entry.seen !== version) {
      // Another process may have locked the vault.
      if (this.#vault.state === 'locked') return undefined;
      const stored = this.#store.version(service, account);
      if (stored?.id !== entry.token.id || stored.generation !== entry.token.generation) {
        this.#entries.delete(key);
        return undefined;
      }
      entry.seen = version;
    }
    return entry.token;
  }

  /** Reads the stored row and keeps its token. Synchronous from reading to keeping, so that no commit gets in between. */
  read(
    service: string,
    account: string,
    open: (row: AccountRow) => Secret | undefined,
  ): { row: AccountRow; token: CachedToken } | undefined {
    // Before the row, never after: a commit in between then shows at the next look.
    const seen = this.#db.dataVersion();
    const row = this.#store.find(service, account);
    if (!row) return undefined;
    const key = keyOf(service, account);
    const token = this.#token(row, open(row), this.#entries.get(key)?.token);
    this.#entries.set(key, { token, seen });
    return { row, token };
  }

  #token(row: AccountRow, accessToken: Secret | undefined, before: CachedToken | undefined): CachedToken {
    const { expires_at, issued_at } = row;
    const lifetimeMs =
      expires_at === null || issued_at === null ? Number.POSITIVE_INFINITY : expires_at - issued_at;
    // Never longer than its lifetime, however far the clock was set back since.
    const remaining =
      expires_at === null ? Number.POSITIVE_INFINITY : Math.min(expires_at - this.#clock.wall(), lifetimeMs);
    const deadline = this.#clock.monotonic() + remaining;
    const isSame = before?.id === row.id && before.generation === row.generation;
    return {
      id: row.id,
      generation: row.generation,
      accessToken,
      tokenType: row.token_type ?? 'bearer',
      scopes: scopesOf(row),
      expiresAt: expires_at,
      expiresAtText: timestamp(expires_at),
      // To read the same token again makes it no younger.
      deadline: isSame ? Math.min(before.deadline, deadline) : deadline,
      lifetimeMs,
    };
  }
}

/** Neither name can hold a slash. */
function keyOf(service: string, account: string): string {
  return `${service}/${account}`;
}
