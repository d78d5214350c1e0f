import { asSigilforgeError } from '../../../shared/errors.js';
import type { Events } from '../accounts/events.js';
import type { Usage } from '../accounts/usage.js';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/log.js';
import type { AccountRow, AccountStore, DueQuery } from '../store/accounts.js';
import type { Vault } from '../vault/vault.js';
import { LONGEST_BACKOFF_MS } from './backoff.js';
import type { Refresher } from './refresher.js';

interface Parts {
  readonly vault: Vault;
  readonly store: AccountStore;
  readonly refresher: Refresher;
  readonly usage: Usage;
  readonly events: Events;
  readonly clock: Clock;
  readonly log: Logger;
  /** `[refresh]` of config.toml. */
  readonly aheadMs: number;
  readonly idleMs: number;
}

/** No system promises what a timer means across sleep and clock changes: it wakes often and compares clocks. */
const LONGEST_WAIT_MS = 60_000;
const SHORTEST_WAIT_MS = 1_000;
const AT_ONCE = 4;

/** Refreshes ahead of time what is in use, a few at a time, so that hardly anybody ever waits for a provider. */
export class Scheduler {
  readonly #parts: Parts;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;
  #round: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    // A new token may end sooner than anything that was waited for.
    this.#parts.events.listen(({ type }) => {
      if (type === 'account_added' || type === 'token_refreshed') this.#wakeIn(SHORTEST_WAIT_MS);
    });
    this.#wakeIn(SHORTEST_WAIT_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #wakeIn(ms: number): void {
    const wakesAt = this.#parts.clock.monotonic() + ms;
    if (this.#stopped || this.#round || wakesAt >= this.#wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = wakesAt;
    this.#timer = setTimeout(() => this.#wake(), ms).unref();
  }

  #wake(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.#round = this.#refreshDue()
      .catch((thrown: unknown) =>
        this.#parts.log.warn('scheduler.failed', { kind: asSigilforgeError(thrown).kind }),
      )
      .finally(() => {
        this.#round = undefined;
        this.#wakeIn(this.#untilNext());
      });
  }

  async #refreshDue(): Promise<void> {
    // Nobody waits for this, so it is no reason to ask a person for the keychain.
    if (this.#parts.vault.state === 'locked') return;
    await this.#parts.usage.save();
    const due = this.#parts.store.due(this.#query());
    const worker = async (): Promise<void> => {
      for (let row = due.shift(); row !== undefined && !this.#stopped; row = due.shift())
        await this.#refresh(row);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /** Failures are in the account's row, and told to whoever asks for the token. */
  async #refresh(row: AccountRow): Promise<void> {
    try {
      await this.#parts.refresher.refresh(row, 'needed');
    } catch (thrown) {
      this.#parts.log.debug('scheduler.not_refreshed', {
        account: `${row.service}/${row.account}`,
        kind: asSigilforgeError(thrown).kind,
      });
    }
  }

  #untilNext(): number {
    try {
      const next = this.#parts.store.nextDue(this.#query()) ?? Number.POSITIVE_INFINITY;
      return Math.min(Math.max(next - this.#parts.clock.wall(), SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
    } catch {
      // The store has a bad moment; it is looked at again.
      return LONGEST_WAIT_MS;
    }
  }

  #query(): DueQuery {
    const now = this.#parts.clock.wall();
    const { aheadMs, idleMs } = this.#parts;
    return { now, aheadMs, usedSince: now - idleMs, longestBackoffMs: LONGEST_BACKOFF_MS };
  }
}
