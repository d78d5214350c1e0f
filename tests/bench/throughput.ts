import { fileURLToPath } from 'node:url';
import type { Aim, Benchmark, Figure } from './benchmark.js';

const SECONDS = 2;
const LOAD = fileURLToPath(new URL('load.ts', import.meta.url));

const SHAPES: readonly { connections: number; inFlight: number; aim?: Aim }[] = [
  { connections: 1, inFlight: 1 },
  { connections: 1, inFlight: 8 },
  { connections: 8, inFlight: 1 },
  { connections: 8, inFlight: 8, aim: { atLeast: 80_000 } },
  { connections: 64, inFlight: 1, aim: { atLeast: 40_000 } },
  { connections: 64, inFlight: 8 },
];

/** How many tokens a second the daemon hands out, asked by another process that does next to nothing itself. */
export const throughput: Benchmark = ({ sandbox, withDaemon }) =>
  withDaemon(async ({ socket }) => {
    const figures: Figure[] = [];
    for (const { connections, inFlight, aim } of SHAPES) {
      const args = [socket, connections, inFlight, SECONDS].map(String);
      const load = sandbox.spawn([process.execPath, ...process.execArgv, LOAD, ...args], { input: '' });
      const { code, stdout, stderr } = await load.exited;
      if (code !== 0) throw new Error(`The load ended with ${code}: ${stderr}`);
      figures.push({
        what: `get_token, connections × in flight on each: ${connections} × ${inFlight}`,
        value: Number(stdout),
        unit: 'req/s',
        ...(aim && { aim }),
      });
    }
    return figures;
  });
