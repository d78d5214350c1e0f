import type { AccountInfo, CheckedParamsOf, Credential } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Provider } from '../../../shared/provider.js';
import type { FlowKind } from '../../../shared/schemas.js';
import { Secret } from '../../../shared/secret.js';
import type { ClientWithSecret } from '../oauth/client.js';
import { exchangeOrThrow, type Granted, type OAuthContext } from '../oauth/exchange.js';
import { beginAuthorizationCode } from '../oauth/flows/authorization-code.js';
import { beginDeviceCode } from '../oauth/flows/device-code.js';
import type { FlowRequest, PendingFlow } from '../oauth/flows/flow.js';
import { type MintingKey, mintOrThrow } from '../oauth/keys/minting.js';
import { revoke } from '../oauth/revocation.js';
import { shieldFromSignals } from '../platform/signal-shield.js';
import type { Providers } from '../providers/providers.js';
import type { SignIns, WaitingSignIn } from '../sign-in/pending.js';
import { readKeySignIn } from '../sign-in/private-key.js';
import type { AccountRow, AccountStore } from '../store/accounts.js';
import type { Vault } from '../vault/vault.js';
import { accountInfo, noSuchAccount } from './account.js';
import { accountClient } from './account-client.js';
import { accountExists, type Grants } from './grants.js';
import type { Usage } from './usage.js';

type AddAccount = CheckedParamsOf<'add_account'>;

/** What `add_account` came to: a sign-in that waits for a person, or the account. */
export type Added =
  | { readonly flow: FlowKind; readonly waiting: WaitingSignIn; readonly account?: never }
  | { readonly flow: FlowKind; readonly account: AccountInfo; readonly waiting?: never };

/** Flows that nobody can go through with nothing but a provider. */
const NEEDS_CREDENTIAL: ReadonlySet<FlowKind> = new Set(['jwt_bearer', 'github_app', 'import', 'api_key']);

interface Parts {
  readonly store: AccountStore;
  readonly grants: Grants;
  readonly providers: Providers;
  readonly signIns: SignIns;
  readonly usage: Usage;
  readonly vault: Vault;
  readonly oauth: OAuthContext;
}

/** Accounts: adding them by any flow, listing and removing them. */
export class Accounts {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  list(service?: string): AccountInfo[] {
    const rows = this.#parts.store.list();
    return rows
      .filter((row) => service === undefined || row.service === service)
      .map((row) => this.#info(row));
  }

  get(service: string, account: string): AccountInfo {
    return this.#info(this.row(service, account));
  }

  /** Throws `not_found`. */
  row(service: string, account: string): AccountRow {
    const row = this.#parts.store.find(service, account);
    if (row) return row;
    throw noSuchAccount(service, account);
  }

