import type { ChildProcessWithoutNullStreams } from 'node:child_process';

/** How a program ended, and all that it printed. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs, and its output so far. */
export class Started {
  readonly ended: Promise<Ended>;
  readonly #printed = { stdout: '', stderr: '' };
  readonly #looking = new Set<() => void>();

  constructor(child: ChildProcessWithoutNullStreams, input: string) {
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        this.#printed[name] += text;
        for (const look of this.#looking) look();
      });
    }
    // It may end without reading what it is sent.
    child.stdin.on('error', () => undefined).end(input);
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal, ...this.#printed }));
    });
  }

  /** Waits until it has printed, on standard error, what fits. Rejects if it ends without. */
  seen(pattern: RegExp): Promise<string> {
    const found = new Promise<string>((resolve) => {
      const look = (): void => {
        const text = pattern.exec(this.#printed.stderr)?.[0];
        if (text === undefined) return;
        this.#looking.delete(look);
        resolve(text);
      };
      this.#looking.add(look);
      look();
    });
    const ended = this.ended.then(({ stderr }) => {
      const text = pattern.exec(stderr)?.[0];
      if (text === undefined) throw new Error(`A program ended early: ${stderr.trim()}`);
      return text;
    });
    return Promise.race([found, ended]);
  }
}
