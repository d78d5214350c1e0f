import { readFileSync, writeSync } from 'node:fs';
import { OsKeychain } from '../../../daemon/core/keychain/os.js';
import { openCore } from '../../../daemon/core/open.js';
import { readConfig } from '../../../daemon/core/platform/config.js';
import { silentLogger } from '../../../daemon/core/platform/log.js';
import { onTrace } from '../../../daemon/core/platform/trace.js';
import { Leases } from '../../../daemon/core/store/lease.js';
import { resolvePaths } from '../../../shared/paths.js';

/** Imports the file in its first argument, and ends itself by SIGKILL when it reaches the point in `SIGILFORGE_CRASH_AT`. */
async function main(): Promise<void> {
  process.umask(0o077);
  const [, , file = '', passphrase = ''] = process.argv;
  const paths = resolvePaths();
  const crashAt = process.env['SIGILFORGE_CRASH_AT'];
  onTrace(({ point }) => {
    if (point !== crashAt) return;
    writeSync(1, `reached ${point}\n`);
    process.kill(process.pid, 'SIGKILL');
  });
  const core = await openCore({
    paths,
    config: readConfig(paths.configFile),
    keychain: new OsKeychain(),
    leases: new Leases(paths.locks),
    log: silentLogger,
  });
  await core.transfer.import(readFileSync(file), passphrase, { verify: false, force: true });
  await core.close();
}

void main();
