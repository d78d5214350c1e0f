import { resolvePaths } from '../../shared/paths.js';
import { makePrivateFolder } from '../../shared/private-folder.js';
import type { Core } from '../core/core.js';
import { OsKeychain } from '../core/keychain/os.js';
import { openCore } from '../core/open.js';
import { readConfig } from '../core/platform/config.js';
import { reported } from '../core/platform/faults.js';
import { JsonLog } from '../core/platform/json-log.js';
import { Leases } from '../core/store/lease.js';

/** The library, its log, and an end to both. */
export interface LocalCore {
  readonly core: Core;
  readonly log: JsonLog;
  close(): Promise<void>;
}

/** The library on the places of this environment, for a program other than the daemon. Close it when done. */
export async function openLocalCore(notice?: (sentence: string) => void): Promise<LocalCore> {
  const paths = resolvePaths();
  const config = readConfig(paths.configFile);
  const log = JsonLog.toFile(paths.logFile, config.daemon.log_level);
  try {
    makePrivateFolder(paths.data);
    const leases = new Leases(paths.locks);
    const core = await openCore({ paths, config, keychain: new OsKeychain(), leases, log, notice });
    return { core, log, close: () => core.close().finally(() => log.close()) };
  } catch (thrown) {
    log.close();
    throw reported(thrown, 'startup.failed', log);
  }
}
