import { SigilforgeError } from '../../../shared/errors.js';
import type { Secret } from '../../../shared/secret.js';
import type { Accounts } from '../accounts/accounts.js';
import type { Grants } from '../accounts/grants.js';
import { readJsonFields } from '../accounts/json-fields.js';
import { signInCommand } from '../accounts/sign-in-command.js';
import type { Usage } from '../accounts/usage.js';
import { readIdToken } from '../oauth/id-token.js';
import { timestamp } from '../platform/clock.js';
import type { Refresher } from '../refresh/refresher.js';
import { signInAgain } from '../refresh/refusals.js';
import type { StoredAccount } from '../store/accounts.js';
import type { Env } from '../store/env.js';

interface Collaborators {
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly refresher: Refresher;
  readonly usage: Usage;
}

interface IdToken {
  readonly value: string;
  /** ISO 8601; `null` if it does not say. */
  readonly expires_at: string | null;
}

/** An ID token as it was kept, with its end and the moment to ask for another one; milliseconds since 1970. */
interface Kept {
  readonly token: Secret;
  readonly expiresAt: number;
  readonly dueAt: number;
}

const SOON_MS = 300_000;

/** ID tokens that still live: as they were kept, or with a refresh of their grant before. */
export class IdTokens {
  readonly #env: Env;
  readonly #accounts: Accounts;
  readonly #grants: Grants;
  readonly #refresher: Refresher;
  readonly #usage: Usage;

  constructor(env: Env, { accounts, grants, refresher, usage }: Collaborators) {
    this.#env = env;
    this.#accounts = accounts;
    this.#grants = grants;
    this.#refresher = refresher;
    this.#usage = usage;
  }

  /**
   * `rejected`: one that was refused, in whose place another is wanted. Throws `not_found` if the provider sends none, and
   * `auth_required` if the last one is over and no other can be had.
   */
  async get(service: string, account: string, rejected?: Secret): Promise<IdToken> {
    const stored = this.#accounts.stored(service, account);
    const kept = await this.#kept(stored);
    if (kept && kept.token.reveal() === rejected?.reveal()) {
      await this.#refresher.refresh(stored, 'rejected');
      return this.get(service, account);
    }
    if (kept && !isOver(kept.dueAt, this.#now())) return this.#answer(stored, kept);
    if (mayBringOne(stored, kept, this.#now())) return this.#refreshed(stored);
    return this.#unlessOver(stored, kept);
  }

  /** By one refresh at most. What still lives is handed out whatever came of it. */
  async #refreshed(seen: StoredAccount): Promise<IdToken> {
    const failure = await this.#refresher.refresh(seen, 'needed').then(
      () => undefined,
      (thrown: unknown) => ({ thrown }),
    );
    const stored = this.#accounts.stored(seen.service, seen.account);
    const kept = await this.#kept(stored);
    if (failure && !this.#lives(kept)) throw failure.thrown;
    return this.#unlessOver(stored, kept);
  }

  #unlessOver(stored: StoredAccount, kept: Kept | undefined): IdToken {
    if (!kept) throw withoutIdToken(stored);
    if (!this.#lives(kept))
      throw signInAgain(stored, 'its ID token has expired, and the last refresh brought no other one.');
    return this.#answer(stored, kept);
  }

  #answer({ id }: StoredAccount, { token, expiresAt }: Kept): IdToken {
    this.#usage.markUsed(id);
    return { value: token.reveal(), expires_at: expiresAt === Infinity ? null : timestamp(expiresAt) };
  }

  async #kept(stored: StoredAccount): Promise<Kept | undefined> {
    const token = await this.#grants.open(stored, 'idToken');
    if (!token) return undefined;
    const claims = readIdToken(token);
    if (typeof claims === 'string') return undefined;
    const { issuedAt = 0, expiresAt = Infinity } = claims;
    const soonMs = Math.min(SOON_MS, Math.max(0, expiresAt - issuedAt) / 10);
    return { token, expiresAt, dueAt: expiresAt - soonMs };
  }

  #lives(kept: Kept | undefined): boolean {
    return kept !== undefined && !isOver(kept.expiresAt, this.#now());
  }

  #now(): number {
    return this.#env.clock.wall();
  }
}

/**
 * Whether a refresh may bring an ID token: not if one since the last was due has brought none, so that a provider that sends
 * none is not asked with every call.
 */
function mayBringOne(stored: StoredAccount, kept: Kept | undefined, now: number): boolean {
  const { lastRefreshedAt, expiresAt } = stored;
  if (kept) return lastRefreshedAt === null || lastRefreshedAt < kept.dueAt;
  return hasOpenId(stored) && stored.refreshable === 1 && expiresAt !== null && isOver(expiresAt, now);
}

function isOver(end: number, now: number): boolean {
  return end <= now;
}

/** An OpenID sign-in is one with this scope (OpenID Connect Core 1.0, section 3.1.2.1). */
function hasOpenId(stored: StoredAccount): boolean {
  const { scopes, askedScopes } = readJsonFields(stored);
  return [...scopes, ...(askedScopes ?? [])].includes('openid');
}

function withoutIdToken(stored: StoredAccount): SigilforgeError {
  const { service, account, kind } = stored;
  const name = `${service}/${account}`;
  if (kind === 'api_key')
    return new SigilforgeError('not_found', `${name} is an API key, which comes without an ID token.`, {
      hint: `Use the key itself: auth://${name}/api_key`,
    });
  if (!hasOpenId(stored))
    return new SigilforgeError(
      'not_found',
      `${name} has no ID token: it was signed in without the scope openid.`,
      {
        hint: `Add openid to its scopes (--scopes), and sign in again: ${signInCommand(stored)}`,
      },
    );
  return new SigilforgeError('not_found', `The provider of ${name} has sent no ID token that can be kept.`, {
    hint: `If it was signed in with an older version: sigilforge refresh-token ${service} ${account}. Otherwise sign in again: ${signInCommand(stored)}`,
  });
}
