import type { AccountInfo } from '../../shared/contract/index.js';
import { addAccount, knowProvider } from '../support/accounts.js';
import type { FaultProxy } from '../support/provider/fault-proxy.js';
import type { OpenIdProvider, OpenIdProviderOptions } from '../support/provider/openid-provider.js';
import { startProxiedProvider } from '../support/provider/proxied-provider.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import type { RunningDaemon } from '../support/start/sandbox.js';
import * as stored from '../support/stored.js';

/** A scheduler that refreshes nothing by itself, so that a test decides when an exchange begins. */
const ONLY_WHEN_ASKED = '[refresh]\nidle_days = 0';

/** A daemon, a provider with rotating refresh tokens behind a proxy, and what tests ask of both. */
export interface Stage extends DaemonBackend {
  readonly provider: OpenIdProvider;
  readonly proxy: FaultProxy;
  /** How many refresh requests reached the provider. */
  readonly exchanges: number;
}

/** A stage with a provider that is known, and no account yet. */
export async function setStage(options: OpenIdProviderOptions = {}): Promise<Stage> {
  const { provider, proxy, stop } = await startProxiedProvider(options);
  try {
    const backend = await startDaemon({ config: ONLY_WHEN_ASKED });
    await knowProvider(backend.api, provider);
    return {
      ...backend,
      provider,
      proxy,
      get exchanges() {
        return provider.counts.token['refresh_token'] ?? 0;
      },
      async stop() {
        await backend.stop();
        await stop();
      },
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

/** Runs `use` with a stage of its own. */
export async function onStage<T>(use: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = await setStage();
  try {
    return await use(stage);
  } finally {
    await stage.stop();
  }
}

/** Signs in, and lets the access token expire; what a refresh brings lives for an hour. */
export async function signInExpired(
  { api, sandbox }: DaemonBackend,
  params: { readonly account?: string; readonly replace?: boolean } = {},
): Promise<AccountInfo> {
  const account = await addAccount(api, params);
  stored.expire(sandbox.home);
  return account;
}

/** A promise, and what resolves it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Ends the daemon by SIGKILL, unless it has ended. Resolves when it is gone. */
export async function crash({ child, exited }: RunningDaemon): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}
