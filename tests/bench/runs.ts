import path from 'node:path';
import { writeCapability } from '../support/capabilities.js';
import * as stored from '../support/stored.js';
import { openBare } from './bare-socket.js';
import { type Benchmark, type Figure, percentile } from './benchmark.js';
import { connect, requestLine } from './built.js';
import type { BenchHome } from './home.js';

const CAPABILITIES = 200;
const RUNS = 100_000;
const CALLS = 1_000;
const AIM = { atMost: 5 };
const STATUSES = ['completed', 'completed', 'completed', 'failed', 'cancelled', 'interrupted'];

/** Lists and single runs where many are kept: each call over a kept connection, by its page. */
export const runs: Benchmark = async (home) => {
  const ids = await fill(home);
  return home.withDaemon(async ({ socket }) => {
    const { ask, end } = await openBare(socket);
    const cursors = await someCursors(ask);
    const anyOf = <T>(items: readonly T[]) => items[Math.floor(Math.random() * items.length)];
    const name = () => nameOf(Math.floor(Math.random() * CAPABILITIES));
    const figures = [
      ...(await measured('list_runs, its first page', ask, () => requestLine('list_runs'))),
      ...(await measured('list_runs, a later page', ask, () =>
        requestLine('list_runs', { cursor: anyOf(cursors) }),
      )),
      ...(await measured('list_runs of one capability', ask, () =>
        requestLine('list_runs', { capability: name() }),
      )),
      ...(await measured('list_runs of one capability and status', ask, () =>
        requestLine('list_runs', { capability: name(), status: 'failed' }),
      )),
      ...(await measured('list_runs of those that are running: none', ask, () =>
        requestLine('list_runs', { status: 'running' }),
      )),
      ...(await measured('get_run', ask, () => requestLine('get_run', { run_id: anyOf(ids) }))),
    ];
    end();
    return figures;
  });
};

type Ask = (line: Buffer) => Promise<string>;

async function measured(what: string, ask: Ask, line: () => Buffer): Promise<Figure[]> {
  const times: number[] = [];
  for (let call = -CALLS / 10; call < CALLS; call++) {
    const request = line();
    const start = performance.now();
    const answer = await ask(request);
    if (call >= 0) times.push(performance.now() - start);
    if (!answer.includes('"result"')) throw new Error(`${what}: ${answer}`);
  }
  const of = `${what}, of ${RUNS.toLocaleString('en')}`;
  return [
    { what: `${of}, p50`, value: percentile(times, 0.5), unit: 'ms', aim: AIM },
    { what: `${of}, p99`, value: percentile(times, 0.99), unit: 'ms' },
  ];
}

/** Where pages far from the first one begin. */
async function someCursors(ask: Ask): Promise<string[]> {
  const cursors: string[] = [];
  for (let cursor: string | undefined; cursors.length < 200; ) {
    const answer = await ask(requestLine('list_runs', cursor === undefined ? {} : { cursor }));
    const { result } = JSON.parse(answer) as { result: { cursor: string | null } };
    if (result.cursor === null) break;
    cursor = result.cursor;
    cursors.push(cursor);
  }
  return cursors;
}

/** Registers the capabilities, and stores the runs of a month. */
async function fill({ sandbox, withDaemon }: BenchHome): Promise<string[]> {
  await withDaemon(async ({ socket }) => {
    await using client = await connect({ socket });
    for (let number = 0; number < CAPABILITIES; number++) {
      const name = nameOf(number);
      const manifest = { name, version: '1.0.0', run: { runner: 'command', command: ['./main'] } };
      const files = { 'manifest.json': JSON.stringify(manifest), main: '#!/bin/sh\n' };
      const folder = path.join(sandbox.home, 'made', name);
      await client.registerCapability({ path: await writeCapability(folder, files) });
    }
  });
  const now = Date.now();
  const made = Array.from({ length: RUNS }, (_, number) => ({
    capability: nameOf(number % CAPABILITIES),
    status: STATUSES[number % STATUSES.length] ?? 'completed',
    at: now - (RUNS - number) * 20_000,
  }));
  return stored.insertRuns(sandbox.home, made);
}

function nameOf(number: number): string {
  return `capability-${number}`;
}
