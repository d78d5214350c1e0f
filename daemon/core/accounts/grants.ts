import { v7 as uuidv7 } from 'uuid';
import { SigilforgeError } from '../../../shared/errors.js';
import type { FlowKind } from '../../../shared/schemas.js';
import type { Secret } from '../../../shared/secret.js';
import type { OAuthClient } from '../oauth/client.js';
import type { Granted } from '../oauth/exchange.js';
import type { TokenFailure } from '../oauth/failure.js';
import type { MintingKey } from '../oauth/keys/minting.js';
import { type Clock, timestamp } from '../platform/clock.js';
import { trace } from '../platform/trace.js';
import { backoffMs } from '../refresh/backoff.js';
import type { AccountRow, AccountStore, GrantColumns } from '../store/accounts.js';
import type { AttemptStore } from '../store/attempts.js';
import type { Lease, Leases } from '../store/lease.js';
import type { Sqlite } from '../store/sqlite.js';
import type { Sealer, Vault } from '../vault/vault.js';
import { clientOf, scopesOf } from './account.js';
import type { Events } from './events.js';
import { grantColumns, placeOf, type SecretColumn, sealOptional } from './grant-columns.js';

/** A sign-in that is to be stored. */
export interface SignIn {
  readonly service: string;
  readonly account: string;
  readonly flow: FlowKind;
  readonly client: OAuthClient;
  readonly clientSecret: Secret | undefined;
  readonly scopes: readonly string[];
  readonly granted: Granted;
  /** The refresh token that was brought along, and that the exchange has spent. */
  readonly imported?: Secret | undefined;
  /** Where it was a private key that signed in, and will again. */
  readonly key?: MintingKey | undefined;
}

interface Parts {
  readonly db: Sqlite;
  readonly store: AccountStore;
  readonly attempts: AttemptStore;
  readonly vault: Vault;
  readonly leases: Leases;
  readonly events: Events;
  readonly clock: Clock;
}

/** How long a change of a grant waits for another process that is at the same grant: an exchange, and some more. */
const LEASE_LIMIT_MS = 90_000;

/** What is stored of grants, sealed and opened: every change of one is a single transaction here. */
export class Grants {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The right to change this account's grant; everybody else waits. Throws `timeout` naming who has it. */
  async lease(accountId: string): Promise<Lease> {
    const { leases, attempts } = this.#parts;
    const lease = await leases.take(accountId, LEASE_LIMIT_MS);
    if (lease) return lease;
    const holder = attempts.holder(accountId) ?? 'another process';
    throw new SigilforgeError(
      'timeout',
      `The same account is being refreshed by ${holder}, and takes too long.`,
      {
        hint: 'Look whether that process is stopped or hangs.',
      },
    );
  }

  /** Opens secret columns, once the vault is unlocked. */
  async opener(): Promise<(row: AccountRow, column: SecretColumn) => Secret | undefined> {
    const sealer = await this.#parts.vault.unlocked();
    return (row, column) => {
      const sealed = row[column];
      return sealed ? sealer.open(placeOf(row.id, column), sealed) : undefined;
    };
  }

  async open(row: AccountRow, column: SecretColumn): Promise<Secret | undefined> {
    return (await this.opener())(row, column);
  }

  /** Throws `already_exists` where an account has this refresh token: using it would spend that account's grant. */
  async assertUnknown(refreshToken: Secret): Promise<void> {
    const fingerprint = (await this.#parts.vault.unlocked()).fingerprint(refreshToken);
    const { db, store, attempts } = this.#parts;
    const owner = store.ownerOf(fingerprint) ?? attempts.spentBy(fingerprint);
    if (owner) throw sharedGrant(owner);
    // Nothing is sent where its answer could not be stored.
    await db.write(() => store.proveWritable());
  }

  /** The right to import a refresh token: two imports of the same one at once would spend it twice. */
  importLease(): Promise<Lease> {
    return this.lease('import');
  }

  /** Stores a sign-in. An account that exists is only replaced where that was asked for, and keeps its id. */
  async signedIn(signIn: SignIn, replace: boolean): Promise<AccountRow> {
    const { granted, client, clientSecret, key, imported } = signIn;
    trace('sign_in.answered');
    return this.#put(
      signIn,
      replace,
      () => this.#parts.vault.forAnswer(),
      (id, sealer) => {
        const columns = grantColumns(sealer, id, client, granted, undefined, signIn.scopes);
        const owner = this.#otherOwner(columns.refresh_fingerprint, id);
        if (owner) throw sharedGrant(owner);
        return {
          kind: 'oauth',
          flow: signIn.flow,
          client: JSON.stringify(client),
          client_secret: sealOptional(sealer, id, 'client_secret', clientSecret),
          private_key: sealOptional(sealer, id, 'private_key', key?.privateKey),
          minting: key ? JSON.stringify(key.minting) : null,
          ...columns,
        };
      },
      ({ id, generation }, sealer) => {
        if (imported) this.#noteSpent(id, generation, sealer.fingerprint(imported));
      },
    );
  }

