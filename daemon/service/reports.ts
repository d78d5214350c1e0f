import { execFile } from 'node:child_process';
import type { Logger } from '../core/platform/log.js';
import { type SystemCalls, systemCalls } from '../core/platform/system-calls.js';
import type { Supervision } from './supervision.js';

/** How often the daemon's state is compared with what was told, in milliseconds. */
const STEP_MS = 5_000;

const TOOL = 'systemd-notify';
const TOOL_LIMIT_MS = 10_000;

type Send = SystemCalls['sendDatagram'];

/**
 * Tells the service manager that this daemon is ready, how it is, and that it goes on (sd_notify(3)). Where there is none,
 * or it does not listen, nothing of this matters to the daemon. A daemon whose event loop hangs says nothing more, also if
 * it waits for its database: then the manager's watchdog ends it.
 */
export class ServiceReports {
  readonly #address: string | undefined;
  readonly #watchdogMs: number | undefined;
  /** One line about the daemon, without names or values. */
  readonly #describe: () => string;
  readonly #log: Logger;
  /** `null` without koffi. */
  readonly #send: Send | null;
  readonly #timers: NodeJS.Timeout[] = [];
  #told = '';

  constructor(
    { notifySocket, watchdogMs }: Pick<Supervision, 'notifySocket' | 'watchdogMs'>,
    describe: () => string,
    log: Logger,
    send: Send | null = systemCalls()?.sendDatagram ?? null,
  ) {
    this.#address = notifySocket;
    this.#watchdogMs = watchdogMs;
    this.#describe = describe;
    this.#log = log;
    this.#send = send;
  }

  /** The daemon answers. */
  begin(): void {
    if (this.#address === undefined) return;
    this.#told = this.#describe();
    if (this.#send === null) {
      this.#beginByTool(this.#address);
      return;
    }
    if (!this.#tell('READY=1', `STATUS=${this.#told}`)) this.#fail('not sent');
    this.#every(STEP_MS, () => this.#tellChange());
    if (this.#watchdogMs !== undefined) this.#every(this.#watchdogMs / 2, () => this.#tell('WATCHDOG=1'));
  }

  /** The daemon finishes what is under way. */
  end(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#tell('STOPPING=1', 'STATUS=Finishing what is under way.');
  }

  #tellChange(): void {
    const status = this.#describe();
    if (status === this.#told) return;
    this.#told = status;
    this.#tell(`STATUS=${status}`);
  }

  #tell(...lines: readonly string[]): boolean {
    if (this.#address === undefined) return true;
    return this.#send?.(this.#address, `${lines.join('\n')}\n`) ?? false;
  }

  #every(step: number, act: () => void): void {
    this.#timers.push(setInterval(act, step).unref());
  }

  /** A program for each of many messages would cost more than a watchdog gives: it is told to wait for none. */
  #beginByTool(address: string): void {
    const env = { ...process.env, NOTIFY_SOCKET: address };
    const args = ['--ready', `--status=${this.#told}`, 'WATCHDOG_USEC=0'];
    execFile(TOOL, args, { env, timeout: TOOL_LIMIT_MS, killSignal: 'SIGKILL' }, (failure) => {
      if (failure) this.#fail(typeof failure.code === 'string' ? failure.code : TOOL);
    });
  }

  #fail(reason: string): void {
    this.#log.warn('service.not_told', { reason });
  }
}
