import { readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { connect } from '../../client/index.js';
import { Leases } from '../../daemon/core/store/lease.js';
import { ACCOUNT, SERVICE, signInExpired, work } from '../support/accounts.js';
import { gate } from '../support/gate.js';
import type { PlannedFault } from '../support/provider/fault-proxy.js';
import { holdAnswer } from '../support/provider/faults.js';
import { crash } from '../support/start/processes.js';
import type { Running, RunResult } from '../support/start/running.js';
import { type Scene, withScene } from '../support/start/scene.js';
import { long, rounds } from './rounds.js';

// Many processes and one expired token, at a provider that rotates refresh tokens and ends a grant whose old one comes
// again. Its answer is held until every caller has asked.

const LIMIT = 120_000;
const WAIT = { timeout: 60_000, interval: 25 };
/** What the CLI ends with where the daemon went away during the call; its hint is to try again. */
const DAEMON_GONE = 9;

type Way = '--direct' | '--no-fallback';

/** A process that asks for the token, by the library in itself or by the daemon. */
interface Caller {
  readonly way: Way;
  readonly cli: Running;
}

test.each<{ through: string; ways: Way[]; callers: number }>([
  { through: 'the daemon', ways: ['--no-fallback'], callers: 50 },
  { through: 'the library', ways: ['--direct'], callers: long ? 50 : 24 },
  { through: 'both, mixed', ways: ['--direct', '--no-fallback'], callers: 50 },
])(
  '$callers processes through $through cost one exchange',
  ({ ways, callers }) =>
    inRounds(async (scene) => {
      const answer = gate();
      const held = await expireAndHold(scene, answer.opened);
      const all = start(scene, callers, ways);
      await held.reached;
      await everybodyAsks(scene, all);
      answer.open();
      await expectOneGoodToken(scene, await ends(all));
    }),
  LIMIT * rounds(1),
);

test(
  'the daemon is killed and started again meanwhile',
  () =>
    inRounds(async (scene) => {
      const answer = gate();
      const held = await expireAndHold(scene, answer.opened);
      const holder = start(scene, 1, ['--direct']);
      await held.reached;
      const direct = start(scene, long ? 24 : 12, ['--direct']);
      const cutOff = start(scene, long ? 25 : 12, ['--no-fallback']);
      await everybodyAsks(scene, [...direct, ...cutOff]);
      await crash(scene.daemon);
      for (const { code } of await ends(cutOff)) expect(code).toBe(DAEMON_GONE);
      await scene.sandbox.startDaemon();
      const again = start(scene, cutOff.length, ['--no-fallback']);
      await everybodyAsks(scene, again);
      answer.open();
      await expectOneGoodToken(scene, await ends([...holder, ...direct, ...again]));
    }),
  LIMIT * rounds(1),
);

test(
  'a holder that is stopped in the middle of its exchange is not overtaken',
  () =>
    inRounds(async (scene) => {
      const answer = gate();
      const held = await expireAndHold(scene, answer.opened);
      const [holder, ...none] = start(scene, 1, ['--direct']);
      if (holder === undefined) throw new Error(`There is no holder, but ${none.length}.`);
      await held.reached;
      const others = start(scene, long ? 49 : 12, ['--direct', '--no-fallback']);
      await everybodyAsks(scene, others);
      holder.cli.child.kill('SIGSTOP');
      answer.open();
      await expectNobodyElseGetsIt(scene);
      expect(others.filter(({ cli }) => cli.child.exitCode !== null)).toEqual([]);
      expect(scene.exchanges).toBe(1);
      holder.cli.child.kill('SIGCONT');
      await expectOneGoodToken(scene, await ends([holder, ...others]));
    }),
  LIMIT * rounds(1),
);

async function inRounds(round: (scene: Scene) => Promise<void>): Promise<void> {
  for (let done = 0; done < rounds(1); done++) await withScene(round);
}

/** The account's token is over, and the first refresh is answered once `signal` resolves. */
async function expireAndHold(scene: Scene, signal: Promise<void>): Promise<PlannedFault> {
  await signInExpired(scene);
  return scene.proxy.plan(holdAnswer(signal), { grantType: 'refresh_token' });
}

function start({ sandbox }: Scene, count: number, ways: readonly Way[]): Caller[] {
  return Array.from({ length: count }, (_, i) => {
    const way = ways[i % ways.length] ?? '--direct';
    return { way, cli: sandbox.start(['get-token', SERVICE, ACCOUNT, way], { input: '' }) };
  });
}

function ends(callers: readonly Caller[]): Promise<RunResult[]> {
  return Promise.all(callers.map(({ cli }) => cli.exited));
}

/** Waits until the daemon has all of its callers, and each of the others has the database open. */
async function everybodyAsks({ api, sandbox }: Scene, callers: readonly Caller[]): Promise<void> {
  const toDaemon = callers.filter(({ way }) => way === '--no-fallback');
  await vi.waitFor(async () => {
    expect((await api.status()).connections).toBeGreaterThan(toDaemon.length);
  }, WAIT);
  // Only Linux tells which files another process has open.
  if (process.platform !== 'linux') return;
  const database = path.join(sandbox.home, 'data', 'sigilforge.db');
  for (const { way, cli } of callers) {
    if (way === '--direct')
      await vi.waitFor(async () => expect(await openFiles(cli.pid)).toContain(database), WAIT);
  }
}

async function openFiles(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder);
  return Promise.all(names.map((name) => readlink(path.join(folder, name)).catch(() => '')));
}

/** Neither a caller that gives up after a second, nor a process that asks the kernel for the lease, gets past the holder. */
async function expectNobodyElseGetsIt({ api, sandbox, daemon }: Scene): Promise<void> {
  const impatient = await connect({ socket: daemon.socket, timeout: 1_000 });
  await expect(impatient.getToken(work)).rejects.toMatchObject({ kind: 'timeout' });
  await impatient.close();
  const leases = new Leases(path.join(sandbox.home, 'data', 'locks'));
  expect(leases.tryTake((await api.getAccount(work)).id)).toBeUndefined();
}

async function expectOneGoodToken(
  { provider, exchanges }: Scene,
  results: readonly RunResult[],
): Promise<void> {
  for (const { code, stdout, stderr } of results) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await provider.introspect(stdout.trim())).toMatchObject({ active: true });
  }
  expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
  expect({ exchanges, reuse: provider.counts.reuse }).toEqual({ exchanges: 1, reuse: 0 });
}
