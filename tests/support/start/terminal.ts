import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Running } from './running.js';

const program = (name: string) => fileURLToPath(new URL(`programs/${name}.py`, import.meta.url));

/** Whether there is a Python to run the programs below. */
export const hasPython = spawnSync('python3', ['-c', 'import fcntl, termios']).status === 0;

/** The command that writes down the signals it gets; see programs/signals.py. */
export function signalProgram(...args: string[]): string[] {
  return ['python3', program('signals'), ...args];
}

/** The command that runs another one on a terminal; see programs/terminal.py. */
export function onTerminal(command: readonly string[], options: { lead?: boolean } = {}): string[] {
  return ['python3', program('terminal'), ...(options.lead ? ['--lead'] : []), ...command];
}

/** A program on a terminal, by the hands of a person. */
export class Terminal {
  readonly #running: Running;

  constructor(running: Running) {
    this.#running = running;
  }

  /** Waits until what has been shown fits for the `count`th time. */
  async shown(pattern: string, count = 1): Promise<void> {
    await this.#running.seen(new RegExp(`(?:${pattern}[^]*){${count}}`), 'stdout');
  }

  /** Waits for an event: `job PID`, `stopped`, `exit CODE` or `signal NUMBER`. */
  async event(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#running.seen(pattern, 'stderr');
  }

  type(text: string): void {
    this.#running.write(`type ${Buffer.from(text).toString('hex')}\n`);
  }

  /** Does what the shell or the machine does: `kill NAME`, `resize COLUMNS ROWS`, `continue` or `hangup`. */
  act(line: string): void {
    this.#running.write(`${line}\n`);
  }

  /** All that was shown, once it has ended. */
  async ended(): Promise<string> {
    return (await this.#running.exited).stdout;
  }
}
