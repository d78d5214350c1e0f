import { mkdirSync } from 'node:fs';
import type { Core, CoreOptions } from '../../../daemon/core/core.js';
import { createMemoryKeychain } from '../../../daemon/core/keychain/memory.js';
import { openCore } from '../../../daemon/core/open.js';
import { silentLogger } from '../../../daemon/core/platform/log.js';
import { Leases } from '../../../daemon/core/store/lease.js';
import { parseConfig } from '../../../shared/config.js';
import { resolvePaths } from '../../../shared/paths.js';
import { work } from '../accounts.js';
import { signIn } from '../provider/person.js';
import { aPeer } from './peers.js';

/** The core in this process, for a test that needs another clock or other limits than the daemon's. */
export function openTestCore(home: string, options: Partial<CoreOptions> = {}): Promise<Core> {
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
  await core.providers.set(work.service, settings);
  const peer = aPeer();
  const request = { service: work.service, account, flow: 'authorization_code', replace: false } as const;
  const { waiting } = await core.addAccount.add(request, peer);
  if (!waiting) throw new Error('The sign-in does not wait for a person.');
  await signIn(waiting.prompt.authorizationUrl ?? '');
  await core.signIns.wait(waiting.id, 20, peer);
}
