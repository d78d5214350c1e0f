import { v7 as uuidv7 } from 'uuid';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { noSuchAccount } from '../accounts/account.js';
import type { Grants } from '../accounts/grants.js';
import type { Exchange, Granted, OAuthContext } from '../oauth/exchange.js';
import type { Logger } from '../platform/log.js';
import { shieldFromSignals } from '../platform/signal-shield.js';
import { trace } from '../platform/trace.js';
import type { Providers } from '../providers/providers.js';
import type { AccountRow, AccountStore } from '../store/accounts.js';
import type { AttemptStore } from '../store/attempts.js';
import type { Lease } from '../store/lease.js';
import type { Sqlite } from '../store/sqlite.js';
import type { Vault } from '../vault/vault.js';
import { Answers } from './answers.js';
import { notStored, signInAgain, withLostAnswer } from './refusals.js';
import { type RefreshRequest, refreshRequest } from './request.js';
import type { Rescue } from './rescue.js';
import { assertWorthwhile, type RefreshReason } from './worthwhile.js';

interface Parts {
  readonly db: Sqlite;
  readonly store: AccountStore;
  readonly attempts: AttemptStore;
  readonly rescue: Rescue;
  readonly vault: Vault;
  readonly grants: Grants;
  readonly providers: Providers;
  readonly oauth: OAuthContext;
  readonly log: Logger;
  /** This process, in words for people. */
  readonly holder: string;
}

/**
 * The one place that refreshes. One exchange at a time for each account, between processes too; written into the
 * journal before it is sent; its answer stored before anybody sees it.
 */
export class Refresher {
  readonly #parts: Parts;
  readonly #answers: Answers;
  readonly #running = new Map<string, Promise<void>>();
  #ended = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#answers = new Answers(parts);
  }

  /** Refreshes the grant that was read as `row`, or joins whoever does. Afterwards the store has a newer one. */
  async refresh(row: AccountRow, reason: RefreshReason): Promise<void> {
    if (this.#ended)
      throw new SigilforgeError('cancelled', 'Sigilforge is ending.', { hint: 'Ask again once it runs.' });
    if (this.#answers.awaits(row.id)) throw notStored(row);
    const running = this.#running.get(row.id);
    if (running !== undefined) return running;
    assertWorthwhile(row, reason, this.#now());
    const refresh = this.#underLease(row, reason).finally(() => this.#running.delete(row.id));
    this.#running.set(row.id, refresh);
    return refresh;
  }

  /** Adopts the answers that an earlier process could not store. */
  async adoptRescued(): Promise<void> {
    for (const version of this.#parts.rescue.list()) {
      const row = this.#parts.store.byId(version.id);
      if (row?.generation !== version.generation) this.#parts.rescue.remove(version);
      // What keeps one answer from being adopted is no reason to leave the others.
      else await this.refresh(row, 'asked').catch((thrown: unknown) => this.#notAdopted(row, thrown));
    }
  }

  /** Resolves once no exchange is under way and every answer is stored, or is safe in a file. */
  async end(): Promise<void> {
    this.#ended = true;
    while (this.#running.size > 0) await Promise.allSettled(this.#running.values());
    await this.#answers.end();
  }

  async #underLease(seen: AccountRow, reason: RefreshReason): Promise<void> {
    const lease = await this.#parts.grants.lease(seen.id);
    try {
      trace('refresh.leased');
      const row = this.#parts.store.byId(seen.id);
      if (!row) throw noSuchAccount(seen.service, seen.account);
      // Somebody else refreshed it meanwhile: that is what was wanted.
      if (row.generation !== seen.generation) return;
      await shieldFromSignals(() => this.#parts.vault.keepOpen(() => this.#renew(row, reason, lease)));
    } finally {
      if (!this.#answers.awaits(seen.id)) lease.release();
    }
  }

  async #renew(row: AccountRow, reason: RefreshReason, lease: Lease): Promise<void> {
    const rescued = await this.#rescued(row);
    if (rescued) {
      trace('refresh.adopting');
      return this.#answers.store({ row, granted: rescued, attemptId: undefined, who: undefined }, lease);
    }
    assertWorthwhile(row, reason, this.#now());
    const request = await refreshRequest(row, this.#parts);
    const { db, attempts } = this.#parts;
    const mayBeSpent = await db.write(() => attempts.endCutOff(row.id, row.generation, this.#now()));
    await this.#exchange(row, request, lease, mayBeSpent);
  }

  /** The answer that an earlier process kept in a file. A damaged one is refused, and the stored grant is tried instead. */
  async #rescued(row: AccountRow): Promise<Granted | undefined> {
    const { rescue } = this.#parts;
    try {
      return await rescue.read(row);
    } catch (thrown) {
      if (asSigilforgeError(thrown).kind !== 'integrity') throw thrown;
      rescue.setAside(row);
      this.#notAdopted(row, thrown);
      return undefined;
    }
  }

  async #exchange(
    row: AccountRow,
    request: RefreshRequest,
    lease: Lease,
    mayBeSpent: boolean,
  ): Promise<void> {
    const { attemptId, granted, failure } = await this.#attempt(row, request);
    if (granted) return this.#answers.store({ row, granted, attemptId, who: request.who }, lease);
    const told = mayBeSpent ? withLostAnswer(failure) : failure;
    const stillThere = await this.#parts.grants.failed(row, told, attemptId);
    // Another grant took its place: that one is what was wanted.
    if (!stillThere) return;
    // Providers that rotate forgive a repeated token for seconds only, so an answer that may be lost is asked for at once.
    if (failure.end === 'unknown' && !mayBeSpent) return this.#exchange(row, request, lease, true);
    throw told.verdict === 'dead' ? signInAgain(row, told.error.message) : told.error;
  }

  /** One exchange, in the journal before its first byte is sent: where the store cannot be written, nothing is sent. */
  async #attempt(row: AccountRow, request: RefreshRequest): Promise<Exchange & { attemptId: string }> {
    const { db, attempts, holder } = this.#parts;
    const attemptId = uuidv7();
    await db.write(() =>
      attempts.begin({
        id: attemptId,
        account_id: row.id,
        generation: row.generation,
        fingerprint: row.refresh_fingerprint,
        holder,
        started_at: this.#now(),
      }),
    );
    trace('refresh.journaled');
    const result = await request.send();
    trace('refresh.answered');
    return { ...result, attemptId };
  }

  #notAdopted(row: AccountRow, thrown: unknown): void {
    const { kind } = asSigilforgeError(thrown);
    this.#parts.log.error('refresh.answer_not_adopted', { account: `${row.service}/${row.account}`, kind });
  }

  #now(): number {
    return this.#parts.oauth.clock.wall();
  }
}
