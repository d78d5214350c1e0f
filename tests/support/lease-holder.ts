import { fileURLToPath } from 'node:url';
import type { Running } from './start/running.js';
import type { Sandbox } from './start/sandbox.js';

const TSX = fileURLToPath(import.meta.resolve('tsx/cjs'));
const LEASE = fileURLToPath(new URL('../../daemon/core/store/lease.ts', import.meta.url));

/** Another process that tries to take a lease, says `held` or `refused`, and keeps what it has for as long as it lives. */
export function tryLeaseElsewhere(sandbox: Sandbox, folder: string, name: string): Running {
  const program = `
    const { Leases } = require(${JSON.stringify(LEASE)});
    const lease = new Leases(process.argv[1]).tryTake(process.argv[2]);
    console.log(lease ? 'held' : 'refused');
    if (lease) setInterval(() => lease, 60_000);`;
  return sandbox.spawn([process.execPath, '--require', TSX, '--eval', program, folder, name]);
}
