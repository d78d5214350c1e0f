import type { ChildProcess } from 'node:child_process';
import { hasControllingTerminal, isStopped, leadsSession } from './process-state.js';

/** What a terminal sends to the program as well, which is in the same process group. */
const FROM_TERMINAL = ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGWINCH', 'SIGTSTP', 'SIGCONT'] as const;

/**
 * Has signals reach the program once each: passed on where they reach this process alone, and let be where the terminal
 * sends them to both. Under a terminal this process also stops when the program does, so that the shell notices.
 */
export class Signals {
  readonly #onTerminal = hasControllingTerminal();
  readonly #listeners: [NodeJS.Signals, () => void][] = [];
  #child: ChildProcess | undefined;
  #early = false;
  /** Whether this process has stopped for the program, and has not been continued since. */
  #stopped = false;

  constructor() {
    // Node's own answer to SIGUSR1 is a debugger that anybody on the machine can connect to; no listener, and it is back.
    if (process.platform !== 'win32') process.on('SIGUSR1', () => this.#onUser1());
  }

  /** From right before the start of the program on. */
  listen(): void {
    this.#on('SIGTERM', () => this.#pass('SIGTERM'));
    this.#on('SIGUSR2', () => this.#pass('SIGUSR2'));
    for (const signal of FROM_TERMINAL) {
      this.#on(signal, () => (this.#onTerminal ? this.#onTerminalSignal(signal) : this.#pass(signal)));
    }
    if (this.#onTerminal) this.#on('SIGCHLD', () => this.#stopWithProgram());
  }

  /** The program runs: what has come before is passed on now. */
  started(child: ChildProcess): void {
    this.#child = child;
    if (this.#early) this.#pass('SIGUSR1');
  }

  /** The program has ended: a signal ends this process as usual. */
  ended(): void {
    this.#child = undefined;
    for (const [signal, listener] of this.#listeners.splice(0)) process.off(signal, listener);
  }

  #on(signal: NodeJS.Signals, listener: () => void): void {
    if (process.platform === 'win32' && !['SIGINT', 'SIGTERM', 'SIGHUP'].includes(signal)) return;
    process.on(signal, listener);
    this.#listeners.push([signal, listener]);
  }

  #onUser1(): void {
    if (this.#child) this.#pass('SIGUSR1');
    else this.#early = true;
  }

  #onTerminalSignal(signal: NodeJS.Signals): void {
    if (signal === 'SIGCONT') this.#stopped = false;
    if (signal === 'SIGHUP' && leadsSession()) this.#pass(signal);
    if (signal === 'SIGCONT' && isStopped(this.#child?.pid ?? 0)) this.#pass(signal);
  }

  /** Once for each stop: a late word of an earlier change would stop it again, behind the shell that continues both. */
  #stopWithProgram(): void {
    if (this.#stopped || this.#child?.pid === undefined || !isStopped(this.#child.pid)) return;
    this.#stopped = true;
    process.kill(process.pid, 'SIGSTOP');
  }

  #pass(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }
}
