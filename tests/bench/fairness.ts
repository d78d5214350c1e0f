import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { type MethodName, methodNames } from '../../shared/contract/index.js';
import { startFakeProvider } from '../support/provider/fake-provider.js';
import { prepareFloods } from '../support/wire/floods.js';
import { type Benchmark, type Figure, percentile } from './benchmark.js';
import { requestLine } from './built.js';
import { ACCOUNT } from './home.js';
import { copyAccounts } from './many-accounts.js';

const FLOOD = fileURLToPath(new URL('flood.ts', import.meta.url));
const IDLE_CONNECTIONS = 256;
const ACCOUNTS = 300;
const SECRETS = 100;
const SECONDS = Number(process.env['SIGILFORGE_BENCH_FLOOD_S'] ?? 2);
const AIM_MS = 100;
/** All of them, or those that are named, with commas between them. Nothing is left to measure after `shutdown`. */
const NAMED = process.env['SIGILFORGE_BENCH_FLOODS']?.split(',') ?? methodNames;
const METHODS = methodNames.filter((method) => NAMED.includes(method) && method !== 'shutdown');

/** How long a token in memory and the status take while another connection floods the daemon with each method. */
export const fairness: Benchmark = async (home) => {
  await copyAccounts(home, ACCOUNTS);
  return home.withDaemon(async ({ socket }) => {
    const idle = await Promise.all(Array.from({ length: IDLE_CONNECTIONS }, () => open(socket)));
    const probe = await open(socket);
    const provider = await startFakeProvider();
    await prepareFloods((method, params) => probe.ask(method, params), provider);
    for (let index = 0; index < SECRETS; index++)
      await probe.ask('set_secret', { key: `secret/${index}`, value: `value ${index}` });
    const figures: Figure[] = await measure(probe, 'nothing');
    for (const method of METHODS) {
      const flood = home.sandbox.spawn([process.execPath, ...process.execArgv, FLOOD, socket, method]);
      await flood.seen(/^\d+\n/, 'stdout');
      figures.push(...(await measure(probe, method)));
      flood.child.kill('SIGKILL');
      await flood.exited;
      await probe.ask('unlock');
      await probe.ask('get_token', ACCOUNT);
    }
    for (const one of [probe, ...idle]) one.end();
    await provider.stop();
    return figures;
  });
};

interface Probe {
  /** Resolves with the answer. */
  ask(method: string, params?: object): Promise<string>;
  end(): void;
}

async function measure(probe: Probe, flooded: MethodName | 'nothing'): Promise<Figure[]> {
  const samples: Record<'get_token' | 'status', number[]> = { get_token: [], status: [] };
  for (const end = performance.now() + SECONDS * 1000; performance.now() < end; ) {
    for (const [method, params] of [['get_token', ACCOUNT] as const, ['status', {}] as const]) {
      const start = performance.now();
      await probe.ask(method, params);
      samples[method].push(performance.now() - start);
    }
  }
  return [
    { what: `${flooded} floods: get_token, p50`, value: percentile(samples.get_token, 0.5), unit: 'ms' },
    {
      what: `${flooded} floods: get_token, p99`,
      value: percentile(samples.get_token, 0.99),
      unit: 'ms',
      aim: { atMost: AIM_MS },
    },
    {
      what: `${flooded} floods: status, p99`,
      value: percentile(samples.status, 0.99),
      unit: 'ms',
      aim: { atMost: AIM_MS },
    },
  ];
}

async function open(path: string): Promise<Probe> {
  const socket = net.connect(path);
  await once(socket, 'connect');
  let text = '';
  let answered: (line: string) => void = () => {};
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (!text.endsWith('\n')) return;
    const line = text;
    text = '';
    answered(line);
  });
  return {
    ask: (method, params = {}) =>
      new Promise((resolve) => {
        answered = resolve;
        socket.write(requestLine(method, params));
      }),
    end: () => void socket.destroy(),
  };
}
