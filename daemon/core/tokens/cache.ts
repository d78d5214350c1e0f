import type { Secret } from '../../../shared/secret.js';
import type { Events } from '../accounts/events.js';
import { readJsonFields } from '../accounts/json-fields.js';
import { timestamp } from '../platform/clock.js';
import type { AccountStore, StoredAccount, Version } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';

/** A token in memory, ready to be handed out. */
export interface CachedToken extends Version {
  readonly accessToken: Secret | undefined;
  readonly tokenType: string;
  readonly scopes: string[];
  /** Milliseconds since 1970, or `null` if the provider does not say. */
  readonly expiresAt: number | null;
  readonly expiresAtText: string | null;
  /** The same moment by the monotonic clock, which cannot be set back. */
  readonly deadline: number;
  readonly lifetimeMs: number;
}

interface Entry {
  readonly token: CachedToken;
  /** The database's version when the token was last known to be the stored one. */
  seen: number;
}

interface Collaborators {
  readonly store: AccountStore;
  readonly vault: Vault;
  readonly events: Events;
}

/** Tokens in memory. Commits of other processes are noticed by `data_version`, those of this process by its own events. */
export class TokenCache {
  readonly #env: Env;
  readonly #store: AccountStore;
  readonly #vault: Vault;
  readonly #entries = new Map<string, Entry>();

  constructor(env: Env, { store, vault, events }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#store = store;
    events.listen(({ service, account }) => this.#entries.delete(keyOf(service, account)));
    vault.whenClosed(() => this.#entries.clear());
  }

  /** The token in memory, if it is still the stored one. */
  get(service: string, account: string): CachedToken | undefined {
    const key = keyOf(service, account);
    const entry = this.#entries.get(key);
    if (!entry || !this.#vault.isOpen) return undefined;
    const version = this.#env.db.dataVersion();
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

  /**
   * Reads the stored account and keeps its token. Synchronous from reading to keeping, so that no commit gets in between.
   * Throws `integrity` for a damaged account.
   */
  read(
    service: string,
    account: string,
    open: (stored: StoredAccount) => Secret | undefined,
  ): { stored: StoredAccount; token: CachedToken } | undefined {
    // Before the account, never after: a commit in between then shows at the next check.
    const seen = this.#env.db.dataVersion();
    const stored = this.#store.find(service, account);
    if (!stored) return undefined;
    const key = keyOf(service, account);
    const token = this.#token(stored, open(stored), this.#entries.get(key)?.token);
    this.#entries.set(key, { token, seen });
    return { stored, token };
  }

  #token(
    stored: StoredAccount,
    accessToken: Secret | undefined,
    before: CachedToken | undefined,
  ): CachedToken {
    const { id, generation, tokenType, expiresAt, issuedAt } = stored;
    const { clock } = this.#env;
    const lifetimeMs =
      expiresAt === null || issuedAt === null ? Number.POSITIVE_INFINITY : expiresAt - issuedAt;
    // Never longer than its lifetime, however far the clock has been set back since.
    const remaining =
      expiresAt === null ? Number.POSITIVE_INFINITY : Math.min(expiresAt - clock.wall(), lifetimeMs);
    const deadline = clock.monotonic() + remaining;
    const isSame = before?.id === id && before.generation === generation;
    return {
      id,
      generation,
      accessToken,
      tokenType: tokenType ?? 'bearer',
      scopes: readJsonFields(stored).scopes,
      expiresAt,
      expiresAtText: timestamp(expiresAt),
      // Re-reading the same token must not extend its deadline.
      deadline: isSame ? Math.min(before.deadline, deadline) : deadline,
      lifetimeMs,
    };
  }
}

/** Neither name can hold a slash. */
function keyOf(service: string, account: string): string {
  return `${service}/${account}`;
}
