import { asSigilforgeError } from '../../../shared/errors.js';
import { inParallel } from '../../../shared/in-parallel.js';
import type { Events } from '../accounts/events.js';
import type { Usage } from '../accounts/usage.js';
import type { AccountStore, DueQuery, StoredAccount } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import { LONGEST_BACKOFF_MS } from './backoff.js';
import type { Refresher } from './refresher.js';

interface Collaborators {
  readonly store: AccountStore;
  readonly vault: Vault;
  readonly refresher: Refresher;
  readonly usage: Usage;
  readonly events: Events;
  /** How long before its end a token is refreshed, and how long an unused account is kept fresh. */
  readonly times: { readonly aheadMs: number; readonly idleMs: number };
}

/** No system promises what a timer means across sleep and clock changes, so it wakes often and compares clocks. */
const LONGEST_WAIT_MS = 60_000;
const SHORTEST_WAIT_MS = 1_000;
const AT_ONCE = 4;

/** Refreshes what is in use ahead of time, a few at a time, so that callers hardly ever wait for a provider. */
export class Scheduler {
  readonly #env: Env;
  readonly #store: AccountStore;
  readonly #vault: Vault;
  readonly #refresher: Refresher;
  readonly #usage: Usage;
  readonly #events: Events;
  readonly #times: Collaborators['times'];
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;
  #round: Promise<void> | undefined;
  #stopped = false;

  constructor(env: Env, { store, vault, refresher, usage, events, times }: Collaborators) {
    this.#env = env;
    this.#store = store;
    this.#vault = vault;
    this.#refresher = refresher;
    this.#usage = usage;
    this.#events = events;
    this.#times = times;
  }

  start(): void {
    // A new token may end sooner than anything that was waited for.
    this.#events.listen(({ type }) => {
      if (type === 'account_added' || type === 'token_refreshed') this.#wakeIn(SHORTEST_WAIT_MS);
    });
    this.#wakeIn(SHORTEST_WAIT_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #wakeIn(ms: number): void {
    const wakesAt = this.#env.clock.monotonic() + ms;
    if (this.#stopped || this.#round || wakesAt >= this.#wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = wakesAt;
    this.#timer = setTimeout(() => this.#wake(), ms).unref();
  }

  #wake(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.#round = this.#refreshDue()
      .catch((thrown: unknown) =>
        this.#env.log.warn('scheduler.failed', { kind: asSigilforgeError(thrown).kind }),
      )
      .finally(() => {
        this.#round = undefined;
        this.#wakeIn(this.#untilNext());
      });
  }

  async #refreshDue(): Promise<void> {
    // No caller waits for this, so it must not make the keychain ask a person.
    if (this.#vault.state === 'locked') return;
    await this.#usage.save();
    await inParallel(this.#store.due(this.#query()), AT_ONCE, (account) => this.#refresh(account));
  }

  /** Failures are stored with the account, and reported when its token is asked for. */
  async #refresh(account: StoredAccount): Promise<void> {
    if (this.#stopped) return;
    try {
      await this.#refresher.refresh(account, 'needed');
    } catch (thrown) {
      this.#env.log.debug('scheduler.not_refreshed', {
        account: `${account.service}/${account.account}`,
        kind: asSigilforgeError(thrown).kind,
      });
    }
  }

  #untilNext(): number {
    try {
      const next = this.#store.nextDue(this.#query()) ?? Number.POSITIVE_INFINITY;
      return Math.min(Math.max(next - this.#env.clock.wall(), SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
    } catch {
      // The store cannot be read for the moment: the next round tries again.
      return LONGEST_WAIT_MS;
    }
  }

  #query(): DueQuery {
    const now = this.#env.clock.wall();
    const { aheadMs, idleMs } = this.#times;
    return { now, aheadMs, usedSince: now - idleMs, longestBackoffMs: LONGEST_BACKOFF_MS };
  }
}
