import type { Running } from './running.js';

/** How a command in the shell has ended, and all that it has written. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** A bash that `exec --grant` has started, and that runs one command after another. */
export class GrantedShell {
  readonly #running: Running;
  #commands = 0;

  constructor(running: Running) {
    this.#running = running;
  }

  get pid(): number {
    return this.#running.pid;
  }

  async run(command: string): Promise<Ended> {
    this.#commands += 1;
    const mark = `=${this.#commands}`;
    this.#running.write(`{ ${command}\n} 2>&1; printf '${mark}:%s=' $?\n`);
    const before = `=${this.#commands - 1}:\\d+=`;
    const start = this.#commands === 1 ? '' : before;
    const [, output = '', code] = await this.#running.seen(
      new RegExp(`${start}([^]*)${mark}:(\\d+)=`),
      'stdout',
    );
    return { code: Number(code), output };
  }

  /** Ends its input, and so the shell. */
  async end(): Promise<void> {
    this.#running.child.stdin.end();
    await this.#running.exited;
  }
}
