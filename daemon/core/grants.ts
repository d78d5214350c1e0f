import { v7 as uuidv7 } from 'uuid';
import { SigilforgeError } from '../../shared/errors.js';
import type { FlowKind } from '../../shared/schemas.js';
import type { Secret } from '../../shared/secret.js';
import { scopesOf } from './account.js';
import type { Clock } from './clock.js';
import type { Events } from './events.js';
import type { OAuthClient } from './oauth/client.js';
import type { Granted } from './oauth/exchange.js';
import type { TokenFailure } from './oauth/failure.js';
import type { AccountRow, AccountStore, GrantColumns } from './store/account-store.js';
import type { Lease, Leases } from './store/lease.js';
import type { Sqlite } from './store/sqlite.js';
import type { Sealer, Vault } from './vault/vault.js';

type SecretColumn = 'access_token' | 'refresh_token' | 'client_secret';

/** A sign-in that is to be stored. */
export interface SignIn {
  readonly service: string;
  readonly account: string;
  readonly flow: FlowKind;
  readonly client: OAuthClient;
  readonly clientSecret: Secret | undefined;
  readonly scopes: readonly string[];
  readonly granted: Granted;
}

interface Parts {
  readonly db: Sqlite;
  readonly store: AccountStore;
  readonly vault: Vault;
  readonly leases: Leases;
  readonly events: Events;
  readonly clock: Clock;
}

/** How long a change of a grant waits for another process that is at the same grant. */
const LEASE_LIMIT_MS = 90_000;

/** What is stored of grants, sealed and opened: every change of one is a single transaction here. */
export class Grants {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The right to change this account's grant; everybody else waits. */
  lease(accountId: string): Promise<Lease> {
    return this.#parts.leases.take(accountId, LEASE_LIMIT_MS);
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

  /** Stores a sign-in. An account that exists is only replaced where that was asked for, and keeps its id. */
  async signedIn(signIn: SignIn, replace: boolean): Promise<AccountRow> {
    const { granted, client, clientSecret } = signIn;
    return this.#put(signIn, replace, (id, sealer) => ({
      kind: 'oauth',
      flow: signIn.flow,
      client: JSON.stringify(client),
      client_secret: sealOptional(sealer, id, 'client_secret', clientSecret),
      ...this.#grantColumns(sealer, id, granted, undefined, signIn.scopes),
    }));
  }

  async keyStored(
    key: { service: string; account: string; apiKey: Secret },
    replace: boolean,
  ): Promise<AccountRow> {
    return this.#put(key, replace, (id, sealer) => ({
      kind: 'api_key',
      flow: 'api_key',
      client: null,
      client_secret: null,
      access_token: sealer.seal(placeOf(id, 'access_token'), key.apiKey),
      refresh_token: null,
      token_type: 'api_key',
      scopes: '[]',
      issued_at: this.#parts.clock.wall(),
      expires_at: null,
      refresh_expires_at: null,
    }));
  }

  /** Stores a refreshed grant; what the answer left out keeps its old value. `undefined`: the account was gone or another. */
  async refreshed(row: AccountRow, granted: Granted): Promise<AccountRow | undefined> {
    const { db, store, vault, events } = this.#parts;
    const sealer = await vault.unlocked();
    const stored = await db.write(() => {
      const columns = this.#grantColumns(sealer, row.id, granted, row, scopesOf(row));
      const change = { id: row.id, generation: row.generation, last_refreshed_at: granted.sentAt };
      return store.refreshed({ ...columns, ...change }) ? store.find(row.service, row.account) : undefined;
    });
    if (stored) {
      events.emit('token_refreshed', stored);
      if (row.state === 'needs_auth') events.emit('recovered', stored);
    }
    return stored;
  }

  /** Notes a failed refresh. Nothing of the grant is touched; a dead one is told of once. */
  async failed(row: AccountRow, { verdict, error, retryAfterMs }: TokenFailure): Promise<void> {
    const { db, store, events, clock } = this.#parts;
    const state = verdict === 'dead' ? 'needs_auth' : row.state === 'needs_auth' ? 'needs_auth' : 'ok';
    const now = clock.wall();
    await db.write(() =>
      store.failed({
        id: row.id,
        generation: row.generation,
        state,
        last_error: JSON.stringify({
          kind: error.kind,
          message: error.message,
          at: new Date(now).toISOString(),
        }),
        next_attempt_at: retryAfterMs === undefined ? null : now + retryAfterMs,
      }),
    );
    if (state === 'needs_auth' && row.state !== 'needs_auth') events.emit('needs_auth', row);
  }

  async removed(row: AccountRow): Promise<void> {
    const { db, store, events } = this.#parts;
    await db.write(() => store.remove(row.id));
    db.truncateLog();
    events.emit('account_removed', row);
  }

  async #put(
    { service, account }: { service: string; account: string },
    replace: boolean,
    columns: (
      id: string,
      sealer: Sealer,
    ) => Pick<AccountRow, 'kind' | 'flow' | 'client' | 'client_secret'> & GrantColumns,
  ): Promise<AccountRow> {
    const { db, store, vault, events, clock } = this.#parts;
    const sealer = await vault.unlocked();
    const before = store.version(service, account);
    const lease = before && (await this.lease(before.id));
    try {
      const row = await db.write(() => {
        const existing = store.find(service, account);
        if (existing && !replace) throw accountExists(service, account);
        const id = existing?.id ?? uuidv7();
        const fresh: AccountRow = {
          id,
          service,
          account,
          state: 'ok',
          generation: (existing?.generation ?? 0) + 1,
          last_refreshed_at: null,
          last_error: null,
          next_attempt_at: null,
          last_used: existing?.last_used ?? null,
          created_at: existing?.created_at ?? clock.wall(),
          ...columns(id, sealer),
        };
        if (existing) store.replace(fresh);
        else store.insert(fresh);
        return fresh;
      });
      events.emit('account_added', row);
      return row;
    } finally {
      lease?.release();
    }
  }

  #grantColumns(
    sealer: Sealer,
    id: string,
    { tokens, sentAt }: Granted,
    old: AccountRow | undefined,
    askedFor: readonly string[],
  ): GrantColumns {
    const renewed = tokens.accessToken !== undefined;
    const lives = (seconds: number | null): number | null =>
      seconds === null ? null : sentAt + seconds * 1000;
    return {
      access_token: sealOptional(sealer, id, 'access_token', tokens.accessToken) ?? old?.access_token ?? null,
      refresh_token:
        sealOptional(sealer, id, 'refresh_token', tokens.refreshToken) ?? old?.refresh_token ?? null,
      token_type: renewed ? tokens.tokenType : (old?.token_type ?? null),
      scopes: JSON.stringify(tokens.scopes ?? askedFor),
      issued_at: renewed ? sentAt : (old?.issued_at ?? null),
      expires_at: renewed ? lives(tokens.expiresInS) : (old?.expires_at ?? null),
      refresh_expires_at: lives(tokens.refreshExpiresInS) ?? old?.refresh_expires_at ?? null,
    };
  }
}

export function accountExists(service: string, account: string): SigilforgeError {
  return new SigilforgeError('already_exists', `The account ${service}/${account} exists already.`, {
    hint: `Sign in anew with: sigilforge add-account ${service} ${account} --replace`,
  });
}

function placeOf(row: string, column: SecretColumn) {
  return { table: 'accounts', row, column };
}

function sealOptional(
  sealer: Sealer,
  id: string,
  column: SecretColumn,
  secret: Secret | undefined,
): Buffer | null {
  return secret ? sealer.seal(placeOf(id, column), secret) : null;
}
