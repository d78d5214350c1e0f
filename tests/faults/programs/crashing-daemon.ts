import { writeSync } from 'node:fs';
import { readConfig } from '../../../daemon/core/platform/config.js';
import { JsonLog } from '../../../daemon/core/platform/json-log.js';
import { onTrace } from '../../../daemon/core/platform/trace.js';
import { serveDaemon } from '../../../daemon/daemon.js';
import { resolvePaths } from '../../../shared/paths.js';

/** Much less than a daemon waits: its tests keep the store busy for good. */
const STORE_WAIT_MS = 300;

/** The daemon, which says so and ends itself by SIGKILL when it reaches the point in `SIGILFORGE_CRASH_AT`. */
async function main(): Promise<void> {
  process.umask(0o077);
  const paths = resolvePaths();
  const crashAt = process.env['SIGILFORGE_CRASH_AT'];
  onTrace(({ point }) => {
    if (point !== crashAt) return;
    writeSync(1, `reached ${point}\n`);
    process.kill(process.pid, 'SIGKILL');
  });
  const daemon = await serveDaemon(
    paths,
    readConfig(paths.configFile),
    JsonLog.ofDaemon(paths.logFile, 'warn'),
    { storeWaitMs: STORE_WAIT_MS, replaces: process.argv.includes('--replace=any') ? 'any' : undefined },
  );
  writeSync(1, 'ready\n');
  await daemon.ended;
}

void main();
