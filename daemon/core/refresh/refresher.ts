import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { asSigilforgeError, type ErrorKind, SigilforgeError } from '../../../shared/errors.js';
import { mintingOf, noSuchAccount, scopesOf } from '../account.js';
import { accountClient } from '../account-client.js';
import type { Reach } from '../fault-points.js';
import type { Grants } from '../grants.js';
import type { Logger } from '../log.js';
import type { ClientWithSecret } from '../oauth/client.js';
import { type Exchange, exchange, type Granted, type OAuthContext } from '../oauth/exchange.js';
import type { TokenFailure } from '../oauth/failure.js';
import { mint } from '../oauth/minting.js';
import { revoke } from '../oauth/revocation.js';
import type { Providers } from '../providers.js';
import type { AccountRow, AccountStore } from '../store/account-store.js';
import type { AttemptStore } from '../store/attempt-store.js';
import type { Lease } from '../store/lease.js';
import type { Sqlite } from '../store/sqlite.js';
import type { Vault } from '../vault/vault.js';
import { remainingBackoffMs } from './backoff.js';
import type { Rescue } from './rescue.js';
import { shieldFromSignals } from './signal-shield.js';

/** Why a refresh is wanted: the token is too old, its resource server refused it, or somebody asked for a new one. */
export type RefreshReason = 'needed' | 'rejected' | 'asked';

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
  readonly reach: Reach;
  /** This process, in words for people. */
  readonly holder: string;
}

/** What an exchange is sent with. */
interface RefreshRequest {
  readonly who: ClientWithSecret;
  readonly send: () => Promise<Exchange>;
}

/** One exchange for each account in this time, for tokens that were refused and for grants that are known to be dead. */
const PATIENCE_MS = 10_000;
const COMMIT_RETRY_MS = 250;
/** How long an answer that no file could take keeps an ending process alive. */
const LAST_COMMIT_LIMIT_MS = 60_000;

/**
 * The one place that refreshes. One exchange at a time for each account, between processes too; written into the
 * journal before it is sent; its answer stored before anybody sees it.
 */
export class Refresher {
  readonly #parts: Parts;
  readonly #running = new Map<string, Promise<void>>();
  /** Answers that could not be stored yet, by account; each still holds its lease. */
  readonly #unstored = new Map<string, Promise<void>>();
  readonly #ending = new AbortController();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Refreshes the grant that was read as `row`, or joins whoever does. Afterwards the store has a newer one. */
  async refresh(row: AccountRow, reason: RefreshReason): Promise<void> {
    if (this.#unstored.has(row.id)) throw notStored(row);
    const running = this.#running.get(row.id);
    if (running !== undefined) return running;
    this.#assertWorthwhile(row, reason);
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
    await Promise.allSettled(this.#running.values());
    this.#ending.abort();
    await Promise.allSettled(this.#unstored.values());
  }

  async #underLease(seen: AccountRow, reason: RefreshReason): Promise<void> {
    const lease = await this.#parts.grants.lease(seen.id);
    try {
      this.#parts.reach('refresh.leased');
      const row = this.#parts.store.byId(seen.id);
      if (!row) throw noSuchAccount(seen.service, seen.account);
      // Somebody else refreshed it meanwhile: that is what was wanted.
      if (row.generation !== seen.generation) return;
      await shieldFromSignals(() => this.#parts.vault.keepOpen(() => this.#renew(row, reason, lease)));
    } finally {
      if (!this.#unstored.has(seen.id)) lease.release();
    }
  }

  async #renew(row: AccountRow, reason: RefreshReason, lease: Lease): Promise<void> {
    const rescued = await this.#rescued(row);
    if (rescued) {
      this.#parts.reach('refresh.adopting');
      return this.#store(row, rescued, undefined, lease);
    }
    this.#assertWorthwhile(row, reason);
    const request = await this.#request(row);
    const { db, attempts, oauth } = this.#parts;
    const mayBeSpent = await db.write(() => attempts.endCutOff(row.id, row.generation, oauth.clock.wall()));
    await this.#exchangeAndStore(row, request, lease, mayBeSpent);
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

  #notAdopted(row: AccountRow, thrown: unknown): void {
    const { kind } = asSigilforgeError(thrown);
    this.#parts.log.error({ account: row.id, kind }, 'an answer in a file was not adopted');
  }

  async #exchangeAndStore(
    row: AccountRow,
    request: RefreshRequest,
    lease: Lease,
    mayBeSpent: boolean,
  ): Promise<void> {
    const { attemptId, granted, failure } = await this.#attempt(row, request);
    if (granted) return this.#store(row, granted, attemptId, lease, request.who);
    const told = mayBeSpent ? withLostAnswer(failure) : failure;
    const stillThere = await this.#parts.grants.failed(row, told, attemptId);
    // Another grant took its place: that one is what was wanted.
    if (!stillThere) return;
    // Providers that rotate forgive a repeated token for seconds only, so an answer that may be lost is asked for at once.
    if (failure.end === 'unknown' && !mayBeSpent) return this.#exchangeAndStore(row, request, lease, true);
    throw told.verdict === 'dead' ? signInAgain(row, told.error.message) : told.error;
  }

  /** One exchange, in the journal before its first byte is sent: where the store cannot be written, nothing is sent. */
  async #attempt(row: AccountRow, request: RefreshRequest): Promise<Exchange & { attemptId: string }> {
    const { db, attempts, oauth, reach, holder } = this.#parts;
    const attemptId = uuidv7();
    await db.write(() =>
      attempts.begin({
        id: attemptId,
        account_id: row.id,
        generation: row.generation,
        fingerprint: row.refresh_fingerprint,
        holder,
        started_at: oauth.clock.wall(),
      }),
    );
    reach('refresh.journaled');
    const result = await request.send();
    reach('refresh.answered');
    return { ...result, attemptId };
  }

  /** Stores an answer. Where that fails it is kept in a file at once, and stored as soon as it can be, under the same lease. */
  async #store(
    row: AccountRow,
    granted: Granted,
    attemptId: string | undefined,
    lease: Lease,
    who?: ClientWithSecret,
  ): Promise<void> {
    try {
      await this.#commit(row, granted, attemptId, who);
    } catch (thrown) {
      if (asSigilforgeError(thrown).kind !== 'store_unavailable') throw thrown;
      const inFile = await this.#writeRescue(row, granted);
      const storing = this.#storeLater(row, granted, attemptId, inFile, lease);
      this.#unstored.set(row.id, storing);
      throw notStored(row, thrown);
    }
    if (granted.tokens.accessToken === undefined) throw withoutAccessToken(row);
  }

