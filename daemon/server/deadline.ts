/** A time limit. Started again while it runs, it keeps its first start. */
export class Deadline {
  readonly #milliseconds: number;
  readonly #missed: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number, missed: () => void) {
    this.#milliseconds = milliseconds;
    this.#missed = missed;
  }

  start(): void {
    this.#timer ??= setTimeout(this.#missed, this.#milliseconds).unref();
  }

  stop(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