  async keyStored(
    key: { service: string; account: string; apiKey: Secret },
    replace: boolean,
  ): Promise<AccountRow> {
    return this.#put(
      key,
      replace,
      () => this.#parts.vault.unlocked(),
      (id, sealer) => ({
        kind: 'api_key',
        flow: 'api_key',
        client: null,
        client_secret: null,
        private_key: null,
        minting: null,
        access_token: sealer.seal(placeOf(id, 'access_token'), key.apiKey),
        refresh_token: null,
        refresh_fingerprint: null,
        token_type: 'api_key',
        scopes: '[]',
        issued_at: this.#parts.clock.wall(),
        expires_at: null,
        refresh_expires_at: null,
      }),
    );
  }

  /**
   * Stores a refreshed grant and the end of its exchange; what the answer left out keeps its old value.
   * `undefined`: the account is gone, or has another grant by now.
   */
  async refreshed(
    row: AccountRow,
    granted: Granted,
    attemptId: string | undefined,
  ): Promise<AccountRow | undefined> {
    const { db, store, attempts, vault, events, clock } = this.#parts;
    const sealer = await vault.forAnswer();
    const stored = await db.write(() => {
      const columns = grantColumns(sealer, row.id, clientOf(row), granted, row, scopesOf(row));
      // Odd, but no reason to lose an answer: then nothing watches over this token being used twice.
      const refresh_fingerprint = this.#otherOwner(columns.refresh_fingerprint, row.id)
        ? null
        : columns.refresh_fingerprint;
      const version = { id: row.id, generation: row.generation };
      if (attemptId === undefined) attempts.endAdopted(row.id, row.generation, clock.wall());
      else attempts.end(attemptId, 'stored', clock.wall());
      trace('refresh.committing');
      const change = { ...columns, ...version, refresh_fingerprint, last_refreshed_at: granted.sentAt };
      return store.refreshed(change) ? store.find(row.service, row.account) : undefined;
    });
    if (stored) {
      trace('refresh.committed');
      events.emit('token_refreshed', stored);
      if (row.state === 'needs_auth') events.emit('recovered', stored);
    }
    return stored;
  }

  /**
   * Notes a failed refresh and the end of its exchange. Nothing of the grant is touched; a dead one is told of once.
   * Says whether the account still had the grant that failed.
   */
  async failed(row: AccountRow, failure: TokenFailure, attemptId: string): Promise<boolean> {
    const { db, store, attempts, events, clock } = this.#parts;
    const { verdict, error, end } = failure;
    const state = verdict === 'dead' ? 'needs_auth' : row.state;
    const now = clock.wall();
    const stillThere = await db.write(() => {
      attempts.end(attemptId, end, now);
      return store.failed({
        id: row.id,
        generation: row.generation,
        state,
        last_error: JSON.stringify({ kind: error.kind, message: error.message, at: timestamp(now) }),
        next_attempt_at: now + backoffMs(failure, row.failures),
      });
    });
    if (stillThere && state === 'needs_auth' && row.state !== 'needs_auth') events.emit('needs_auth', row);
    return stillThere;
  }

  async removed(row: AccountRow): Promise<void> {
    const { db, store, events } = this.#parts;
    await db.write(() => store.remove(row.id));
    events.emit('account_removed', row);
    db.truncateLog();
  }

  async #put(
    { service, account }: { service: string; account: string },
    replace: boolean,
    sealerFor: () => Promise<Sealer>,
    columns: (
      id: string,
      sealer: Sealer,
    ) => Pick<AccountRow, 'kind' | 'flow' | 'client' | 'client_secret' | 'private_key' | 'minting'> &
      GrantColumns,
    alongside: (row: AccountRow, sealer: Sealer) => void = () => {},
  ): Promise<AccountRow> {
    const { db, store, events, clock } = this.#parts;
    const before = store.version(service, account);
    const lease = before && (await this.lease(before.id));
    let wasDead = false;
    try {
      // After the wait for the lease: the keys may have been dropped and opened anew meanwhile.
      const sealer = await sealerFor();
      const row = await db.write(() => {
        const existing = store.find(service, account);
        // Without its lease an account that came meanwhile is not touched.
        if (existing && !(replace && existing.id === before?.id)) throw accountExists(service, account);
        const id = existing?.id ?? uuidv7();
        wasDead = existing?.state === 'needs_auth';
        const fresh: AccountRow = {
          id,
          service,
          account,
          state: 'ok',
          generation: (existing?.generation ?? 0) + 1,
          last_refreshed_at: null,
          last_error: null,
          next_attempt_at: null,
          failures: 0,
          last_used: existing?.last_used ?? clock.wall(),
          created_at: existing?.created_at ?? clock.wall(),
          ...columns(id, sealer),
        };
        trace('sign_in.committing');
        if (existing) store.replace(fresh);
        else store.insert(fresh);
        alongside(fresh, sealer);
        return fresh;
      });
      trace('sign_in.committed');
      events.emit('account_added', row);
      if (wasDead) events.emit('recovered', row);
      return row;
    } finally {
      lease?.release();
    }
  }

  /** A line in the journal, so that a second import of the same token is not sent. */
  #noteSpent(accountId: string, generation: number, fingerprint: Buffer): void {
    const { attempts, clock } = this.#parts;
    const now = clock.wall();
    const id = uuidv7();
    attempts.begin({
      id,
      account_id: accountId,
      generation,
      fingerprint,
      holder: 'an imported token',
      started_at: now,
    });
    attempts.end(id, 'stored', now);
  }

  /** Another account that has the refresh token with this fingerprint. */
  #otherOwner(fingerprint: Buffer | null, id: string): AccountRow | undefined {
    const owner = fingerprint === null ? undefined : this.#parts.store.ownerOf(fingerprint);
    return owner?.id === id ? undefined : owner;
  }
}

export function accountExists(service: string, account: string): SigilforgeError {
  return new SigilforgeError('already_exists', `The account ${service}/${account} exists already.`, {
    hint: `Sign in anew with: sigilforge add-account ${service} ${account} --replace`,
  });
}

function sharedGrant({ service, account }: Pick<AccountRow, 'service' | 'account'>): SigilforgeError {
  return new SigilforgeError('already_exists', `The account ${service}/${account} has this grant already.`, {
    hint: 'Use that account. One refresh token under two names would be spent twice, and be lost.',
  });
}
