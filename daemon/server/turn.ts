import type { Limits } from './limits.js';
import type { Rounds } from './rounds.js';

/** What has calls to start. */
export interface Starter {
  /** Whether there is a call that may start, in this turn or in another one. */
  readonly mayStart: boolean;
  /** Starts the next call of those that may start in a turn of this kind, and says whether there was one. */
  startNext(isAdded: boolean): boolean;
}

/**
 * The turns of one connection. Calls start one after the other: the next one when the last one is answered, while there is
 * time, or when the last one waits for something outside of the event loop. What comes in gets a turn at once; what is left
 * then, and what takes long, gets turns that are added behind those of all others.
 */
export class Turn {
  readonly #starter: Starter;
  readonly #rounds: Rounds;
  readonly #limits: Pick<Limits, 'turnMs' | 'turnWaitingMs'>;
  #until = 0;
  #isAdded = false;
  /** The call that was started last, until it is answered. */
  #last: object | undefined;
  /** Whether the turn will go on by itself, or another one will come. */
  #isScheduled = false;

  constructor(starter: Starter, rounds: Rounds, limits: Pick<Limits, 'turnMs' | 'turnWaitingMs'>) {
    this.#starter = starter;
    this.#rounds = rounds;
    this.#limits = limits;
  }

  /** Something came in. */
  begin(): void {
    if (!this.#isScheduled) this.#begin(false);
  }

  started(call: object): void {
    this.#last = call;
  }

  answered(call: object): void {
    if (this.#last === call) this.#last = undefined;
    this.proceed();
  }

  /** Something that may have kept the next call from starting is over. */
  proceed(): void {
    if (this.#hasTime || !this.#starter.mayStart) this.#goOn();
    else this.#schedule(false);
  }

  #begin(isAdded: boolean): void {
    this.#until = performance.now() + this.#limits.turnMs;
    this.#isAdded = isAdded;
    this.#goOn();
  }

  #goOn(): void {
    const hasStarted = this.#starter.startNext(this.#isAdded);
    if (this.#starter.mayStart) this.#schedule(hasStarted);
  }

  /** In the same turn, once a call that has just started is answered or waits for something; or in another turn. */
  #schedule(hasStarted: boolean): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    if (hasStarted) {
      afterMicrotasks(() => {
        this.#isScheduled = false;
        this.proceed();
      });
    } else {
      this.#rounds.add(() => {
        this.#isScheduled = false;
        this.#begin(true);
      });
    }
  }

  /** There is more for calls that wait: so they wait together, and those for the same refresh share it. */
  get #hasTime(): boolean {
    const now = performance.now();
    const isWaiting = this.#last !== undefined;
    return now < this.#until || (isWaiting && now < this.#until + this.#limits.turnWaitingMs);
  }
}

/** Node runs what `nextTick` was given by a microtask when no microtask is left. */
function afterMicrotasks(work: () => void): void {
  queueMicrotask(() => process.nextTick(work));
}
