import { fileURLToPath } from 'node:url';
import { nativeProgram } from '../../client/native/programs.js';
import { installPackedPackage } from '../support/start/packed.js';
import { type Benchmark, type Figure, median } from './benchmark.js';
import { startOthers } from './command-others.js';
import { ACCOUNT } from './home.js';
import { check, SpawnTimer, type TimedProgram } from './spawn-timer.js';

const TURNS = 20;
/** Runs in a turn, of programs that take a millisecond and of those that take twenty. */
const QUICK = 20;
const SLOW = 3;

const CLI = fileURLToPath(new URL('../../dist/sigilforge.cjs', import.meta.url));

/** The whole command, from its start to its end, in turns with what others take for the same. */
export const command: Benchmark = async ({ sandbox, withDaemon }) => {
  const { env } = sandbox;
  const native = nativeProgram('sigilforge');
  if (native === undefined) throw new Error('There is no native client for this system.');
  const ask = ['get-token', ACCOUNT.service, ACCOUNT.account];
  const asking = (name: string, program: readonly string[], runs: number): TimedProgram => ({
    ...{ name, command: [...program, ...ask], env, runs },
    expected: /^\S{20,}\n$/,
  });
  const installed = await installPackedPackage();
  const others = await startOthers(sandbox, QUICK);
  try {
    const direct = asking('sigilforge, called directly', [native], QUICK);
    const byNpm = asking('sigilforge, by the command of npm', [installed.program('sigilforge')], QUICK);
    const byNode = asking('sigilforge, by Node', [process.execPath, CLI], SLOW);
    const node = empty('node -e 0', [process.execPath, '-e', '0'], env, SLOW);
    const nothing = empty('/bin/true', ['/bin/true'], env, QUICK);
    const programs = [direct, byNpm, byNode, ...others.programs, node, nothing];
    const took = await withDaemon(async () => medians(new SpawnTimer(sandbox.home), programs));
    const times = (one: TimedProgram, other: TimedProgram, atMost?: number) =>
      ratio(one, other, took, atMost);
    return [
      time(direct, took, 0.5),
      time(byNpm, took, 1),
      ...[byNode, ...others.programs, node, nothing].map((program) => time(program, took)),
      times(direct, nothing),
      times(byNpm, direct),
      ...others.programs.flatMap((other) => {
        const atMost = other.name === 'oidc-token' ? 1 : undefined;
        return [times(direct, other, atMost), times(byNpm, other, atMost)];
      }),
      times(byNode, node, 1.3),
    ];
  } finally {
    await others.stop();
    await installed.stop();
  }
};

/** A program that does nothing but start and end. */
function empty(name: string, command: readonly string[], env: NodeJS.ProcessEnv, runs: number): TimedProgram {
  return { name, command, env, runs, expected: /^$/ };
}

type Medians = ReadonlyMap<TimedProgram, number>;

/** In alternation, so that what else the machine does falls upon all alike. */
function medians(timer: SpawnTimer, programs: readonly TimedProgram[]): Medians {
  const samples = new Map(programs.map((program) => [program, [] as number[]]));
  for (const program of programs) check(program);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [program, times] of samples) times.push(...timer.time(program));
  }
  return new Map([...samples].map(([program, times]) => [program, median(times)]));
}

function time(program: TimedProgram, took: Medians, atMost?: number): Figure {
  const aim = atMost === undefined ? {} : { aim: { atMost } };
  return {
    what: `${program.name}, whole command, median`,
    value: took.get(program) ?? Number.NaN,
    unit: 'ms',
    ...aim,
  };
}

function ratio(one: TimedProgram, other: TimedProgram, took: Medians, atMost?: number): Figure {
  const value = (took.get(one) ?? Number.NaN) / (took.get(other) ?? Number.NaN);
  const aim = atMost === undefined ? {} : { aim: { atMost } };
  return { what: `${one.name} against ${other.name}`, value, unit: '×', ...aim };
}
