import type { ChildProcess } from 'node:child_process';
import { hasControllingTerminal, isStopped, leadsSession } from './process-state.js';

/** What a terminal sends to the program as well, since it is in the same process group. */
const FROM_TERMINAL = ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGWINCH', 'SIGTSTP', 'SIGCONT'] as const;

/**
 * Lets each signal reach the program once: passes it on if only this process has received it, and does nothing if the
 * terminal has sent it to both. On a terminal this process also stops when the program does, so that the shell notices.
 */
export class Signals {
  readonly #onTerminal = hasControllingTerminal();
  readonly #listeners: [NodeJS.Signals, () => void][] = [];
  #child: ChildProcess | undefined;
  #early = false;
  /** Whether this process has stopped with the program, and has not been continued since. */
  #stopped = false;

  constructor() {
    // Without a listener Node answers SIGUSR1 by opening a debugger to every user of the machine.
    if (process.platform !== 'win32') process.on('SIGUSR1', () => this.#onUser1());
  }

  /** Called right before the program starts. */
  listen(): void {
    this.#on('SIGTERM', () => this.#pass('SIGTERM'));
    this.#on('SIGUSR2', () => this.#pass('SIGUSR2'));
    for (const signal of FROM_TERMINAL) {
      this.#on(signal, () => (this.#onTerminal ? this.#onTerminalSignal(signal) : this.#pass(signal)));
    }
    if (this.#onTerminal) this.#on('SIGCHLD', () => this.#stopWithProgram());
  }

  /** The program runs: an earlier SIGUSR1 is passed on now. */
  started(child: ChildProcess): void {
    this.#child = child;
    if (this.#early) this.#pass('SIGUSR1');
  }

  /** The program has exited: from now on a signal ends this process as usual. */
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

  /** Once per stop: a delayed SIGCHLD from an earlier stop must not stop us again after the shell resumed both. */
  #stopWithProgram(): void {
    if (this.#stopped || this.#child?.pid === undefined || !isStopped(this.#child.pid)) return;
    this.#stopped = true;
    process.kill(process.pid, 'SIGSTOP');
  }

  #pass(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }
}
