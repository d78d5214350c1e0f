import type { Benchmark } from './benchmark.js';
import { command } from './command.js';
import { door } from './door.js';
import { fairness } from './fairness.js';
import { createBenchHome } from './home.js';
import { manyAccounts } from './many-accounts.js';
import { mask } from './mask.js';
import { memory } from './memory.js';
import { peers } from './peers.js';
import { machine, type Row, table } from './report.js';
import { roundTrip } from './round-trip.js';
import { runOverhead } from './run-overhead.js';
import { runs } from './runs.js';
import { start } from './start.js';
import { storm } from './storm.js';
import { throughput } from './throughput.js';
import { warmRun } from './warm-run.js';

// npm run bench [-- NAME...] [--json]: measures the built programs, and tells the figures beside what they are to be.

const benchmarks = new Map<string, Benchmark>([
  ['command', command],
  ['round-trip', roundTrip],
  ['throughput', throughput],
  ['start', start],
  ['memory', memory],
  ['peers', peers],
  ['mask', mask],
  ['storm', storm],
  ['many-accounts', manyAccounts],
  ['fairness', fairness],
  ['door', door],
  ['runs', runs],
  ['run-overhead', runOverhead],
  ['warm-run', warmRun],
]);

/** What may end it before its time; nothing is left behind then either. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function main(args: readonly string[]): Promise<void> {
  const json = args.includes('--json');
  const asked = args.filter((argument) => argument !== '--json');
  const unknown = asked.find((name) => !benchmarks.has(name));
  if (unknown !== undefined) throw new Error(`There is no benchmark ${unknown}. ${usage()}`);
  const before = machine();
  const rows: Row[] = [];
  for (const name of asked.length > 0 ? asked : benchmarks.keys()) {
    process.stderr.write(`Measuring ${name}…\n`);
    rows.push(...(await measure(name)));
  }
  process.stdout.write(
    json ? `${JSON.stringify({ machine: before, rows }, null, 2)}\n` : `${before}\n\n${table(rows)}\n`,
  );
}

async function measure(name: string): Promise<Row[]> {
  const home = await createBenchHome();
  for (const signal of SIGNALS) process.once(signal, () => void home.stop().finally(() => process.exit(130)));
  try {
    const figures = (await benchmarks.get(name)?.(home)) ?? [];
    return figures.map((figure) => ({ ...figure, repeat: `npm run bench -- ${name}` }));
  } finally {
    for (const signal of SIGNALS) process.removeAllListeners(signal);
    await home.stop();
  }
}

function usage(): string {
  return `It is one of: ${[...benchmarks.keys()].join(', ')}.`;
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
});
