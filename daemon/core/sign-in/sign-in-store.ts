import type { FlowKind } from '../../../shared/schemas.js';
import type { Secret } from '../../../shared/secret.js';
import { readUnlessDamaged } from '../accounts/damaged.js';
import { accountExists } from '../accounts/errors.js';
import type { Events } from '../accounts/events.js';
import { grantOf } from '../accounts/grant-fields.js';
import type { Grants } from '../accounts/grants.js';
import { clientOf } from '../accounts/json-fields.js';
import { isOver } from '../accounts/lifetime.js';
import { type NewAccount, putAccount } from '../accounts/put-account.js';
import { isSameClient } from '../accounts/shared-revocation.js';
import type { Granted } from '../oauth/exchange.js';
import type { MintingKey } from '../oauth/keys/minting.js';
import type { OAuthClient } from '../oauth/registration/client.js';
import { newId } from '../platform/id.js';
import { trace } from '../platform/trace.js';
import type { AccountFields, AccountStore, StoredAccount, Version } from '../store/accounts.js';
import type { AttemptStore } from '../store/attempts.js';
import type { Env } from '../store/env.js';
import type { Sealer, Vault } from '../vault/vault.js';
import { needsPersonAgain, noRefreshNotice, wouldLoseRefresh } from './no-refresh.js';

/** A sign-in whose exchange has been answered. */
export interface AnsweredSignIn {
  readonly service: string;
  readonly account: string;
  /** Whether an account of these names may be replaced. */
  readonly replace: boolean;
  readonly flow: FlowKind;
  readonly client: OAuthClient;
  /** The scopes that were asked for. */
  readonly scopes: readonly string[];
  /** Scopes that the server refused. */
  readonly refused?: readonly string[];
  readonly granted: Granted;
  /** The refresh token that was imported, and that the exchange has spent. */
  readonly imported?: Secret | undefined;
  /** The private key that signed in, and will again. */
  readonly key?: MintingKey | undefined;
  /** Who signed in; `undefined` if nothing says it. */
  readonly subject?: string | undefined;
  /** Whether an account may be replaced though that loses its refresh token. */
  readonly withoutRefresh?: boolean | undefined;
}

interface ApiKey {
  readonly service: string;
  readonly account: string;
  readonly replace: boolean;
  readonly apiKey: Secret;
}

interface Storing {
  readonly replace: boolean;
  /** Throws if what the account has must not be replaced. */
  readonly assertReplaceable?: (existing: StoredAccount) => void;
  readonly sealer: () => Promise<Sealer>;
  readonly imported?: Secret | undefined;
}

interface Collaborators {
  readonly store: AccountStore;
  readonly attempts: AttemptStore;
  readonly vault: Vault;
  readonly grants: Grants;
  readonly events: Events;
}

/** Stores what sign-ins bring. An account that exists is replaced only if that was asked for, and keeps its id. */
export class SignInStore {
  readonly #env: Env;
  readonly #store: AccountStore;
  readonly #attempts: AttemptStore;
  readonly #vault: Vault;
  readonly #grants: Grants;
  readonly #events: Events;

  constructor(env: Env, { store, attempts, vault, grants, events }: Collaborators) {
    this.#env = env;
    this.#store = store;
    this.#attempts = attempts;
    this.#vault = vault;
    this.#grants = grants;
    this.#events = events;
  }

  /**
   * Returns what a person should know about the account. Throws `already_exists` if it exists and is not to be replaced, if
   * it would lose a refresh token by that, or if another account has the same grant.
   */
  async storeSignIn(signIn: AnsweredSignIn): Promise<string[]> {
    const { service, account, flow, key, client, granted, scopes, replace, imported } = signIn;
    trace('sign_in.answered');
    const subject = signIn.subject ?? null;
    const content: NewAccount = {
      ...{ service, account, flow, key, subject },
      state: 'ok',
      client: client.registration,
      clientSecret: client.secret,
      grant: grantOf(granted, client.registration, scopes, subject),
      askedScopes: scopes,
      lastRefreshedAt: null,
    };
    const isShort = needsPersonAgain(signIn);
    const assertReplaceable = (existing: StoredAccount): void => {
      // Nothing is revoked then: at some providers that would end the grant that is kept.
      if (isShort && !signIn.withoutRefresh && this.#canRefresh(existing)) throw wouldLoseRefresh(signIn);
    };
    const replaced = await this.#put(content, {
      ...{ replace, imported, assertReplaceable },
      sealer: () => this.#vault.forAnswer(),
    });
    return [
      ...(isShort ? [noRefreshNotice(signIn)] : []),
      ...(replaced && this.#isAnotherPerson(replaced, content) ? [anotherPerson(signIn)] : []),
    ];
  }

