import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { exitOf } from '../../support/start/processes.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const SOURCES = fileURLToPath(new URL('../../../client/native', import.meta.url));

/** Whether clang is here; libFuzzer comes with it on most systems (Debian: libclang-rt-14-dev). */
export const canFuzz = spawnSync('clang', ['--version']).status === 0;

/**
 * Feeds the native client's readers with inputs that are found to reach new code, for so many seconds, watched by the
 * sanitizers. Resolves with what libFuzzer says, and whether all held.
 */
export async function fuzz(seconds: number): Promise<{ held: boolean; said: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-'));
  try {
    const target = path.join(folder, 'target');
    const built = await run(
      'clang',
      [...FLAGS, '-o', target, ...sources(), path.join(HERE, 'target.c')],
      folder,
    );
    if (!built.held) throw new Error(built.said);
    // What it finds goes into the first folder; it looks at the seeds, too.
    const found = await mkdtemp(path.join(folder, 'found-'));
    return await run(
      target,
      [`-max_total_time=${seconds}`, '-print_final_stats=1', found, path.join(HERE, 'seeds')],
      folder,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const FLAGS = [
  ...['-std=c11', '-D_GNU_SOURCE', '-DVERSION="0.0.0"', '-g', '-O1', `-I${SOURCES}`],
  ...['-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all'],
];

/** All but the one that begins the program. */
function sources(): string[] {
  const files = readdirSync(SOURCES).filter((name) => name.endsWith('.c') && name !== 'main.c');
  return files.map((name) => path.join(SOURCES, name));
}

async function run(
  name: string,
  args: readonly string[],
  cwd: string,
): Promise<{ held: boolean; said: string }> {
  const child = spawn(name, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, { code }] = await Promise.all([text(child.stderr), exitOf(child)]);
  return { held: code === 0, said };
}
