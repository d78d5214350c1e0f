import { SigilforgeError } from '../../../shared/errors.js';
import { Secret } from '../../../shared/secret.js';
import { grantInUse } from '../accounts/errors.js';
import type { Grants } from '../accounts/grants.js';
import { exchange, type OAuthContext } from '../oauth/exchange.js';
import type { TokenFailure } from '../oauth/failures/failure.js';
import type { Providers } from '../providers/providers.js';
import type { AccountStore } from '../store/accounts.js';
import type { AttemptStore } from '../store/attempts.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import { subjectOf } from './identity.js';
import { credentialMissing, requestedClient, type SignInRequest } from './sign-in-request.js';
import type { SignInStore } from './sign-in-store.js';

/** Two imports of the same refresh token at once would spend it twice, so there is one at a time. */
const IMPORT_LEASE = 'import';

interface Collaborators {
  readonly store: AccountStore;
  readonly attempts: AttemptStore;
  readonly vault: Vault;
  readonly grants: Grants;
  readonly providers: Providers;
  readonly oauth: OAuthContext;
  readonly signInStore: SignInStore;
}

/** Signs in with a refresh token that another program obtained. */
export class TokenImport {
  readonly #env: Env;
  readonly #store: AccountStore;
  readonly #attempts: AttemptStore;
  readonly #vault: Vault;
  readonly #grants: Grants;
  readonly #providers: Providers;
  readonly #oauth: OAuthContext;
  readonly #signInStore: SignInStore;

  constructor(env: Env, { store, attempts, vault, grants, providers, oauth, signInStore }: Collaborators) {
    this.#env = env;
    this.#store = store;
    this.#attempts = attempts;
    this.#vault = vault;
    this.#grants = grants;
    this.#providers = providers;
    this.#oauth = oauth;
    this.#signInStore = signInStore;
  }

  /** Throws `already_exists` if an account has, or has spent, this refresh token. */
  async add(request: SignInRequest): Promise<string[]> {
    const lease = await this.#grants.lease(IMPORT_LEASE);
    try {
      return await this.#addAlone(request);
    } finally {
      lease.release();
    }
  }

  /** Proves the refresh token by using it once, and keeps it unless the answer has a newer one. */
  async #addAlone(request: SignInRequest): Promise<string[]> {
    const { service, account, replace, credential } = request;
    const { client, scopes } = await requestedClient(this.#providers, request, 'import');
    if (!credential || !('refresh_token' in credential)) throw credentialMissing('import', 'refresh_token');
    const imported = new Secret(credential.refresh_token);
    await this.#assertImportable(imported);
    const parameters = { refresh_token: imported.reveal() };
    const exchanged = await exchange(this.#oauth, client, 'refresh_token', parameters);
    if (exchanged.failure) throw importFailure(exchanged.failure);
    const { tokens, sentAt } = exchanged.granted;
    const granted = { tokens: { ...tokens, refreshToken: tokens.refreshToken ?? imported }, sentAt };
    const names = { service, account, replace };
    const subject = subjectOf(tokens);
    return this.#signInStore.storeSignIn({
      ...names,
      flow: 'import',
      ...{ client, scopes, granted, imported, subject },
    });
  }

  /** Throws if using the token would spend another account's grant, or if what comes of it could not be stored. */
  async #assertImportable(refreshToken: Secret): Promise<void> {
    const fingerprint = (await this.#vault.unlocked()).fingerprint(refreshToken);
    const owner = this.#store.ownerOf(fingerprint) ?? this.#attempts.spentBy(fingerprint);
    if (owner) throw grantInUse(owner);
    await this.#env.db.write(() => this.#store.proveWritable());
  }
}

/** An answer that was lost, or not read, may have spent the token: trying again may not help, and the person must know. */
function importFailure({ end, signInError: error }: TokenFailure): SigilforgeError {
  if (end !== 'unknown') return error;
  const { kind, message, hint, cause } = error;
  const sentence = `${message} The refresh token may have been spent on it.`;
  return new SigilforgeError(kind, sentence, {
    hint: `Try once more. If it is refused then, get another one. ${hint}`,
    cause,
  });
}
