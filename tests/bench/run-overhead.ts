import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { writeCapability } from '../support/capabilities.js';
import { type Benchmark, median } from './benchmark.js';
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

/** A run to its end, in turns with the same program started bare. */
export const runOverhead: Benchmark = async ({ sandbox, withDaemon }) => {
  const folder = await writeCapability(path.join(sandbox.home, 'made', NAME), FILES);
  return withDaemon(async ({ socket }) => {
    await using client = await connect({ socket });
    await client.registerCapability({ path: folder });
    const [runs, bare]: [number[], number[]] = [[], []];
    for (let round = -3; round < ROUNDS; round++) {
      const run = await timed(async () => {
        const { run: ended, response } = await client.runCapability({ name: NAME, wait: true });
        if (response !== 'done') throw new Error(`The run ${ended.status}: ${ended.error}`);
      });
      const program = await timed(() => runBare(path.join(folder, 'main'), sandbox.env));
      if (round < 0) continue;
      runs.push(run);
      bare.push(program);
    }
    return [
      { what: 'a program started bare, median', value: median(bare), unit: 'ms' },
      { what: 'a run of it, without a unit, median', value: median(runs), unit: 'ms' },
      {
        what: 'what a run adds to it, without a unit',
        value: median(runs) - median(bare),
        unit: 'ms',
        aim: { atMost: 10 },
      },
    ];
  });
};

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
