import { type Benchmark, median } from './benchmark.js';
import { connect } from './built.js';
import { ACCOUNT, type BenchHome } from './home.js';

const ROUNDS = 15;

/** From the start of the daemon's process to the first answer, and to the first token. */
export const start: Benchmark = async (home) => {
  const [status, token]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    status.push(await timeTo(home, (client) => client.status()));
    token.push(await timeTo(home, (client) => client.getToken(ACCOUNT)));
  }
  return [
    {
      what: 'daemon, cold start to its first answer',
      value: median(status),
      unit: 'ms',
      aim: { atMost: 100 },
    },
    { what: 'daemon, cold start to its first token', value: median(token), unit: 'ms' },
  ];
};

type Client = Awaited<ReturnType<typeof connect>>;

async function timeTo({ withDaemon }: BenchHome, ask: (client: Client) => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  return withDaemon(async ({ socket }) => {
    await using client = await connect({ socket });
    await ask(client);
    return performance.now() - begin;
  });
}
