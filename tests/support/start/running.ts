import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { type Exit, exitOf } from './processes.js';

/** A program's whole run. On a terminal everything is in `stdout`. */
export interface RunResult extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs, its output so far, and its end. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exited: Promise<RunResult>;
  readonly #output = { stdout: '', stderr: '' };
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        this.#output[name] += text;
        for (const look of this.#waiting) look();
      });
    }
    // A program may end without reading what it is sent; how it ended is what tells.
    child.stdin.on('error', () => {});
    this.exited = exitOf(child).then((exit) => ({ ...exit, ...this.#output }));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get stdout(): string {
    return this.#output.stdout;
  }

  get stderr(): string {
    return this.#output.stderr;
  }

  /** Sends text to its standard input, or types it where that is a terminal. */
  write(text: string): void {
    this.child.stdin.write(text);
  }

  /** Waits until its output has a place that fits. Rejects, with all of the output, where it ends without one. */
  async seen(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stderr'): Promise<RegExpExecArray> {
    const found = new Promise<RegExpExecArray>((resolve) => {
      const look = () => {
        const match = pattern.exec(this.#output[stream]);
        if (match === null) return;
        this.#waiting.delete(look);
        resolve(match);
      };
      this.#waiting.add(look);
      look();
    });
    const ended = this.exited.then((result) => {
      const match = pattern.exec(result[stream]);
      if (match !== null) return match;
      throw new Error(`It ended without showing ${pattern}: ${JSON.stringify(result)}`);
    });
    return Promise.race([found, ended]);
  }
}
