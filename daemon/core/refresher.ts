import { SigilforgeError } from '../../shared/errors.js';
import type { Secret } from '../../shared/secret.js';
import { clientOf, noSuchAccount, scopesOf } from './account.js';
import type { Grants } from './grants.js';
import type { ClientWithSecret } from './oauth/client.js';
import { type Exchange, exchange, type OAuthContext } from './oauth/exchange.js';
import { revoke } from './oauth/revocation.js';
import type { Providers } from './providers.js';
import type { AccountRow, AccountStore } from './store/account-store.js';

/** Why a refresh is wanted: the token is too old, its resource server refused it, or somebody asked for a new one. */
export type RefreshReason = 'needed' | 'rejected' | 'asked';

interface Parts {
  readonly store: AccountStore;
  readonly grants: Grants;
  readonly providers: Providers;
  readonly oauth: OAuthContext;
}

/** One exchange for each account in this time, for tokens that were refused and for grants that are known to be dead. */
const PATIENCE_MS = 10_000;
/** However long a provider asks to be left alone, and whatever the clock did meanwhile. */
const LONGEST_BACKOFF_MS = 3_600_000;

/** The one place that refreshes: one exchange at a time for each account, its answer stored before anybody sees it. */
export class Refresher {
  readonly #parts: Parts;
  readonly #running = new Map<string, Promise<void>>();
  /** When the last exchange of an account began, by the monotonic clock. */
  readonly #lastExchange = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Refreshes the grant that was read as `row`, or joins whoever does. Afterwards the store has a newer one. */
  refresh(row: AccountRow, reason: RefreshReason): Promise<void> {
    const running = this.#running.get(row.id);
    if (running !== undefined) return running;
    const refresh = this.#refresh(row, reason).finally(() => this.#running.delete(row.id));
    this.#running.set(row.id, refresh);
    return refresh;
  }

  /** Resolves once no exchange is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }

  async #refresh(seen: AccountRow, reason: RefreshReason): Promise<void> {
    const lease = await this.#parts.grants.lease(seen.id);
    try {
      const row = this.#parts.store.find(seen.service, seen.account);
      if (row?.id !== seen.id) throw noSuchAccount(seen.service, seen.account);
      // Somebody else refreshed it meanwhile: that is what was wanted.
      if (row.generation !== seen.generation) return;
      this.#assertWorthwhile(row, reason);
      await this.#exchangeAndStore(row);
    } finally {
      lease.release();
    }
  }

  async #exchangeAndStore(row: AccountRow): Promise<void> {
    const { grants, oauth } = this.#parts;
    const who = await this.#client(row);
    const { granted, failure } = await this.#exchange(row, who);
    if (failure) {
      await grants.failed(row, failure);
      throw failure.verdict === 'dead' ? signInAgain(row, failure.error.message) : failure.error;
    }
    if (!(await grants.refreshed(row, granted))) {
      await revoke(
        who,
        { accessToken: granted.tokens.accessToken, refreshToken: granted.tokens.refreshToken },
        oauth,
      );
      throw noSuchAccount(row.service, row.account);
    }
  }

  async #exchange(row: AccountRow, who: ClientWithSecret): Promise<Exchange> {
    const { grants, oauth } = this.#parts;
    if (row.flow === 'client_credentials') {
      this.#exchangeBegins(row);
      return exchange(who, 'client_credentials', scopeParameter(row, who), oauth);
    }
    const refreshToken = await grants.open(row, 'refresh_token');
    if (!refreshToken) throw signInAgain(row, 'It has no refresh token.');
    this.#exchangeBegins(row);
    return exchange(who, 'refresh_token', { refresh_token: refreshToken.reveal() }, oauth);
  }

  /** The client that the account signed in with, and its secret as it is now. */
  async #client(row: AccountRow): Promise<ClientWithSecret> {
    const client = clientOf(row);
    if (!client) throw notRefreshable(row);
    const { providers, grants } = this.#parts;
    const withoutSecret =
      row.flow === 'device_code' && client.quirks.includes('device_refresh_without_secret');
    const secret: Secret | undefined = withoutSecret
      ? undefined
      : ((await grants.open(row, 'client_secret')) ??
        (await providers.secretOf(client.id, client.client_id)));
    return { client, secret };
  }

  /** Throws where asking the provider now could bring nothing, without any network. */
  #assertWorthwhile(row: AccountRow, reason: RefreshReason): void {
    if (row.kind === 'api_key') throw notRefreshable(row);
    const dead = row.state !== 'ok';
    if (dead && reason !== 'asked') throw signInAgain(row, lastErrorOf(row));
    if ((dead || reason === 'rejected') && this.#exchangedLately(row)) {
      throw dead
        ? signInAgain(row, lastErrorOf(row))
        : new SigilforgeError(
            'refresh_failed',
            `The newest token of ${row.service}/${row.account} was refused, and is seconds old.`,
            {
              hint: 'Its scopes may not be enough for what was asked of the API.',
            },
          );
    }
    const waitMs = Math.min((row.next_attempt_at ?? 0) - this.#parts.oauth.clock.wall(), LONGEST_BACKOFF_MS);
    if (reason !== 'asked' && waitMs > 0) {
      throw new SigilforgeError(
        'refresh_failed',
        `The provider asked to be left alone: ${lastErrorOf(row)}`,
        {
          hint: `Try again in ${Math.ceil(waitMs / 1000)} seconds.`,
        },
      );
    }
  }

  #exchangeBegins(row: AccountRow): void {
    this.#lastExchange.set(row.id, this.#parts.oauth.clock.monotonic());
  }

  #exchangedLately(row: AccountRow): boolean {
    const last = this.#lastExchange.get(row.id);
    return last !== undefined && this.#parts.oauth.clock.monotonic() - last < PATIENCE_MS;
  }
}

function scopeParameter(row: AccountRow, { client }: ClientWithSecret): Record<string, string> {
  const scopes = scopesOf(row);
  return scopes.length > 0 ? { scope: scopes.join(client.scope_separator) } : {};
}

function lastErrorOf(row: AccountRow): string {
  if (row.last_error === null) return 'no reason is known.';
  return (JSON.parse(row.last_error) as { message: string }).message;
}

function signInAgain({ service, account }: AccountRow, reason: string): SigilforgeError {
  return new SigilforgeError('auth_required', `${service}/${account} has to be signed in again: ${reason}`, {
    hint: `Run: sigilforge add-account ${service} ${account} --replace`,
  });
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
