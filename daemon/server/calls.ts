import type { Limits } from './limits.js';
import type { Call, Dispatched } from './rpc.js';

/** A line that is being answered. */
interface Line {
  readonly isBatch: boolean;
  readonly size: number;
  readonly answers: string[];
  left: number;
}

/** A call, and the line that its answer belongs to. */
export interface Started {
  readonly call: Call;
  readonly line: Line;
}

/** The calls of one connection that have come, up to its limits: which one may start next, and what is answered. */
export class Calls {
  readonly #limits: Pick<Limits, 'running' | 'waiting' | 'line'>;
  /** Of the line that was taken last. */
  #coming: Started[] = [];
  /** Heavy calls that wait for a turn, and for the one before them. */
  readonly #heavy: Started[] = [];
  #heavyRuns = false;
  #running = 0;
  #waiting = 0;
  /** Bytes of the lines that are not answered yet. */
  #asked = 0;
  /** Bytes of answers that wait for the others of their batch. */
  #collected = 0;

  constructor(limits: Pick<Limits, 'running' | 'waiting' | 'line'>) {
    this.#limits = limits;
  }

  /** Bytes of the lines that are not answered yet, and of the answers that wait for the others of their batch. */
  get bytes(): number {
    return this.#asked + this.#collected;
  }

  /** Whether another line may be taken: the calls of the last one have started, or wait as heavy ones. */
  get mayTake(): boolean {
    return this.#coming.length === 0 && !this.full && this.#asked <= this.#limits.line;
  }

  /** Whether a call of a line that was taken has not been answered, except those that only wait for an event. */
  get any(): boolean {
    return this.#running > 0 || this.#coming.length > 0;
  }

  /** Whether any call of a line that was taken has not been answered. */
  get isBusy(): boolean {
    return this.any || this.#waiting > 0;
  }

  /** Whether so many calls are in flight that no other may start. */
  get full(): boolean {
    return this.#running >= this.#limits.running || this.#waiting >= this.#limits.waiting;
  }

  /** Whether every call of the lines that were taken has started. */
  get allBegun(): boolean {
    return this.#coming.length === 0 && this.#heavy.length === 0;
  }

  /** Whether `next` has something to do. */
  get mayStart(): boolean {
    return this.#heavyMayStart || (this.#coming.length > 0 && !this.full);
  }

  /** Takes a line of `size` bytes. */
  take({ calls, isBatch }: Omit<Dispatched, 'isJson'>, size: number): void {
    const line: Line = { isBatch, size, answers: [], left: calls.length };
    this.#asked += size;
    this.#coming = calls.map((call) => ({ call, line }));
  }

  /**
   * The call that may start now, if there is one, heavy ones only if `heavyToo`. It counts as in flight until it is
   * answered.
   */
  next(heavyToo: boolean): Started | undefined {
    if (heavyToo && this.#heavyMayStart) return this.#startHeavy();
    while (this.#coming.length > 0 && !this.full) {
      const next = this.#coming.shift();
      if (next?.call.pace === 'waiting') this.#waiting += 1;
      else this.#running += 1;
      if (next?.call.pace !== 'heavy') return next;
      this.#heavy.push(next);
      if (heavyToo && this.#heavyMayStart) return this.#startHeavy();
    }
    return undefined;
  }

  /** The text to send, once every call of the line is answered; `undefined` if there is nothing to send. */
  answered({ call, line }: Started, answer: string | undefined): string | undefined {
    if (call.pace === 'waiting') this.#waiting -= 1;
    else this.#running -= 1;
    if (call.pace === 'heavy') this.#heavyRuns = false;
    line.left -= 1;
    if (answer !== undefined) {
      line.answers.push(answer);
      this.#collected += answer.length;
    }
    return line.left === 0 ? this.#complete(line) : undefined;
  }

  get #heavyMayStart(): boolean {
    return this.#heavy.length > 0 && !this.#heavyRuns;
  }

  #startHeavy(): Started | undefined {
    this.#heavyRuns = true;
    return this.#heavy.shift();
  }

  #complete({ isBatch, size, answers }: Line): string | undefined {
    this.#asked -= size;
    for (const answer of answers) this.#collected -= answer.length;
    if (isBatch && answers.length > 0) return `[${answers.join(',')}]`;
    return answers[0];
  }
}
