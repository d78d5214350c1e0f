import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { writeCapability } from '../support/capabilities.js';
import { type Benchmark, median } from './benchmark.js';
import { connect } from './built.js';

const ROUNDS = 1000;
const NAME = 'warm';
const FILES = {
  'manifest.json': JSON.stringify({
    ...{ name: NAME, version: '1.0.0' },
    run: { runner: 'command', command: ['node', './main.mjs'], keep_alive: true },
  }),
  'main.mjs': `
import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  const { context } = JSON.parse(line);
  console.log(JSON.stringify({ type: 'result', response: 'done', run_id: context.run_id }));
}
`,
};

/** A run by a program that is kept warm, in turns with the same program asked directly. */
export const warmRun: Benchmark = async ({ sandbox, withDaemon }) => {
  await mkdir(path.join(sandbox.home, 'made'), { recursive: true });
  const folder = await writeCapability(path.join(sandbox.home, 'made', NAME), FILES);
  return withDaemon(async ({ socket }) => {
    await using client = await connect({ socket });
    await client.registerCapability({ path: folder });
    const asked = program(path.join(folder, 'main.mjs'));
    const [runs, bare]: [number[], number[]] = [[], []];
    try {
      for (let round = -20; round < ROUNDS; round++) {
        const run = await timed(async () => {
          const { run: ended, response } = await client.runCapability({ name: NAME, wait: true });
          if (response !== 'done') throw new Error(`The run ${ended.status}: ${ended.error}`);
        });
        const direct = await timed(asked.ask);
        if (round < 0) continue;
        runs.push(run);
        bare.push(direct);
      }
    } finally {
      asked.end();
    }
    return [
      { what: 'a program asked directly, median', value: median(bare), unit: 'ms' },
      { what: 'a run of it, kept warm, median', value: median(runs), unit: 'ms' },
      {
        what: 'what a run adds to a program that is kept warm',
        value: median(runs) - median(bare),
        unit: 'ms',
        aim: { atMost: 2 },
      },
    ];
  });
};

function program(file: string): { ask(): Promise<void>; end(): void } {
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask() {
      child.stdin.write('{"args":{},"context":{"run_id":"1"}}\n');
      const { value } = await lines.next();
      if (!String(value).includes('done')) throw new Error(`It answered: ${value}`);
    },
    end: () => child.stdin.end(),
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
