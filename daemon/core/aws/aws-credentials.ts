import * as v from 'valibot';
import {
  type AwsRole,
  awsCachedKey,
  awsSecretKey,
  isAwsRole,
  readAwsDefinition,
} from '../../../shared/aws-definition.js';
import type { ResultOf } from '../../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { parseJson } from '../../../shared/json.js';
import { Secret } from '../../../shared/secret.js';
import type { Accounts } from '../accounts/accounts.js';
import type { HttpClient } from '../oauth/http/http.js';
import { timestamp } from '../platform/clock.js';
import type { Secrets } from '../secrets/secrets.js';
import type { Env } from '../store/env.js';
import type { IdTokens } from '../tokens/id-tokens.js';
import type { Tokens } from '../tokens/tokens.js';
import { assumeRole } from './sts.js';

type Credentials = ResultOf<'get_aws_credentials'>;

interface Collaborators {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly idTokens: IdTokens;
  readonly secrets: Secrets;
  readonly http: HttpClient;
}

/** What an exchange brought, as it is kept: for one definition and one account, and for no other. */
const Cached = v.strictObject({
  definition: v.string(),
  account: v.string(),
  asked_at: v.number(),
  expires_at: v.number(),
  access_key_id: v.string(),
  secret_access_key: v.string(),
  session_token: v.string(),
});
type Cached = v.InferOutput<typeof Cached>;

/** AWS's own programs ask for new ones from a quarter of an hour before the end. */
const RENEWED_BEFORE_MS = 15 * 60_000;

/** Credentials for AWS by their name: keys that are kept, or those of a role that an account assumes. */
export class AwsCredentials {
  readonly #env: Env;
  readonly #with: Collaborators;
  /** Exchanges under way, which other callers for the same name join. */
  readonly #exchanges = new Map<string, Promise<Cached>>();

  constructor(env: Env, collaborators: Collaborators) {
    this.#env = env;
    this.#with = collaborators;
  }

  async get(name: string): Promise<Credentials> {
    const definition = readAwsDefinition(name, await this.#definition(name));
    if (isAwsRole(definition)) return answerOf(await this.#ofRole(name, definition));
    return {
      access_key_id: definition.AccessKeyId,
      secret_access_key: definition.SecretAccessKey,
      session_token: definition.SessionToken ?? null,
      expires_at: null,
    };
  }

  async #definition(name: string): Promise<string> {
    try {
      return (await this.#with.secrets.get(awsSecretKey(name))).value;
    } catch (thrown) {
      if (asSigilforgeError(thrown).kind !== 'not_found') throw thrown;
      throw new SigilforgeError('not_found', 'There are no AWS credentials of this name.', {
        hint: 'Set them up with: sigilforge helper install aws --profile NAME --role-arn ARN --account SERVICE/ACCOUNT',
        cause: thrown,
      });
    }
  }

  async #ofRole(name: string, role: AwsRole): Promise<Cached> {
    const [service = '', account = ''] = role.account.split('/');
    // Nothing is handed out for an account that was removed.
    const { id } = this.#with.accounts.stored(service, account);
    const definition = JSON.stringify(role);
    const cached = await this.#cached(name);
    const isOwn = cached?.definition === definition && cached.account === id;
    const left = isOwn ? cached.expires_at - this.#env.clock.wall() : 0;
    if (isOwn && left > Math.min(RENEWED_BEFORE_MS, (cached.expires_at - cached.asked_at) / 4)) return cached;
    try {
      return await this.#joined(`${name} ${id} ${definition}`, () => this.#exchange(name, role, id));
    } catch (thrown) {
      // As with tokens, what still lives is handed out whatever the exchange said.
      if (isOwn && left > 0) return cached;
      throw thrown;
    }
  }

  /** `undefined` also for a value that is damaged, or that another program put there. */
  async #cached(name: string): Promise<Cached | undefined> {
    try {
      const { value } = await this.#with.secrets.get(awsCachedKey(name));
      const checked = v.safeParse(Cached, parseJson(value));
      return checked.success ? checked.output : undefined;
    } catch (thrown) {
      const { kind } = asSigilforgeError(thrown);
      if (kind === 'not_found' || kind === 'integrity') return undefined;
      throw thrown;
    }
  }

  #joined(key: string, exchange: () => Promise<Cached>): Promise<Cached> {
    const under = this.#exchanges.get(key);
    if (under) return under;
    const begun = exchange().finally(() => this.#exchanges.delete(key));
    this.#exchanges.set(key, begun);
    return begun;
  }

  async #exchange(name: string, role: AwsRole, accountId: string): Promise<Cached> {
    const { clock, log } = this.#env;
    const issuedAt = clock.wall();
    const first = await this.#token(role);
    let outcome = await assumeRole(this.#with.http, role, first);
    if ('rejected' in outcome)
      outcome = await assumeRole(this.#with.http, role, await this.#token(role, first));
    if ('rejected' in outcome) throw outcome.rejected;
    const cached: Cached = {
      definition: JSON.stringify(role),
      account: accountId,
      asked_at: issuedAt,
      expires_at: outcome.expiresAt,
      access_key_id: outcome.accessKeyId,
      secret_access_key: outcome.secretAccessKey.reveal(),
      session_token: outcome.sessionToken.reveal(),
    };
    const value = JSON.stringify(cached);
    try {
      const key = awsCachedKey(name);
      await this.#with.secrets.set({ key, value, backend: 'vault', encoding: 'utf8' });
    } catch (thrown) {
      // They work all the same, and the next call asks again.
      log.warn('aws.not_cached', { kind: asSigilforgeError(thrown).kind });
    }
    return cached;
  }

  /** Another one than `rejected`, which STS did not take: a token that was refused has one refresh at most in a while. */
  async #token({ account: names, token }: AwsRole, rejected?: Secret): Promise<Secret> {
    const [service = '', account = ''] = names.split('/');
    if (token === 'id_token')
      return new Secret((await this.#with.idTokens.get(service, account, rejected)).value);
    const rejected_token = rejected?.reveal();
    const request = { service, account, refresh_if_needed: true, rejected_token };
    return new Secret((await this.#with.tokens.get(request)).access_token);
  }
}

function answerOf(cached: Cached): Credentials {
  return {
    access_key_id: cached.access_key_id,
    secret_access_key: cached.secret_access_key,
    session_token: cached.session_token,
    expires_at: timestamp(cached.expires_at),
  };
}
