import { type ChildProcess, spawn } from 'node:child_process';

/** How a program has ended, and the beginning of what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** What is kept of a program's output, in bytes. */
const OUTPUT_BYTES = 64 * 1024;

/**
 * Runs a program to its end, without input. It is killed after `limitMs`, and `undefined` is then the answer. Rejects if it
 * cannot be started.
 */
export function run(
  command: readonly [string, ...string[]],
  { limitMs, env }: { readonly limitMs: number; readonly env?: NodeJS.ProcessEnv },
): Promise<Ended | undefined> {
  const [program, ...args] = command;
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const limit = setTimeout(() => {
      give(child);
      resolve(undefined);
    }, limitMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        if (bytes < OUTPUT_BYTES) chunks.push(chunk);
        bytes += chunk.length;
      });
    }
    child.once('error', (error) => {
      clearTimeout(limit);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      resolve({ code, signal, output: Buffer.concat(chunks).toString('utf8', 0, OUTPUT_BYTES) });
    });
  });
}

/** What it has started may hold its output open. */
function give(child: ChildProcess): void {
  child.kill('SIGKILL');
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}
