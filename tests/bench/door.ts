import { openBare } from './bare-socket.js';
import { type Benchmark, type Figure, median } from './benchmark.js';
import { connect, requestLine } from './built.js';
import { ACCOUNT } from './home.js';

const CALLS = 2_000;
/** Of two medians that are to be the same: about what they differ by from one run to the next. */
const AIM = { atMost: 1.05 };

interface Attempt {
  readonly what: string;
  readonly line: Buffer;
  readonly times: number[];
}

/** Calls through a door that are not granted, of what exists and of what does not, in turns: does the time tell which? */
export const door: Benchmark = ({ withDaemon }) =>
  withDaemon(async ({ socket }) => {
    await using owner = await connect({ socket });
    for (const key of ['team/granted', 'team/existing']) await owner.setSecret({ key, value: 'a value' });
    const grants = ['auth://demo/granted/token', 'secret://team/granted'];
    const opened = await owner.openDoor({ grants, name: 'bench' });
    const { ask, end } = await openBare(opened.socket);
    const granted = attempt('get_secret, granted', 'get_secret', { key: 'team/granted' });
    /** What exists, and the same of what does not. */
    const pairs = [
      [
        attempt('get_token, an account that exists', 'get_token', ACCOUNT),
        attempt('get_token, no such account', 'get_token', { ...ACCOUNT, account: 'bob' }),
      ],
      [
        attempt('get_secret, a secret that exists', 'get_secret', { key: 'team/existing' }),
        attempt('get_secret, no such secret', 'get_secret', { key: 'team/withdraw' }),
      ],
      [
        attempt('resolve, a secret that exists', 'resolve', { reference: 'secret://team/existing' }),
        attempt('resolve, no such secret', 'resolve', { reference: 'secret://team/withdraw' }),
      ],
      [
        attempt('list_secrets, a method that exists', 'list_secrets', { prefix: 'team/' }),
        attempt('lost_secrets, no such method', 'lost_secrets', { prefix: 'team/' }),
      ],
    ];
    const wrong = attempt('get_secret, wrong parameters', 'get_secret', { kee: 'team/existing' });
    const denied = [...pairs.flat(), wrong];
    const answers = await interleaved([granted, ...denied], ask);
    end();
    return [...rows([granted], answers), ...rows(denied, answers), largestDifference(pairs)];
  });

function attempt(what: string, method: string, params: object): Attempt {
  return { what, line: requestLine(method, params), times: [] };
}

/** Microseconds of each call, in a new order in each round. Returns what each attempt was answered every time. */
async function interleaved(
  attempts: readonly Attempt[],
  ask: (line: Buffer) => Promise<string>,
): Promise<ReadonlyMap<Attempt, string>> {
  const answers = new Map<Attempt, string>();
  for (let round = -CALLS / 10; round < CALLS; round++) {
    for (const one of shuffled(attempts)) {
      const start = performance.now();
      const answer = await ask(one.line);
      if (round >= 0) one.times.push((performance.now() - start) * 1000);
      if ((answers.get(one) ?? answer) !== answer) throw new Error(`${one.what} has several answers.`);
      answers.set(one, answer);
    }
  }
  return answers;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** One for each, with what it was answered. Those that are denied have one answer, byte by byte. */
function rows(attempts: readonly Attempt[], answers: ReadonlyMap<Attempt, string>): Figure[] {
  if (new Set(attempts.map((one) => answers.get(one))).size !== 1) throw new Error('The answers differ.');
  return attempts.map((one) => ({
    what: `${one.what}: ${outcome(answers.get(one) ?? '')}, median of ${CALLS}`,
    value: median(one.times),
    unit: 'µs',
  }));
}

function outcome(answer: string): string {
  const { error } = JSON.parse(answer) as { error?: { data: { kind: string } } };
  return error?.data.kind ?? 'its value';
}

function largestDifference(pairs: readonly (readonly Attempt[])[]): Figure {
  const ratios = pairs.map((pair) => {
    const medians = pair.map(({ times }) => median(times));
    return Math.max(...medians) / Math.min(...medians);
  });
  return {
    what: 'denied: what exists against what does not',
    value: Math.max(...ratios),
    unit: '×',
    aim: AIM,
  };
}
