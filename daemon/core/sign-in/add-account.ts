import type { Credential } from '../../../shared/contract/index.js';
import type { Provider } from '../../../shared/provider.js';
import type { FlowKind } from '../../../shared/schemas.js';
import type { Accounts } from '../accounts/accounts.js';
import { accountExists } from '../accounts/errors.js';
import type { OAuthContext } from '../oauth/exchange.js';
import type { Providers } from '../providers/providers.js';
import type { AccountStore } from '../store/accounts.js';
import type { Vault } from '../vault/vault.js';
import { addApiKey } from './api-key.js';
import { addClientCredentials } from './client-credentials.js';
import type { TokenImport } from './import-token.js';
import { keepOpen } from './keep-open.js';
import type { SignInClient } from './parts.js';
import type { StoredSignIn, WaitingSignIn } from './pending.js';
import { addPrivateKey } from './private-key.js';
import { providerIdOf, type SignInRequest } from './sign-in-request.js';
import type { SignInStore } from './sign-in-store.js';
import type { PersonFlow, PersonSignIn } from './with-person.js';

/** What `add_account` came to: a sign-in that waits for a person, or the account. */
export type Added =
  | { readonly flow: FlowKind; readonly waiting: WaitingSignIn; readonly stored?: never }
  | { readonly flow: FlowKind; readonly stored: StoredSignIn; readonly waiting?: never };

/** Flows that need a credential from the caller: a provider is not enough. */
const NEEDS_CREDENTIAL: ReadonlySet<FlowKind> = new Set(['jwt_bearer', 'github_app', 'import', 'api_key']);

interface Collaborators {
  readonly store: AccountStore;
  readonly accounts: Accounts;
  readonly providers: Providers;
  readonly vault: Vault;
  readonly person: PersonSignIn;
  readonly tokenImport: TokenImport;
  readonly signInStore: SignInStore;
}

/** Adds accounts, each in the way that its request asks for or allows. */
export class AddAccount {
  readonly #oauth: OAuthContext;
  readonly #store: AccountStore;
  readonly #accounts: Accounts;
  readonly #providers: Providers;
  readonly #vault: Vault;
  readonly #person: PersonSignIn;
  readonly #tokenImport: TokenImport;
  readonly #signInStore: SignInStore;

  constructor(
    oauth: OAuthContext,
    { store, accounts, providers, vault, person, tokenImport, signInStore }: Collaborators,
  ) {
    this.#oauth = oauth;
    this.#store = store;
    this.#accounts = accounts;
    this.#providers = providers;
    this.#vault = vault;
    this.#person = person;
    this.#tokenImport = tokenImport;
    this.#signInStore = signInStore;
  }

  /** Begins a sign-in, or stores a credential that needs no person. Throws `already_exists` unless told to replace. */
  async add(request: SignInRequest, client: SignInClient): Promise<Added> {
    const { service, account, replace } = request;
    if (!replace && this.#store.version(service, account)) throw accountExists(request);
    const flow = request.flow ?? flowOfCredential(request.credential) ?? this.#bestFlow(request);
    // Before a person is asked for anything: a vault that cannot keep the grant shows now.
    await this.#vault.unlocked();
    if (flow === 'authorization_code' || flow === 'device_code')
      return { flow, waiting: await this.#person.begin(request, flow, client) };
    const notices = await this.#addAlone(request, flow);
    return { flow, stored: { account: this.#accounts.get(service, account), notices } };
  }

  /** Adds an account without any person. Returns what a person should know about it. */
  async #addAlone(request: SignInRequest, flow: Exclude<FlowKind, PersonFlow>): Promise<string[]> {
    const collaborators = { providers: this.#providers, store: this.#signInStore };
    switch (flow) {
      case 'api_key':
        return addApiKey(this.#signInStore, request);
      case 'import':
        return keepOpen(this.#vault, () => this.#tokenImport.add(request));
      case 'client_credentials':
        return keepOpen(this.#vault, () => addClientCredentials(this.#oauth, collaborators, request));
      case 'jwt_bearer':
      case 'github_app':
        return keepOpen(this.#vault, () => addPrivateKey(this.#oauth, collaborators, request, flow));
    }
  }

  /** The first flow of the provider that a person can go through with what is known about the client. */
  #bestFlow(request: SignInRequest): FlowKind {
    const provider = this.#providers.get(providerIdOf(request));
    const flow = provider.flows.find((kind) => !NEEDS_CREDENTIAL.has(kind) && isOffered(kind, provider));
    return flow ?? 'api_key';
  }
}

function flowOfCredential(credential: Credential | undefined): FlowKind | undefined {
  if (!credential) return undefined;
  if ('api_key' in credential) return 'api_key';
  if ('refresh_token' in credential) return 'import';
  if ('client_secret' in credential) return 'client_credentials';
  return 'app_id' in credential ? 'github_app' : 'jwt_bearer';
}

/** A flow with the browser is useless if the provider requires a client secret and none is stored. */
function isOffered(kind: FlowKind, provider: Provider): boolean {
  return kind !== 'authorization_code' || provider.client_secret !== 'required' || provider.has_client_secret;
}
