import * as v from 'valibot';
import { Provider, providerSettings } from './provider.js';
import {
  AccountName,
  ExtraParams,
  FlowKind,
  Issuer,
  LogLevel,
  Scopes,
  Seconds,
  SecretKey,
  SecretPrefix,
  SecretValue,
  ServiceName,
  Text,
  Timestamp,
  Uuid,
} from './schemas.js';

interface MethodEntry<P extends v.ObjectEntries, R extends v.GenericSchema> {
  readonly summary: string;
  /** The order of the keys is the order of the parameters by position. */
  readonly params: v.StrictObjectSchema<P, undefined>;
  readonly result: R;
}

function method<P extends v.ObjectEntries, R extends v.GenericSchema>(
  summary: string,
  params: P,
  result: R,
): MethodEntry<P, R> {
  return { summary, params: v.strictObject(params), result };
}

const account = { service: ServiceName, account: AccountName };
const nullableTime = v.nullable(Timestamp);

export const AccountInfo = v.object({
  id: Uuid,
  service: v.string(),
  account: v.string(),
  kind: v.picklist(['oauth', 'api_key']),
  provider: v.nullable(v.string()),
  scopes: v.array(v.string()),
  /** `ok`: lives or can be refreshed; `needs_auth`: a person has to sign in again; `parked`: copied from another vault. */
  state: v.picklist(['ok', 'needs_auth', 'parked']),
  created_at: Timestamp,
  last_used: nullableTime,
  expires_at: nullableTime,
});
export type AccountInfo = v.InferOutput<typeof AccountInfo>;

export const AccessToken = v.object({
  access_token: v.string(),
  token_type: v.string(),
  expires_at: nullableTime,
  scopes: v.array(v.string()),
});
export type AccessToken = v.InferOutput<typeof AccessToken>;

/** What a flow without a person needs. Which of them belongs to which flow: see `flow`. */
export const Credential = v.union([
  v.strictObject({ api_key: Text }),
  v.strictObject({ refresh_token: Text }),
  v.strictObject({ client_id: Text, client_secret: Text }),
  v.strictObject({
    /** PEM, or the whole key file of a Google service account, which names its issuer itself. */
    private_key: Text,
    key_id: v.optional(Text),
    issuer: v.optional(Text),
    subject: v.optional(Text),
  }),
  v.strictObject({ app_id: Text, installation_id: Text, private_key: Text }),
]);
export type Credential = v.InferOutput<typeof Credential>;

const FlowStarted = v.object({
  flow_id: v.nullable(Uuid),
  flow: FlowKind,
  message: v.nullable(v.string()),
  authorization_url: v.nullable(v.string()),
  user_code: v.nullable(v.string()),
  verification_uri: v.nullable(v.string()),
  verification_uri_complete: v.nullable(v.string()),
  expires_at: nullableTime,
  interval_s: v.nullable(v.number()),
  account: v.nullable(AccountInfo),
});

const ProviderSummary = v.pick(Provider, ['id', 'name', 'flows', 'default_scopes', 'source', 'configured']);

/** Where a secret is kept. */
export const SecretBackend = v.picklist(['keychain', 'vault']);
export type SecretBackend = v.InferOutput<typeof SecretBackend>;

const encoding = v.picklist(['utf8', 'base64']);
const cursor = v.nullable(v.string());
const page = { prefix: v.optional(SecretPrefix), cursor: v.optional(Text) };

/** A way to open the vault. */
export const VaultSlot = v.object({
  id: Uuid,
  kind: v.picklist(['keychain', 'credential', 'password', 'recovery', 'key_file']),
  created_at: Timestamp,
});
export type VaultSlot = v.InferOutput<typeof VaultSlot>;

const vaultState = v.picklist(['unlocked', 'locked']);

/** A topic of `subscribe`. */
export const Topic = v.picklist(['accounts']);
export type Topic = v.InferOutput<typeof Topic>;

/** A notification of method `event`: what happened to which account, and never a value. */
export const AccountEvent = v.object({
  subscription: Uuid,
  topic: Topic,
  type: v.picklist(['account_added', 'account_removed', 'token_refreshed', 'needs_auth', 'recovered']),
  at: Timestamp,
  account_id: Uuid,
  service: v.string(),
  account: v.string(),
});
export type AccountEvent = v.InferOutput<typeof AccountEvent>;

/**
 * Every RPC method, once: parameters in their order, and the result. Types, validation, positions and `rpc.discover`
 * all come from here; a method is added by an entry here and a handler in `daemon/handlers/`.
 */
