import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { aPeer } from '../support/start/peers.js';
import { blockWrites } from '../support/stored.js';
import { type RunScene, runScene } from './scene.js';

// Who runs when: at most so many at once, in order, one of each capability.

/** A run of it is over once the file named in `args` is there. It counts the runs in its storage. */
const WAITS = String.raw`
read -r request
until=$(printf '%s' "$request" | sed 's/.*"until":"\([^"]*\)".*/\1/')
count=$(printf '%s' "$request" | sed -n 's/.*"count":\([0-9]*\).*/\1/p')
echo ready
while [ ! -e "$until" ]; do sleep 0.01; done
echo "{\"type\":\"result\",\"response\":\"$((count + 0))\",\"storage\":{\"count\":$((count + 1))}}"
`;

function untilIn({ sandbox }: RunScene, name: string): { until: string; go(): void } {
  const until = path.join(sandbox.home, name);
  return { until, go: () => writeFileSync(until, '') };
}

const statusOf = ({ core }: RunScene, id: string) => core.history.get(id).run.status;

test('at most so many run at once, and the others in the order in which they came', async () => {
  const scene = await runScene({ atOnce: 2 });
  const names = ['a', 'b', 'c', 'd'] as const;
  const ids: string[] = [];
  for (const name of names) {
    await scene.shell(name, WAITS);
    ids.push(await scene.start(name, { until: untilIn(scene, `go-${name}`).until }));
  }
  const [a = '', b = '', c = '', d = ''] = ids;
  const statuses = () => ids.map((id) => statusOf(scene, id));
  await Promise.all([a, b].map((id) => scene.heard(id, 'ready')));
  expect(statuses()).toEqual(['running', 'running', 'pending', 'pending']);
  expect(scene.core.history.get(c).run.started_at).toBeNull();
  untilIn(scene, 'go-b').go();
  await scene.heard(c, 'ready');
  expect(statuses()).toEqual(['running', 'completed', 'running', 'pending']);
  for (const name of names) untilIn(scene, `go-${name}`).go();
  expect(await scene.wait(d)).toMatchObject({ run: { status: 'completed' } });
});

test('runs of one capability come one after the other, each with what the one before has stored', async () => {
  const scene = await runScene({ atOnce: 4 });
  const { until, go } = untilIn(scene, 'go');
  await scene.shell('counts', WAITS);
  await scene.shell('other', WAITS);
  const ids = await Promise.all([1, 2, 3].map(() => scene.start('counts', { until })));
  const other = await scene.start('other', { until });
  // Those that wait for their turn keep nobody else from having it.
  await scene.heard(other, 'ready');
  expect(ids.map((id) => statusOf(scene, id)).sort()).toEqual(['pending', 'pending', 'running']);
  go();
  const responses = await Promise.all(ids.map(async (id) => (await scene.wait(id)).response));
  expect(responses.sort()).toEqual(['0', '1', '2']);
});

test('a capability whose manifest says so runs several times at once', async () => {
  const scene = await runScene({ atOnce: 3 });
  const { until, go } = untilIn(scene, 'go');
  await scene.shell('many', WAITS, { concurrent: true });
  const ids = await Promise.all([1, 2, 3].map(() => scene.start('many', { until })));
  await Promise.all(ids.map((id) => scene.heard(id, 'ready')));
  expect(ids.map((id) => statusOf(scene, id))).toEqual(['running', 'running', 'running']);
  go();
  await Promise.all(ids.map((id) => scene.wait(id)));
});

test('one that waits for its turn can be cancelled, and never begins', async () => {
  const scene = await runScene({ atOnce: 1 });
  const { until, go } = untilIn(scene, 'go');
  await scene.shell('counts', WAITS);
  const [first, second, third] = [
    await scene.start('counts', { until }),
    await scene.start('counts', { until }),
    await scene.start('counts', { until }),
  ];
  expect(await scene.core.runs.cancel(second)).toBe(true);
  expect(scene.core.history.get(second).run).toMatchObject({ status: 'cancelled', started_at: null });
  go();
  expect(await scene.wait(third)).toMatchObject({ response: '1' });
  expect(statusOf(scene, first)).toBe('completed');
  expect(statusOf(scene, second)).toBe('cancelled');
});

