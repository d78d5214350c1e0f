import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFailed, test } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import { findProcesses } from '../../daemon/core/runs/launch/traces.js';
import { SigilforgeError } from '../../shared/errors.js';
import { writeCapability } from '../runs/scene.js';
import { startDaemon } from '../support/start/backends.js';
import { crash } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { chooseSeed, randomNumbers } from './random.js';
import { rounds } from './rounds.js';

// The daemon with runs under way, ended by SIGKILL at random moments, and started again.

const ROUNDS = rounds(8);
const LONGEST_LIFE_MS = 300;

/** Counts its runs in its storage. What it starts hides in sessions of its own. */
const COUNTS = String.raw`#!/bin/sh
read -r request
count=$(printf '%s' "$request" | sed -n 's/.*"count":\([0-9]*\).*/\1/p')
( setsid sleep 600 & )
sleep 0.0$(( $$ % 10 ))
echo "{\"type\":\"result\",\"response\":\"\",\"storage\":{\"count\":$((count + 1))}}"

`;
/** Now and then, one of them does not end when it is asked to. */
const STAYS = `#!/bin/sh
( setsid sleep 600 & )
[ $(( $$ % 8 )) = 0 ] && ( setsid sh -c 'trap "" TERM HUP; while :; do sleep 0.1; done' & )
exec sleep 600
`;

test(
  'no run is left as if it were under way, no process and no folder, and the storage is whole',
  async () => {
    const seed = chooseSeed();
    onTestFailed(() => void process.stderr.write(`Run it again with SIGILFORGE_FAULT_SEED=${seed}\n`));
    const random = randomNumbers(seed);
    const { sandbox, ...first } = await stopAfter(startDaemon());
    let { api, daemon } = first;
    const run = { runner: 'command', command: ['./main'] };
    for (const [name, main, concurrent] of [
      ['counts', COUNTS, false],
      ['stays', STAYS, true],
    ] as const) {
      await api.registerCapability({
        path: writeCapability(sandbox.home, name, { run, concurrent, timeout_s: 600 }, { main }),
      });
    }
    const interrupted = { total: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = await tally(api);
      const asking = keepAsking(api);
      await delay(random() * LONGEST_LIFE_MS);
      await crash(daemon);
      expect(await asking.stop()).toEqual([]);
      expect(stored.read(sandbox.home).integrity).toBe('ok');
      daemon = await sandbox.startDaemon();
      api = await connect({ socket: daemon.socket });
      await stopAfter({ stop: () => api.close() });
      // Runs begin once all is cleaned up.
      const { run: next } = await api.runCapability({ name: 'counts', wait: true });
      expect(next.status).toBe('completed');
      const now = await tally(api);
      interrupted.total += now.interrupted - before.interrupted;
      expect(now.unfinished).toEqual([]);
      expect(now.failed).toBe(0);
      // What a run wants stored is stored before it is over: one may have been killed between both.
      expect([0, 1]).toContain(now.count - before.count - (now.completed - before.completed));
      expect(findProcesses({ runIds: new Set(now.ids), leaders: [] })).toEqual([]);
      expect(readdirSync(path.join(sandbox.home, 'state', 'runs'))).toEqual([]);
    }
    expect(interrupted.total).toBeGreaterThan(0);
  },
  30_000 + ROUNDS * 20_000,
);

async function tally(api: SigilforgeClient) {
  const { runs } = await api.listRuns();
  const those = (status: string) => runs.filter((run) => run.status === status);
  const counts = those('completed').filter(({ capability }) => capability === 'counts').length;
  const { value } = await api.storageGet({ capability: 'counts', key: 'count' });
  return {
    ids: runs.map(({ id }) => id),
    completed: counts,
    failed: those('failed').length,
    interrupted: those('interrupted').length,
    unfinished: [...those('pending'), ...those('running')],
    count: typeof value === 'number' ? value : 0,
  };
}

/** Asks for one run after the other until the daemon is gone. Resolves with unexpected errors. */
function keepAsking(api: SigilforgeClient) {
  const faults: unknown[] = [];
  const loop = async (name: string, wait: boolean): Promise<void> => {
    try {
      for (let runs = 0; runs < 20; runs += 1) await api.runCapability({ name, wait });
    } catch (thrown) {
      if (!(thrown instanceof SigilforgeError) || thrown.kind !== 'daemon_unavailable') faults.push(thrown);
    }
  };
  const loops = [loop('counts', true), loop('counts', false), loop('stays', true)];
  return {
    async stop(): Promise<unknown[]> {
      await Promise.all(loops);
      return faults;
    },
  };
}
