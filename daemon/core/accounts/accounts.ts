import type { AccountDetails, AccountInfo } from '../../../shared/contract/index.js';
import { asSigilforgeError, type ErrorKind } from '../../../shared/errors.js';
import type { NamedFields } from '../../../shared/named-fields.js';
import type { OAuthContext } from '../oauth/exchange.js';
import { revoke } from '../oauth/revocation.js';
import { type Page, pageOf } from '../platform/pages.js';
import type { Providers } from '../providers/providers.js';
import type { AccountStore, StoredAccount } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import { accountClient } from './account-client.js';
import { accountInfo, damagedInfo, LISTED_ACCOUNTS } from './account-info.js';
import { logDamaged, readUnlessDamaged } from './damaged.js';
import { noSuchAccount } from './errors.js';
import type { Grants } from './grants.js';
import { clientOf, fieldsOf } from './json-fields.js';
import { type PersonsGrant, revokedWith } from './shared-revocation.js';
import type { Usage } from './usage.js';

interface Collaborators {
  readonly store: AccountStore;
  readonly grants: Grants;
  readonly providers: Providers;
  readonly usage: Usage;
  readonly oauth: OAuthContext;
}

/** What keeps a vault closed. */
const CLOSED: ReadonlySet<ErrorKind> = new Set(['vault_locked', 'keychain_unavailable', 'timeout', 'denied']);

/** The accounts that are stored: listing and removing them. */
export class Accounts {
  readonly #env: Env;
  readonly #store: AccountStore;
  readonly #grants: Grants;
  readonly #providers: Providers;
  readonly #usage: Usage;
  readonly #oauth: OAuthContext;

  constructor(env: Env, { store, grants, providers, usage, oauth }: Collaborators) {
    this.#env = env;
    this.#store = store;
    this.#grants = grants;
    this.#providers = providers;
    this.#usage = usage;
    this.#oauth = oauth;
  }

  get count(): number {
    return this.#store.count();
  }

  /**
   * A page of all accounts, or of those of one service. A damaged one hides no other: it is listed as one that needs a
   * sign-in.
   */
  list(service?: string, cursor?: string): Page<AccountInfo> {
    const accounts = this.#store
      .list()
      .filter((account) => service === undefined || account.service === service);
    const infoOf = (account: StoredAccount) =>
      readUnlessDamaged(this.#env.log, account, (readable) => this.#info(readable), damagedInfo);
    return pageOf(LISTED_ACCOUNTS, accounts, infoOf, cursor);
  }

  /** The names of at most so many. */
  names(most: number): { readonly service: string; readonly account: string }[] {
    return this.#store.names(most);
  }

  /** Throws `not_found`, and `integrity` for a damaged account. */
  get(service: string, account: string): AccountInfo {
    return this.#info(this.stored(service, account));
  }

  /** The account, and those that end with it. Throws `not_found`, and `integrity` for a damaged account. */
  async describe(service: string, account: string): Promise<AccountDetails> {
    const stored = this.stored(service, account);
    const { token_endpoint = null } = clientOf(stored) ?? {};
    const issued_by = token_endpoint === null ? null : new URL(token_endpoint).origin;
    const fields = await this.#fields(stored);
    return {
      ...{ ...this.#info(stored), revoked_with: this.#endingWith(stored), issued_by },
      ...(fields && { fields }),
    };
  }

  /** `undefined` while the vault is closed, which hides nothing else of an account. */
  async #fields(account: StoredAccount): Promise<NamedFields | undefined> {
    if (account.fields === null) return {};
    try {
      return fieldsOf(account, await this.#grants.open(account, 'fields'));
    } catch (thrown) {
      if (!CLOSED.has(asSigilforgeError(thrown).kind)) throw thrown;
      return undefined;
    }
  }

  /** The other accounts, as `service/account`, whose grants end if this one is revoked. */
  revokedWith(grant: PersonsGrant): string[] {
    return revokedWith({ store: this.#store, log: this.#env.log }, grant);
  }

  /** Whether there is such an account, and it is an API key. */
  isApiKey(service: string, account: string): boolean {
    return this.#store.find(service, account)?.kind === 'api_key';
  }

  /** Throws `not_found`. */
  stored(service: string, account: string): StoredAccount {
    const stored = this.#store.find(service, account);
    if (stored) return stored;
    throw noSuchAccount({ service, account });
  }

  /** Removes an account, a damaged one too. If asked to, it revokes the grant first; a failed revocation stops nothing. */
  async remove({
    service,
    account,
    revoke: revokeGrant,
  }: {
    readonly service: string;
    readonly account: string;
    readonly revoke: boolean;
  }): Promise<{ removed: true; revoked: boolean; notices: string[] }> {
    const { id } = this.stored(service, account);
    const lease = await this.#grants.lease(id);
    let removed = false;
    try {
      const stored = this.stored(service, account);
      const revoked = revokeGrant && (await this.#revoke(stored));
      const others = revoked ? this.#endingWith(stored) : [];
      await this.#grants.remove(stored);
      removed = true;
      // A grant that is not to end may live on elsewhere, where its account was taken to, with the same client.
      const notices = revokeGrant ? await this.#endClient(stored) : [];
      return {
        removed: true,
        revoked,
        notices: [...(others.length > 0 ? [endedWith(others)] : []), ...notices],
      };
    } finally {
      lease.release();
      if (removed) this.#grants.forgetLease(id);
    }
  }

  async #endClient(account: StoredAccount): Promise<string[]> {
    const client = readUnlessDamaged(this.#env.log, account, clientOf, () => null);
    return client ? this.#providers.ended(client) : [];
  }

  async #revoke(account: StoredAccount): Promise<boolean> {
    try {
      const client = await accountClient(account, { grants: this.#grants, providers: this.#providers });
      if (!client) return false;
      const open = await this.#grants.opener();
      const tokens = {
        accessToken: open(account, 'accessToken'),
        refreshToken: open(account, 'refreshToken'),
      };
      return await revoke(this.#oauth, client, tokens);
    } catch (thrown) {
      // What cannot be read cannot be revoked.
      if (asSigilforgeError(thrown).kind !== 'integrity') throw thrown;
      logDamaged(this.#env.log, account);
      return false;
    }
  }

  /** A damaged account cannot be revoked, so nothing ends with it. */
  #endingWith(account: StoredAccount): string[] {
    const client = readUnlessDamaged(this.#env.log, account, clientOf, () => null);
    return this.revokedWith({ ...account, client });
  }

  #info(account: StoredAccount): AccountInfo {
    const lastUsed = this.#usage.lastUsed(account.id) ?? account.lastUsed;
    return accountInfo({ ...account, lastUsed }, this.#env.clock.wall());
  }
}

function endedWith(others: readonly string[]): string {
  return `The provider ends every grant of a client for the same person at once, so these may have ended as well: ${others.join(', ')}.`;
}
