import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A program to be timed, and what tells that it did its work. */
export interface TimedProgram {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string;
  /** What its output has to hold, or the figure means nothing. */
  readonly expected: RegExp;
  /** How many runs each turn has: more for those that take little time, whose figures vary more. */
  readonly runs: number;
}

/** Times programs by a small one in C: a start by Node costs more than most of what is measured. */
export class SpawnTimer {
  readonly #folder: string;
  readonly #program: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#program = path.join(folder, 'spawn-timer');
    const source = fileURLToPath(new URL('spawn-timer.c', import.meta.url));
    const { status, stderr } = spawnSync('cc', ['-O2', '-o', this.#program, source], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`The timer needs a C compiler: ${stderr}`);
  }

  /** Milliseconds of one turn. Throws where the program did not do its work. */
  time({ name, command, env, input = '', runs }: TimedProgram): number[] {
    const file = path.join(this.#folder, 'input');
    writeFileSync(file, input, { mode: 0o600 });
    const args = [`${runs}`, file, ...command];
    const { status, stdout, stderr } = spawnSync(this.#program, args, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${name} failed: ${stderr}`);
    return stdout
      .trim()
      .split('\n')
      .map((nanoseconds) => Number(nanoseconds) / 1e6);
  }
}

/** Runs it once, and throws where its output is not what it is to be. */
export function check({ name, command: [program = '', ...args], env, input, expected }: TimedProgram): void {
  const { status, stdout, stderr } = spawnSync(program, args, { env, input, encoding: 'utf8' });
  if (status !== 0 || !expected.test(stdout)) throw new Error(`${name} failed: ${stderr}`);
}
