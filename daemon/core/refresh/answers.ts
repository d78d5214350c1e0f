import { asSigilforgeError } from '../../../shared/errors.js';
import { noSuchAccount } from '../accounts/errors.js';
import type { Grants } from '../accounts/grants.js';
import type { Granted, OAuthContext } from '../oauth/exchange.js';
import type { OAuthClient } from '../oauth/registration/client.js';
import { revoke } from '../oauth/revocation.js';
import { trace } from '../platform/trace.js';
import type { StoredAccount } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import type { Lease } from '../store/lease.js';
import type { Vault } from '../vault/vault.js';
import { notStored, withoutAccessToken } from './refusals.js';
import type { Rescue } from './rescue.js';
import { untilDone } from './until-done.js';

/** What a provider answered, and for which grant. */
export interface Answer {
  readonly account: StoredAccount;
  readonly granted: Granted;
  /** Its line in the journal; an adopted answer has none of its own. */
  readonly attemptId: string | undefined;
  /** To revoke the grant if its account is gone. */
  readonly client: OAuthClient | undefined;
}

interface Collaborators {
  readonly grants: Grants;
  readonly rescue: Rescue;
  readonly vault: Vault;
  readonly oauth: OAuthContext;
}

/** Keeps answers, whatever it takes: in the store, or else in a rescue file until the store takes them. */
export class Answers {
  readonly #env: Env;
  readonly #grants: Grants;
  readonly #rescue: Rescue;
  readonly #vault: Vault;
  readonly #oauth: OAuthContext;
  /** Those that could not be stored yet, by account; each still holds its lease. */
  readonly #unstored = new Map<string, Promise<void>>();
  readonly #ending = new AbortController();

  constructor(env: Env, { grants, rescue, vault, oauth }: Collaborators) {
    this.#env = env;
    this.#grants = grants;
    this.#rescue = rescue;
    this.#vault = vault;
    this.#oauth = oauth;
  }

  /** Whether an answer for this account is here and not stored yet. */
  awaits(accountId: string): boolean {
    return this.#unstored.has(accountId);
  }

  /**
   * Stores an answer. If that fails it is kept in a file at once, callers get `store_unavailable`, and it is stored as
   * soon as it can be, under the same lease, which is released then.
   */
  async store(answer: Answer, lease: Lease): Promise<void> {
    const { account, granted } = answer;
    try {
      await this.#commit(answer);
    } catch (thrown) {
      // Its account is gone, and it was revoked. After any other failure the answer is kept.
      if (asSigilforgeError(thrown).kind === 'not_found') throw thrown;
      const inFile = await this.#writeRescue(answer);
      const { kind } = asSigilforgeError(thrown);
      // One line for the state: it may last for hours, and the log may be on the same full disk.
      if (!inFile) this.#env.log.error('refresh.answer_in_memory', { account: nameOf(account), kind });
      this.#unstored.set(account.id, this.#storeLater(answer, inFile, lease));
      throw notStored(account, thrown);
    }
    if (granted.tokens.accessToken === undefined) throw withoutAccessToken(account);
  }

  /** Resolves once every answer is stored, or is safe in a file. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled(this.#unstored.values());
  }

  async #commit({ account, granted, attemptId, client }: Answer): Promise<void> {
    const stored = await this.#grants.storeRefresh(account, granted, attemptId);
    this.#rescue.remove(account);
    if (stored) return;
    const { accessToken, refreshToken } = granted.tokens;
    if (client) await revoke(this.#oauth, client, { accessToken, refreshToken });
    throw noSuchAccount(account);
  }

  async #writeRescue({ account, granted }: Answer): Promise<boolean> {
    try {
      await this.#rescue.write(account, granted);
      trace('refresh.rescued', account.id);
      this.#env.log.warn('refresh.answer_in_file', { account: nameOf(account) });
      return true;
    } catch {
      return false;
    }
  }

  /** Tries until the answer is stored. An ending process stops trying once the answer is safe in a file. */
  async #storeLater(answer: Answer, inFile: boolean, lease: Lease): Promise<void> {
    const releaseKeys = this.#vault.hold();
    let safe = inFile;
    const attempt = async (): Promise<boolean> => {
      if (await this.#tryCommit(answer)) return true;
      safe ||= await this.#writeRescue(answer);
      return false;
    };
    await untilDone(attempt, { ending: this.#ending.signal, mayLeave: () => safe });
    this.#unstored.delete(answer.account.id);
    releaseKeys();
    lease.release();
  }

  /** Tries to store an answer, and says whether it needs no further try: it is stored, or its account is gone. */
  async #tryCommit(answer: Answer): Promise<boolean> {
    try {
      await this.#commit(answer);
      this.#env.log.info('refresh.stored', { account: nameOf(answer.account) });
      return true;
    } catch (thrown) {
      return asSigilforgeError(thrown).kind === 'not_found';
    }
  }
}

function nameOf({ service, account }: StoredAccount): string {
  return `${service}/${account}`;
}
