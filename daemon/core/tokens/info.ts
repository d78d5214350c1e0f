import type { ResultOf } from '../../../shared/contract/index.js';
import { LISTED_ACCOUNTS } from '../accounts/account-info.js';
import type { Accounts } from '../accounts/accounts.js';
import { readUnlessDamaged } from '../accounts/damaged.js';
import { readJsonFields } from '../accounts/json-fields.js';
import { isAlive, isOver } from '../accounts/lifetime.js';
import { timestamp } from '../platform/clock.js';
import { pageOf } from '../platform/pages.js';
import type { AccountStore, StoredAccount } from '../store/accounts.js';
import type { Env } from '../store/env.js';

type Status = ResultOf<'accounts_status'>['accounts'][number];

interface Collaborators {
  readonly accounts: Accounts;
  readonly store: AccountStore;
  /** A token that ends within this time counts as one that expires soon. */
  readonly soonMs: number;
}

/** What is known about tokens, without the tokens and without any network. */
export class TokenInfo {
  readonly #env: Env;
  readonly #accounts: Accounts;
  readonly #store: AccountStore;
  readonly #soonMs: number;

  constructor(env: Env, { accounts, store, soonMs }: Collaborators) {
    this.#env = env;
    this.#accounts = accounts;
    this.#store = store;
    this.#soonMs = soonMs;
  }

  /** Throws `not_found`, and `integrity` for a damaged account. */
  get(service: string, account: string): ResultOf<'token_info'> {
    const stored = this.#accounts.stored(service, account);
    const { scopes, lastError } = readJsonFields(stored);
    return {
      token_type: stored.tokenType,
      expires_at: timestamp(stored.expiresAt),
      scopes,
      is_expired: !isAlive(stored, this.#env.clock.wall()),
      has_refresh_token: stored.refreshToken !== null,
      refresh_expires_at: timestamp(stored.refreshExpiresAt),
      last_refreshed_at: timestamp(stored.lastRefreshedAt),
      last_error: lastError,
      next_attempt_at: timestamp(stored.nextAttemptAt),
    };
  }

  /**
   * The state of the tokens as they are stored, a page of them, and of all together. A damaged account hides no other: its
   * token is not valid.
   */
  status(cursor?: string): ResultOf<'accounts_status'> {
    const accounts = this.#store.list().map((stored) => this.#statusOf(stored));
    const page = pageOf(LISTED_ACCOUNTS, accounts, (status) => status, cursor);
    return {
      accounts: page.items,
      all_valid: accounts.every(({ token_valid }) => token_valid),
      any_expiring_soon: accounts.some(({ expires_soon }) => expires_soon),
      cursor: page.cursor,
    };
  }

  #statusOf(stored: StoredAccount): Status {
    const { clock, log } = this.#env;
    const now = clock.wall();
    return {
      service: stored.service,
      account: stored.account,
      token_valid: isAlive(stored, now) && readUnlessDamaged(log, stored, isReadable, () => false),
      expires_soon: isOver(stored, now + this.#soonMs),
      expires_at: timestamp(stored.expiresAt),
    };
  }
}

/** Throws `integrity` for a damaged account. */
function isReadable(stored: StoredAccount): boolean {
  readJsonFields(stored);
  return true;
}
