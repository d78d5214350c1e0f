import { setTimeout as delay } from 'node:timers/promises';
import { asSigilforgeError } from '../../../shared/errors.js';
import { noSuchAccount } from '../accounts/account.js';
import type { Grants } from '../accounts/grants.js';
import type { ClientWithSecret } from '../oauth/client.js';
import type { Granted, OAuthContext } from '../oauth/exchange.js';
import { revoke } from '../oauth/revocation.js';
import type { Logger } from '../platform/log.js';
import { trace } from '../platform/trace.js';
import type { AccountRow } from '../store/accounts.js';
import type { Lease } from '../store/lease.js';
import type { Vault } from '../vault/vault.js';
import { notStored, withoutAccessToken } from './refusals.js';
import type { Rescue } from './rescue.js';

/** What a provider answered, and for which grant. */
export interface Answer {
  readonly row: AccountRow;
  readonly granted: Granted;
  /** Its line in the journal; an adopted answer has none of its own. */
  readonly attemptId: string | undefined;
  /** To revoke it where its account is gone. */
  readonly who: ClientWithSecret | undefined;
}

interface Parts {
  readonly grants: Grants;
  readonly rescue: Rescue;
  readonly vault: Vault;
  readonly oauth: OAuthContext;
  readonly log: Logger;
}

const RETRY_MS = 250;
/** How long an answer that no file could take keeps an ending process alive. */
const LAST_LIMIT_MS = 60_000;

/** Keeps answers, whatever it takes: in the store, else in a rescue file until the store takes it. */
export class Answers {
  readonly #parts: Parts;
  /** Those that could not be stored yet, by account; each still holds its lease. */
  readonly #unstored = new Map<string, Promise<void>>();
  readonly #ending = new AbortController();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Whether an answer for this account is here and not stored yet. */
  awaits(accountId: string): boolean {
    return this.#unstored.has(accountId);
  }

  /**
   * Stores an answer. Where that fails it is kept in a file at once, callers get `store_unavailable`, and it is stored
   * as soon as it can be, under the same lease, which is released then.
   */
  async store(answer: Answer, lease: Lease): Promise<void> {
    const { row, granted } = answer;
    try {
      await this.#commit(answer);
    } catch (thrown) {
      // Its account is gone, and it was revoked. Whatever else went wrong, the answer is kept.
      if (asSigilforgeError(thrown).kind === 'not_found') throw thrown;
      const inFile = await this.#writeRescue(answer);
      this.#unstored.set(row.id, this.#storeLater(answer, inFile, lease));
      throw notStored(row, thrown);
    }
    if (granted.tokens.accessToken === undefined) throw withoutAccessToken(row);
  }

  /** Resolves once every answer is stored, or is safe in a file. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled(this.#unstored.values());
  }

  async #commit({ row, granted, attemptId, who }: Answer): Promise<void> {
    const { grants, rescue, oauth } = this.#parts;
    const stored = await grants.refreshed(row, granted, attemptId);
    rescue.remove(row);
    if (stored) return;
    const { accessToken, refreshToken } = granted.tokens;
    if (who) await revoke(who, { accessToken, refreshToken }, oauth);
    throw noSuchAccount(row.service, row.account);
  }

  async #writeRescue({ row, granted }: Answer): Promise<boolean> {
    const { rescue, log } = this.#parts;
    try {
      await rescue.write(row, granted);
      trace('refresh.rescued');
      log.warn('refresh.answer_in_file', { account: `${row.service}/${row.account}` });
      return true;
    } catch (thrown) {
      const { kind } = asSigilforgeError(thrown);
      log.error('refresh.answer_in_memory', { account: `${row.service}/${row.account}`, kind });
      return false;
    }
  }

  /** Tries until the answer is stored. An ending process stops trying once the answer is safe in a file. */
  async #storeLater(answer: Answer, inFile: boolean, lease: Lease): Promise<void> {
    const releaseKeys = this.#parts.vault.hold();
    let safe = inFile;
    let limit = Number.POSITIVE_INFINITY;
    try {
      while (performance.now() < limit) {
        if (await this.#isDealtWith(answer)) return;
        safe ||= await this.#writeRescue(answer);
        if (this.#ending.signal.aborted) {
          if (safe) return;
          limit = Math.min(limit, performance.now() + LAST_LIMIT_MS);
        }
        await this.#pause();
      }
    } finally {
      this.#unstored.delete(answer.row.id);
      releaseKeys();
      lease.release();
    }
  }

  async #isDealtWith(answer: Answer): Promise<boolean> {
    try {
      await this.#commit(answer);
      return true;
    } catch (thrown) {
      return asSigilforgeError(thrown).kind === 'not_found';
    }
  }

  async #pause(): Promise<void> {
    const { signal } = this.#ending;
    // Once the process is ending, the signal no longer shortens anything.
    await delay(RETRY_MS, undefined, signal.aborted ? {} : { signal }).catch(() => {});
  }
}
