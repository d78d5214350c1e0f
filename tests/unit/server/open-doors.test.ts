import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { defaultLimits } from '../../../daemon/server/limits.js';
import { OpenDoors } from '../../../daemon/server/open-doors.js';
import { LIMITS } from '../../../shared/config-limits.js';
import { aPeer } from '../../support/start/peers.js';
import { makeFolder, serveStub } from '../../support/start/served.js';
import { stopAfter } from '../../support/start/stop-after.js';
import { WireClient } from '../../support/wire/wire-client.js';

test('a door outlives its opener while the daemon is about to end, and only then', async () => {
  const folder = await makeFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { serving } = await stopAfter(
    serveStub({ socket: path.join(folder, 's.sock'), limits: { closeMs: defaultLimits.closeMs } }),
  );
  const doors = new OpenDoors({ doors: LIMITS.doors.usual, doors_each: LIMITS.doors_each.usual });
  doors.begin(serving);
  onTestFinished(() => doors.end());
  const gone = new AbortController();
  const { socket } = await doors.open({ grants: [] }, aPeer(gone.signal));
  doors.leave();
  gone.abort();
  const through = await stopAfter(WireClient.connect(socket));
  expect(await through.call('status')).toHaveProperty('result');
  doors.stay();
  expect(doors.list(undefined).doors).toEqual([]);
  expect(await through.line()).toBeUndefined();
});
