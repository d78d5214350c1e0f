import { openAccounts } from './accounts/open.js';
import { openAsking } from './asking/open.js';
import { openAudit } from './audit/open.js';
import { AwsCredentials } from './aws/aws-credentials.js';
import { Background } from './background.js';
import { Bots } from './bots/bots.js';
import { openCapabilities } from './capabilities/open.js';
import type { Core, CoreOptions } from './core.js';
import { observeKeychain } from './keychain/observed.js';
import { createHttpClient, type HttpLimits } from './oauth/http/http.js';
import { systemClock } from './platform/clock.js';
import { ProviderTest } from './providers/provider-test.js';
import { Providers } from './providers/providers.js';
import { Resolver } from './references/resolver.js';
import { Vals } from './references/vals.js';
import { openRefresh } from './refresh/open.js';
import { Rescue } from './refresh/rescue.js';
import { SealedFiles } from './refresh/sealed-files.js';
import { UnreadAnswers } from './refresh/unread-answers.js';
import { RunEvents } from './runs/events.js';
import { History } from './runs/history.js';
import { Runs } from './runs/runs.js';
import { Secrets } from './secrets/secrets.js';
import { openSignIn } from './sign-in/open.js';
import { removeCopies } from './store/before-migration.js';
import type { Env } from './store/env.js';
import { openStore } from './store/open.js';
import { openTokens } from './tokens/open.js';
import { Transfer } from './transfer/transfer.js';
import { openVault } from './vault/open-vault.js';
import { Rotation } from './vault/rotation.js';
import { VaultKeys } from './vault/vault-keys.js';

/** Only these limits end an exchange. */
const EXCHANGE_LIMITS: HttpLimits = { connectMs: 15_000, totalMs: 60_000 };

/** Builds the library once, from the bottom up: from its folders, its keychain and its clock. */
export async function openCore(options: CoreOptions): Promise<Core> {
  const { config, leases, paths, log, clock = systemClock, limits = EXCHANGE_LIMITS } = options;
  const db = await openStore({ ...options, clock, waitMs: options.storeWaitMs });
  const env: Env = { clock, log, db, leases };
  const keychain = observeKeychain(options.keychain, clock);
  const vault = await openVault(env, { ...options, keychain });
  const oauth = { http: createHttpClient(limits, config.network), clock };
  const providers = new Providers(env, { vault, http: oauth.http, configured: config.providers });
  await providers.nameSecretOrigins();
  const providerTest = new ProviderTest(providers, oauth.http);

  const services = { vault, providers, oauth, ...openAccounts(env, { vault, providers, oauth }) };
  const { store, grants, usage, events, accounts } = services;
  const { addAccount, signIns } = openSignIn(env, { ...services, limits: config.limits });
  const files = new SealedFiles(paths.rescue, vault);
  const rescue = new Rescue(files);
  const unread = new UnreadAnswers(env, { files, vault });
  const holder = `process ${process.pid} (${options.instanceLease ? 'the daemon' : 'a program using the library'})`;
  const refreshing = openRefresh(env, { ...services, rescue, unread }, { holder, times: config.refresh });
  const { refresher, rereading, scheduler } = refreshing;
  const { tokens, idTokens, tokenInfo } = openTokens(env, { ...services, refresher }, config.refresh);

  const { default_backend: defaultBackend } = config.secrets;
  const secrets = new Secrets(env, { vault, keychain }, { defaultBackend });
  const vals = new Vals(config.vals, clock);
  const { reveal } = config.security;
  const resolver = new Resolver({ accounts, tokens, idTokens, grants, providers, secrets, vals }, { reveal });

  const aws = new AwsCredentials(env, { accounts, tokens, idTokens, secrets, http: oauth.http });

  const rotation = new Rotation(env, {
    vault,
    accounts: store,
    lease: (id) => grants.lease(id),
    resealFiles: async (account) => (await rescue.reseal(account)) + (await unread.reseal(account)),
    removeCopies: () => removeCopies(paths.database),
  });
  const vaultKeys = new VaultKeys(env, { vault, rotation, configured: config.vault.key });
  const transfer = new Transfer(env, { vault, secrets, providers, accounts: store, grants });

  const { audit, trail, retention } = openAudit(env, { vault, notice: options.notice }, config.audit);
  const capabilities = openCapabilities(env, { vault, copies: paths.capabilities });
  const runEvents = new RunEvents(env);
  const history = new History(env, {
    events: runEvents,
    transcripts: paths.transcripts,
    keepDays: config.runs.keep_days,
  });
  const runs = new Runs(
    env,
    { ...capabilities, vault, resolver, history, audit, events: runEvents },
    { atOnce: config.runs.at_once, folders: paths.runs, idleMs: options.runIdleMs },
  );
  const bots = new Bots(
    env,
    { ...capabilities, resolver, history, audit, vault },
    { transcripts: paths.bots, keepDays: config.runs.keep_days },
  );
  const asking = openAsking(env, { capabilities, desktop: config.asking.desktop });
  const background = new Background(env, {
    ...{ scheduler, refresher, rereading, signIns, secrets, usage, vals, vault, vaultKeys, keychain },
    ...{ audit, retention, runs, bots, history, asking },
    removeOldCopies: () => removeCopies(paths.database, clock.wall()),
  });
  return {
    ...{
      accounts,
      addAccount,
      signIns,
      tokens,
      tokenInfo,
      rereading,
      providers,
      resolver,
      secrets,
      aws,
      providerTest,
    },
    ...{ vault, vaultKeys, keychain, transfer, events, audit, trail },
    ...{ capabilities, runs, bots, history, runEvents, asking },
    tend: () => background.tend(),
    close: () => background.close(),
  };
}