export const contract = {
  status: method(
    'The state of the daemon, its vault and its keychain. Never probes anything, never prolongs anything.',
    {},
    v.object({
      version: v.string(),
      protocol: v.number(),
      pid: v.number(),
      started_at: Timestamp,
      uptime_s: v.number(),
      socket: v.nullable(v.string()),
      account_count: v.number(),
      secret_count: v.number(),
      connections: v.number(),
      vault: v.object({ state: v.picklist(['unlocked', 'locked']), key_source: v.nullable(v.string()) }),
      keychain: v.object({
        available: v.nullable(v.boolean()),
        error: v.nullable(v.string()),
        probed_at: nullableTime,
      }),
    }),
  ),
  'rpc.discover': method('This contract as an OpenRPC document.', {}, v.record(v.string(), v.unknown())),
  list_providers: method(
    'Every provider that is known, built in, configured or stored.',
    {},
    v.object({ providers: v.array(ProviderSummary) }),
  ),
  get_provider: method(
    'One provider whole, without its client secret.',
    { id: ServiceName },
    v.object({ provider: Provider }),
  ),
  set_provider: method(
    'Adds a provider, or changes what is given of one that is known.',
    {
      id: ServiceName,
      issuer: providerSettings.issuer,
      authorization_endpoint: providerSettings.authorization_endpoint,
      token_endpoint: providerSettings.token_endpoint,
      device_authorization_endpoint: providerSettings.device_authorization_endpoint,
      revocation_endpoint: providerSettings.revocation_endpoint,
      client_id: providerSettings.client_id,
      client_secret: v.optional(Text),
      client_auth: providerSettings.client_auth,
      flows: providerSettings.flows,
      default_scopes: providerSettings.default_scopes,
      scope_separator: providerSettings.scope_separator,
      redirect_uri: providerSettings.redirect_uri,
      authorize_params: providerSettings.authorize_params,
      token_params: providerSettings.token_params,
    },
    v.object({ provider: Provider }),
  ),
  remove_provider: method(
    'Forgets what was stored of a provider. Accounts keep what they signed in with.',
    { id: ServiceName },
    v.object({ removed: v.boolean() }),
  ),
  add_account: method(
    'Begins a sign-in, or stores a credential that needs no person.',
    {
      ...account,
      scopes: v.optional(Scopes),
      flow: v.optional(FlowKind),
      provider: v.optional(ServiceName),
      replace: v.optional(v.boolean(), false),
      credential: v.optional(Credential),
      issuer: v.optional(Issuer),
      client_id: v.optional(Text),
      params: v.optional(ExtraParams),
    },
    FlowStarted,
  ),
  wait_flow: method(
    'Waits until a sign-in ends, or `timeout_s` has passed. A flow that failed answers with its error.',
    { flow_id: Uuid, timeout_s: v.optional(Seconds, 60) },
    v.object({ state: v.picklist(['pending', 'complete']), account: v.nullable(AccountInfo) }),
  ),
  complete_flow: method(
    'Ends a sign-in by the address that the browser of another machine ended on.',
    { flow_id: Uuid, redirect_url: Text },
    v.object({ account: AccountInfo }),
  ),
  cancel_flow: method('Gives up a sign-in.', { flow_id: Uuid }, v.object({ cancelled: v.boolean() })),
  list_accounts: method(
    'The accounts, of one service or all.',
    { service: v.optional(ServiceName) },
    v.object({ accounts: v.array(AccountInfo) }),
  ),
  get_account: method('One account.', { ...account }, AccountInfo),
  remove_account: method(
    'Forgets an account, and revokes its grant at the provider unless told otherwise.',
    { ...account, revoke: v.optional(v.boolean(), true) },
    v.object({ removed: v.boolean(), revoked: v.boolean() }),
  ),
  get_token: method(
    'An access token that works, refreshed before if need be.',
    {
      ...account,
      min_valid_s: v.optional(Seconds),
      refresh_if_needed: v.optional(v.boolean(), true),
      rejected_token: v.optional(Text),
    },
    AccessToken,
  ),
  refresh_token: method('A new access token, by way of the provider.', { ...account }, AccessToken),
  token_info: method(
    'What is known of a token, without the token.',
    { ...account },
    v.object({
      token_type: v.nullable(v.string()),
      expires_at: nullableTime,
      scopes: v.array(v.string()),
      is_expired: v.boolean(),
      has_refresh_token: v.boolean(),
      refresh_expires_at: nullableTime,
      last_refreshed_at: nullableTime,
      last_error: v.nullable(v.object({ kind: v.string(), message: v.string(), at: Timestamp })),
      next_attempt_at: nullableTime,
    }),
  ),
  accounts_status: method(
    'Which tokens live and which expire soon. No network.',
    {},
    v.object({
      accounts: v.array(
        v.object({
          service: v.string(),
          account: v.string(),
          token_valid: v.boolean(),
          expires_soon: v.boolean(),
          expires_at: nullableTime,
        }),
      ),
      all_valid: v.boolean(),
      any_expiring_soon: v.boolean(),
    }),
  ),
  resolve: method(
    'The value that a reference stands for.',
    { reference: Text, explain: v.optional(v.boolean(), false) },
    v.object({
      value: v.nullable(v.string()),
      encoding: v.picklist(['utf8', 'base64']),
      metadata: v.object({
        kind: v.picklist(['token', 'secret', 'external']),
        source: v.nullable(v.string()),
        expires_at: nullableTime,
        sources: v.optional(
          v.array(
            v.object({
              source: v.string(),
              outcome: v.picklist(['found', 'absent', 'locked', 'denied', 'unavailable']),
            }),
          ),
        ),
      }),
    }),
  ),
  set_secret: method(
    'Stores a secret, to the byte. Another back end than before moves it.',
    {
      key: SecretKey,
      value: SecretValue,
      backend: v.optional(SecretBackend),
      encoding: v.optional(encoding, 'utf8'),
    },
    v.object({ key: v.string(), backend: SecretBackend }),
  ),
  get_secret: method(
    'A secret.',
    { key: SecretKey },
    v.object({ key: v.string(), value: v.string(), encoding, backend: SecretBackend }),
  ),
  get_secrets: method(
    'Secrets by their prefix, a page at a time.',
    page,
    v.object({ secrets: v.array(v.object({ key: v.string(), value: v.string(), encoding })), cursor }),
  ),
  list_secrets: method(
    'The names of secrets, a page at a time. Never a value.',
    page,
    v.object({
      secrets: v.array(
        v.object({ key: v.string(), backend: SecretBackend, created_at: Timestamp, updated_at: Timestamp }),
      ),
      cursor,
    }),
  ),
  delete_secret: method('Forgets a secret.', { key: SecretKey }, v.object({ deleted: v.boolean() })),
  vault_status: method(
    'The state of the vault, and the ways to open it.',
    {},
    v.object({ state: vaultState, key_source: v.nullable(v.string()), slots: v.array(VaultSlot) }),
  ),
  unlock: method('Opens the vault again.', { password: v.optional(Text) }, v.object({ state: vaultState })),
  lock: method(
    'Drops keys and tokens from memory, once no exchange is under way.',
    {},
    v.object({ state: vaultState }),
  ),
  vault_set_password: method(
    'Adds a password that opens the vault, or changes it. `only` removes every other way but a recovery key.',
    { password: Text, only: v.optional(v.boolean(), false) },
    v.object({ slots: v.array(VaultSlot) }),
  ),
  vault_recovery_key: method(
    'Makes a recovery key, which is shown this once.',
    {},
    v.object({ recovery_key: v.string() }),
  ),
  vault_remove_slot: method(
    'Removes a way to open the vault; never the last one.',
    { id: Uuid },
    v.object({ slots: v.array(VaultSlot) }),
  ),
  vault_rotate: method(
    'A new data key, and everything sealed anew with it.',
    {},
    v.object({ key_id: Uuid, resealed: v.number() }),
  ),
  subscribe: method(
    'Sends notifications of method `event` on this connection from now on.',
    { topics: v.pipe(v.array(Topic), v.minLength(1)) },
    v.object({ subscription: Uuid }),
  ),
  unsubscribe: method('Ends a subscription.', { subscription: Uuid }, v.object({ removed: v.boolean() })),
  set_log_level: method(
    "Changes the daemon's log level.",
    { level: LogLevel },
    v.object({ level: LogLevel }),
  ),
  shutdown: method(
    'Ends the daemon once what is under way is done.',
    {},
    v.object({ stopping: v.boolean() }),
  ),
};

