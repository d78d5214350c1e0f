import { resolvePaths } from '../shared/paths.js';
import { readConfig } from './core/config.js';
import { ensurePrivateFolder } from './core/files.js';
import { type Core, openCore } from './core/index.js';
import { createOsKeychain } from './core/keychain/os.js';
import { silentLogger } from './core/log.js';
import { Leases } from './core/store/lease.js';

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
