import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark } from './benchmark.js';
import { connect } from './built.js';
import { ACCOUNT } from './home.js';

/** Long enough for what a start leaves behind to be over. */
const IDLE_MS = 2000;

/** What the daemon holds of the machine's memory while it is idle. Linux only. */
export const memory: Benchmark = async ({ withDaemon }) => {
  if (!existsSync('/proc/self/status')) return [];
  return withDaemon(async ({ socket, pid }) => {
    await using client = await connect({ socket });
    await client.getToken(ACCOUNT);
    await sleep(IDLE_MS);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kibibytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
    return [
      {
        what: 'daemon, resident memory after its first token, idle',
        value: kibibytes / 1024,
        unit: 'MiB',
        aim: { atMost: 60 },
      },
    ];
  });
};
