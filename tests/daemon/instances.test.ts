import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createSandbox, program, type RunningDaemon, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { WireClient } from '../support/wire/wire-client.js';

// Of one home there is one daemon, and clients find that one.

const AT_ONCE = 20;
const KILLS = 100;
/** Homes that are killed in turn at the same time, so that the machine's cores are used. */
const HOMES = 2;

/** The process that answers where clients look. */
async function answering({ socket }: Sandbox): Promise<unknown> {
  const client = await WireClient.connect(socket);
  const answer = await client.call('status');
  await client.stop();
  return answer.result;
}

/** What the daemon has written down about itself. */
function presence({ home }: Sandbox): unknown {
  return JSON.parse(readFileSync(join(home, 'data', 'daemon.json'), 'utf8'));
}

test(`of ${AT_ONCE} daemons that are started at once, one lives, and all others say why they do not`, async () => {
  const sandbox = await stopAfter(createSandbox());
  const started = Array.from({ length: AT_ONCE }, () => sandbox.spawn(program('sigilforged'), { input: '' }));
  const lines = await Promise.all(started.map((daemon) => daemon.seen(/^.*\n/, 'stdout')));
  const told = lines.map(([line]) => JSON.parse(line) as { ready: boolean; pid?: number });
  const [lives, ...more] = told.filter(({ ready }) => ready);
  expect(more).toEqual([]);
  expect(await answering(sandbox)).toMatchObject({ pid: lives?.pid, socket: sandbox.socket });
  expect(presence(sandbox)).toMatchObject({ pid: lives?.pid, socket: sandbox.socket });
  const others = started.filter(({ pid }) => pid !== lives?.pid);
  expect(others).toHaveLength(AT_ONCE - 1);
  for (const { code, stderr } of await Promise.all(others.map(({ exited }) => exited))) {
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('is already running') });
  }
  // The ends of the others have left its socket and what is written down about it in place.
  expect(await answering(sandbox)).toMatchObject({ pid: lives?.pid });
  expect(presence(sandbox)).toMatchObject({ pid: lives?.pid });
}, 90_000);

test(`killed and started again ${KILLS} times, it is always the new daemon that answers`, async () => {
  await Promise.all(Array.from({ length: HOMES }, () => killAgainAndAgain(KILLS / HOMES)));
}, 300_000);

/** Each one is started before the end of the one before is known, as a service manager or an impatient person does. */
async function killAgainAndAgain(times: number): Promise<void> {
  const sandbox = await stopAfter(createSandbox());
  let daemon: RunningDaemon = await sandbox.startDaemon();
  for (let time = 0; time < times; time++) {
    const client = await WireClient.connect(sandbox.socket);
    daemon.child.kill('SIGKILL');
    const next = await sandbox.startDaemon();
    expect(JSON.parse(next.ready)).toMatchObject({ ready: true, pid: next.pid, socket: sandbox.socket });
    // Nothing takes over the connections of the one that was killed.
    expect(await client.line()).toBeUndefined();
    await client.stop();
    expect(await daemon.exited).toMatchObject({ signal: 'SIGKILL' });
    expect(await answering(sandbox)).toMatchObject({ pid: next.pid, socket: sandbox.socket });
    expect(presence(sandbox)).toMatchObject({ pid: next.pid, socket: sandbox.socket });
    daemon = next;
  }
}
