import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import type { Secret } from '../../../shared/secret.js';
import type { Granted } from '../oauth/exchange.js';
import type { TokenFailure } from '../oauth/failures/failure.js';
import { timestamp } from '../platform/clock.js';
import { trace } from '../platform/trace.js';
import type { AccountFields, AccountStore, SealedField, StoredAccount } from '../store/accounts.js';
import type { AttemptStore } from '../store/attempts.js';
import type { Env } from '../store/env.js';
import type { Lease } from '../store/lease.js';
import type { Vault } from '../vault/vault.js';
import { damagedAccount } from './errors.js';
import type { Events } from './events.js';
import { placeOf, refreshedGrant } from './grant-fields.js';
import { otherOwner } from './put-account.js';

/** A refresh that failed. */
export interface Failed {
  readonly failure: TokenFailure;
  /** Its line in the journal. */
  readonly attemptId: string;
  /** How long from now the provider is not asked again by itself, in milliseconds. */
  readonly waitMs: number;
}

/** How long a change of a grant waits for another process that has the same grant: an exchange, and some more. */
const LEASE_LIMIT_MS = 90_000;

/** Stored grants: the right to change one, its secrets, and what a refresh does to it, each in a single transaction. */
export class Grants {
  readonly #env: Env;
  readonly #store: AccountStore;
  readonly #attempts: AttemptStore;
  readonly #vault: Vault;
  readonly #events: Events;

  constructor(
    env: Env,
    {
      store,
      attempts,
      vault,
      events,
    }: {
      readonly store: AccountStore;
      readonly attempts: AttemptStore;
      readonly vault: Vault;
      readonly events: Events;
    },
  ) {
    this.#env = env;
    this.#store = store;
    this.#attempts = attempts;
    this.#vault = vault;
    this.#events = events;
  }

  /** The right to change this account's grant; everyone else waits. Throws `timeout` naming the process that has it. */
  async lease(accountId: string): Promise<Lease> {
    const lease = await this.#env.leases.take(accountId, LEASE_LIMIT_MS);
    if (lease) return lease;
    const holder = this.#attempts.holder(accountId) ?? 'Another process';
    const sentence = `${upperFirst(holder)} has been refreshing this account for over ${LEASE_LIMIT_MS / 1000} seconds.`;
    throw new SigilforgeError('timeout', sentence, {
      hint: 'Check whether that process is stopped or hung.',
    });
  }

  /** An account is removed for good: other processes that still wait for its lease find that out under one of their own. */
  forgetLease(accountId: string): void {
    this.#env.leases.forget(accountId);
  }

  /**
   * Opens secret fields, once the vault is unlocked. They throw `integrity` if the field is damaged, or if what it is bound
   * to was altered.
   */
  async opener(): Promise<(account: AccountFields, field: SealedField) => Secret | undefined> {
    const sealer = await this.#vault.unlocked();
    return (account, field) => {
      const sealed = account[field];
      try {
        return sealed ? sealer.open(placeOf(account, field), sealed) : undefined;
      } catch (thrown) {
        throw asSigilforgeError(thrown).kind === 'integrity' ? damagedAccount(account, thrown) : thrown;
      }
    };
  }

  async open(account: AccountFields, field: SealedField): Promise<Secret | undefined> {
    return (await this.opener())(account, field);
  }

  /**
   * Stores a refreshed grant and the end of its exchange. `undefined`: the account is gone, or has another grant by now.
   * `attemptId`: the exchange's line in the journal; an answer adopted from a file has none of its own.
   */
  async storeRefresh(
    account: StoredAccount,
    granted: Granted,
    attemptId: string | undefined,
  ): Promise<StoredAccount | undefined> {
    const sealer = await this.#vault.forAnswer();
    const { id, generation } = account;
    const stored = await this.#env.db.write(() => {
      const grant = refreshedGrant(sealer, account, granted);
      this.#endAttempt(account, attemptId);
      trace('refresh.committing', id);
      // Another owner is odd, but no reason to lose an answer: then nothing guards this token against being used twice.
      const isShared = otherOwner(this.#store, grant.refreshFingerprint, id) !== undefined;
      const refreshFingerprint = isShared ? null : grant.refreshFingerprint;
      const asked = attemptId === undefined ? 0 : 1;
      const lastRefreshedAt = granted.sentAt;
      const refreshed = { ...grant, refreshFingerprint, id, generation, lastRefreshedAt, asked } as const;
      return this.#store.storeRefresh(refreshed) ? this.#store.byId(id) : undefined;
    });
    if (!stored) return undefined;
    trace('refresh.committed', id);
    this.#events.emit('token_refreshed', stored);
    if (account.state === 'needs_auth') this.#events.emit('recovered', stored);
    return stored;
  }

  /**
   * Records a failed refresh and the end of its exchange. The grant itself stays as it is; that it is dead is announced
   * once. Says whether the account still had the grant that failed.
   */
  async recordFailure(account: StoredAccount, { failure, attemptId, waitMs }: Failed): Promise<boolean> {
    const { verdict, error, end } = failure;
    const { id, generation } = account;
    const state = verdict === 'dead' ? 'needs_auth' : account.state;
    const now = this.#env.clock.wall();
    const lastError = JSON.stringify({ kind: error.kind, message: error.message, at: timestamp(now) });
    const isCurrent = await this.#env.db.write(() => {
      this.#attempts.end(attemptId, end, now);
      return this.#store.recordFailure({ id, generation, state, lastError, nextAttemptAt: now + waitMs });
    });
    if (isCurrent && state === 'needs_auth' && account.state !== 'needs_auth')
      this.#events.emit('needs_auth', account);
    return isCurrent;
  }

  /** Removes an account and its grant. The caller holds its lease. */
  async remove(account: AccountFields): Promise<void> {
    await this.#env.db.write(() => this.#store.remove(account.id));
    this.#events.emit('account_removed', account);
    await this.#env.db.truncateLog();
  }

  #endAttempt({ id, generation }: StoredAccount, attemptId: string | undefined): void {
    const now = this.#env.clock.wall();
    if (attemptId === undefined) this.#attempts.endAdopted(id, generation, now);
    else this.#attempts.end(attemptId, 'stored', now);
  }
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