type Contract = typeof contract;
export type MethodName = keyof Contract;
/** Parameters as a caller gives them. */
export type ParamsOf<M extends MethodName> = v.InferInput<Contract[M]['params']>;
/** Parameters as a handler gets them: checked, normalized, defaults filled in. */
export type CheckedParamsOf<M extends MethodName> = v.InferOutput<Contract[M]['params']>;
export type ResultOf<M extends MethodName> = v.InferOutput<Contract[M]['result']>;

/** Every method's name in camel case: `get_token` is `getToken`, `rpc.discover` is `rpcDiscover`. */
export type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S extends `${infer Head}.${infer Tail}`
    ? `${Head}${Capitalize<CamelCase<Tail>>}`
    : S;

type Call<P, R> = Record<string, never> extends P ? (params?: P) => Promise<R> : (params: P) => Promise<R>;

/** What a client can ask, in-process or over the socket: one function for each method of the contract. */
export type Api = { readonly [M in MethodName as CamelCase<M>]: Call<ParamsOf<M>, ResultOf<M>> };

export const methodNames = Object.keys(contract) as MethodName[];

export function isMethodName(name: string): name is MethodName {
  return Object.hasOwn(contract, name);
}

export function camelCase<M extends MethodName>(name: M): CamelCase<M> {
  return name.replace(/[._]([a-z])/g, (_, letter: string) => letter.toUpperCase()) as CamelCase<M>;
}
