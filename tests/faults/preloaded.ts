import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Exit, exitOf } from '../support/start/processes.js';
import { long } from './rounds.js';

/** How many of the points a test tries that is not in its long form. */
const SOME = 8;
/** The last changes are those that count: what was prepared gets its name by them. */
const LAST = 6;

/** Whether this machine can build it: a C compiler comes with what better-sqlite3 needs. */
export const canPreload = process.platform === 'linux' && spawnSync('gcc', ['--version']).status === 0;

interface Run extends Exit {
  readonly stderr: string;
  /** The changes of files, if the program came to its end. */
  readonly changes: number;
}

/** Runs programs, and ends them in front of one of their changes of a folder's files. */
export interface KilledWrites {
  run(
    command: readonly string[],
    options: { readonly env: NodeJS.ProcessEnv; readonly folder: string; readonly killAt?: number },
  ): Promise<Run>;
  stop(): Promise<void>;
}

export async function buildKilledWrites(): Promise<KilledWrites> {
  const { folder, library, stop } = await buildPreload('killed-writes');
  const count = path.join(folder, 'count');
  return {
    async run([program = '', ...args], options) {
      const child = spawn(program, args, {
        env: {
          ...options.env,
          LD_PRELOAD: library,
          KILLED_FOLDER: options.folder,
          KILLED_COUNT: count,
          ...(options.killAt === undefined ? {} : { KILLED_AT: String(options.killAt) }),
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const exit = await exitOf(child);
      return { ...exit, stderr, changes: exit.signal === null ? Number(readFileSync(count, 'utf8')) : 0 };
    },
    stop,
  };
}

/** Builds `programs/NAME.c` as a library for LD_PRELOAD, in a folder of its own. */
export async function buildPreload(name: string) {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-preload-'));
  const library = path.join(folder, `${name}.so`);
  const source = fileURLToPath(new URL(`programs/${name}.c`, import.meta.url));
  const built = spawnSync('gcc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']);
  if (built.status !== 0) throw new Error(String(built.stderr));
  return { folder, library, stop: () => rm(folder, { recursive: true, force: true }) };
}

/** The numbers from 1 to `count`: all of them in the long form, else some that are spread over it, and all of the last ones. */
export function points(count: number): number[] {
  const all = Array.from({ length: count }, (_, index) => index + 1);
  const step = long ? 1 : Math.max(1, Math.ceil(count / SOME));
  return all.filter((n) => n > count - LAST || (n - 1) % step === 0);
}