test('what was taken away while one waited for its turn keeps it from starting', async () => {
  const scene = await runScene({ atOnce: 1 });
  const { until, go } = untilIn(scene, 'go');
  await scene.shell('first', WAITS);
  await scene.shell('second', WAITS, { grants: ['secret://team/key'] });
  await scene.core.capabilities.granted.grant('second', 'secret://team/key');
  const first = await scene.start('first', { until });
  const second = await scene.start('second', { until });
  await scene.core.capabilities.granted.revoke('second', 'secret://team/key');
  go();
  expect(await scene.wait(second)).toMatchObject({
    run: {
      status: 'failed',
      error: 'second cannot run without the grant secret://team/key.',
      started_at: null,
    },
  });
  expect(statusOf(scene, first)).toBe('completed');
});

test('no more than 1,000 wait', async () => {
  const scene = await runScene({ atOnce: 1 });
  const { until } = untilIn(scene, 'never');
  await scene.shell('first', WAITS);
  const first = await scene.start('first', { until });
  await scene.heard(first, 'ready');
  const asked = await Promise.allSettled(Array.from({ length: 1003 }, () => scene.start('first', { until })));
  const refused = asked.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  expect(refused).toHaveLength(3);
  expect(refused[0]).toMatchObject({
    kind: 'limit_exceeded',
    message: '1000 runs are waiting for their turn.',
  });
  await scene.core.runs.close();
  expect(statusOf(scene, first)).toBe('interrupted');
  const waited = asked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  expect(new Set(waited.map((id) => statusOf(scene, id)))).toEqual(new Set(['interrupted']));
}, 60_000);

test('one who waits gets the run as it is when the time is over, and the run goes on without those who leave', async () => {
  const scene = await runScene();
  const { until, go } = untilIn(scene, 'go');
  await scene.shell('counts', WAITS);
  const leaving = new AbortController();
  const left = scene.core.runs.run({ name: 'counts', args: { until }, wait: true }, aPeer(leaving.signal));
  await expect.poll(() => scene.core.history.list({}).runs[0]?.status).toBe('running');
  const id = scene.core.history.list({}).runs[0]?.id ?? '';
  await scene.heard(id, 'ready');
  expect(await scene.core.runs.wait({ run_id: id, timeout_s: 0 }, aPeer())).toMatchObject({
    run: { status: 'running' },
    response: null,
  });
  expect(await scene.core.runs.wait({ run_id: id, timeout_s: 0.05 }, aPeer())).toMatchObject({
    run: { status: 'running' },
  });
  leaving.abort();
  expect(await left).toMatchObject({ run: { status: 'running' } });
  go();
  expect(await scene.wait(id)).toMatchObject({ run: { status: 'completed' }, response: '0' });
});

test('wait_run also waits for work that runs elsewhere, which cancel_run ends', async () => {
  const scene = await runScene();
  const { history, runs } = scene.core;
  const one = await history.begin({ capability: null, task: 'elsewhere', status: 'running' });
  const waiting = scene.wait(one.id);
  await history.finish({ run_id: one.id, status: 'completed', response: 'done' });
  expect(await waiting).toMatchObject({ run: { status: 'completed' }, response: 'done' });
  expect(await runs.cancel(one.id)).toBe(false);
  const other = await history.begin({ capability: null, task: 'elsewhere', status: 'running' });
  expect(await runs.cancel(other.id)).toBe(true);
  expect(statusOf(scene, other.id)).toBe('cancelled');
});

test('a daemon that ends while the disk takes nothing ends its runs all the same, and the next one their rows', async () => {
  const scene = await runScene({ atOnce: 1, storeWaitMs: 50 });
  const { until } = untilIn(scene, 'never');
  await scene.shell('waits', WAITS);
  const [first, second] = [await scene.start('waits', { until }), await scene.start('waits', { until })];
  await scene.heard(first, 'ready');
  const unblock = blockWrites(scene.sandbox.home);
  await scene.core.runs.close();
  unblock();
  expect(scene.core.history.leftBehind().map(({ id }) => id)).toEqual([first, second]);
  expect(scene.doors.map(({ isOpen }) => isOpen)).toEqual([false]);
});
