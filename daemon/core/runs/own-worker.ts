import type { Exit, RunProcess } from './launch/process.js';
import type { ProcessId } from './launch/traces.js';
import type { Output } from './output.js';
import type { Prepared } from './prepare.js';
import type { Redaction } from './redaction.js';
import { RunProgram } from './run-program.js';
import type { Surroundings } from './surroundings.js';
import type { Request, Worker } from './worker.js';

/** The program of one run, which ends with it. */
export class OwnWorker implements Worker {
  readonly redaction: Redaction;
  readonly #program: RunProgram;
  #process: RunProcess | undefined;

  private constructor(program: RunProgram, redaction: Redaction) {
    this.#program = program;
    this.redaction = redaction;
  }

  /** With the door of the run. */
  static async open(
    surroundings: Surroundings,
    { capability, grants }: Prepared,
    { id, redaction }: { readonly id: string; readonly redaction: Redaction },
  ): Promise<OwnWorker> {
    const program = await RunProgram.open(surroundings, {
      ...{ id, capability: capability.name, grants },
      released: (value, encoding) => redaction.addReleased(value, encoding),
    });
    return new OwnWorker(program, redaction);
  }

  async start(prepared: Prepared): Promise<ProcessId> {
    this.#process = await this.#program.start(prepared);
    return this.#process.id;
  }

  narrow(grants: readonly string[]): void {
    this.#program.narrow(grants);
  }

  work(request: Request, output: Output): Promise<Exit | undefined> {
    const process = this.#process;
    if (process === undefined) throw new TypeError('A program was given work before its start.');
    output.readProtocol(process.protocol);
    for (const stream of process.outputs) output.readPlain(stream);
    process.send(`${JSON.stringify(request)}\n`);
    return process.exited;
  }

  end(graceMs: () => number, isStopped: boolean): Promise<boolean> {
    return this.#program.end(graceMs, isStopped);
  }

  drain(): Promise<void> {
    return this.#program.drain();
  }

  leave(): Promise<void> {
    return this.#program.close();
  }
}
