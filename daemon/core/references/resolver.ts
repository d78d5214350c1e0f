import type { ResultOf } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { matchesSegments } from '../../../shared/grant.js';
import {
  type AuthType,
  isAuthType,
  parseReference,
  printReference,
  type Reference,
} from '../../../shared/reference.js';
import type { Secret } from '../../../shared/secret.js';
import { accountClient } from '../accounts/account-client.js';
import type { Accounts } from '../accounts/accounts.js';
import type { Grants } from '../accounts/grants.js';
import { clientOf, fieldsOf } from '../accounts/json-fields.js';
import type { Providers } from '../providers/providers.js';
import type { Secrets } from '../secrets/secrets.js';
import type { StoredAccount } from '../store/accounts.js';
import type { IdTokens } from '../tokens/id-tokens.js';
import type { Tokens } from '../tokens/tokens.js';
import { noSuchField } from './no-such-field.js';
import type { Vals } from './vals.js';

type Resolved = ResultOf<'resolve'>;
type Source = NonNullable<Resolved['metadata']['sources']>[number];
type AuthReference = Extract<Reference, { scheme: 'auth' }>;
/** References that are resolved here: the environment belongs to the caller. */
type OwnReference = Exclude<Reference, { scheme: 'env' }>;
type Found = Pick<Resolved, 'encoding'> & {
  readonly value: string;
  readonly source: string;
  readonly expires_at: string | null;
};

interface Collaborators {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly idTokens: IdTokens;
  readonly grants: Grants;
  readonly providers: Providers;
  readonly secrets: Secrets;
  readonly vals: Vals;
}

/** Values by reference. Refresh tokens and client secrets only if the config names them. */
export class Resolver {
  readonly #accounts: Accounts;
  readonly #tokens: Tokens;
  readonly #idTokens: IdTokens;
  readonly #grants: Grants;
  readonly #providers: Providers;
  readonly #secrets: Secrets;
  readonly #vals: Vals;
  readonly #reveal: readonly string[];

  /** `reveal`: `security.reveal` in config.toml. */
  constructor(
    { accounts, tokens, idTokens, grants, providers, secrets, vals }: Collaborators,
    { reveal }: { readonly reveal: readonly string[] },
  ) {
    this.#accounts = accounts;
    this.#tokens = tokens;
    this.#idTokens = idTokens;
    this.#grants = grants;
    this.#providers = providers;
    this.#secrets = secrets;
    this.#vals = vals;
    this.#reveal = reveal;
  }

  async resolve(text: string): Promise<Resolved> {
    const reference = readable(parseReference(text));
    const { value, encoding, source, expires_at } = await this.#lookUp(reference);
    return { value, encoding, metadata: { kind: kindOf(reference), source, expires_at } };
  }

  /** The same without the value: each source, and what was found there. */
  async explain(text: string): Promise<Resolved> {
    const reference = readable(parseReference(text));
    const sources = this.#sourcesOf(reference);
    const { found, outcome } = await this.#lookUp(reference).then(
      (found) => ({ found, outcome: 'found' as const }),
      (thrown: unknown) => ({ found: undefined, outcome: outcomeOf(thrown) }),
    );
    return {
      value: null,
      encoding: 'utf8',
      metadata: {
        kind: kindOf(reference),
        source: found?.source ?? null,
        expires_at: found?.expires_at ?? null,
        sources: sources.map((source) => ({ source, outcome })),
      },
    };
  }

  /** The sources of a reference: for a secret the one that the index names, or else both, and it is in neither. */
  #sourcesOf(reference: OwnReference): string[] {
    switch (reference.scheme) {
      case 'auth':
        return ['vault'];
      case 'secret': {
        const backend = this.#secrets.backendOf(reference.key);
        return backend ? [backend] : ['vault', 'keychain'];
      }
      case 'vals':
        return ['vals'];
    }
  }

  async #lookUp(reference: OwnReference): Promise<Found> {
    switch (reference.scheme) {
      case 'auth':
        return { ...(await this.#credential(reference)), encoding: 'utf8', source: 'vault' };
      case 'secret': {
        const { value, encoding, backend } = await this.#secrets.get(reference.key);
        return { value, encoding, source: backend, expires_at: null };
      }
      case 'vals':
        return { ...(await this.#vals.get(reference.ref)), source: 'vals', expires_at: null };
    }
  }

  async #credential(reference: AuthReference): Promise<Pick<Found, 'value' | 'expires_at'>> {
    const { service, account, type } = reference;
    if (!isAuthType(type)) return { value: await this.#field(reference), expires_at: null };
    if (type === 'token') {
      const token = await this.#tokens.get({ service, account, refresh_if_needed: true });
      return { value: token.access_token, expires_at: token.expires_at };
    }
    if (type === 'id_token') return this.#idTokens.get(service, account);
    const stored = this.#accounts.stored(service, account);
    this.#assertRevealed(reference);
    const value =
      type === 'client_id' ? clientOf(stored)?.client_id : (await this.#secret(stored, type))?.reveal();
    if (value === undefined) {
      throw new SigilforgeError('not_found', `${service}/${account} has no ${type}.`, {
        hint: `See what is kept for it with: sigilforge token-info ${service} ${account}`,
      });
    }
    return { value, expires_at: null };
  }

  /** A named field of the provider's answers, which is not secret. */
  async #field({ service, account, type: name }: AuthReference): Promise<string> {
    const stored = this.#accounts.stored(service, account);
    const fields = fieldsOf(stored, await this.#grants.open(stored, 'fields'));
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (value !== undefined) return value;
    const client = clientOf(stored);
    const provider = client ? this.#providers.find(client.id) : undefined;
    throw noSuchField(stored, name, { fields, client, provider });
  }

  async #secret(
    account: StoredAccount,
    type: Exclude<AuthType, 'token' | 'id_token' | 'client_id'>,
  ): Promise<Secret | undefined> {
    switch (type) {
      case 'api_key':
        return account.kind === 'api_key' ? this.#grants.open(account, 'accessToken') : undefined;
      case 'refresh_token':
        return this.#grants.open(account, 'refreshToken');
      case 'client_secret':
        return (await accountClient(account, { grants: this.#grants, providers: this.#providers }))?.secret;
    }
  }

  #assertRevealed(reference: AuthReference): void {
    const { type } = reference;
    if (type !== 'refresh_token' && type !== 'client_secret') return;
    const text = printReference(reference);
    if (this.#reveal.some((pattern) => matchesSegments(pattern, text))) return;
    throw new SigilforgeError('denied', `A ${type} stays inside the vault.`, {
      hint: 'Programs need only the token. If one really must have it, name the reference under security.reveal in config.toml.',
    });
  }
}

function readable(reference: Reference): OwnReference {
  if (reference.scheme !== 'env') return reference;
  throw new SigilforgeError('invalid_reference', 'env:// references are not resolved here.', {
    hint: 'The CLI and the client library read env:// themselves.',
  });
}

function kindOf(reference: OwnReference): Resolved['metadata']['kind'] {
  switch (reference.scheme) {
    case 'auth':
      return reference.type === 'token' || reference.type === 'id_token' ? 'token' : 'secret';
    case 'secret':
      return 'secret';
    case 'vals':
      return 'external';
  }
}

/** Absent is an answer of its own; no other failure may look like it. */
function outcomeOf(thrown: unknown): Source['outcome'] {
  if (!(thrown instanceof SigilforgeError)) throw thrown;
  switch (thrown.kind) {
    case 'not_found':
      return 'absent';
    case 'vault_locked':
      return 'locked';
    case 'denied':
      return 'denied';
    default:
      return 'unavailable';
  }
}
