import { asSigilforgeError } from '../../../shared/errors.js';
import { noSuchAccount } from '../accounts/errors.js';
import type { Grants } from '../accounts/grants.js';
import type { Exchange, Granted, OAuthContext } from '../oauth/exchange.js';
import type { TokenFailure } from '../oauth/failures/failure.js';
import { newId } from '../platform/id.js';
import { shuttingDown } from '../platform/shutting-down.js';
import { shieldFromSignals } from '../platform/signal-shield.js';
import { trace } from '../platform/trace.js';
import type { Providers } from '../providers/providers.js';
import type { AccountStore, StoredAccount } from '../store/accounts.js';
import type { AttemptStore } from '../store/attempts.js';
import type { Env } from '../store/env.js';
import type { Lease } from '../store/lease.js';
import type { Vault } from '../vault/vault.js';
import type { Answers } from './answers.js';
import { backoffMs } from './backoff.js';
import {
  forAccount,
  judgedByHistory,
  notStored,
  signInAgain,
  withLostAnswer,
  withUnknownClient,
} from './refusals.js';
import { type RefreshRequest, refreshRequest } from './request.js';
import type { Rescue } from './rescue.js';
import type { UnreadAnswers } from './unread-answers.js';
import { assertWorthwhile, type RefreshReason } from './worthwhile.js';

interface Collaborators {
  readonly store: AccountStore;
  readonly attempts: AttemptStore;
  readonly answers: Answers;
  readonly rescue: Rescue;
  readonly unread: UnreadAnswers;
  readonly vault: Vault;
  readonly grants: Grants;
  readonly providers: Providers;
  readonly oauth: OAuthContext;
  /** This process, in words for people. */
  readonly holder: string;
}

/** What a refresh came to: a new grant was stored here, or another one had taken the place of the one to refresh. */
type Outcome = 'stored' | 'superseded';

/**
 * The one place that refreshes. One exchange at a time for each account, across processes too; written into the journal
 * before it is sent; its answer stored before any caller sees it.
 */
export class Refresher {
  readonly #env: Env;
  readonly #store: AccountStore;
  readonly #attempts: AttemptStore;
  readonly #answers: Answers;
  readonly #rescue: Rescue;
  readonly #unread: UnreadAnswers;
  readonly #vault: Vault;
  readonly #grants: Grants;
  readonly #providers: Providers;
  readonly #oauth: OAuthContext;
  readonly #holder: string;
  readonly #running = new Map<string, Promise<void>>();
  #ended = false;

  constructor(env: Env, collaborators: Collaborators) {
    const { store, attempts, answers, rescue, unread, vault, grants, providers, oauth, holder } =
      collaborators;
    this.#env = env;
    this.#store = store;
    this.#attempts = attempts;
    this.#answers = answers;
    this.#rescue = rescue;
    this.#unread = unread;
    this.#vault = vault;
    this.#grants = grants;
    this.#providers = providers;
    this.#oauth = oauth;
    this.#holder = holder;
  }

