import type { Who } from '../core/audit/who.js';
import type { Logger } from '../core/platform/log.js';

const MINUTE_MS = 60_000;

/** Says in the log that connections of other users were closed: the first one at once, then once a minute how many. */
export class Strangers {
  readonly #log: Logger;
  #count = 0;
  #last: Who | undefined;
  #pause: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  note(who: Who): void {
    this.#count += 1;
    this.#last = who;
    if (this.#pause === undefined) this.#say();
  }

  #say(): void {
    this.#log.warn('connection.other_user', {
      count: this.#count,
      uid: this.#last?.uid,
      pid: this.#last?.pid,
    });
    this.#count = 0;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#count > 0) this.#say();
    }, MINUTE_MS).unref();
  }
}