  /** Whether an account has a refresh token that may still work. */
  #canRefresh({ refreshToken, refreshExpiresAt, state }: StoredAccount): boolean {
    const isPast = isOver({ expiresAt: refreshExpiresAt }, this.#env.clock.wall());
    return refreshToken !== null && state !== 'needs_auth' && !isPast;
  }

  /** A subject says something only beside others of the same client (OpenID Connect Core 1.0, section 8). */
  #isAnotherPerson(replaced: StoredAccount, { subject, client }: NewAccount): boolean {
    if (subject === null || replaced.subject === null || subject === replaced.subject) return false;
    return isSameClient(
      client,
      readUnlessDamaged(this.#env.log, replaced, clientOf, () => null),
    );
  }

  /** Throws `already_exists` if the account exists and is not to be replaced. */
  async storeApiKey({ service, account, replace, apiKey }: ApiKey): Promise<string[]> {
    const content: NewAccount = {
      ...{ service, account, flow: 'api_key', state: 'ok', client: null },
      grant: {
        accessToken: apiKey,
        refreshToken: undefined,
        idToken: undefined,
        fields: {},
        tokenType: 'api_key',
        scopes: [],
        issuedAt: this.#env.clock.wall(),
        expiresAt: null,
        refreshExpiresAt: null,
      },
      askedScopes: null,
      subject: null,
      lastRefreshedAt: null,
    };
    await this.#put(content, { replace, sealer: () => this.#vault.unlocked() });
    return [];
  }

  /** Returns the account that was replaced, as it was. */
  async #put(content: NewAccount, storing: Storing): Promise<StoredAccount | undefined> {
    const seen = this.#store.version(content.service, content.account);
    const lease = seen && (await this.#grants.lease(seen.id));
    try {
      // After the wait for the lease: the keys may have been dropped and opened again meanwhile.
      const sealer = await storing.sealer();
      const { stored, existing } = await this.#env.db.write(() => {
        const existing = this.#store.find(content.service, content.account);
        // An account that came meanwhile is not touched: its lease is not held.
        if (existing && !(storing.replace && existing.id === seen?.id)) throw accountExists(existing);
        if (existing) storing.assertReplaceable?.(existing);
        const stored = putAccount(this.#env, this.#store, sealer, content);
        trace('sign_in.committing', stored.id);
        if (storing.imported) this.#recordSpent(stored, sealer.fingerprint(storing.imported));
        return { stored, existing };
      });
      this.#announce(stored, existing?.state === 'needs_auth');
      return existing;
    } finally {
      lease?.release();
    }
  }

  #announce(account: AccountFields, wasDead: boolean): void {
    trace('sign_in.committed', account.id);
    this.#events.emit('account_added', account);
    if (wasDead) this.#events.emit('recovered', account);
  }

  /** Writes a line into the journal, so that a second import of the same token is not sent. */
  #recordSpent({ id: accountId, generation }: Version, fingerprint: Buffer): void {
    const now = this.#env.clock.wall();
    const id = newId();
    const holder = 'an imported token';
    this.#attempts.begin({ id, accountId, generation, fingerprint, holder, startedAt: now });
    this.#attempts.end(id, 'stored', now);
  }
}

function anotherPerson({ service, account, client }: AnsweredSignIn): string {
  return `Another person signed in: ${service}/${account} is now for another user of ${client.registration.name} than before. If that is wrong, sign in again: sigilforge add-account ${service} ${account} --replace`;
}
