import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Benchmark, median } from './benchmark.js';

const CLI = fileURLToPath(new URL('../../dist/sigilforge.cjs', import.meta.url));
const SECRETS = 10;
const LOG_MB = 20;
const REPEATED = 10;
const ROUNDS = 5;
/** One line in so many has a secret in it. */
const RARE = 200;

/** How much of a program's output goes through `exec` with ten secrets to be hidden, its start and end included. */
export const mask: Benchmark = async ({ sandbox }) => {
  const secrets = Array.from({ length: SECRETS }, () => randomBytes(30).toString('base64url'));
  const env = Object.fromEntries(secrets.map((secret, index) => [`SECRET_${index}`, secret]));
  const log = path.join(sandbox.home, 'log');
  await writeFile(log, logWith(secrets));
  const options = secrets.flatMap((_, index) => ['--env', `COPY_${index}=env://SECRET_${index}`]);
  const exec = [process.execPath, CLI, 'exec', ...options, '--', 'cat', ...Array<string>(REPEATED).fill(log)];
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const { stdout } = await sandbox.spawn(['sh', '-c', '"$@" | wc -c', 'sh', ...exec], { env, input: '' })
      .exited;
    if (Number(stdout) < LOG_MB * REPEATED * 0.9e6)
      throw new Error(`Only ${stdout} bytes came through exec.`);
    rates.push((LOG_MB * REPEATED * 1000) / (performance.now() - start));
  }
  return [
    {
      what: `exec, a log of ${LOG_MB * REPEATED} MB with ${SECRETS} secrets masked`,
      value: median(rates),
      unit: 'MB/s',
      aim: { atLeast: 300 },
    },
  ];
};

function logWith(secrets: readonly string[]): string {
  const lines: string[] = [];
  for (let size = 0; size < LOG_MB * 1e6; size += lines.at(-1)?.length ?? 0) {
    const index = lines.length;
    const said =
      index % RARE === 0 ? `token ${secrets[(index / RARE) % SECRETS]}` : randomBytes(24).toString('hex');
    lines.push(`2026-01-31T12:00:00.000Z INFO request ${index} answered with 200 in 12 ms: ${said}\n`);
  }
  return lines.join('');
}
