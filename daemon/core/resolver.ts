import type { ResultOf } from '../../shared/contract.js';
import { SigilforgeError } from '../../shared/errors.js';
import { type AuthType, parseReference, printReference, type Reference } from '../../shared/reference.js';
import type { Secret } from '../../shared/secret.js';
import { clientOf } from './account.js';
import { accountClient } from './account-client.js';
import type { Accounts } from './accounts.js';
import type { Grants } from './grants.js';
import type { Providers } from './providers.js';
import type { AccountRow } from './store/account-store.js';
import type { Tokens } from './tokens.js';

type Resolved = ResultOf<'resolve'>;
type Outcome = NonNullable<Resolved['metadata']['sources']>[number]['outcome'];
type AuthReference = Extract<Reference, { scheme: 'auth' }>;

interface Parts {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly grants: Grants;
  readonly providers: Providers;
  /** `security.reveal` of config.toml. */
  readonly reveal: readonly string[];
}

/** Values by reference. Refresh tokens and client secrets only where the config names them. */
export class Resolver {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async resolve(text: string): Promise<Resolved> {
    const reference = readable(parseReference(text));
    const { value, expires_at, kind } = await this.#value(reference);
    return { value, encoding: 'utf8', metadata: { kind, source: 'vault', expires_at } };
  }

  /** The same without the value: where it was looked for, and what was found there. */
  async explain(text: string): Promise<Resolved> {
    const reference = readable(parseReference(text));
    const found = await this.#value(reference).then(
      ({ kind, expires_at }) => ({ kind, expires_at, outcome: 'found' as const }),
      (thrown: unknown) => ({ kind: kindOf(reference), expires_at: null, outcome: outcomeOf(thrown) }),
    );
    const { outcome, ...metadata } = found;
    return {
      value: null,
      encoding: 'utf8',
      metadata: {
        ...metadata,
        source: outcome === 'found' ? 'vault' : null,
        sources: [{ source: 'vault', outcome }],
      },
    };
  }

  async #value(
    reference: AuthReference,
  ): Promise<{ value: string; kind: 'token' | 'secret'; expires_at: string | null }> {
    const { service, account, type } = reference;
    const kind = kindOf(reference);
    if (type === 'token') {
      const token = await this.#parts.tokens.get({ service, account, refresh_if_needed: true });
      return { value: token.access_token, kind, expires_at: token.expires_at };
    }
    const row = this.#parts.accounts.row(service, account);
    this.#assertRevealed(reference);
    const value = type === 'client_id' ? clientOf(row)?.client_id : (await this.#secret(row, type))?.reveal();
    if (value === undefined) {
      throw new SigilforgeError('not_found', `${service}/${account} has no ${type}.`);
    }
    return { value, kind, expires_at: null };
  }

  async #secret(
    row: AccountRow,
    type: Exclude<AuthType, 'token' | 'client_id'>,
  ): Promise<Secret | undefined> {
    const { grants } = this.#parts;
    switch (type) {
      case 'api_key':
        return row.kind === 'api_key' ? grants.open(row, 'access_token') : undefined;
      case 'refresh_token':
        return grants.open(row, 'refresh_token');
      case 'client_secret':
        return (await accountClient(row, this.#parts))?.secret;
    }
  }

  #assertRevealed(reference: AuthReference): void {
    const { type } = reference;
    if (type !== 'refresh_token' && type !== 'client_secret') return;
    const text = printReference(reference);
    if (this.#parts.reveal.some((pattern) => matches(pattern, text))) return;
    throw new SigilforgeError('denied', `A ${type} stays inside the vault.`, {
      hint: 'Programs need only the token. Where one truly must have it, name the reference under security.reveal in config.toml.',
    });
  }
}

function readable(reference: Reference): AuthReference {
  if (reference.scheme === 'auth') return reference;
  const hint =
    reference.scheme === 'env' ? 'The CLI and the client library read env:// themselves.' : undefined;
  throw new SigilforgeError(
    'invalid_reference',
    `References of the scheme ${reference.scheme} are not resolved here.`,
    hint === undefined ? {} : { hint },
  );
}

function kindOf({ type }: AuthReference): 'token' | 'secret' {
  return type === 'token' ? 'token' : 'secret';
}

/** Absent is an answer of its own; whatever else goes wrong must not read like it. */
function outcomeOf(thrown: unknown): Outcome {
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

/** `*` stands for one whole segment. */
function matches(pattern: string, text: string): boolean {
  const wanted = pattern.split('/');
  const given = text.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) => segment === '*' || segment === given[index])
  );
}
