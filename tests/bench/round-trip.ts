import net from 'node:net';
import { type Benchmark, type Figure, percentile } from './benchmark.js';
import { connect, requestLine } from './built.js';
import { ACCOUNT } from './home.js';

const KEPT_CALLS = 20_000;
const NEW_CALLS = 1_000;
const AIM = { atMost: 60 };

/** One token after the other: over a connection that is kept, and over one that is opened for it. */
export const roundTrip: Benchmark = ({ withDaemon }) =>
  withDaemon(async ({ socket }) => {
    await using client = await connect({ socket });
    const bare = await openBare(socket);
    const kept = await measure(KEPT_CALLS, () => client.getToken(ACCOUNT));
    const bareKept = await measure(KEPT_CALLS, bare.ask);
    bare.end();
    const opened = await measure(NEW_CALLS, async () => {
      await using one = await connect({ socket });
      await one.getToken(ACCOUNT);
    });
    return [
      ...figures('get_token over a kept connection, client library', kept, AIM),
      ...figures('get_token over a kept connection, bare socket', bareKept),
      ...figures('get_token over a new connection, client library', opened),
    ];
  });

/** Microseconds of each call, after a tenth as many that do not count. */
async function measure(calls: number, call: () => Promise<unknown>): Promise<number[]> {
  for (let warm = 0; warm < calls / 10; warm++) await call();
  const samples: number[] = [];
  for (let done = 0; done < calls; done++) {
    const start = performance.now();
    await call();
    samples.push((performance.now() - start) * 1000);
  }
  return samples;
}

function figures(what: string, samples: readonly number[], aim?: Figure['aim']): Figure[] {
  return [
    { what: `${what}, p50`, value: percentile(samples, 0.5), unit: 'µs', ...(aim && { aim }) },
    { what: `${what}, p99`, value: percentile(samples, 0.99), unit: 'µs' },
  ];
}

/** The same request by hand: what the daemon and the socket take, without the library. */
function openBare(socketPath: string): Promise<{ ask(): Promise<void>; end(): void }> {
  const request = requestLine('get_token', ACCOUNT);
  return new Promise((resolve, reject) => {
    const socket = net.connect(socketPath);
    let answered: () => void = () => {};
    socket.on('data', (chunk) => {
      if (chunk.at(-1) === 0x0a) answered();
    });
    socket.once('error', reject);
    socket.once('connect', () =>
      resolve({
        ask: () =>
          new Promise((done) => {
            answered = done;
            socket.write(request);
          }),
        end: () => void socket.destroy(),
      }),
    );
  });
}
