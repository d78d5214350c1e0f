import type { Config } from '../../shared/config.js';
import { asSigilforgeError } from '../../shared/errors.js';
import type { Paths } from '../../shared/paths.js';
import { Accounts } from './accounts/accounts.js';
import { Events } from './accounts/events.js';
import { Grants } from './accounts/grants.js';
import { Usage } from './accounts/usage.js';
import type { Keychain } from './keychain/keychain.js';
import { type ObservedKeychain, observeKeychain } from './keychain/observed.js';
import type { OAuthContext } from './oauth/exchange.js';
import { createHttpClient, type HttpLimits } from './oauth/http.js';
import { type Clock, systemClock } from './platform/clock.js';
import type { Logger } from './platform/log.js';
import { Providers } from './providers/providers.js';
import { Resolver } from './references/resolver.js';
import { Vals } from './references/vals.js';
import { Refresher } from './refresh/refresher.js';
import { Rescue } from './refresh/rescue.js';
import { Scheduler } from './refresh/scheduler.js';
import { Secrets } from './secrets/secrets.js';
import { SignIns } from './sign-in/pending.js';
import { AccountStore } from './store/accounts.js';
import { AttemptStore } from './store/attempts.js';
import type { Lease, Leases } from './store/lease.js';
import { openStore } from './store/open.js';
import { TokenCache } from './tokens/cache.js';
import { Tokens } from './tokens/tokens.js';
import { Transfer } from './transfer/transfer.js';
import { openVault } from './vault/open-vault.js';
import { Rotation } from './vault/rotation.js';
import type { Vault } from './vault/vault.js';
import { VaultKeys } from './vault/vault-keys.js';

/** What the library is built from. */
export interface CoreOptions {
  readonly paths: Paths;
  readonly config: Config;
  readonly keychain: Keychain;
  readonly leases: Leases;
  /** Held by the daemon for life. Without it, it is taken for the moment in which something has to be set up. */
  readonly instanceLease?: Lease | undefined;
  readonly log: Logger;
  /** Told of what a person should know about how their vault is kept. */
  readonly notice?: ((sentence: string) => void) | undefined;
  readonly clock?: Clock;
  /** The limits of one exchange, in milliseconds. */
  readonly limits?: HttpLimits | undefined;
}

/** The library: everything that the daemon and the direct client can do. */
export interface Core {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly providers: Providers;
  readonly resolver: Resolver;
  readonly signIns: SignIns;
  readonly secrets: Secrets;
  readonly vaultKeys: VaultKeys;
  readonly transfer: Transfer;
  readonly events: Events;
  readonly store: AccountStore;
  readonly vault: Vault;
  readonly keychain: ObservedKeychain;
  readonly clock: Clock;
  readonly config: Config;
  /** Adopts what an earlier process could not store, and refreshes ahead of time from now on. For the daemon alone. */
  tend(): Promise<void>;
  /** Ends what waits for a person, lets an exchange under way finish, and closes the store. */
  close(): Promise<void>;
}

const SAVE_USAGE_MS = 60_000;
const DAY_MS = 86_400_000;
/** An exchange has its own limits, and nothing but them ends it. */
const EXCHANGE_LIMITS: HttpLimits = { connectMs: 15_000, totalMs: 60_000 };

/** Builds the library once, from its folders, its keychain and its clock. */
export async function openCore(options: CoreOptions): Promise<Core> {
  const { config, leases, paths, log, clock = systemClock, limits = EXCHANGE_LIMITS } = options;
  const keychain = observeKeychain(options.keychain, clock);
  const db = await openStore({ ...options, clock });
  const vault = await openVault({ ...options, keychain, db, clock });
  const store = new AccountStore(db);
  const events = new Events(clock);
  const oauth: OAuthContext = { http: createHttpClient(limits), clock };
  const providers = new Providers({ db, vault, clock, http: oauth.http, configured: config.providers });
  const attempts = new AttemptStore(db);
  const grants = new Grants({ db, store, attempts, vault, leases, events, clock });
  const usage = new Usage({ db, store, clock });
  const signIns = new SignIns();
  const rescue = new Rescue(paths.rescue, vault);
  const holder = `process ${process.pid} (${options.instanceLease ? 'the daemon' : 'a program using the library'})`;
  const refresher = new Refresher({
    db,
    store,
    attempts,
    rescue,
    vault,
    grants,
    providers,
    oauth,
    log,
    holder,
  });
  const scheduler = new Scheduler({
    vault,
    store,
    refresher,
    usage,
    events,
    clock,
    log,
    aheadMs: config.refresh.ahead_s * 1000,
    idleMs: config.refresh.idle_days * DAY_MS,
  });
  const cache = new TokenCache({ db, store, vault, clock, events });
  const accounts = new Accounts({ store, grants, providers, signIns, usage, vault, oauth });
  const tokens = new Tokens({ grants, refresher, cache, usage, clock });
  const defaultBackend = config.secrets.default_backend;
  const secrets = new Secrets({ db, vault, keychain, leases, clock, log, defaultBackend });
  const vals = new Vals(config.vals, clock);
  vault.whenClosed(() => vals.forget());
  const { reveal } = config.security;
  const resolver = new Resolver({ accounts, tokens, grants, providers, secrets, vals, reveal });

  const rotation = new Rotation({
    db,
    vault,
    accounts: store,
    lease: (id) => grants.lease(id),
    resealRescued: (id) => rescue.reseal(id),
  });
  const vaultKeys = new VaultKeys({ db, vault, rotation, leases, clock });
  const transfer = new Transfer({ db, vault, secrets, accounts: store, grants, clock });
  /** What an earlier process has left, which can only be done while the vault is open. */
  const settle = async (): Promise<void> => {
    await refresher.adoptRescued();
    await secrets.tend();
    await vaultKeys.finishRotation();
    // A process that was killed may have left there what it had just deleted.
    db.truncateLog();
  };

  const save = (): Promise<void> =>
    usage
      .save()
      .catch((thrown: unknown) => log.warn('usage.not_saved', { kind: asSigilforgeError(thrown).kind }));
  const saving = setInterval(() => void save(), SAVE_USAGE_MS).unref();

  return {
    accounts,
    tokens,
    providers,
    resolver,
    signIns,
    secrets,
    vaultKeys,
    transfer,
    events,
    store,
    vault,
    keychain,
    clock,
    config,
    async tend() {
      scheduler.start();
      vault.whenOpened(() => {
        settle().catch((thrown: unknown) =>
          log.warn('leftovers.failed', { kind: asSigilforgeError(thrown).kind }),
        );
      });
      await vault.unlocked();
    },
    async close() {
      clearInterval(saving);
      scheduler.stop();
      signIns.close();
      vals.close();
      await refresher.end();
      await vault.settled();
      await save();
      vault.close();
      await keychain.close();
      db.close();
    },
  };
}
