import { restore } from '../../../daemon/core/backups/restore.js';
import { systemClock } from '../../../daemon/core/platform/clock.js';
import { Leases } from '../../../daemon/core/store/lease.js';
import { openStore } from '../../../daemon/core/store/open.js';
import { INSTANCE_LEASE } from '../../../shared/holder.js';
import { resolvePaths } from '../../../shared/paths.js';

/** Opens the store as a daemon does, after it has restored the backup that is named, if one is. */
async function main([file]: readonly string[]): Promise<void> {
  process.umask(0o077);
  const paths = resolvePaths();
  const leases = new Leases(paths.locks);
  if (file !== undefined) {
    await restore(paths, leases, { file, force: true, clock: systemClock });
    return;
  }
  const instanceLease = leases.tryTake(INSTANCE_LEASE);
  const db = await openStore({ paths, leases, instanceLease, clock: systemClock });
  db.close();
  instanceLease?.release();
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
});
