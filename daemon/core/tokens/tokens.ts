import type { AccessToken } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { noSuchAccount } from '../accounts/account.js';
import type { Grants } from '../accounts/grants.js';
import type { Usage } from '../accounts/usage.js';
import type { Clock } from '../platform/clock.js';
import type { Refresher } from '../refresh/refresher.js';
import type { RefreshReason } from '../refresh/worthwhile.js';
import type { AccountRow } from '../store/accounts.js';
import type { CachedToken, TokenCache } from './cache.js';

/** What a caller wants of a token. */
export interface TokenRequest {
  readonly service: string;
  readonly account: string;
  /** Seconds that the token has to live; counts for at most half of its lifetime. */
  readonly min_valid_s?: number | undefined;
  readonly refresh_if_needed: boolean;
  /** A token that the resource server refused. */
  readonly rejected_token?: string | undefined;
}

interface Parts {
  readonly grants: Grants;
  readonly refresher: Refresher;
  readonly cache: TokenCache;
  readonly usage: Usage;
  readonly clock: Clock;
}

interface Stored {
  readonly row: AccountRow;
  readonly token: CachedToken;
}

const DEFAULT_MIN_VALID_MS = 300_000;

/** Access tokens that work: out of memory where they live long enough, by way of the refresher where not. */
export class Tokens {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** An answer at once for a token that lives in memory; otherwise the promise of one. */
  get(request: TokenRequest): AccessToken | Promise<AccessToken> {
    const cached = this.#parts.cache.get(request.service, request.account);
    return cached && this.#serves(cached, request) ? this.#answer(cached) : this.#getSlowly(request);
  }

  /** A new token by way of the provider, whatever the stored one is worth. */
  async refresh(service: string, account: string): Promise<AccessToken> {
    const { row } = await this.#stored(service, account);
    return this.#refreshed(row, 'asked');
  }

  async #getSlowly(request: TokenRequest): Promise<AccessToken> {
    const { row, token } = await this.#stored(request.service, request.account);
    if (this.#serves(token, request)) return this.#answer(token);
    try {
      if (!request.refresh_if_needed) throw notRefreshed(row);
      return await this.#refreshed(row, isRejected(token, request) ? 'rejected' : 'needed');
    } catch (thrown) {
      // A token that still lives is handed out whatever the refresh said, unless it is the one that was refused.
      const latest = await this.#stored(request.service, request.account);
      if (this.#lives(latest.token) && !isRejected(latest.token, request)) return this.#answer(latest.token);
      throw thrown;
    }
  }

  async #refreshed(row: AccountRow, reason: RefreshReason): Promise<AccessToken> {
    await this.#parts.refresher.refresh(row, reason);
    return this.#answer((await this.#stored(row.service, row.account)).token);
  }

  async #stored(service: string, account: string): Promise<Stored> {
    const open = await this.#parts.grants.opener();
    const stored = this.#parts.cache.read(service, account, (row) => open(row, 'access_token'));
    if (stored) return stored;
    throw noSuchAccount(service, account);
  }

  #serves(token: CachedToken, request: TokenRequest): boolean {
    return !isRejected(token, request) && this.#lives(token, wantedMs(token, request.min_valid_s));
  }

  /** By the wall clock and by the monotonic one: whichever says earlier that it is over. */
  #lives(token: CachedToken, atLeastMs = 0): boolean {
    if (token.accessToken === undefined) return false;
    if (token.expiresAt === null) return true;
    const { clock } = this.#parts;
    return token.expiresAt - clock.wall() > atLeastMs && token.deadline - clock.monotonic() > atLeastMs;
  }

  #answer(token: CachedToken): AccessToken {
    if (token.accessToken === undefined) {
      throw new SigilforgeError('refresh_failed', 'The provider answered without an access token.');
    }
    this.#parts.usage.touch(token.id);
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

/** What was asked for, else five minutes or a tenth of the lifetime where that is less; never over half of the lifetime. */
function wantedMs({ lifetimeMs }: CachedToken, minValidS: number | undefined): number {
  const wanted = minValidS === undefined ? Math.min(DEFAULT_MIN_VALID_MS, lifetimeMs / 10) : minValidS * 1000;
  return Math.min(wanted, lifetimeMs / 2);
}

function notRefreshed({ service, account }: AccountRow): SigilforgeError {
  const sentence = `The token of ${service}/${account} has expired, and was not to be refreshed.`;
  return new SigilforgeError('auth_required', sentence, { hint: 'Ask again with refresh_if_needed: true.' });
}
