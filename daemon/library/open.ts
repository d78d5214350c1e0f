import { resolvePaths } from '../../shared/paths.js';
import type { Core } from '../core/core.js';
import { createOsKeychain } from '../core/keychain/os.js';
import { openCore } from '../core/open.js';
import { readConfig } from '../core/platform/config.js';
import { ensurePrivateFolder } from '../core/platform/files.js';
import { silentLogger } from '../core/platform/log.js';
import { Leases } from '../core/store/lease.js';

/** The library on the places of this environment, for a program that is no daemon. Close it when done. */
export function openLocalCore(notice?: (sentence: string) => void): Promise<Core> {
  const paths = resolvePaths();
  const config = readConfig(paths.configFile);
  ensurePrivateFolder(paths.data);
  return openCore({
    paths,
    config,
    keychain: createOsKeychain(),
    leases: new Leases(paths.locks),
    log: silentLogger,
    notice,
  });
}
