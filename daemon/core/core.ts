import type { Config } from '../../shared/config.js';
import type { Paths } from '../../shared/paths.js';
import type { Accounts } from './accounts/accounts.js';
import type { Events } from './accounts/events.js';
import type { Asking } from './asking/open.js';
import type { Audit } from './audit/audit.js';
import type { AuditTrail } from './audit/trail.js';
import type { AwsCredentials } from './aws/aws-credentials.js';
import type { Bots } from './bots/bots.js';
import type { Capabilities } from './capabilities/open.js';
import type { Keychain } from './keychain/keychain.js';
import type { ObservedKeychain } from './keychain/observed.js';
import type { HttpLimits } from './oauth/http/http.js';
import type { Clock } from './platform/clock.js';
import type { Logger } from './platform/log.js';
import type { ProviderTest } from './providers/provider-test.js';
import type { Providers } from './providers/providers.js';
import type { Resolver } from './references/resolver.js';
import type { Rereading } from './refresh/rereading.js';
import type { RunEvents } from './runs/events.js';
import type { History } from './runs/history.js';
import type { Runs } from './runs/runs.js';
import type { Secrets } from './secrets/secrets.js';
import type { AddAccount } from './sign-in/add-account.js';
import type { PendingSignIns } from './sign-in/pending.js';
import type { Lease, Leases } from './store/lease.js';
import type { TokenInfo } from './tokens/info.js';
import type { Tokens } from './tokens/tokens.js';
import type { Transfer } from './transfer/transfer.js';
import type { Vault } from './vault/vault.js';
import type { VaultKeys } from './vault/vault-keys.js';

/** What the library is built from. */
export interface CoreOptions {
  readonly paths: Paths;
  readonly config: Config;
  readonly keychain: Keychain;
  readonly leases: Leases;
  /** Held by the daemon for life. Without it, it is taken for the moment in which something must be set up. */
  readonly instanceLease?: Lease | undefined;
  readonly log: Logger;
  /** Called with what a person should know about how their vault is kept. */
  readonly notice?: ((sentence: string) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** The limits of one exchange, in milliseconds. */
  readonly limits?: HttpLimits | undefined;
  /** How long a program that is kept warm may wait for a run, in milliseconds; five minutes if not given. */
  readonly runIdleMs?: number | undefined;
  /** How long a database that other processes keep busy is waited for, in milliseconds; 5,000 if not given. */
  readonly storeWaitMs?: number | undefined;
}

/** The library: everything that the daemon and the direct client can do. */
export interface Core {
  readonly accounts: Accounts;
  readonly addAccount: AddAccount;
  /** The sign-ins that wait for a person. */
  readonly signIns: PendingSignIns;
  readonly tokens: Tokens;
  readonly tokenInfo: TokenInfo;
  /** Answers of providers that could not be read. */
  readonly rereading: Rereading;
  readonly providers: Providers;
  readonly providerTest: ProviderTest;
  readonly resolver: Resolver;
  readonly secrets: Secrets;
  readonly aws: AwsCredentials;
  readonly vault: Vault;
  readonly vaultKeys: VaultKeys;
  readonly keychain: ObservedKeychain;
  readonly transfer: Transfer;
  readonly events: Events;
  /** What left the vault, and what was refused. */
  readonly audit: Audit;
  readonly trail: AuditTrail;
  readonly capabilities: Capabilities;
  readonly runs: Runs;
  readonly bots: Bots;
  /** The record of runs, also of those that run elsewhere. */
  readonly history: History;
  readonly runEvents: RunEvents;
  readonly asking: Asking;
  /** Adopts what an earlier process could not store, and refreshes ahead of time from now on. Only for the daemon. */
  tend(): Promise<void>;
  /** Ends what waits for a person, lets an exchange under way finish, and closes the store. */
  close(): Promise<void>;
}
