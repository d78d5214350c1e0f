import { mkdirSync } from 'node:fs';
import type { Core, CoreOptions } from '../../daemon/core/core.js';
import { createMemoryKeychain } from '../../daemon/core/keychain/memory.js';
import { openCore } from '../../daemon/core/open.js';
import type { Clock } from '../../daemon/core/platform/clock.js';
import { silentLogger } from '../../daemon/core/platform/log.js';
import { Leases } from '../../daemon/core/store/lease.js';
import { parseConfig } from '../../shared/config.js';
import { resolvePaths } from '../../shared/paths.js';
import { work } from '../support/accounts.js';
import { signIn } from '../support/provider/person.js';

/** The library in this process, where a test needs another clock or other limits than the daemon has. */
export function openLibrary(home: string, options: Partial<CoreOptions> = {}): Promise<Core> {
  const paths = resolvePaths({ SIGILFORGE_HOME: home });
  mkdirSync(paths.data, { recursive: true, mode: 0o700 });
  return openCore({
    paths,
    config: parseConfig('[vault]\nkey = "key_file"', 'config.toml'),
    keychain: createMemoryKeychain(),
    leases: new Leases(paths.locks),
    log: silentLogger,
    ...options,
  });
}

/** Signs `example/NAME` in at a provider. */
export async function signInTo(
  core: Core,
  provider: { issuer: string; clients: { native: { clientId: string } } },
  account = work.account,
): Promise<void> {
  const settings = {
    issuer: provider.issuer,
    client_id: provider.clients.native.clientId,
    default_scopes: ['openid', 'profile'],
  };
  await core.providers.set(work.service, settings, undefined);
  const { waiting } = await core.addAccount.add({
    service: work.service,
    account,
    flow: 'authorization_code',
    replace: false,
  });
  if (!waiting) throw new Error('The sign-in does not wait for anybody.');
  await signIn(waiting.prompt.authorizationUrl ?? '');
  await core.signIns.wait(waiting.id, 20, new AbortController().signal);
}

/** A clock that a test sets. */
export interface TestClock extends Clock {
  /** Lets time pass, on both clocks. */
  pass(ms: number): void;
  /** Sets the wall clock forward or back, as people and time servers do. */
  setBy(ms: number): void;
}

export function createClock(): TestClock {
  let wall = Date.now();
  let monotonic = performance.now();
  return {
    wall: () => wall,
    monotonic: () => monotonic,
    pass(ms) {
      wall += ms;
      monotonic += ms;
    },
    setBy(ms) {
      wall += ms;
    },
  };
}
