import type { Secret } from '../../../shared/secret.js';
import { newId } from '../platform/id.js';
import type { Exit, RunProcess } from './launch/process.js';
import type { ProcessId } from './launch/traces.js';
import type { Output, Reader } from './output.js';
import type { Prepared } from './prepare.js';
import { Redaction } from './redaction.js';
import { RunProgram } from './run-program.js';
import type { Surroundings } from './surroundings.js';
import type { Request, Worker } from './worker.js';

const NEWLINE = 0x0a;
const BRACE = 0x7b;

/** So many values may go out to one program: each makes it slower to redact what it says. */
const MOST_VALUES = 256;

/** Where a program goes when a run of it is over. */
interface Pool {
  /** It can serve another run. */
  keep(program: WarmProgram): void;
  /** It cannot: resolves once it has ended. */
  end(program: WarmProgram): Promise<void>;
}

/** A program that serves one run after another, which it tells apart by their ids. */
export class WarmProgram implements Worker {
  readonly redaction = new Redaction();
  readonly #program: RunProgram;
  readonly #prepared: Prepared;
  readonly #pool: Pool;
  readonly #current: { runId: string };
  #process: RunProcess | undefined;
  /** Those of the run that it works for. */
  #readers: readonly Reader[] | undefined;
  #bytes = 0;
  #isUp = true;
  /** What it says can still be told apart. */
  #isOrderly = true;

  private constructor(program: RunProgram, prepared: Prepared, pool: Pool, current: { runId: string }) {
    this.#program = program;
    this.#prepared = prepared;
    this.#pool = pool;
    this.#current = current;
    for (const value of valuesOf(prepared)) this.redaction.add(value);
  }

  static async open(surroundings: Surroundings, prepared: Prepared, pool: Pool): Promise<WarmProgram> {
    const current = { runId: '' };
    const opened: { warm?: WarmProgram } = {};
    const program = await RunProgram.open(surroundings, {
      ...{ id: newId(), capability: prepared.capability.name, grants: prepared.grants },
      released: (value, encoding) => opened.warm?.redaction.addReleased(value, encoding),
      runId: () => current.runId,
    });
    opened.warm = new WarmProgram(program, prepared, pool, current);
    return opened.warm;
  }

  get capabilityId(): string {
    return this.#prepared.capability.id;
  }

  /** Whether it can serve another run. */
  get isFit(): boolean {
    return this.#isUp && this.#isOrderly && this.redaction.size <= MOST_VALUES;
  }

  /** Whether nothing of what it was started with has changed. */
  serves({ capability, grants, secrets, variables }: Prepared): boolean {
    const own = this.#prepared;
    return (
      this.isFit &&
      own.capability.stored.digest === capability.stored.digest &&
      isSameList(own.grants, grants) &&
      isSameMap(own.secrets, secrets) &&
      isSameMap(own.variables, variables)
    );
  }

  async start(prepared: Prepared): Promise<ProcessId> {
    this.#process ??= await this.#started(prepared);
    return this.#process.id;
  }

  narrow(grants: readonly string[]): void {
    this.#program.narrow(grants);
  }

  async work(request: Request, output: Output): Promise<Exit | undefined> {
    const process = this.#process;
    if (process === undefined) throw new TypeError('A program was given work before its start.');
    const protocol = output.protocol();
    this.#readers = [protocol, ...process.outputs.map(() => output.plain())];
    this.#current.runId = request.context.run_id;
    process.write(`${JSON.stringify(request)}\n`);
    const exit = await Promise.race([process.exited, output.answered]);
    if (exit !== undefined) return exit;
    await this.#settled();
    if (protocol.isMidLine() || !output.isOrderly) this.#isOrderly = false;
    this.#rest();
    return undefined;
  }

  async end(graceMs: () => number, isStopped: boolean): Promise<boolean> {
    this.#isUp = false;
    return this.#program.end(graceMs, isStopped);
  }

  async drain(): Promise<void> {
    await this.#program.drain();
    this.#rest();
  }

  async leave(): Promise<void> {
    this.#rest();
    if (this.isFit && this.#process) this.#pool.keep(this);
    else await this.#pool.end(this);
  }

  /** Closes its door and removes its folder, once no process of it is left. */
  close(): Promise<void> {
    return this.#program.close();
  }

  async #started(prepared: Prepared): Promise<RunProcess> {
    const process = await this.#program.start(prepared);
    const streams = [process.protocol, ...process.outputs];
    for (const [index, stream] of streams.entries()) {
      stream.on('data', (chunk: Buffer) => this.#heard(index, chunk));
      stream.on('error', () => stream.destroy());
    }
    void process.exited.then(() => this.#exited());
    return process;
  }

  #heard(index: number, chunk: Buffer): void {
    this.#bytes += chunk.length;
    const readers = this.#readers;
    if (readers) readers[index]?.push(chunk);
    else if (index === 0 && isDisorderly(chunk)) this.#giveUp();
  }

  /** It ended between two runs, or the run that it works for hears of it by itself. */
  #exited(): void {
    this.#isUp = false;
    if (this.#readers === undefined) void this.#pool.end(this);
  }

  /** It answers where nothing was asked. */
  #giveUp(): void {
    this.#isOrderly = false;
    void this.#pool.end(this);
  }

  /** What it wrote before its answer has come: the other streams were written first. */
  async #settled(): Promise<void> {
    for (let before = -1; before !== this.#bytes; ) {
      before = this.#bytes;
      await turnOfTheLoop();
    }
  }

  #rest(): void {
    const readers = this.#readers ?? [];
    this.#readers = undefined;
    this.#current.runId = '';
    for (const reader of readers) reader.end();
  }
}

/** Between two runs, a part of a line or one that may be an answer would be taken for the next run's. */
function isDisorderly(chunk: Buffer): boolean {
  return chunk.at(-1) !== NEWLINE || chunk[0] === BRACE || chunk.includes('\n{');
}

async function turnOfTheLoop(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

function valuesOf({ secrets, variables }: Prepared): Secret[] {
  return [...secrets.values(), ...variables.values()];
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((entry, index) => entry === other[index]);
}

function isSameMap(one: ReadonlyMap<string, Secret>, other: ReadonlyMap<string, Secret>): boolean {
  return (
    one.size === other.size && [...one].every(([key, value]) => other.get(key)?.reveal() === value.reveal())
  );
}
