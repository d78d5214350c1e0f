import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildProgram } from '../faults/build-program.js';
import { type Benchmark, type Figure, median } from './benchmark.js';
import { connect } from './built.js';
import { ACCOUNT, type BenchHome } from './home.js';

const COUNT = 10_000;
const ROUNDS = 5;
/** Seconds of doing nothing: a minute, in which the scheduler wakes once. */
const IDLE_S = Number(process.env['SIGILFORGE_BENCH_IDLE_S'] ?? 60);
/** Kernel ticks of /proc, a hundred a second on every Linux. */
const TICK_MS = 10;

/** A daemon with many accounts: how it starts, what it holds, and what it costs while it is idle. */
export const manyAccounts: Benchmark = async (home) => {
  await copyAccounts(home, COUNT);
  const what = `${COUNT.toLocaleString('en')} accounts, `;
  const starts: number[] = [];
  for (let round = 0; round < ROUNDS; round++) starts.push(await timeToToken(home));
  return [
    { what: `${what}cold start to its first token`, value: median(starts), unit: 'ms' },
    ...(await idle(home)).map((figure) => ({ ...figure, what: `${what}${figure.what}` })),
  ];
};

/** Adds copies of the home's account, while no daemon runs. */
export async function copyAccounts({ sandbox }: BenchHome, count: number): Promise<void> {
  const program = await buildProgram('copy-accounts');
  const { service, account } = ACCOUNT;
  try {
    const args = [sandbox.home, service, account, String(count)];
    const { code, stderr } = await sandbox.spawn([...program.command, ...args], { input: '' }).exited;
    if (code !== 0) throw new Error(`No accounts could be added: ${stderr}`);
  } finally {
    await program.stop();
  }
}

async function timeToToken({ withDaemon }: BenchHome): Promise<number> {
  const begin = performance.now();
  return withDaemon(async ({ socket }) => {
    await using client = await connect({ socket });
    await client.getToken(ACCOUNT);
    return performance.now() - begin;
  });
}

async function idle({ withDaemon }: BenchHome): Promise<Figure[]> {
  if (!existsSync('/proc/self/stat')) return [];
  return withDaemon(async ({ socket, pid }) => {
    await using client = await connect({ socket });
    const { accounts } = await client.listAccounts();
    if (accounts.length < COUNT) throw new Error(`There are ${accounts.length} accounts.`);
    await client.getToken({ ...ACCOUNT, account: `copy-${COUNT - 1}` });
    const before = await cpuMs(pid);
    await sleep(IDLE_S * 1000);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return [
      {
        what: 'resident memory after a list of all',
        value: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024,
        unit: 'MiB',
        aim: { atMost: 100 },
      },
      { what: `processor time in ${IDLE_S} idle seconds`, value: (await cpuMs(pid)) - before, unit: 'ms' },
    ];
  });
}

/** What a process has used of the processors, in user and in kernel mode: fields 14 and 15 of proc_pid_stat(5). */
async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