  /** Refreshes the grant that was read as `account`, or joins a refresh under way. Afterwards the store has a newer one. */
  async refresh(account: StoredAccount, reason: RefreshReason): Promise<void> {
    if (this.#ended) throw shuttingDown();
    if (this.#answers.awaits(account.id)) throw notStored(account);
    const running = this.#running.get(account.id);
    if (running !== undefined) return running;
    assertWorthwhile(account, reason, this.#now());
    // The answer could not be kept, and the grant that is stored may be spent by asking.
    this.#env.db.assertWritable();
    const refresh = this.#underLease(account, reason).finally(() => this.#running.delete(account.id));
    this.#running.set(account.id, refresh);
    return refresh;
  }

  /** Adopts the answers that an earlier process could not store. */
  async adoptRescued(): Promise<void> {
    for (const version of this.#rescue.list()) {
      const account = this.#store.byId(version.id);
      if (account?.generation !== version.generation) this.#rescue.remove(version);
      // If one answer cannot be adopted, the others still are.
      else
        await this.refresh(account, 'asked').catch((thrown: unknown) => this.#logNotAdopted(account, thrown));
    }
  }

  /** Resolves once no exchange is under way and every answer is stored, or is safe in a file. */
  async end(): Promise<void> {
    this.#ended = true;
    while (this.#running.size > 0) await Promise.allSettled(this.#running.values());
    await this.#answers.end();
    await this.#unread.end();
  }

  async #underLease(seen: StoredAccount, reason: RefreshReason): Promise<void> {
    const lease = await this.#grants.lease(seen.id);
    try {
      trace('refresh.leased', seen.id);
      const account = this.#store.byId(seen.id);
      if (!account) throw noSuchAccount(seen);
      // Another process refreshed it meanwhile: that is what was wanted.
      if (account.generation !== seen.generation) return;
      await this.#logged(account, () =>
        shieldFromSignals(() => this.#vault.keepOpen(() => this.#renew(account, reason, lease))),
      );
    } finally {
      if (!this.#answers.awaits(seen.id)) lease.release();
    }
  }

  /** One line in the log for each refresh that was stored, and for each that failed. */
  async #logged({ service, account }: StoredAccount, renew: () => Promise<Outcome>): Promise<void> {
    const { clock, log } = this.#env;
    const begun = clock.monotonic();
    const fields = () => ({
      account: `${service}/${account}`,
      duration_ms: Math.round(clock.monotonic() - begun),
    });
    try {
      if ((await renew()) === 'stored') log.info('refresh.stored', fields());
    } catch (thrown) {
      log.warn('refresh.failed', { ...fields(), kind: asSigilforgeError(thrown).kind });
      throw thrown;
    }
  }

  async #renew(account: StoredAccount, reason: RefreshReason, lease: Lease): Promise<Outcome> {
    const rescued = await this.#rescued(account);
    if (rescued) {
      trace('refresh.adopting', account.id);
      const answer = { account, granted: rescued, attemptId: undefined, client: undefined };
      await this.#answers.store(answer, lease);
      return 'stored';
    }
    assertWorthwhile(account, reason, this.#now());
    const collaborators = { grants: this.#grants, providers: this.#providers };
    const request = await refreshRequest(this.#oauth, collaborators, account);
    const { id, generation } = account;
    const mayBeSpent = await this.#env.db.write(() => this.#attempts.endCutOff(id, generation, this.#now()));
    return this.#exchange(account, request, { lease, mayBeSpent });
  }

  /** The answer that an earlier process kept in a file. A damaged one is refused, and the stored grant is tried instead. */
  async #rescued(account: StoredAccount): Promise<Granted | undefined> {
    try {
      return await this.#rescue.read(account);
    } catch (thrown) {
      if (asSigilforgeError(thrown).kind !== 'integrity') throw thrown;
      // If it is the account that was altered, this throws, and the file stays for the account as it was.
      await this.#grants.open(account, 'refreshToken');
      this.#rescue.setAside(account);
      this.#logNotAdopted(account, thrown);
      return undefined;
    }
  }

  /** `mayBeSpent`: an earlier answer for this grant may have been lost. */
  async #exchange(
    account: StoredAccount,
    request: RefreshRequest,
    { lease, mayBeSpent }: { readonly lease: Lease; readonly mayBeSpent: boolean },
  ): Promise<Outcome> {
    const { attemptId, granted, failure: judged } = await this.#attempt(account, request);
    if (granted) {
      await this.#answers.store({ account, granted, attemptId, client: request.client }, lease);
      return 'stored';
    }
    if (judged.unread) await this.#unread.keep(account, judged.unread);
    const failure = await this.#aboutClient(judgedByHistory(judged, account), request);
    const isKept = mayBeSpent && this.#unread.has(account);
    const recorded = mayBeSpent ? withLostAnswer(failure, isKept) : failure;
    const waitMs = backoffMs(recorded, account.failures);
    const isCurrent = await this.#grants.recordFailure(account, { failure: recorded, attemptId, waitMs });
    // Another grant took its place: that one is what was wanted.
    if (!isCurrent) return 'superseded';
    // Providers that rotate forgive a repeated token for seconds only, so a lost answer is asked for again at once. One that
    // could not be read is not: what it holds may be the living grant, which a repeated token would end.
    if (failure.end === 'unknown' && !failure.unread && !mayBeSpent)
      return this.#exchange(account, request, { lease, mayBeSpent: true });
    const { verdict, error } = recorded;
    throw verdict === 'dead' ? signInAgain(account, error.message) : forAccount(error, account);
  }

  /** A client that registered itself is not a matter of settings: another one is registered at the next sign-in. */
  async #aboutClient(failure: TokenFailure, { client }: RefreshRequest): Promise<TokenFailure> {
    if (failure.client !== 'surely' || !client) return failure;
    const isRegistered = await this.#providers.refused(client.registration).catch(() => false);
    return isRegistered ? withUnknownClient(failure) : failure;
  }

  /** One exchange, in the journal before its first byte is sent: if the store cannot be written, nothing is sent. */
  async #attempt(
    { id: accountId, generation, refreshFingerprint: fingerprint }: StoredAccount,
    request: RefreshRequest,
  ): Promise<Exchange & { attemptId: string }> {
    const attemptId = newId();
    const startedAt = this.#now();
    const attempt = { id: attemptId, accountId, generation, fingerprint, holder: this.#holder, startedAt };
    await this.#env.db.write(() => this.#attempts.begin(attempt));
    trace('refresh.journaled', accountId);
    const result = await request.send();
    trace('refresh.answered', accountId);
    return { ...result, attemptId };
  }

  #logNotAdopted({ service, account }: StoredAccount, thrown: unknown): void {
    const { kind } = asSigilforgeError(thrown);
    this.#env.log.error('refresh.answer_not_adopted', { account: `${service}/${account}`, kind });
  }

  #now(): number {
    return this.#env.clock.wall();
  }
}