  async add(request: AddAccount): Promise<Added> {
    const { service, account, replace } = request;
    if (!replace && this.#parts.store.find(service, account)) throw accountExists(service, account);
    const flow = request.flow ?? flowOfCredential(request.credential) ?? this.#bestFlow(request);
    // Before a person is asked for anything: a vault that cannot keep the grant is found out now.
    await this.#parts.vault.unlocked();
    switch (flow) {
      case 'api_key':
        return { flow, account: await this.#addApiKey(request) };
      case 'import':
      case 'client_credentials':
        return { flow, account: await this.#keepOpen(() => this.#addWithoutPerson(request, flow)) };
      case 'authorization_code':
        return { flow, waiting: await this.#begin(request, flow, beginAuthorizationCode) };
      case 'device_code':
        return { flow, waiting: await this.#begin(request, flow, beginDeviceCode) };
      case 'jwt_bearer':
      case 'github_app':
        return { flow, account: await this.#keepOpen(() => this.#addWithKey(request, flow)) };
    }
  }

  /** Forgets an account. Its grant is revoked first where that is asked for; a revocation that fails stops nothing. */
  async remove(service: string, account: string, revokeGrant: boolean): Promise<{ revoked: boolean }> {
    const { grants } = this.#parts;
    const { id } = this.row(service, account);
    const lease = await grants.lease(id);
    try {
      const row = this.row(service, account);
      const revoked = revokeGrant && (await this.#revoke(row));
      await grants.removed(row);
      return { revoked };
    } finally {
      lease.release();
    }
  }

  /** A lock takes effect once the answer of an exchange is stored; nothing is exchanged after it. */
  async #keepOpen<T>(exchange: () => Promise<T>): Promise<T> {
    await this.#parts.vault.unlocked();
    return shieldFromSignals(() => this.#parts.vault.keepOpen(exchange));
  }

  async #addApiKey({ service, account, replace, credential }: AddAccount): Promise<AccountInfo> {
    if (!credential || !('api_key' in credential)) throw credentialMissing('api_key', 'api_key');
    const key = { service, account, apiKey: new Secret(credential.api_key) };
    return this.#info(await this.#parts.grants.keyStored(key, replace));
  }

  async #addWithoutPerson(request: AddAccount, flow: 'import' | 'client_credentials'): Promise<AccountInfo> {
    if (flow === 'client_credentials') return this.#exchangeAndStore(request, flow);
    const lease = await this.#parts.grants.importLease();
    try {
      return await this.#exchangeAndStore(request, flow);
    } finally {
      lease.release();
    }
  }

  async #exchangeAndStore(request: AddAccount, flow: 'import' | 'client_credentials'): Promise<AccountInfo> {
    const { who, scopes } = await this.#client(request, flow);
    const granted =
      flow === 'import'
        ? await this.#import(request, who)
        : await exchangeOrThrow(who, flow, scopeParameter(scopes, who), this.#parts.oauth);
    return this.#info(await this.#store(request, flow, who, scopes, granted));
  }

  /** Proves a private key by minting the first token with it. */
  async #addWithKey(request: AddAccount, flow: 'jwt_bearer' | 'github_app'): Promise<AccountInfo> {
    const { who, scopes, key } = await readKeySignIn(request, flow, this.#parts.providers);
    const granted = await mintOrThrow(who, key, this.#parts.oauth);
    return this.#info(await this.#store(request, flow, who, scopes, granted, key));
  }

  /** Proves an imported refresh token by using it once, and keeps it where the answer has no newer one. */
  async #import({ credential }: AddAccount, who: ClientWithSecret): Promise<Granted> {
    if (!credential || !('refresh_token' in credential)) throw credentialMissing('import', 'refresh_token');
    await this.#parts.grants.assertUnknown(new Secret(credential.refresh_token));
    const parameters = { refresh_token: credential.refresh_token };
    const granted = await exchangeOrThrow(who, 'refresh_token', parameters, this.#parts.oauth);
    const refreshToken = granted.tokens.refreshToken ?? new Secret(credential.refresh_token);
    return { ...granted, tokens: { ...granted.tokens, refreshToken } };
  }

  async #begin(
    request: AddAccount,
    flow: FlowKind,
    begin: (request: FlowRequest) => Promise<PendingFlow>,
  ): Promise<WaitingSignIn> {
    const { service, account, params = {} } = request;
    const start = async (): Promise<PendingFlow> => {
      const { who, scopes } = await this.#client(request, flow);
      const store = async (granted: Granted): Promise<void> => {
        await this.#store(request, flow, who, scopes, granted);
      };
      const keepOpen = <T>(exchange: () => Promise<T>): Promise<T> => this.#keepOpen(exchange);
      return begin({ who, scopes, params, context: this.#parts.oauth, keepOpen, store });
    };
    const { credential: _, ...parameters } = request;
    const key = { service, account, parameters: JSON.stringify({ ...parameters, flow }) };
    return this.#parts.signIns.begin(key, start, () => this.get(service, account));
  }

  /** The client of a sign-in, and the scopes to ask for. */
  async #client(
    request: AddAccount,
    flow: FlowKind,
  ): Promise<{ who: ClientWithSecret; scopes: readonly string[] }> {
    const { credential } = request;
    const own = credential && 'client_secret' in credential ? credential : undefined;
    const who = await this.#parts.providers.client(request.provider ?? request.service, {
      issuer: request.issuer,
      clientId: own?.client_id ?? request.client_id,
      clientSecret: own && new Secret(own.client_secret),
    });
    const asksForNone = flow === 'client_credentials' || flow === 'import';
    return { who, scopes: request.scopes ?? (asksForNone ? [] : who.client.default_scopes) };
  }

  #store(
    { service, account, replace, credential }: AddAccount,
    flow: FlowKind,
    { client, secret }: ClientWithSecret,
    scopes: readonly string[],
    granted: Granted,
    key?: MintingKey,
  ): Promise<AccountRow> {
    const imported =
      credential && 'refresh_token' in credential ? new Secret(credential.refresh_token) : undefined;
    return this.#parts.grants.signedIn(
      { service, account, flow, client, clientSecret: secret, scopes, granted, key, imported },
      replace,
    );
  }

  /** The first flow of the provider that a person can go through with what is known of the client. */
  #bestFlow(request: AddAccount): FlowKind {
    const provider = this.#parts.providers.get(request.provider ?? request.service);
    const flow = provider.flows.find((kind) => !NEEDS_CREDENTIAL.has(kind) && isOffered(kind, provider));
    return flow ?? 'api_key';
  }

  async #revoke(row: AccountRow): Promise<boolean> {
    const { grants, oauth } = this.#parts;
    const who = await accountClient(row, this.#parts);
    if (!who) return false;
    const open = await grants.opener();
    const grant = { accessToken: open(row, 'access_token'), refreshToken: open(row, 'refresh_token') };
    return revoke(who, grant, oauth);
  }

  #info(row: AccountRow): AccountInfo {
    const { usage, oauth } = this.#parts;
    const info = accountInfo(row, usage.lastUsed(row.id) ?? row.last_used);
    return isOver(row, oauth.clock.wall()) ? { ...info, state: 'needs_auth' } : info;
  }
}

/** Whether the token has ended, and nothing but a new sign-in can bring another one. */
function isOver(row: AccountRow, now: number): boolean {
  const refreshable =
    row.refresh_token !== null || row.private_key !== null || row.flow === 'client_credentials';
  return row.state === 'ok' && !refreshable && row.expires_at !== null && row.expires_at <= now;
}

function flowOfCredential(credential: Credential | undefined): FlowKind | undefined {
  if (!credential) return undefined;
  if ('api_key' in credential) return 'api_key';
  if ('refresh_token' in credential) return 'import';
  if ('client_secret' in credential) return 'client_credentials';
  return 'app_id' in credential ? 'github_app' : 'jwt_bearer';
}

/** A flow with the browser is of no use where the provider wants a secret and none is stored. */
function isOffered(kind: FlowKind, provider: Provider): boolean {
  return kind !== 'authorization_code' || provider.client_secret !== 'required' || provider.has_client_secret;
}

function scopeParameter(scopes: readonly string[], { client }: ClientWithSecret): Record<string, string> {
  return scopes.length > 0 ? { scope: scopes.join(client.scope_separator) } : {};
}

function credentialMissing(flow: FlowKind, field: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `The flow ${flow} needs a credential with ${field}.`);
}
