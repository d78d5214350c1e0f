import type { Config } from '../../shared/config.js';
import { asSigilforgeError } from '../../shared/errors.js';
import type { Paths } from '../../shared/paths.js';
import { Accounts } from './accounts.js';
import { type Clock, systemClock } from './clock.js';
import { Events } from './events.js';
import { Grants } from './grants.js';
import type { Keychain } from './keychain/keychain.js';
import { type ObservedKeychain, observeKeychain } from './keychain/observed.js';
import type { Logger } from './log.js';
import type { OAuthContext } from './oauth/exchange.js';
import { createHttpClient } from './oauth/http.js';
import { Providers } from './providers.js';
import { Refresher } from './refresher.js';
import { Resolver } from './resolver.js';
import { SignIns } from './sign-ins.js';
import { AccountStore } from './store/account-store.js';
import type { Lease, Leases } from './store/lease.js';
import { openStore } from './store/open-store.js';
import { TokenCache } from './token-cache.js';
import { Tokens } from './tokens.js';
import { Usage } from './usage.js';
import { openVault } from './vault/open-vault.js';
import type { Vault } from './vault/vault.js';

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
}

/** The library: everything that the daemon and the direct client can do. */
export interface Core {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly providers: Providers;
  readonly resolver: Resolver;
  readonly signIns: SignIns;
  readonly events: Events;
  readonly store: AccountStore;
  readonly vault: Vault;
  readonly keychain: ObservedKeychain;
  readonly clock: Clock;
  readonly config: Config;
  /** Ends what waits for a person, lets an exchange under way finish, and closes the store. */
  close(): Promise<void>;
}

const SAVE_USAGE_MS = 60_000;
/** An exchange has its own limits, and nothing but them ends it. */
const EXCHANGE_LIMITS = { connectMs: 15_000, totalMs: 60_000 };

/** Builds the library once, from its folders, its keychain and its clock. */
export async function openCore(options: CoreOptions): Promise<Core> {
  const { config, leases, clock = systemClock } = options;
  const keychain = observeKeychain(options.keychain, clock);
  const db = await openStore({ ...options, clock });
  const vault = await openVault({ ...options, keychain, db, clock });
  const store = new AccountStore(db);
  const events = new Events(clock);
  const oauth: OAuthContext = { http: createHttpClient(EXCHANGE_LIMITS), clock };
  const providers = new Providers({ db, vault, clock, http: oauth.http, configured: config.providers });
  const grants = new Grants({ db, store, vault, leases, events, clock });
  const usage = new Usage({ db, store, clock });
  const signIns = new SignIns();
  const refresher = new Refresher({ store, grants, providers, oauth });
  const cache = new TokenCache({ db, store, clock, events });
  const accounts = new Accounts({ store, grants, providers, signIns, usage, vault, oauth });
  const tokens = new Tokens({ grants, refresher, cache, usage, clock });
  const resolver = new Resolver({ accounts, tokens, grants, providers, reveal: config.security.reveal });

  const save = (): Promise<void> =>
    usage
      .save()
      .catch((thrown: unknown) =>
        options.log.warn({ kind: asSigilforgeError(thrown).kind }, 'last uses were not saved'),
      );
  const saving = setInterval(() => void save(), SAVE_USAGE_MS).unref();

  return {
    accounts,
    tokens,
    providers,
    resolver,
    signIns,
    events,
    store,
    vault,
    keychain,
    clock,
    config,
    async close() {
      clearInterval(saving);
      signIns.close();
      await refresher.idle();
      await save();
      await keychain.close();
      db.close();
    },
  };
}
