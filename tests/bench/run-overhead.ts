import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SigilforgeClient } from '../../client/index.js';
import { writeCapability } from '../support/capabilities.js';
import type { Sandbox } from '../support/start/sandbox.js';
import { daemonUnit, hasUserManager, startUserManager } from '../support/start/user-manager.js';
import { type Benchmark, type Figure, median } from './benchmark.js';
import { connect } from './built.js';

const ROUNDS = 60;
const NAME = 'bare';
const ANSWER = '{"type":"result","response":"done"}';
const FILES = {
  'manifest.json': JSON.stringify({
    ...{ name: NAME, version: '1.0.0' },
    run: { runner: 'command', command: ['./main'] },
  }),
  main: `#!/bin/sh\necho '${ANSWER}'\n`,
};
const SERVICE = 'sigilforge-bench.service';

/** A run to its end, in turns with the same program started bare; then the same with a unit of systemd for each run. */
export const runOverhead: Benchmark = async ({ sandbox, withDaemon }) => {
  const folder = await writeCapability(path.join(sandbox.home, 'made', NAME), FILES);
  const plain = await withDaemon(async ({ socket }) => {
    await using client = await connect({ socket });
    await client.registerCapability({ path: folder });
    return await compare(client, sandbox, folder);
  });
  return [
    { what: 'a program started bare, median', value: plain.bare, unit: 'ms' },
    ...figuresOf(plain, 'without a unit', 10),
    ...(hasUserManager() ? figuresOf(await underSystemd(sandbox, folder), 'with a unit', 30) : []),
  ];
};

interface Medians {
  readonly run: number;
  readonly bare: number;
}

function figuresOf({ run, bare }: Medians, how: string, atMost: number): Figure[] {
  return [
    { what: `a run of it, ${how}, median`, value: run, unit: 'ms' },
    { what: `what a run adds to it, ${how}`, value: run - bare, unit: 'ms', aim: { atMost } },
  ];
}

async function compare(client: SigilforgeClient, { env }: Sandbox, folder: string): Promise<Medians> {
  const [runs, bare]: [number[], number[]] = [[], []];
  for (let round = -3; round < ROUNDS; round++) {
    const run = await timed(async () => {
      const { run: ended, response } = await client.runCapability({ name: NAME, wait: true });
      if (response !== 'done') throw new Error(`The run ${ended.status}: ${ended.error}`);
    });
    const program = await timed(() => runBare(path.join(folder, 'main'), env));
    if (round < 0) continue;
    runs.push(run);
    bare.push(program);
  }
  return { run: median(runs), bare: median(bare) };
}

/** With the daemon of the same home as a service of a user manager. */
async function underSystemd(sandbox: Sandbox, folder: string): Promise<Medians> {
  const units = path.join(sandbox.home, '.config', 'systemd', 'user');
  await mkdir(units, { recursive: true, mode: 0o700 });
  await writeFile(path.join(units, SERVICE), daemonUnit(sandbox));
  const manager = await startUserManager(sandbox);
  try {
    await manager.run(
      `systemctl --user start ${SERVICE}; until [ -S ${sandbox.socket} ]; do sleep 0.05; done`,
    );
    await using client = await connect({ socket: sandbox.socket });
    return await compare(client, sandbox, folder);
  } finally {
    await manager.stop();
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function runBare(file: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(file, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, 'close');
  if (text !== `${ANSWER}\n`) throw new Error(`It printed: ${text}`);
}
