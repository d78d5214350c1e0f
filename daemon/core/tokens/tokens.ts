import type { AccessToken } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { noSuchAccount } from '../accounts/errors.js';
import type { Grants } from '../accounts/grants.js';
import { isAlive } from '../accounts/lifetime.js';
import type { Usage } from '../accounts/usage.js';
import type { Refresher } from '../refresh/refresher.js';
import { withoutAccessToken } from '../refresh/refusals.js';
import type { RefreshReason } from '../refresh/worthwhile.js';
import type { StoredAccount } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import type { CachedToken, TokenCache } from './cache.js';

/** What a caller wants from a token. */
export interface TokenRequest {
  readonly service: string;
  readonly account: string;
  /** Seconds that the token has to live; counts for at most half of its lifetime. */
  readonly min_valid_s?: number | undefined;
  readonly refresh_if_needed: boolean;
  /** A token that the resource server refused. */
  readonly rejected_token?: string | undefined;
}

interface Collaborators {
  readonly grants: Grants;
  readonly refresher: Refresher;
  readonly cache: TokenCache;
  readonly usage: Usage;
}

interface StoredToken {
  readonly stored: StoredAccount;
  readonly token: CachedToken;
}

const DEFAULT_MIN_VALID_MS = 300_000;

/** Access tokens that work: from memory if they live long enough, and from the refresher if not. */
export class Tokens {
  readonly #env: Env;
  readonly #grants: Grants;
  readonly #refresher: Refresher;
  readonly #cache: TokenCache;
  readonly #usage: Usage;

  constructor(env: Env, { grants, refresher, cache, usage }: Collaborators) {
    this.#env = env;
    this.#grants = grants;
    this.#refresher = refresher;
    this.#cache = cache;
    this.#usage = usage;
  }

  /** An answer at once for a token that lives in memory; otherwise the promise of one. */
  get(request: TokenRequest): AccessToken | Promise<AccessToken> {
    const cached = this.#cache.get(request.service, request.account);
    return cached && this.#serves(cached, request) ? this.#answer(cached, request) : this.#getSlowly(request);
  }

  /** A new token from the provider, even if the stored one still lives. */
  async refresh(service: string, account: string): Promise<AccessToken> {
    const { stored } = await this.#stored(service, account);
    return this.#refreshed(stored, 'asked');
  }

  async #getSlowly(request: TokenRequest): Promise<AccessToken> {
    const { stored, token } = await this.#stored(request.service, request.account);
    if (this.#serves(token, request)) return this.#answer(token, request);
    try {
      if (!request.refresh_if_needed) throw notRefreshed(stored);
      return await this.#refreshed(stored, isRejected(token, request) ? 'rejected' : 'needed');
    } catch (thrown) {
      // A token that still lives is handed out even if the refresh failed, unless it is the one that was refused.
      const latest = await this.#stored(request.service, request.account);
      if (this.#lives(latest.token) && !isRejected(latest.token, request))
        return this.#answer(latest.token, request);
      throw thrown;
    }
  }

  async #refreshed(account: StoredAccount, reason: RefreshReason): Promise<AccessToken> {
    await this.#refresher.refresh(account, reason);
    return this.#answer((await this.#stored(account.service, account.account)).token, account);
  }

  async #stored(service: string, account: string): Promise<StoredToken> {
    const open = await this.#grants.opener();
    const found = this.#cache.read(service, account, (stored) => open(stored, 'accessToken'));
    if (found) return found;
    throw noSuchAccount({ service, account });
  }

  #serves(token: CachedToken, request: TokenRequest): boolean {
    return !isRejected(token, request) && this.#lives(token, wantedMs(token, request.min_valid_s));
  }

  /** By the wall clock and by the monotonic one: the one that says earlier that it is over. */
  #lives(token: CachedToken, atLeastMs = 0): boolean {
    const { clock } = this.#env;
    return isAlive(token, clock.wall() + atLeastMs) && token.deadline - clock.monotonic() > atLeastMs;
  }

  #answer(token: CachedToken, names: Pick<TokenRequest, 'service' | 'account'>): AccessToken {
    if (token.accessToken === undefined) throw withoutAccessToken(names);
    this.#usage.markUsed(token.id);
    return {
      access_token: token.accessToken.reveal(),
      token_type: token.tokenType,
      expires_at: token.expiresAtText,
      scopes: token.scopes,
    };
  }
}

function isRejected(token: CachedToken, { rejected_token }: TokenRequest): boolean {
  return rejected_token !== undefined && token.accessToken?.reveal() === rejected_token;
}

/** What was asked for, or else five minutes or a tenth of the lifetime, whichever is less; never over half of the lifetime. */
function wantedMs({ lifetimeMs }: CachedToken, minValidS: number | undefined): number {
  const wanted = minValidS === undefined ? Math.min(DEFAULT_MIN_VALID_MS, lifetimeMs / 10) : minValidS * 1000;
  return Math.min(wanted, lifetimeMs / 2);
}

function notRefreshed({ service, account }: StoredAccount): SigilforgeError {
  const sentence = `The token of ${service}/${account} has expired, and the call did not allow a refresh.`;
  return new SigilforgeError('auth_required', sentence, { hint: 'Call again with refresh_if_needed: true.' });
}