  async #commit(
    row: AccountRow,
    granted: Granted,
    attemptId: string | undefined,
    who: ClientWithSecret | undefined,
  ): Promise<void> {
    const { grants, rescue, oauth } = this.#parts;
    const stored = await grants.refreshed(row, granted, attemptId);
    rescue.remove(row);
    if (stored) return;
    const { accessToken, refreshToken } = granted.tokens;
    if (who) await revoke(who, { accessToken, refreshToken }, oauth);
    throw noSuchAccount(row.service, row.account);
  }

  async #writeRescue(row: AccountRow, granted: Granted): Promise<boolean> {
    const { rescue, log, reach } = this.#parts;
    try {
      await rescue.write(row, granted);
      reach('refresh.rescued');
      log.warn({ account: row.id }, 'an answer could not be stored, and is kept in a file');
      return true;
    } catch (thrown) {
      log.error(
        { account: row.id, kind: asSigilforgeError(thrown).kind },
        'an answer is kept in memory alone',
      );
      return false;
    }
  }

  /** Tries until the answer is stored. An ending process stops trying once the answer is safe in a file. */
  async #storeLater(
    row: AccountRow,
    granted: Granted,
    attemptId: string | undefined,
    inFile: boolean,
    lease: Lease,
  ): Promise<void> {
    const releaseKeys = this.#parts.vault.hold();
    let safe = inFile;
    let limit = Number.POSITIVE_INFINITY;
    try {
      while (performance.now() < limit) {
        if (await this.#stored(row, granted, attemptId)) return;
        safe ||= await this.#writeRescue(row, granted);
        if (this.#ending.signal.aborted) {
          if (safe) return;
          limit = Math.min(limit, performance.now() + LAST_COMMIT_LIMIT_MS);
        }
        await this.#pause();
      }
    } finally {
      this.#unstored.delete(row.id);
      releaseKeys();
      lease.release();
    }
  }

  async #stored(row: AccountRow, granted: Granted, attemptId: string | undefined): Promise<boolean> {
    try {
      await this.#commit(row, granted, attemptId, undefined);
      return true;
    } catch (thrown) {
      return asSigilforgeError(thrown).kind === 'not_found';
    }
  }

  async #pause(): Promise<void> {
    const { signal } = this.#ending;
    // Once the process is ending, the signal no longer shortens anything.
    const options = signal.aborted ? {} : { signal };
    await delay(COMMIT_RETRY_MS, undefined, options).catch(() => {});
  }

  async #request(row: AccountRow): Promise<RefreshRequest> {
    const { grants, oauth } = this.#parts;
    const who = await this.#client(row);
    const minting = mintingOf(row);
    const privateKey = await grants.open(row, 'private_key');
    if (minting && privateKey) return { who, send: () => mint(who, { privateKey, minting }, oauth) };
    if (row.flow === 'client_credentials') {
      const scope = scopesOf(row).join(who.client.scope_separator);
      return { who, send: () => exchange(who, 'client_credentials', scope === '' ? {} : { scope }, oauth) };
    }
    const refreshToken = await grants.open(row, 'refresh_token');
    if (!refreshToken) throw signInAgain(row, 'it has no refresh token.');
    const parameters = { refresh_token: refreshToken.reveal() };
    return { who, send: () => exchange(who, 'refresh_token', parameters, oauth) };
  }

  async #client(row: AccountRow): Promise<ClientWithSecret> {
    const who = await accountClient(row, this.#parts);
    if (!who) throw notRefreshable(row);
    const withoutSecret =
      row.flow === 'device_code' && who.client.quirks.includes('device_refresh_without_secret');
    return withoutSecret ? { ...who, secret: undefined } : who;
  }

  /** Throws where asking the provider now could bring nothing, without any network. */
  #assertWorthwhile(row: AccountRow, reason: RefreshReason): void {
    if (row.kind === 'api_key') throw notRefreshable(row);
    if (row.state === 'parked' && reason !== 'asked') throw notTakenOver(row);
    const dead = row.state === 'needs_auth';
    if (dead && (reason !== 'asked' || this.#isRecent(lastErrorOf(row).at)))
      throw signInAgain(row, lastErrorOf(row).message);
    if (reason === 'rejected' && this.#isRecent(row.last_refreshed_at)) throw refusedAlthoughNew(row);
    const waitMs = remainingBackoffMs(row.next_attempt_at, this.#parts.oauth.clock.wall());
    if (reason !== 'asked' && waitMs > 0) {
      const { kind, message } = lastErrorOf(row);
      throw new SigilforgeError(kind, message, {
        hint: `Sigilforge tries again in ${Math.ceil(waitMs / 1000)} seconds.`,
      });
    }
  }

  /** By the rows that every process sees. What is in the future was written by a clock that has been set back. */
  #isRecent(at: number | null): boolean {
    const ago = this.#parts.oauth.clock.wall() - (at ?? Number.NEGATIVE_INFINITY);
    return ago >= 0 && ago < PATIENCE_MS;
  }
}

function lastErrorOf({ last_error }: AccountRow): { kind: ErrorKind; message: string; at: number | null } {
  if (last_error === null) return { kind: 'refresh_failed', message: 'the reason is not known.', at: null };
  const { kind, message, at } = JSON.parse(last_error) as { kind: ErrorKind; message: string; at: string };
  return { kind, message, at: Date.parse(at) };
}

function signInAgain({ service, account }: AccountRow, reason: string): SigilforgeError {
  return new SigilforgeError('auth_required', `${service}/${account} has to be signed in again: ${reason}`, {
    hint: `Run: sigilforge add-account ${service} ${account} --replace`,
  });
}

function notTakenOver({ service, account }: AccountRow): SigilforgeError {
  const sentence = `${service}/${account} was copied from another vault, which may still use its grant.`;
  return new SigilforgeError('auth_required', sentence, {
    hint: `Where that vault is gone, take the grant over with: sigilforge refresh-token ${service} ${account}. Otherwise sign in anew: sigilforge add-account ${service} ${account} --replace`,
  });
}

/** The one loss that no client can prevent is named as what it is, to whoever asks from then on. */
function withLostAnswer(failure: TokenFailure): TokenFailure {
  if (failure.verdict !== 'dead') return failure;
  const { kind, message, cause } = failure.error;
  const lost =
    'An earlier answer of the provider never arrived, so the refresh token may have been spent on it.';
  return { ...failure, error: new SigilforgeError(kind, `${lost} ${message}`, { cause }) };
}

function notRefreshable({ service, account }: AccountRow): SigilforgeError {
  return new SigilforgeError(
    'auth_required',
    `${service}/${account} is an API key, which nothing refreshes.`,
    {
      hint: `Store another one with: sigilforge add-account ${service} ${account} --api-key --replace`,
    },
  );
}

function refusedAlthoughNew({ service, account }: AccountRow): SigilforgeError {
  const sentence = `The newest token of ${service}/${account} was refused, and is seconds old.`;
  return new SigilforgeError('refresh_failed', sentence, {
    hint: 'Its scopes may not be enough for what was asked of the API.',
  });
}

function withoutAccessToken({ service, account }: AccountRow): SigilforgeError {
  const sentence = `The provider of ${service}/${account} answered without an access token.`;
  return new SigilforgeError('refresh_failed', sentence, { hint: 'Nothing is lost: try again later.' });
}

function notStored({ service, account }: AccountRow, cause?: unknown): SigilforgeError {
  const sentence = `A new token of ${service}/${account} is here and cannot be stored yet.`;
  return new SigilforgeError('store_unavailable', sentence, {
    hint: 'Nothing is lost. Make the data folder writable, with some free space; the rest happens by itself.',
    cause,
  });
}
