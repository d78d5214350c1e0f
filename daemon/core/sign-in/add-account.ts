import type { Credential } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
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
import { isWithPerson, providerIdOf, type SignInRequest } from './sign-in-request.js';
import type { SignInStore } from './sign-in-store.js';
import type { PersonFlow, PersonSignIn } from './with-person.js';

/** What `add_account` came to: a sign-in that waits for a person, or the account. */
export type Added =
  | { readonly flow: FlowKind; readonly waiting: WaitingSignIn; readonly stored?: never }
  | { readonly flow: FlowKind; readonly stored: StoredSignIn; readonly waiting?: never };

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
    const flow =
      request.flow ?? flowOfCredential(request.credential) ?? usualFlow(this.#provider(request), request);
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

  /** Throws `not_found` with every way to go on: what is asked for need not have a provider at all. */
  #provider(request: SignInRequest): Provider {
    const id = providerIdOf(request);
    const provider = this.#providers.at(id, request.issuer);
    if (provider) return provider;
    const { service, account } = request;
    throw new SigilforgeError('not_found', `There is no provider named ${id}.`, {
      hint: `If you have an API key for it: sigilforge add-account ${service} ${account} --api-key. If people sign in to it, add it with: sigilforge provider set ${id} --issuer URL. List the known ones with: sigilforge provider list`,
    });
  }
}

function flowOfCredential(credential: Credential | undefined): FlowKind | undefined {
  if (!credential) return undefined;
  if ('api_key' in credential) return 'api_key';
  if ('refresh_token' in credential) return 'import';
  if ('client_secret' in credential) return 'client_credentials';
  return 'app_id' in credential ? 'github_app' : 'jwt_bearer';
}

/** The first flow of the provider in which a person takes part. Every other one only happens when it is asked for. */
function usualFlow({ flows, name }: Provider, { service, account }: SignInRequest): FlowKind {
  const flow = flows.find(isWithPerson);
  if (flow !== undefined) return flow;
  const command = `sigilforge add-account ${service} ${account}`;
  const ways = flows.filter((kind) => !isWithPerson(kind)).map((kind) => `${command} ${wayOf(kind)}`);
  throw new SigilforgeError('invalid_params', `${name} has no sign-in with a browser or a device code.`, {
    hint: `Say which way to take: ${(ways.length > 0 ? ways : [`${command} --api-key`]).join(', or ')}`,
  });
}

/** The options of the command line for a flow. */
function wayOf(flow: FlowKind): string {
  switch (flow) {
    case 'api_key':
      return '--api-key';
    case 'jwt_bearer':
      return '--key-file PATH';
    case 'github_app':
      return '--key-file PATH --app-id N --installation-id N';
    case 'authorization_code':
    case 'device_code':
    case 'client_credentials':
    case 'import':
      return `--flow ${flow}`;
  }
}
