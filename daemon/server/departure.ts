import type { Leaving } from '../../shared/contract/index.js';

/** A server that is about to end, and waits for its clients to leave. */
export class Departure {
  /** What clients are told. */
  readonly how: Leaving;
  readonly #isAnyLeft: () => boolean;
  #isOver = false;
  #noneLeft = (): void => {};

  constructor(how: Leaving, isAnyLeft: () => boolean) {
    this.how = how;
    this.#isAnyLeft = isAnyLeft;
  }

  /** A client has left. */
  note(): void {
    if (!this.#isAnyLeft()) this.#noneLeft();
  }

  /** Waits no longer. */
  end(): void {
    this.#isOver = true;
    this.#noneLeft();
  }

  /** Resolves once none is left, or after `limitMs`. */
  async wait(limitMs: number): Promise<void> {
    let limit: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      limit = setTimeout(resolve, limitMs);
      this.#noneLeft = resolve;
      if (this.#isOver) resolve();
      this.note();
    });
    clearTimeout(limit);
  }
}
